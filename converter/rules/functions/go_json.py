"""JSON inside annotations as Go's encoding/json writes and reads it, described by a table of a struct's fields.

Kubernetes keeps what an old version has no field for in annotations, by ``json.Marshal`` of a Go struct. Such text has
the struct's field order, leaves out what ``omitempty`` leaves out, and escapes what Go escapes. Reading goes the way of
``json.Unmarshal``: names in any case, unknown ones ignored, and one value of a wrong type spoils the whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from converter.kube import Json, Path
from converter.rules.lens import LensError, Notes, drop_foreign, ensure_object, get_value, wrong_type

OMIT: Any = object()
"""A field's zero where Go leaves the field out (``omitempty``)."""

Check: TypeAlias = Callable[[Json, Path], Json]
"""Takes a value (never null) and its place; gives it as Go would write it, or raises `LensError`."""

_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_ESCAPED = re.compile("[<>&\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_QUANTITY = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?")
_INT32 = 2**31


def dump(value: Json, *, sort_keys: bool = False) -> str:
    """Write JSON as Go does: compact, ``<``, ``>``, ``&`` and the two line separators escaped; a map's keys sorted."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=sort_keys)
    return _ESCAPED.sub(lambda match: _ESCAPES[match[0]], text)  # outside strings JSON has none of these


def load(text: str) -> Json:
    """Read JSON; half a surrogate pair is replaced, as Go does.

    Raises:
        ValueError: it is not JSON, or nested deeper than any Kubernetes object.
    """
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("nested too deep") from None
    return _mend(value) if "\\ud" in text or "\\uD" in text else value


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


def _mend(value: Json) -> Json:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_mend(item) for item in value]
    if isinstance(value, dict):
        return {_mend(key): _mend(item) for key, item in value.items()}
    return value


def text(value: Json, path: Path) -> Json:
    """Check for a string."""
    if type(value) is not str:
        raise wrong_type(path, "a string", value)
    return value


def int32(value: Json, path: Path) -> Json:
    """Check for an integer that fits 32 bits."""
    if type(value) is not int:
        raise wrong_type(path, "an integer", value)
    if not -_INT32 <= value < _INT32:
        raise LensError(path, "must be an integer of 32 bits")
    return value


def quantity(value: Json, path: Path) -> Json:
    """Check for a quantity: its text, or a plain number. Written as it is; servers have canonical ones anyway."""
    if type(value) in (int, float):
        return value
    if type(value) is not str:
        raise wrong_type(path, "a quantity", value)
    if not _QUANTITY.fullmatch(value):
        raise LensError(path, "must be a quantity, such as 500m or 2Gi")
    return value


def is_zero(value: Json) -> bool:
    """Whether a checked quantity is zero."""
    digits = re.match(r"[+-]?([\d.]+)", str(value))
    return digits is not None and not digits[1].strip("0.")


def texts_by_name(value: Json, path: Path) -> Json:
    """Check for a map of strings; Go sorts its keys."""
    if type(value) is not dict:
        raise wrong_type(path, "an object", value)
    return {key: "" if value[key] is None else text(value[key], (*path, key)) for key in sorted(value)}


def list_of(item: Check, zero: Json = OMIT) -> Check:
    """Check for a list of such items; ``zero`` is what Go reads a null item as."""

    def check(value: Json, path: Path) -> Json:
        if type(value) is not list:
            raise wrong_type(path, "a list", value)
        return [
            zero if entry is None and zero is not OMIT else item(entry, (*path, index))
            for index, entry in enumerate(value)
        ]

    return check


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a Go struct.

    Attributes:
        name: its name in the JSON.
        check: what values it takes.
        zero: what Go writes where there is no value, or `OMIT`.
        place: the value's path in the object of the other version; by default the same name.
        empty: whether ``omitempty`` also leaves out an empty string, list or map (it does unless Go has a pointer).
        reading: what values it takes when read, where that differs.
    """

    name: str
    check: Check
    zero: Json = OMIT
    place: tuple[str, ...] = ()
    empty: bool = False
    reading: Check | None = None

    @property
    def path(self) -> tuple[str, ...]:
        """The value's path in the other version."""
        return self.place or (self.name,)


@dataclass(frozen=True, slots=True)
class Struct:
    """A Go struct: its fields in the order Go writes them."""

    fields: tuple[Field, ...]

    def write(self, value: Json, path: Path) -> Json:
        """Make the JSON object Go would write of the other version's object; fields no struct has are left out."""
        if type(value) is not dict:
            raise wrong_type(path, "an object", value)
        written: dict[str, Json] = {}
        for field in self.fields:
            found = _walk(value, field.path, path)
            if found is not None:
                found = field.check(found, (*path, *field.path))
            if found is None or (field.empty and not found):
                found = field.zero
            if found is not OMIT:
                written[field.name] = found
        return written

    def read(self, value: Json, path: Path = ()) -> Json:
        """Read JSON by the fields' own names, in any case, into the other version's object; null is left out."""
        if type(value) is not dict:
            raise wrong_type(path, "an object", value)
        folded = {key.lower(): item for key, item in value.items()}
        made: dict[str, Json] = {}
        for field in self.fields:
            found = value.get(field.name)
            if found is None:
                found = folded.get(field.name.lower())
            if found is not None:
                self._put(made, field, found, path)
        return made

    def move(self, value: Json, path: Path, notes: Notes) -> Json:
        """Make the other version's object of one in a manifest: exact names; unknown fields pass, but not its own."""
        if type(value) is not dict:
            raise wrong_type(path, "an object", value)
        known = {field.name for field in self.fields}
        made: dict[str, Json] = {key: item for key, item in value.items() if key not in known}
        for field in self.fields:
            if field.path[0] not in known:
                drop_foreign(made, field.path[0], (*path, field.path[0]), notes)
        for field in self.fields:
            found = value.get(field.name)
            if found is not None:
                self._put(made, field, found, path)
        return made

    @staticmethod
    def _put(made: dict[str, Json], field: Field, found: Json, path: Path) -> None:
        check = field.reading or field.check
        ensure_object(made, field.path[:-1])[field.path[-1]] = check(found, (*path, field.name))


def _walk(node: dict[str, Any], keys: tuple[str, ...], path: Path) -> Json:
    try:
        return get_value(node, keys)
    except LensError as error:
        error.path = (*path, *error.path)
        raise
