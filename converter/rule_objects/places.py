"""Numbers the places of an object, as the lines of a file are numbered: a problem of its readers then names a place.

The readers of rules name the line of each problem. An object of the API server has no lines. So each place that they
ask about gets a number instead, and the number leads back to the place.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from converter.kube import format_path
from converter.yaml import MAX_DEPTH
from converter.yaml.lines import Lines

if TYPE_CHECKING:
    from converter.errors import RuleProblem
    from converter.kube import Json
    from converter.yaml import Place

_WHOLE: Final = "spec"
"""How the whole object is named: nothing else of it can be wrong."""


class NumberedPlaces(Lines):
    """Numbers in place of the lines of a document."""

    __slots__ = ("_numbers",)

    def __init__(self) -> None:
        super().__init__()
        self._numbers: dict[Place, int] = {}

    def get(self, place: Place, default: int = 0) -> int:  # noqa: ARG002  every place has a number
        """Return the number of a place, from 1; a place that nobody asked about gets the next one."""
        return self._numbers.setdefault(place, len(self._numbers) + 1)

    @property
    def places(self) -> tuple[str, ...]:
        """The places by number: ``spec.steps[2].rename``."""
        return tuple(format_path(place) or _WHOLE for place in self._numbers)


def placed(problem: RuleProblem, places: tuple[str, ...]) -> RuleProblem:
    """Name the place of a problem in an object, in place of a line."""
    known = 0 < problem.line <= len(places)
    return replace(problem, line=0, path=places[problem.line - 1] if known else _WHOLE)


def is_too_deep(value: Json) -> bool:
    """Whether a value is nested deeper than any Kubernetes object."""
    todo: list[tuple[Json, int]] = [(value, 1)]
    while todo:
        at, depth = todo.pop()
        if depth > MAX_DEPTH:
            return True
        below = at.values() if isinstance(at, dict) else at if isinstance(at, list) else ()
        todo += [(child, depth + 1) for child in below if isinstance(child, dict | list)]
    return False
