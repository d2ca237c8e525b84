"""The interface of a step: its lens in either direction, the fields it uses, its losses, its description."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from converter.kube import EACH, Each, Path, Segment

if TYPE_CHECKING:
    from converter.rules.lens import Lens, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(ABC):
    """One step of a rule.

    Attributes:
        line: its line in the file, from 1.
    """

    line: int = 0

    @abstractmethod
    def lens(self, toward: Side) -> Lens:
        """Compile the step into a lens toward that side's version."""

    @abstractmethod
    def describe(self, toward: Side) -> str:
        """Describe in one line what the step does on the way to that side."""

    @abstractmethod
    def expected_fields(self, side: Side) -> tuple[Path, ...]:
        """List the fields that the step expects in that side's version."""

    def owned_fields(self, side: Side) -> tuple[Path, ...]:
        """List the fields that only this step of a rule may handle on that side."""
        return self.expected_fields(side)

    def written_fields(self, side: Side) -> tuple[Path, ...]:
        """List the fields that the step adds, changes or removes in that side's version."""
        return self.expected_fields(side)

    def moved_paths(self) -> tuple[tuple[Path, Path], ...]:
        """List the fields that have another path in the other version, as (left, right); what is below moves along."""
        return ()

    def losses(self, toward: Side) -> int:  # noqa: ARG002  # by default a step loses nothing
        """Count the fields whose values can be lost on the way to that side."""
        return 0

    @property
    def stays(self) -> bool:
        """Whether the step only changes a value at its place, so that another step can move the field."""
        return False

    @property
    def keeps_order(self) -> bool:
        """Whether consecutive steps of this type run in written order in both directions, as defaults do."""
        return False


def split_scope(path: Path) -> tuple[Path, tuple[str, ...]]:
    """Split a path after its last ``[*]``: the lists and maps to iterate over, and the keys below each item."""
    last = max((index for index, segment in enumerate(path) if isinstance(segment, Each)), default=-1)
    return path[: last + 1], keys_of(path[last + 1 :])


def keys_of(path: Path) -> tuple[str, ...]:
    """Return the segments as keys; the parser has rejected every other type of segment."""
    return tuple(str(segment) for segment in path)


def is_plain(path: Path) -> bool:
    """Whether a path has only keys and ``[*]``: steps support no other segments."""
    return all(isinstance(segment, str) or segment == EACH for segment in path)


def join(prefix: Path, keys: tuple[Segment, ...]) -> Path:
    """Join two parts of a path."""
    return (*prefix, *keys)
