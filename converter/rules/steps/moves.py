"""Steps that move values to other places without changing them: rename, nest, annotation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from converter.kube import Path, format_path
from converter.rules.codegen import scoped
from converter.rules.lens import (
    Lens,
    LensError,
    Note,
    Notes,
    Side,
    drop_foreign,
    ensure_object,
    get_object,
    prune_empty,
    wrong_type,
)
from converter.rules.steps.base import Step, join

if TYPE_CHECKING:
    from collections.abc import Callable

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
        if old[:-1] == new[:-1]:
            return scoped(join(self.scope, old[:-1]), _rename_here(old[-1], new[-1]))
        if len(old) == 2 and len(new) == 1 and old[0] != new[0]:  # noqa: PLR2004  one level up
            return scoped(self.scope, _lift(*old, *new))
        if len(old) == 1 and len(new) == 2 and old[0] != new[0]:  # noqa: PLR2004  one level down
            return scoped(self.scope, _sink(*old, *new))
        return scoped(self.scope, _move(old, new))

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


def _rename_here(old: str, new: str) -> Lens:
    def rename(node: dict[str, Any], notes: Notes) -> None:
        if new in node:
            drop_foreign(node, new, (new,), notes)
        if old in node:
            node[new] = node.pop(old)

    return rename


def _lift(outer: str, old: str, new: str) -> Lens:
    def lift(node: dict[str, Any], notes: Notes) -> None:
        if new in node:
            drop_foreign(node, new, (new,), notes)
        source = node.get(outer)
        if type(source) is not dict:
            if source is None:
                return
            raise wrong_type((outer,), "an object", source)
        if old in source:
            value = source.pop(old)
            if not source:
                del node[outer]
            node[new] = value

    return lift


def _sink(old: str, outer: str, new: str) -> Lens:
    def sink(node: dict[str, Any], notes: Notes) -> None:
        target = node.get(outer)
        if target is not None:
            if type(target) is not dict:
                raise wrong_type((outer,), "an object", target)
            if new in target:
                drop_foreign(target, new, (outer, new), notes)
        if old in node:
            value = node.pop(old)
            if target is None:
                node[outer] = {new: value}
            else:
                target[new] = value

    return sink


def _move(old: Keys, new: Keys) -> Lens:
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

    return move


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


def _from_integer(value: Any) -> str:
    if type(value) is not int:
        raise wrong_type((), "an integer", value)
    return str(value)


def _from_string(value: Any) -> str:
    if type(value) is not str:
        raise wrong_type((), "a string", value)
    return value


def _from_json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


_TO_TEXT: dict[str, Callable[[Any], str]] = {
    "integer": _from_integer,
    "string": _from_string,
    "json": _from_json,
}
_FROM_TEXT: dict[str, Callable[[str], Any]] = {"integer": int, "string": str, "json": json.loads}

ENCODINGS = tuple(_TO_TEXT)
"""How a field's value can be written into an annotation."""

_ANNOTATIONS = ("metadata", "annotations")


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation(Step):
    """A field of one version (``side``) that the other writes as an annotation.

    An annotation that cannot be read as the field's type stays an annotation.
    """

    field: Keys
    name: str
    encoding: str
    side: Side

    def lens(self, toward: Side) -> Lens:
        """Compile; a field that is in the way, and a stray annotation, is dropped and noted."""
        return self._to_field() if toward is self.side else self._to_annotation()

    def _to_annotation(self) -> Lens:
        *parent, leaf = self.field
        name, field, encode = self.name, self.field, _TO_TEXT[self.encoding]

        def to_annotation(node: dict[str, Any], notes: Notes) -> None:
            source = get_object(node, parent)
            value = None if source is None else source.get(leaf)
            annotations = get_object(node, _ANNOTATIONS)
            if annotations is not None and name in annotations:
                why = "is only an annotation in this version; the conversion would turn it into a field"
                notes.append(Note((*_ANNOTATIONS, name), annotations.pop(name), why))
                prune_empty(node, _ANNOTATIONS)
            if source is None or value is None:
                return
            try:
                text = encode(value)
            except LensError as error:
                error.path = field
                raise
            del source[leaf]
            prune_empty(node, parent)
            ensure_object(node, _ANNOTATIONS)[name] = text

        return to_annotation

    def _to_field(self) -> Lens:
        *parent, leaf = self.field
        name, field, decode = self.name, self.field, _FROM_TEXT[self.encoding]

        def to_field(node: dict[str, Any], notes: Notes) -> None:
            target = get_object(node, parent)
            if target is not None:
                drop_foreign(target, leaf, field, notes)
            annotations = get_object(node, _ANNOTATIONS)
            text = None if annotations is None else annotations.get(name)
            if annotations is None or type(text) is not str:
                return
            try:
                value = decode(text)
            except (ValueError, RecursionError):
                return
            del annotations[name]
            prune_empty(node, _ANNOTATIONS)
            ensure_object(node, parent)[leaf] = value

        return to_field

    def describe(self, toward: Side) -> str:
        """Say which becomes which."""
        field = format_path(self.field)
        return (
            f"annotation {self.name} becomes {field}"
            if toward is self.side
            else f"{field} becomes annotation {self.name}"
        )

    def expected_fields(self, side: Side) -> tuple[Path, ...]:
        """The field, on the side that has it."""
        return (self.field,) if side is self.side else ()

    def written_fields(self, side: Side) -> tuple[Path, ...]:
        """The field on one side, the annotation on the other."""
        return (self.field,) if side is self.side else ((*_ANNOTATIONS, self.name),)
