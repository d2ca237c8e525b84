"""The step ``annotation``: a field of one version that is an annotation in the other."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from converter.kube import Json, Path, format_path
from converter.rules.lens import (
    RESTATED,
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
from converter.rules.steps.base import Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from converter.rules.steps.moves import Keys


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


def _from_boolean(value: Any) -> str:
    if type(value) is not bool:
        raise wrong_type((), "true or false", value)
    return "true" if value else "false"


def _from_int_or_string(value: Any) -> str:
    if type(value) not in (int, str):
        raise wrong_type((), "an integer or a string", value)
    return str(value)


def _to_integer(text: str) -> int:
    if not _INTEGER.fullmatch(text) or not -_MOST - 1 <= int(text) <= _MOST:
        raise ValueError(text)
    return int(text)


def _to_boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


def _to_int_or_string(text: str) -> int | str:
    try:
        return _to_integer(text)
    except ValueError:
        return text


_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
"""What strconv.ParseInt of Go reads; Python's ``int`` reads more, such as ``1_000``."""

_MOST: Final = 2**63 - 1
"""The largest integer that a field of Kubernetes holds."""

_TO_TEXT: dict[str, Callable[[Any], str]] = {
    "integer": _from_integer,
    "string": _from_string,
    "json": _from_json,
    "boolean": _from_boolean,
    "intOrString": _from_int_or_string,
}
_FROM_TEXT: dict[str, Callable[[str], Any]] = {
    "integer": _to_integer,
    "string": str,
    "json": msgspec.json.decode,
    "boolean": _to_boolean,
    "intOrString": _to_int_or_string,
}

ENCODINGS = tuple(_TO_TEXT)
"""How a field's value can be written into an annotation."""


def _reads(text: Json, decode: Callable[[str], Any]) -> bool:
    """Whether an annotation can be read as the field's type."""
    try:
        return type(text) is str and decode(text) is not None
    except (ValueError, RecursionError):
        return False


_ANNOTATIONS = ("metadata", "annotations")
_STRAY = "is only an annotation in this version; the conversion would turn it into a field"


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation(Step):
    """A field of one version (``side``) that the other writes as an annotation.

    An annotation that cannot be read as the field's type stays an annotation, in both directions.
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
        name, field, encode, decode = self.name, self.field, _TO_TEXT[self.encoding], _FROM_TEXT[self.encoding]

        def to_annotation(node: dict[str, Any], notes: Notes) -> None:
            source = get_object(node, parent)
            value = None if source is None else source.get(leaf)
            text: str | None = None
            if value is not None:
                try:
                    text = encode(value)
                except LensError as error:
                    error.path = field
                    raise
            annotations = get_object(node, _ANNOTATIONS)
            stray = None if annotations is None else annotations.get(name)
            if annotations is not None and stray is not None and (text is not None or _reads(stray, decode)):
                del annotations[name]
                notes.append(Note((*_ANNOTATIONS, name), stray, RESTATED if stray == text else _STRAY))
                prune_empty(node, _ANNOTATIONS)
            if source is None or text is None:
                return
            del source[leaf]
            prune_empty(node, parent)
            ensure_object(node, _ANNOTATIONS)[name] = text
            if type(value) is str and decode(text) != value:  # a text of digits reads as an integer
                notes.append(Note(field, value, RESTATED))

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
            if value is None:  # the text null
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
