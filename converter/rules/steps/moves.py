"""Steps that move values to other places without changing them: rename, nest, annotation, intOrString."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from converter.kube import Path, format_path
from converter.rules.lens import (
    Lens,
    LensError,
    Note,
    Notes,
    Side,
    intruder,
    misfit,
    prune,
    reach,
    scoped,
    walk_object,
)
from converter.rules.steps.base import Step, join

if TYPE_CHECKING:
    from collections.abc import Callable

Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename(Step):
    """A field stands at another place in the other version; ``left`` and ``right`` are keys below ``scope``."""

    scope: Path
    left: Keys
    right: Keys

    def lens(self, toward: Side) -> Lens:
        """Compile; a field that is in the way at the new place is refused."""
        old, new = (self.left, self.right) if toward is Side.RIGHT else (self.right, self.left)
        inner = _rename_here(old[0], new[0]) if len(old) == len(new) == 1 else _move(old, new)
        return scoped(self.scope, inner)

    def tell(self, toward: Side) -> str:
        """Say what moves where."""
        left, right = (format_path(path) for path in (*self.names(Side.LEFT), *self.names(Side.RIGHT)))
        return f"{left} becomes {right}" if toward is Side.RIGHT else f"{right} becomes {left}"

    def names(self, side: Side) -> tuple[Path, ...]:
        """The one field."""
        return (join(self.scope, self.left if side is Side.LEFT else self.right),)


def _rename_here(old: str, new: str) -> Lens:
    def rename(node: dict[str, Any], _notes: Notes) -> None:
        if node.get(new) is not None:
            raise intruder((new,))
        if old in node:
            node[new] = node.pop(old)

    return rename


def _move(old: Keys, new: Keys) -> Lens:
    *old_parent, old_leaf = old
    *new_parent, new_leaf = new

    def move(node: dict[str, Any], _notes: Notes) -> None:
        target = walk_object(node, new_parent)
        if target is not None and target.get(new_leaf) is not None:
            raise intruder(new)
        source = walk_object(node, old_parent)
        if source is None or old_leaf not in source:
            return
        value = source.pop(old_leaf)
        prune(node, old_parent)
        reach(node, new_parent)[new_leaf] = value

    return move


@dataclass(frozen=True, slots=True, kw_only=True)
class Nest(Step):
    """Fields that stand side by side in one version stand inside an object of their own in the other.

    ``side`` is the version with the object ``into``; the fields have the same names in both. With ``always`` the
    object is made even where there is nothing to put into it.
    """

    scope: Path
    into: str
    fields: tuple[str, ...]
    side: Side
    always: bool = False

    def lens(self, toward: Side) -> Lens:
        """Compile; a field that is in the way at the new place is refused."""
        return scoped(self.scope, self._nest() if toward is self.side else self._flatten())

    def _nest(self) -> Lens:
        into, fields, always = self.into, self.fields, self.always

        def nest(node: dict[str, Any], _notes: Notes) -> None:
            if node.get(into) is not None:
                raise intruder((into,))
            inner = {name: node.pop(name) for name in fields if name in node}
            if inner or always:
                node[into] = inner

        return nest

    def _flatten(self) -> Lens:
        into, fields = self.into, self.fields

        def flatten(node: dict[str, Any], notes: Notes) -> None:
            for name in fields:
                if node.get(name) is not None:
                    raise intruder((name,))
            inner = walk_object(node, (into,))
            if inner is None:
                return
            del node[into]
            node.update((name, inner.pop(name)) for name in fields if name in inner)
            for name, value in inner.items():
                notes.append(Note((into, name), value, "is no known field, and the object around it is gone"))

        return flatten

    def tell(self, toward: Side) -> str:
        """Say what goes in or comes out."""
        verb = "go into" if toward is self.side else "come out of"
        return f"{', '.join(self.fields)} {verb} {format_path(join(self.scope, (self.into,)))}"

    def names(self, side: Side) -> tuple[Path, ...]:
        """The fields at that side's places."""
        inside = (self.into,) if side is self.side else ()
        return tuple(join(self.scope, (*inside, name)) for name in self.fields)


def _from_integer(value: Any) -> str:
    if type(value) is not int:
        raise misfit((), "an integer", value)
    return str(value)


def _from_string(value: Any) -> str:
    if type(value) is not str:
        raise misfit((), "a string", value)
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
        """Compile; a field that is in the way is refused, a stray annotation is noted and removed."""
        return self._to_field() if toward is self.side else self._to_annotation()

    def _to_annotation(self) -> Lens:
        *parent, leaf = self.field
        name, field, encode = self.name, self.field, _TO_TEXT[self.encoding]

        def to_annotation(node: dict[str, Any], notes: Notes) -> None:
            source = walk_object(node, parent)
            value = None if source is None else source.get(leaf)
            annotations = walk_object(node, _ANNOTATIONS)
            if annotations is not None and name in annotations:
                why = "would become a field by the conversion; here it is only an annotation"
                notes.append(Note((*_ANNOTATIONS, name), annotations.pop(name), why))
                prune(node, _ANNOTATIONS)
            if source is None or value is None:
                return
            try:
                text = encode(value)
            except LensError as error:
                error.path = field
                raise
            del source[leaf]
            prune(node, parent)
            reach(node, _ANNOTATIONS)[name] = text

        return to_annotation

    def _to_field(self) -> Lens:
        *parent, leaf = self.field
        name, field, decode = self.name, self.field, _FROM_TEXT[self.encoding]

        def to_field(node: dict[str, Any], _notes: Notes) -> None:
            target = walk_object(node, parent)
            if target is not None and target.get(leaf) is not None:
                raise intruder(field)
            annotations = walk_object(node, _ANNOTATIONS)
            text = None if annotations is None else annotations.get(name)
            if annotations is None or type(text) is not str:
                return
            try:
                value = decode(text)
            except (ValueError, RecursionError):
                return
            del annotations[name]
            prune(node, _ANNOTATIONS)
            reach(node, parent)[leaf] = value

        return to_field

    def tell(self, toward: Side) -> str:
        """Say which becomes which."""
        field = format_path(self.field)
        return (
            f"annotation {self.name} becomes {field}"
            if toward is self.side
            else f"{field} becomes annotation {self.name}"
        )

    def names(self, side: Side) -> tuple[Path, ...]:
        """The field, on the side that has it."""
        return (self.field,) if side is self.side else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IntOrString(Step):
    """One field that holds a number or a name (``side``), and two fields, one for each, in the other version.

    ``neither`` is the number that the one field holds where there is neither number nor name.
    """

    scope: Path
    into: Keys
    number: Keys
    string: Keys
    side: Side
    neither: int | None = None

    def lens(self, toward: Side) -> Lens:
        """Compile; both fields at once, or one that is in the way, are refused."""
        return scoped(self.scope, self._join() if toward is self.side else self._split())

    def _join(self) -> Lens:
        into, (*number_parent, number), (*string_parent, string) = self.into, self.number, self.string
        *into_parent, leaf = into
        both, neither = (*number_parent, number), self.neither

        def join_them(node: dict[str, Any], _notes: Notes) -> None:
            target = walk_object(node, into_parent)
            if target is not None and target.get(leaf) is not None:
                raise intruder(into)
            numbers, strings = walk_object(node, number_parent), walk_object(node, string_parent)
            count = None if numbers is None else numbers.pop(number, None)
            text = None if strings is None else strings.pop(string, None)
            if count and text:
                raise LensError(
                    both, f"stands beside {string} {text!r}; only one of the two can be meant", refused=True
                )
            _expect_int_or_string(count, both, int, "an integer")
            _expect_int_or_string(text, (*string_parent, string), str, "a string")
            prune(node, number_parent)
            prune(node, string_parent)
            value = text or (neither if count is None else count)
            if value is not None:
                reach(node, into_parent)[leaf] = value

        return join_them

    def _split(self) -> Lens:
        (*into_parent, leaf), number, string, neither = self.into, self.number, self.string, self.neither

        def split(node: dict[str, Any], _notes: Notes) -> None:
            for place in (number, string):
                parent = walk_object(node, place[:-1])
                if parent is not None and parent.get(place[-1]) is not None:
                    raise intruder(place)
            source = walk_object(node, into_parent)
            value = None if source is None else source.get(leaf)
            if source is None or value is None:
                return
            if type(value) not in (int, str):
                raise misfit((*into_parent, leaf), "an integer or a string", value)
            del source[leaf]
            prune(node, into_parent)
            if value == neither:
                return
            place = number if type(value) is int else string
            reach(node, place[:-1])[place[-1]] = value

        return split

    def tell(self, toward: Side) -> str:
        """Say which becomes which."""
        number, string = (
            format_path(join(self.scope, self.number)),
            format_path(join(self.scope, self.string)),
        )
        into = format_path(join(self.scope, self.into))
        if toward is self.side:
            return f"{number} or {string} becomes {into}"
        return f"{into} becomes {number} where it is a number, {string} where it is a name"

    def names(self, side: Side) -> tuple[Path, ...]:
        """The one field, or the two."""
        keys = (self.into,) if side is self.side else (self.number, self.string)
        return tuple(join(self.scope, key) for key in keys)


def _expect_int_or_string(value: Any, path: Path, wanted: type, called: str) -> None:
    if value is not None and type(value) is not wanted:
        raise misfit(path, called, value)
