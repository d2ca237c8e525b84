"""Renders losses as text for warnings, Events, logs, the command line and the annotation for people.

Nothing reads these texts back: every decision uses `converter.losses.model`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from msgspec import UNSET

from converter.kube import WHOLE_MANIFEST, is_empty
from converter.rules.steps.values import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from converter.losses.model import ByConversion, ByRelease, FieldHistory, Loss, UnstoredData

TEXT_LIMIT: Final = 16 << 10
"""Bytes of the annotation for people."""

_LONGEST_REST: Final = 64
"""Bytes of the longest line that counts what had no room."""


def describe(loss: Loss) -> str:
    """Describe a loss in one line, without its manifest: ``spec.timeZone = "UTC": reason; consequence (severity)``."""
    return f"{explain(loss)} ({loss.severity})"


def explain(loss: Loss) -> str:
    """Describe a loss as `describe` does, without its severity."""
    if loss.path == WHOLE_MANIFEST:
        return _more_than_named(loss)
    what = f"{loss.path} = {_value(loss)}" if loss.value is not None else f"{loss.path} is missing"
    text = f"{' '.join(what.split())}: {_in_one_line(reason(loss))}"
    return f"{text}; {_in_one_line(loss.consequence)}" if loss.consequence else text


@lru_cache(maxsize=1024)
def _in_one_line(text: str) -> str:
    """Replace line breaks and runs of spaces. Reasons repeat, and to split one takes longer than all else here."""
    return " ".join(text.split())


def _more_than_named(loss: Loss) -> str:
    by_release = loss.by_release
    if by_release is not None:
        server = f"the cluster's {by_release.schema}" if by_release.schema else f"Kubernetes {by_release.release}"
        return f"it has more fields that {server} does not store than can be named"
    assert loss.by_conversion is not None
    return f"it has more values that {loss.by_conversion.target} cannot hold than can be named"


def line(loss: Loss) -> str:
    """Describe a loss with its manifest."""
    return f"{loss.manifest.label}: {describe(loss)}"


def reason(loss: Loss) -> str:
    """Say why a value is lost."""
    by_release = loss.by_release
    if by_release is not None:
        return _of_release(by_release, loss)
    assert loss.by_conversion is not None
    return _of_conversion(loss.by_conversion)


def _of_conversion(cause: ByConversion) -> str:
    words = cause.words
    if not words and (cause.instead is UNSET or is_empty(cause.instead)):
        words = f"{cause.target} has no place for it"
    elif not words:
        words = f"{cause.target} can only say {shown(cause.instead)}"
    return f"{words}; {_advice(cause.history)}" if cause.history.since is not None else words


def _of_release(cause: ByRelease, loss: Loss) -> str:
    if not cause.refused:
        return _dropped(cause)
    refusal, release = cause.refusal, cause.release
    if refusal is None or not refusal.demand:
        text = f"Kubernetes {release} does not know the value {_value(loss)} and refuses it"
        return f"{text}{_outlook(cause.history)}"
    verb = "takes it and refuses its Pods" if refusal.of_pods else "refuses it"
    outlook = _outlook(cause.history) if cause.newest is not None else ""
    mend = f"; {refusal.mend}" if refusal.mend else ""
    return f"Kubernetes {release} {verb}: {refusal.demand}{outlook}{mend}"


@lru_cache(maxsize=1024)
def _dropped(cause: ByRelease) -> str:
    release, history = cause.release, cause.history
    if cause.schema:
        return f"{cause.schema} of the cluster has no such field and drops it silently"
    if cause.known:
        return _of_known_field(cause)
    if history.gated:
        return f"Kubernetes {release} does not know it and drops it silently; no release has it on by default"
    if history.since is None and history.last is None and cause.newest is not None:
        return f"no release up to {cause.newest} knows it; {release} drops it silently"
    return f"Kubernetes {release} does not know it and drops it silently{_outlook(history)}"


def _outlook(history: FieldHistory) -> str:
    if history.since is not None:
        return f"; {_advice(history)}"
    return f"; the last to know it was {history.last}" if history.last is not None else ""


def _of_known_field(cause: ByRelease) -> str:
    """Say why a release does not store what it knows: ``v1.24 has it behind CronJobTimeZone, off by default``."""
    release = cause.release
    where = "off by default" if cause.default_off else "off in this cluster"
    behind = f" behind {' and '.join(cause.gates)}, {where}," if cause.gates else ""
    if cause.instead:
        text = f"Kubernetes {release} has it{behind} and stores {shown(cause.instead)} instead"
    elif behind:
        text = f"Kubernetes {release} has it{behind} and drops it silently"
    else:
        text = f"Kubernetes {release} does not store it and drops it silently"
    if cause.history.since is not None:
        return f"{text}; {_advice(cause.history)}"
    return text


def _advice(history: FieldHistory) -> str:
    return f"{history.since} would do, in {history.version}" if history.version else f"{history.since} would do"


def _value(loss: Loss) -> str:
    """Write the lost value, cut where it is long."""
    value = loss.value
    return str(value.shown) if hasattr(value, "shown") else shown(value)


def unstored(data: UnstoredData) -> str:
    """Say that a conversion back cannot restore a manifest."""
    return (
        f"{data.manifest.label}: what {data.target} cannot hold is not kept ({data.size} bytes, and "
        f"{_capacity(data)}): a conversion back will not restore it"
    )


def _capacity(data: UnstoredData) -> str:
    if data.overflow:
        return f"an object of its own holds {data.limit >> 10} KiB"
    return f"a Work's annotations have {data.limit >> 10} KiB together"


def annotation_text(losses: Iterable[Loss], unstored_data: Iterable[UnstoredData], carried: int = 0) -> str:
    """Render the annotation for people: one line a loss, up to `TEXT_LIMIT`.

    Losses by conversion come first: they cannot be found again in the converted manifest.

    Args:
        losses: in the order of the manifests.
        unstored_data: the manifests that a conversion back cannot restore.
        carried: how many more losses by conversion are known by digest alone.
    """
    converted: dict[str, None] = {}
    released: dict[str, None] = {}
    for loss in losses:
        (converted if loss.by_release is None else released)[loss.line] = None
    for data in unstored_data:
        converted[unstored(data)] = None
    lines: list[str] = []
    left = _fill(lines, converted, TEXT_LIMIT - 2 * _LONGEST_REST)
    rest = len(converted) - len(lines) + carried
    if rest:
        lines.append(f"and {rest} more that conversions lost")
    before = len(lines)
    _fill(lines, released, left)
    if len(lines) - before < len(released):
        lines.append(f"and {len(released) - (len(lines) - before)} more")
    return "\n".join(lines)


def _fill(lines: list[str], more: Iterable[str], left: int) -> int:
    """Add lines while there is room; returns how many bytes are left."""
    for text in more:
        size = (len(text) if text.isascii() else len(text.encode())) + 1
        if size > left:
            break
        left -= size
        lines.append(text)
    return left
