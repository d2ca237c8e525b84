"""Sample values that a schema allows, for the examples of a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from converter.kube import EACH
from converter.rules.schema import UNSET, Schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from converter.kube import Json, Path

_DEPTH: Final = 8
"""Levels of a sample; what is deeper is left out."""


def sample(schema: Schema, fields: Iterable[Path]) -> dict[str, Any]:
    """Make a manifest, without apiVersion and kind, that has some fields with sample values.

    Args:
        schema: the schema of a version.
        fields: the fields; one that the schema does not have is left out.
    """
    made: dict[str, Any] = {}
    for path in fields:
        _fill(made, schema, path)
    return made


def _fill(node: dict[str, Any], schema: Schema, path: Path) -> None:
    name = str(path[0])
    below = schema.fields.get(name)
    if below is None:
        return
    rest = path[1:]
    if not rest:
        node[name] = _value(below, name, _DEPTH)
        return
    while rest and rest[0] == EACH and below.element is not None:
        key = below.kind
        inner: dict[str, Any] = {}
        _fill(inner, below.element, rest[1:]) if rest[1:] and rest[1] != EACH else None
        node[name] = [inner] if key == "list" else {"sample": inner}
        return
    holder = node.setdefault(name, {})
    if isinstance(holder, dict) and below.kind == "object":
        _fill(holder, below, rest)


def _value(schema: Schema, name: str, depth: int) -> Json:  # noqa: PLR0911  one for each type
    if schema.values:
        return msgspec.json.decode(min(schema.values))
    if schema.default is not UNSET and schema.default is not None:
        return schema.default
    match schema.kind:
        case "object":
            return {key: _value(below, key, depth - 1) for key, below in schema.fields.items()} if depth else {}
        case "list":
            return [_value(schema.element, name, depth - 1)] if schema.element is not None and depth else []
        case "map":
            return {"sample": _value(schema.element, name, depth - 1)} if schema.element is not None and depth else {}
        case "integer" | "number" | "int-or-string":
            return 3
        case "boolean":
            return True
    return name if schema.kind == "string" else {}
