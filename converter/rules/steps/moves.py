"""Steps that move values to other places without changing them: rename and nest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from converter.kube import Path, format_path
from converter.rules.codegen import scoped
from converter.rules.inline import write_move
from converter.rules.lens import (
    Lens,
    Note,
    Notes,
    Side,
    drop_foreign,
    ensure_object,
    get_object,
    prune_empty,
)
from converter.rules.steps.base import Step, join
from converter.rules.steps.wrapping import into_itself, out_of_itself

Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename(Step):
    """A field with another path in the other version; ``left`` and ``right`` are keys below ``scope``."""

    scope: Path
    left: Keys
    right: Keys

    def lens(self, toward: Side) -> Lens:
        """Compile; a field that is in the way at the new place is dropped and noted."""
        old, new = (self.left, self.right) if toward is Side.RIGHT else (self.right, self.left)
        if old == new[: len(old)]:
            return scoped(self.scope, into_itself(old, new[len(old) :]))
        if new == old[: len(new)]:
            return scoped(self.scope, out_of_itself(new, old))
        shared = next(depth for depth, (one, two) in enumerate(zip(old, new, strict=False)) if one != two)
        return scoped(join(self.scope, old[:shared]), _move(old[shared:], new[shared:]))

    def describe(self, toward: Side) -> str:
        """Say what moves where."""
        left, right = (
            format_path(path) for path in (*self.expected_fields(Side.LEFT), *self.expected_fields(Side.RIGHT))
        )
        return f"{left} becomes {right}" if toward is Side.RIGHT else f"{right} becomes {left}"

    def expected_fields(self, side: Side) -> tuple[Path, ...]:
        """The one field."""
        return (join(self.scope, self.left if side is Side.LEFT else self.right),)

    def moved_paths(self) -> tuple[tuple[Path, Path], ...]:
        """The one field."""
        return ((join(self.scope, self.left), join(self.scope, self.right)),)


def _move(old: Keys, new: Keys) -> Lens:
    """Make the lens from one place to another, whose ways have no object in common.

    It is written out (`converter.rules.inline`), which saves 5 % of the answer for a converted Ingress.
    """
    *old_parent, old_leaf = old
    *new_parent, new_leaf = new

    def move(node: dict[str, Any], notes: Notes) -> None:
        target = get_object(node, new_parent)
        if target is not None:
            drop_foreign(target, new_leaf, new, notes)
        source = get_object(node, old_parent)
        if source is None or old_leaf not in source:
            return
        value = source.pop(old_leaf)
        prune_empty(node, old_parent)
        ensure_object(node, new_parent)[new_leaf] = value

    return write_move(move, old, new)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nest(Step):
    """Fields that are siblings in one version, and inside an object of their own in the other.

    ``side`` is the version with the object ``into``; the fields have the same names in both. With ``always`` the
    object is made even where there is identity to put into it.
    """

    scope: Path
    into: str
    fields: tuple[str, ...]
    side: Side
    always: bool = False

    def lens(self, toward: Side) -> Lens:
        """Compile; a field that is in the way at the new place is dropped and noted."""
        return scoped(self.scope, self._nest() if toward is self.side else self._flatten())

    def _nest(self) -> Lens:
        into, fields, always = self.into, self.fields, self.always

        def nest(node: dict[str, Any], notes: Notes) -> None:
            drop_foreign(node, into, (into,), notes)
            inner = {name: node.pop(name) for name in fields if name in node}
            if inner or always:
                node[into] = inner

        return nest

    def _flatten(self) -> Lens:
        into, fields = self.into, self.fields

        def flatten(node: dict[str, Any], notes: Notes) -> None:
            for name in fields:
                drop_foreign(node, name, (name,), notes)
            inner = get_object(node, (into,))
            if inner is None:
                return
            del node[into]
            node.update((name, inner.pop(name)) for name in fields if name in inner)
            for name, value in inner.items():
                notes.append(Note((into, name), value, "is an unknown field, and its object does not exist there"))

        return flatten

    def describe(self, toward: Side) -> str:
        """Say what goes in or comes out."""
        verb = "go into" if toward is self.side else "come out of"
        return f"{', '.join(self.fields)} {verb} {format_path(join(self.scope, (self.into,)))}"

    def expected_fields(self, side: Side) -> tuple[Path, ...]:
        """The fields at that side's places."""
        inside = (self.into,) if side is self.side else ()
        return tuple(join(self.scope, (*inside, name)) for name in self.fields)

    def written_fields(self, side: Side) -> tuple[Path, ...]:
        """The fields, and the object on the side that has it."""
        made = (join(self.scope, (self.into,)),) if side is self.side else ()
        return (*made, *self.expected_fields(side))

    def moved_paths(self) -> tuple[tuple[Path, Path], ...]:
        """Each field, with and without the object."""
        return tuple(zip(self.expected_fields(Side.LEFT), self.expected_fields(Side.RIGHT), strict=True))
