"""What an API server fills in of one version of a custom resource, and of another version does not.

A server fills in a missing field where the object around it is there (``Default`` in k8s.io/apiextensions-apiserver,
pkg/apiserver/schema/defaulting/algorithm.go): by the version in which an object is sent, before it converts the object.
Where another version has another default, the value has to be written, or a missing field would change its meaning.
Only these differences stay in memory: most versions have none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from converter.kube import canonical_json, copy_json
from converter.rules.schema import IDENTITY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from converter.kube import Json
    from converter.rules.pruning import Keeps

_NONE: Final[Any] = object()
"""No default."""

_NO_FIELDS: Final[dict[str, Any]] = {}


class Filled(NamedTuple):
    """What to do with one field of an object.

    Attributes:
        default: what to write if the field is missing, with all that the server fills in inside of it.
        writes: whether to write it.
        keeps_null: whether a null is a value of the field.
        inside: what to do with its value, if it is there.
    """

    default: Json
    writes: bool
    keeps_null: bool
    inside: Filling | None


class Filling:
    """What to write into one value.

    Attributes:
        fields: what to do with each field.
        other: what to do with the value of any other field.
        items: what to do with each item, if the value is a list.
    """

    __slots__ = ("fields", "items", "other")

    def __init__(self, fields: Mapping[str, Filled], other: Filling | None, items: Filling | None) -> None:
        self.fields = fields
        self.other = other
        self.items = items

    def count(self) -> int:
        """Count the fields that may be written."""
        below = [each.inside for each in self.fields.values()]
        inside = sum(each.count() for each in (*below, self.other, self.items) if each is not None)
        return sum(each.writes for each in self.fields.values()) + inside

    def fill(self, value: Json) -> None:
        """Write what is missing."""
        if type(value) is dict:
            for name, field in self.fields.items():
                found = value.get(name)
                if field.writes and (name not in value or (found is None and not field.keeps_null)):
                    value[name] = copy_json(field.default)
                elif field.inside is not None:
                    field.inside.fill(found)
            if self.other is not None:
                for name, below in value.items():
                    if name not in self.fields:
                        self.other.fill(below)
        elif type(value) is list and self.items is not None:
            for item in value:
                self.items.fill(item)


def filling(source: Json, target: Json, kept: Keeps) -> Filling | None:
    """Find what a server fills in of one version, and not of another.

    Args:
        source: the ``openAPIV3Schema`` of the one version; `keeps` has read it.
        target: that of the other one.
        kept: what a server keeps of the other version.
    """
    return None if source == target else _compare(source, target, kept, frozenset(IDENTITY))


def _compare(source: Json, target: Json, kept: Keeps, without: frozenset[str] = frozenset()) -> Filling | None:
    fields: dict[str, Filled] = {}
    for name, below in _properties(source).items():
        stays = kept.of(str(name))
        if stays is None or name in without:
            continue  # the target drops it
        across = _below(target, str(name))
        inside = _compare(below, across, stays)
        default, other = _prune(_default(below), stays), _default(across)
        writes = default is not _NONE and (other is _NONE or canonical_json(default) != canonical_json(other))
        if writes or inside is not None:
            fields[str(name)] = Filled(default, writes, below.get("nullable") is True, inside)
    values, items = _object(source, "additionalProperties"), _object(source, "items")
    other = None if values is None or kept.other is None else _compare(values, _below(target, None), kept.other)
    inside = None if items is None else _compare(items, _object(target, "items") or {}, kept.items)
    return Filling(fields, other, inside) if fields or other is not None or inside is not None else None


def _properties(schema: Json) -> dict[str, Any]:
    return (_object(schema, "properties") or _NO_FIELDS) if isinstance(schema, dict) else _NO_FIELDS


def _object(schema: Json, key: str) -> dict[str, Any] | None:
    found = schema.get(key) if isinstance(schema, dict) else None
    return found if isinstance(found, dict) else None


def _below(schema: Json, name: str | None) -> dict[str, Any]:
    """Return the schema of a field, or of the values of a map; empty if it says nothing."""
    found = _properties(schema).get(name) if name is not None else None
    return found if isinstance(found, dict) else _object(schema, "additionalProperties") or {}


def _default(schema: Mapping[str, Any]) -> Json:
    """Return the default of a field, and what a server fills in inside of it."""
    if "default" not in schema:
        return _NONE
    default = copy_json(schema["default"])
    _fill_all(default, schema)
    return default


def _fill_all(value: Json, schema: Json) -> None:
    if isinstance(value, dict):
        for name, below in _properties(schema).items():
            if name not in value and isinstance(below, dict) and "default" in below:
                value[name] = copy_json(below["default"])
        for name, found in value.items():
            _fill_all(found, _below(schema, name))
    elif isinstance(value, list):
        for item in value:
            _fill_all(item, _object(schema, "items"))


def _prune(value: Json, kept: Keeps) -> Json:
    """Leave out what the target drops."""
    if isinstance(value, dict):
        stays = ((name, below, kept.of(name)) for name, below in value.items())
        return {name: _prune(below, inside) for name, below, inside in stays if inside is not None}
    if isinstance(value, list):
        return [_prune(item, kept.items) for item in value]
    return value
