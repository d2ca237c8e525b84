"""Losses of Secrets: neither a value nor a key of a map in them appears in a warning, a record, a log or a report.

Every text and every record is made of losses, so they are concealed where they are made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs

from converter.kube import Path, format_path, parse_path
from converter.losses.model import AbridgedValue

if TYPE_CHECKING:
    from collections.abc import Iterable

    from converter.losses.model import Loss

SECRET: Final = "Secret"  # noqa: S105  a kind
"""The kind whose losses are concealed, in every group: operators have kinds of their own with this name."""

CONCEALED: Final = AbridgedValue("(not shown)", "")
"""Replaces every value. A digest of a short password would give it away."""

_MAPS_IN_METADATA: Final = (("metadata", "annotations"), ("metadata", "labels"))


def concealed(losses: Iterable[Loss]) -> tuple[Loss, ...]:
    """Take values, and keys of maps, out of losses; losses that then say the same become one."""
    shown: dict[tuple[object, ...], Loss] = {}
    for loss in losses:
        path = format_path(_outer(parse_path(loss.path)))
        value = None if loss.value is None else CONCEALED
        hidden = structs.replace(loss, path=path, value=value)
        shown.setdefault((path, loss.origin, loss.refused, value is None), hidden)
    return tuple(shown.values())


def _outer(path: Path) -> Path:
    """Cut a path to a field of the Secret itself; below are keys that users choose, or that they put there."""
    return path[:2] if path[:2] in _MAPS_IN_METADATA else path[:1]
