"""The lines of the values of a document, as a tree that mirrors the document: its size is that of the document.

A table from whole places to lines would hold a tuple for each value, as long as its depth: 200 KB of text made 200 MB.
"""

from __future__ import annotations

from typing import TypeAlias

Place: TypeAlias = tuple[str | int, ...]
"""Keys and indexes from a document's root to one value in it."""


class Lines:
    """The line of a value, and the lines of the values in it.

    Attributes:
        line: the line, from 1; 0 if it is unknown.
        below: for each key or index, a line, or the lines of a mapping or a list.
    """

    __slots__ = ("below", "line")

    def __init__(self, line: int = 0) -> None:
        self.line = line
        self.below: dict[str | int, int | Lines] = {}

    def get(self, place: Place, default: int = 0) -> int:
        """Return the line of the value at a place; of a mapping's value, the line of its key."""
        found: int | Lines | None = self
        for key in place:
            found = found.below.get(key) if isinstance(found, Lines) else None
        line = found.line if isinstance(found, Lines) else found
        return line or default

    def __getitem__(self, place: Place) -> int:
        line = self.get(place)
        if not line:
            raise KeyError(place)
        return line
