"""Finds the paths that touch a path: the path itself, those that lead to it, and those below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from converter.kube import Path, Segment

T = TypeVar("T")


class PathTree(Generic[T]):
    """Values by path; finding them takes as many steps as the path has segments, and one for each value found."""

    def __init__(self) -> None:
        self._root = _Node[T]()

    def add(self, path: Path, value: T) -> None:
        """Add a value at a path."""
        node = self._root
        for segment in path:
            node = node.below.setdefault(segment, _Node())
        node.values.append(value)

    def touches(self, path: Path) -> bool:
        """Whether a value is at the path, above it or below it."""
        node: _Node[T] | None = self._root
        for segment in path:
            if node is None or node.values:
                break
            node = node.below.get(segment)
        return node is not None and bool(node.values or node.below)

    def covers(self, path: Path) -> bool:
        """Whether a value is at the path or above it."""
        node: _Node[T] | None = self._root
        for segment in path:
            if node is None or node.values:
                break
            node = node.below.get(segment)
        return node is not None and bool(node.values)

    def take(self, path: Path) -> list[T]:
        """Remove the values at the path, above it and below it, and return them."""
        taken: list[T] = []
        node: _Node[T] | None = self._root
        for segment in path:
            if node is None:
                return taken
            taken += node.clear()
            node = node.below.get(segment)
        todo = [node] if node is not None else []
        while todo:
            found = todo.pop()
            taken += found.clear()
            todo += found.below.values()
            found.below = {}
        return taken


class _Node(Generic[T]):
    __slots__ = ("below", "values")

    def __init__(self) -> None:
        self.below: dict[Segment, _Node[T]] = {}
        self.values: list[T] = []

    def clear(self) -> list[T]:
        values, self.values = self.values, []
        return values
