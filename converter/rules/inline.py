"""Lenses that a compiled lens writes out instead of calling them, for objects of the usual shape.

What is written out adds no notes and raises no errors: for any other object, the lens itself is called. So a lens says
what it does in all cases, and the source does the same in the usual ones. It is faster because it follows just the keys
of the rule, where a lens calls helpers for any keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from converter.rules.lens import Lens, Notes

    Keys = Sequence[str]


@dataclass(frozen=True, slots=True)
class InlineLens:
    """A lens, and Python source that does the same to objects of the usual shape. A call runs the lens.

    From a rule, the source contains only field names and numbers, as literals.

    Attributes:
        lens: the lens for every object.
        usual: an expression: whether ``node`` has the usual shape. It can assign names, and changes no object.
        lines: what the lens does to such a node: one statement or more, which add no notes.
    """

    lens: Lens
    usual: str
    lines: tuple[str, ...]

    def __call__(self, node: dict[str, Any], notes: Notes) -> None:
        """Apply the lens."""
        self.lens(node, notes)


class Way:
    """The source that follows keys from ``node`` through objects.

    Attributes:
        keys: the keys; without any, the way ends at ``node``.
        end: the name of the object at the end, once `exists` is true.
        ensure: an expression for the object at the end, which creates those that are missing.
    """

    def __init__(self, keys: Sequence[str], name: str) -> None:
        """Make the source.

        Args:
            keys: the keys.
            name: what the names of the objects on the way start with; other ways use other names.
        """
        self.keys = tuple(keys)
        self._objects = ("node", *(f"{name}{number}" for number in range(1, len(keys) + 1)))
        self.end = self._objects[-1]
        self.ensure = "node" + "".join(f".setdefault({key!r}, {{}})" for key in keys)

    def exists(self) -> str:
        """Write the expression: whether all objects on the way exist."""
        return " and ".join(self._is_object(depth) for depth in range(len(self.keys))) or "True"

    def has_room(self, *names: str) -> str:
        """Write the expression: whether `ensure` gives an object, and it has no such field."""
        found = " and ".join(f"{name!r} not in {self.end}" for name in names)
        for depth in reversed(range(len(self.keys))):
            key, holder = self.keys[depth], self._objects[depth]
            found = f"({key!r} not in {holder} or ({self._is_object(depth)} and {found}))"
        return found

    def prune(self) -> tuple[str, ...]:
        """Write the statements that remove each object on the way that is empty, once `exists` is true."""
        return tuple(
            f"if not {self._objects[depth + 1]}: del {self._objects[depth]}[{self.keys[depth]!r}]"
            for depth in reversed(range(len(self.keys)))
        )

    def _is_object(self, depth: int) -> str:
        return f"type({self._objects[depth + 1]} := {self._objects[depth]}.get({self.keys[depth]!r})) is dict"


def write_move(lens: Lens, old: Keys, new: Keys) -> InlineLens:
    """Write out the move of a value from one place to another, whose ways have no object in common."""
    *old_parent, old_leaf = old
    *new_parent, new_leaf = new
    old_way, new_way = Way(old_parent, "old"), Way(new_parent, "new")
    lines = (
        f"if {old_leaf!r} in {old_way.end}:",
        f"    value = {old_way.end}.pop({old_leaf!r})",
        *(f"    {line}" for line in old_way.prune()),
        f"    {new_way.ensure}[{new_leaf!r}] = value",
    )
    return InlineLens(lens, f"{new_way.has_room(new_leaf)} and {old_way.exists()}", lines)


def write_join(lens: Lens, parent: Keys, number: str, string: str, into: str) -> InlineLens:
    """Write out how a number or a text, which are alone in an object of their own, becomes one field of ``node``."""
    way = Way(parent, "inner")
    usual = (
        f"{into!r} not in node and {way.exists()} and len({way.end}) == 1"
        f" and (type(value := {way.end}.get({number!r})) is int"
        f" or (type(value := {way.end}.get({string!r})) is str and value))"
    )
    return InlineLens(lens, usual, (f"{way.end}.clear()", *way.prune(), f"node[{into!r}] = value"))


def write_split(  # noqa: PLR0917  the places of three fields
    lens: Lens, parent: Keys, number: str, string: str, into: str, neither: int | None
) -> InlineLens:
    """Write out the way back of `write_join`; ``neither`` is the value that neither field has."""
    way = Way(parent, "inner")
    usual = (
        f"(type(value := node.get({into!r})) is int or type(value) is str) and value != {neither!r}"
        f" and {way.has_room(number, string)}"
    )
    name = f"{number!r} if type(value) is int else {string!r}"
    return InlineLens(lens, usual, (f"del node[{into!r}]", f"{way.ensure}[{name}] = value"))
