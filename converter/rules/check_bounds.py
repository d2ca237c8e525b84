"""Checks steps while a rule is parsed: how many and how deep they are, and that none changes an object's identity."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from converter.errors import ProblemCode
from converter.kube import EACH, Path, format_path
from converter.rules.lens import Side
from converter.rules.limits import MAX_LISTS, MAX_PLACES, MAX_SEGMENTS
from converter.rules.steps.blocks import In
from converter.rules.steps.values import Default
from converter.rules.steps.zeros import OmitEmpty

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from converter.rules.steps.base import Step
    from converter.rules.yaml_source import Cursor

_ONCE = "an object would be visited once for each object around it; use one 'recurse' and plain paths below"
_IDENTITY = (("apiVersion",), ("kind",))
_OPEN_METADATA = ("annotations", "labels")
_FOREIGN_DOMAINS = ("karmada.io", "apiconverter.dev")
"""Domains whose annotations and labels on a manifest belong to Karmada and to the converter."""


class Leaf(NamedTuple):
    """A step without steps inside, and the place that its paths start from."""

    scope: Path
    step: Step


def leaves(steps: Iterable[Step], scope: Path = ()) -> Iterator[Leaf]:
    """List the steps inside of steps, those of an ``in`` once for each of its paths."""
    for step in steps:
        if isinstance(step, In):
            for path in step.paths:
                yield from leaves(step.steps, (*scope, *path))
        else:
            yield Leaf(scope, step)


def check_bounds(kinds: tuple[str, ...], steps: tuple[Step, ...], spec: Cursor) -> None:
    """Add a problem for each step that exceeds a bound, or changes what identifies the object.

    Args:
        kinds: the kinds of a rule.
        steps: its steps.
        spec: where the rule is written.
    """
    count = max(len(kinds), 1) * max(_count(steps), 1)
    if count > MAX_PLACES:
        text = f"the steps handle {count} places in all kinds, more than {MAX_PLACES}"
        hint = "split the rule by kind, or remove paths from 'in'"
        spec.child("steps").problem(text, hint, ProblemCode.TOO_LARGE)
        return
    for step in _recursive(steps):
        deep = _too_deep(step.recurse)
        if deep is not None:
            spec.problems.add(step.line, *deep)
        for inner in _recursive(step.steps):
            spec.problems.add(inner.line, "'recurse' is inside another one", _ONCE, ProblemCode.CONFLICT)
    for leaf in leaves(steps):
        paths = {(*leaf.scope, *path) for side in Side for path in leaf.step.written_fields(side)}
        for path in sorted(paths, key=format_path):
            problem = _too_deep(path) or _identity(leaf.step, path)
            if problem is not None:
                spec.problems.add(leaf.step.line, *problem)


def _recursive(steps: Iterable[Step]) -> Iterator[In]:
    """List the outermost steps with ``recurse``."""
    for step in steps:
        if isinstance(step, In):
            if step.recurse:
                yield step
            else:
                yield from _recursive(step.steps)


def _count(steps: Iterable[Step]) -> int:
    """Count the places of leaves without listing them: each ``in`` inside of another multiplies them."""
    return sum(len(step.paths) * _count(step.steps) if isinstance(step, In) else _places(step) for step in steps)


def _places(step: Step) -> int:
    return len(step.fields) if isinstance(step, OmitEmpty) else 1


def _too_deep(path: Path) -> tuple[str, str, ProblemCode] | None:
    if sum(segment == EACH for segment in path) > MAX_LISTS:
        text = f"more than {MAX_LISTS} lists ([*]) are nested in one path, with those of the 'in' around it"
    elif len(path) > MAX_SEGMENTS:
        text = f"a path has more than {MAX_SEGMENTS} segments, with those of the 'in' around it"
    else:
        return None
    return text, "no Kubernetes object is nested that deep", ProblemCode.TOO_LARGE


def _identity(step: Step, path: Path) -> tuple[str, str, ProblemCode] | None:
    if path[:1] not in _IDENTITY and (path[:1] != ("metadata",) or _is_open(step, path)):
        return None
    text = f"{format_path(path)}: a step must not change it, because it identifies the object or belongs to Karmada"
    hint = "in metadata, a step can handle single annotations and labels of other domains"
    return text, hint, ProblemCode.IDENTITY


def _is_open(step: Step, path: Path) -> bool:
    """Whether a path is a single annotation or label of another domain, or a default for all of them."""
    if len(path) < 2 or path[1] not in _OPEN_METADATA:  # noqa: PLR2004  metadata, and a field in it
        return False
    if len(path) == 2:  # noqa: PLR2004  all annotations or all labels
        return isinstance(step, Default)
    domain = str(path[2]).partition("/")[0]
    foreign = any(domain == one or domain.endswith(f".{one}") for one in _FOREIGN_DOMAINS)
    return isinstance(path[2], str) and not foreign
