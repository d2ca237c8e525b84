"""The step ``label``: a field of one version that is a label in the other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from converter.kube import Json, Path, format_path
from converter.rules.lens import (
    RESTATED,
    Lens,
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
    from converter.rules.steps.moves import Keys

_VALUE: Final = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
"""The value of a label. Source: k8s.io/apimachinery/pkg/util/validation: IsValidLabelValue."""

_STRAY: Final = "is only a label in this version; the conversion would turn it into a field"

_INTEGER: Final = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_TYPES: Final[dict[str, tuple[type, str]]] = {
    "string": (str, "a string"),
    "integer": (int, "an integer"),
    "boolean": (bool, "true or false"),
}

LABEL_ENCODINGS: Final = tuple(_TYPES)
"""How a field's value can be written into a label."""

LABELS: Final[Keys] = ("metadata", "labels")
"""Where the labels of an object are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label(Step):
    """A field of one version (``side``) that the other has as a label.

    A label that cannot be read as the field's type stays a label. A value that cannot be a label is dropped and noted.

    Attributes:
        field: the field.
        name: the label.
        encoding: the field's type: one of `LABEL_ENCODINGS`.
        side: the version with the field.
        labels: the map of labels.
    """

    field: Keys
    name: str
    encoding: str
    side: Side
    labels: Keys = LABELS

    def lens(self, toward: Side) -> Lens:
        """Compile; a field that is in the way, and a stray label, is dropped and noted."""
        return self._to_field() if toward is self.side else self._to_label()

    def _to_label(self) -> Lens:
        (*parent, leaf), field, labels, name, encoding = self.field, self.field, self.labels, self.name, self.encoding
        kind, called = _TYPES[encoding]

        def to_label(node: dict[str, Any], notes: Notes) -> None:
            source = get_object(node, parent)
            value = None if source is None else source.get(leaf)
            there = get_object(node, labels)
            stray = None if there is None else there.get(name)
            meant = _decode(stray, encoding)
            if there is not None and stray is not None and (value is not None or meant is not None):
                why = RESTATED if meant == value else _STRAY
                notes.append(Note((*labels, name), there.pop(name), why))
                prune_empty(node, labels)
            if source is None or value is None:
                return
            if type(value) is not kind:
                raise wrong_type(field, called, value)
            del source[leaf]
            prune_empty(node, parent)
            text = str(value) if kind is str else str(value).lower()
            if _VALUE.fullmatch(text):
                ensure_object(node, labels)[name] = text
            else:
                notes.append(Note(field, value, "is a label in the other version, and not a valid value of a label"))

        return to_label

    def _to_field(self) -> Lens:
        (*parent, leaf), field, labels, name, encoding = self.field, self.field, self.labels, self.name, self.encoding

        def to_field(node: dict[str, Any], notes: Notes) -> None:
            target = get_object(node, parent)
            if target is not None:
                drop_foreign(target, leaf, field, notes)
            there = get_object(node, labels)
            value = None if there is None else _decode(there.get(name), encoding)
            if there is None or value is None:
                return
            del there[name]
            prune_empty(node, labels)
            ensure_object(node, parent)[leaf] = value

        return to_field

    def describe(self, toward: Side) -> str:
        """Say which becomes which."""
        field = format_path(self.field)
        return f"label {self.name} becomes {field}" if toward is self.side else f"{field} becomes label {self.name}"

    def expected_fields(self, side: Side) -> tuple[Path, ...]:
        """The field, on the side that has it."""
        return (self.field,) if side is self.side else ()

    def written_fields(self, side: Side) -> tuple[Path, ...]:
        """The field on one side, the label on the other."""
        return (self.field,) if side is self.side else ((*self.labels, self.name),)

    def losses(self, toward: Side) -> int:
        """One toward a label, if not every value can be one."""
        return 1 if toward is not self.side and self.encoding != "boolean" else 0


def _decode(text: Json, encoding: str) -> Json:
    """Read a label's value as the field's type; None if it is not such a value."""
    if type(text) is not str:
        return None
    if encoding == "string":
        return text
    if encoding == "boolean":
        return {"true": True, "false": False}.get(text)
    return int(text) if _INTEGER.fullmatch(text) else None
