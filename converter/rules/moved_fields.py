"""Which fields a rule moves or rewrites, as the words by which a program for one version would name them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from converter.rules.steps.blocks import Call, In
from converter.rules.steps.enums import Enum
from converter.rules.steps.int_or_string import IntOrString
from converter.rules.steps.invert import Invert
from converter.rules.steps.labels import Label
from converter.rules.steps.moves import Nest, Rename
from converter.rules.steps.reshape import Reshape
from converter.rules.steps.values import Values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from converter.kube import Path
    from converter.rules.lens import Side
    from converter.rules.rule_book import Edge
    from converter.rules.steps.base import Step

_EVERYWHERE: Final = frozenset({"spec", "status", "metadata"})


def moved_fields(edges: Iterable[Edge]) -> frozenset[frozenset[str]]:
    """Find the fields of the source's version that have another place, or another shape, in the target's.

    Returns:
        For each field the names on its path that distinguish it: ``{"defaultBackend"}``, ``{"service", "name"}``.
    """
    found: set[frozenset[str]] = set()
    for edge in edges:
        for step in _leaves(edge.rule.steps):
            found |= _moved(step, edge.toward)
    return frozenset(found)


def _leaves(steps: Iterable[Step]) -> Iterator[Step]:
    for step in steps:
        if isinstance(step, In):
            yield from _leaves(step.steps)
        else:
            yield step


def _moved(step: Step, toward: Side) -> set[frozenset[str]]:
    before, after = step.expected_fields(toward.other), step.expected_fields(toward)
    if isinstance(
        step, (Call, Enum, Invert, Label, Reshape, Values)
    ):  # the field can stay in its place and mean something else
        fields, common = before, _EVERYWHERE
    elif isinstance(step, (IntOrString, Nest, Rename)):
        fields = tuple(path for path in before if path not in after)
        common = _EVERYWHERE.union(*map(_words, after))
    else:
        return set()
    return {words for words in (_words(path) - common for path in fields) if words}


def _words(path: Path) -> frozenset[str]:
    return frozenset(segment for segment in path if isinstance(segment, str))
