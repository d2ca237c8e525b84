"""What every step offers: its lens in either direction, what it names, what it may lose, how it is told."""

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
        line: where it stands in its file, from 1.
    """

    line: int = 0

    @abstractmethod
    def lens(self, toward: Side) -> Lens:
        """Compile the step into a function that rewrites an object toward that side's version."""

    @abstractmethod
    def tell(self, toward: Side) -> str:
        """Say in one line what the step does on the way to that side."""

    @abstractmethod
    def names(self, side: Side) -> tuple[Path, ...]:
        """List the fields the step expects that side's version to have."""

    def touches(self, side: Side) -> tuple[Path, ...]:
        """List the places the step takes for itself on that side; no two steps of a rule may share one."""
        return self.names(side)

    def losses(self, toward: Side) -> int:  # noqa: ARG002  # a step loses nothing unless it says so
        """Count the fields whose values can be lost on the way to that side."""
        return 0

    @property
    def keeps_order(self) -> bool:
        """Whether neighbours of this kind run in written order in both directions, as defaults do."""
        return False


def split_scope(path: Path) -> tuple[Path, tuple[str, ...]]:
    """Split a path after its last ``[*]``: the part to iterate over, and the keys below each item."""
    last = max((index for index, segment in enumerate(path) if isinstance(segment, Each)), default=-1)
    return path[: last + 1], keys_of(path[last + 1 :])


def keys_of(path: Path) -> tuple[str, ...]:
    """Take a path's segments as keys; the reader has refused every other kind of segment."""
    return tuple(str(segment) for segment in path)


def is_plain(path: Path) -> bool:
    """Whether a path has only keys and ``[*]``, which is all a step can follow."""
    return all(isinstance(segment, str) or segment == EACH for segment in path)


def join(prefix: Path, keys: tuple[Segment, ...]) -> Path:
    """Put two parts of a path together."""
    return (*prefix, *keys)
