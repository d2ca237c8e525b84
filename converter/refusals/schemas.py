"""Schemas in CRDs: whether they are structural, and what else a server refuses in them.

Source: apiextensions-apiserver/pkg/apiserver/schema/{validation,complete}.go. Not looked at are regular expressions,
the types of metadata, and defaults that do not fit their own schema.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from converter.refusals.checks import field, items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.kube import Manifest, Path
    from converter.refusals.model import Place

_DEEPEST: Final = 100
"""Schemas below this depth are not looked at."""

_INT_OR_STRING: Final = [{"type": "integer"}, {"type": "string"}]
_JUNCTORS: Final = ("allOf", "anyOf", "oneOf")
_ONLY_OUTSIDE: Final = (
    "type", "additionalProperties", "default", "title", "description", "nullable",
    "x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource", "x-kubernetes-int-or-string",
    "x-kubernetes-list-map-keys", "x-kubernetes-list-type", "x-kubernetes-map-type",
)  # fmt: skip
"""Fields that a schema inside allOf, anyOf, oneOf or not cannot have."""

_FREE_METADATA: Final = frozenset({"name", "generateName"})


def schemas_of(manifest: Manifest) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the schema that all versions share, and that of each version, with its path."""
    shared = field(manifest, "spec", "validation", "openAPIV3Schema")
    if isinstance(shared, dict):
        yield ("spec", "validation", "openAPIV3Schema"), shared
    for index, version in enumerate(items(manifest, "spec", "versions")):
        schema = field(version, "schema", "openAPIV3Schema")
        if isinstance(schema, dict):
            yield ("spec", "versions", index, "schema", "openAPIV3Schema"), schema


def _below(path: Path, schema: dict[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the schemas of fields and items; not those of validation."""
    properties = schema.get("properties")
    if isinstance(properties, dict):
        for name, value in properties.items():
            if isinstance(value, dict):
                yield (*path, "properties", name), value
    for name in ("items", "additionalProperties"):
        value = schema.get(name)
        if isinstance(value, dict):
            yield (*path, name), value


def _nested(path: Path, schema: dict[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the schemas inside allOf, anyOf, oneOf and not."""
    for junctor in _JUNCTORS:
        for index, value in enumerate(items(schema, junctor)):
            if isinstance(value, dict):
                yield (*path, junctor, index), value
    value = schema.get("not")
    if isinstance(value, dict):
        yield (*path, "not"), value


def _each(path: Path, schema: dict[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield a schema and all below it, but those of validation."""
    todo = [(path, schema)]
    while todo:
        path, schema = todo.pop()
        yield path, schema
        if len(path) < 2 * _DEEPEST:
            todo += list(_below(path, schema))[::-1]


def defaults(path: Path, schema: dict[str, Any]) -> Iterator[Place]:
    """Yield each default."""
    for place, found in _each(path, schema):
        if found.get("default") is not None:
            yield (*place, "default"), found["default"]


def sets_of_objects(path: Path, schema: dict[str, Any], *, knows_map_type: bool) -> Iterator[Place]:
    """Yield each list of type set whose items are not scalar or atomic.

    Args:
        path: the place of the schema.
        schema: the schema.
        knows_map_type: whether the server knows ``x-kubernetes-map-type: atomic``.
    """
    for place, found in _each(path, schema):
        inner = found.get("items")
        if found.get("x-kubernetes-list-type") != "set" or not isinstance(inner, dict):
            continue
        atomic_map = knows_map_type and inner.get("x-kubernetes-map-type") == "atomic"
        list_type = inner.get("x-kubernetes-list-type")
        if (inner.get("type") == "object" and not atomic_map) or (
            inner.get("type") == "array" and list_type not in (None, "atomic")
        ):
            yield (*place, "x-kubernetes-list-type"), "set"


def map_keys(path: Path, schema: dict[str, Any]) -> Iterator[Place]:
    """Yield each key of a list map that an item can lack or that can be null, and nullable items of sets and maps."""
    for place, found in _each(path, schema):
        kind, inner = found.get("x-kubernetes-list-type"), found.get("items")
        if kind not in ("set", "map") or not isinstance(inner, dict):
            continue
        if inner.get("nullable") is True:
            yield (*place, "items", "nullable"), True
        if kind != "map":
            continue
        required = items(inner, "required")
        for key in items(found, "x-kubernetes-list-map-keys"):
            known = field(inner, "properties", key) if isinstance(key, str) else None
            if isinstance(known, dict) and (
                (key not in required and known.get("default") is None) or known.get("nullable") is True
            ):
                yield (*place, "items", "properties", key), key


def unstructured(path: Path, schema: dict[str, Any]) -> Iterator[Place]:
    """Yield each place where a schema is not structural."""
    for place, found in _each(path, schema):
        yield from _invariants(place, found, root=place is path)
    yield from _incomplete(path, schema, schema)


def _invariants(path: Path, schema: dict[str, Any], *, root: bool) -> Iterator[Place]:
    kind = schema.get("type") or ""
    free = (
        schema.get("x-kubernetes-int-or-string") is True or schema.get("x-kubernetes-preserve-unknown-fields") is True
    )
    if not kind and not free:
        yield (*path, "type"), None
    if root and kind not in ("", "object"):
        yield (*path, "type"), kind
    if root and schema.get("additionalProperties") is not None:
        yield (*path, "additionalProperties"), schema["additionalProperties"]
    if kind == "array" and not isinstance(schema.get("items"), dict):
        yield (*path, "items"), None
    metadata = field(schema, "properties", "metadata", "properties") if root else None
    if isinstance(metadata, dict) and not _FREE_METADATA.issuperset(metadata):
        yield (*path, "properties", "metadata"), field(schema, "properties", "metadata")
    for place, value in _nested(path, schema):
        if not _is_int_or_string(place[len(path) :], schema):
            yield from _validation(place, value, first=place[len(path) :] == ("allOf", 0))


def _is_int_or_string(place: Path, schema: dict[str, Any]) -> bool:
    """Whether a nested schema is part of the anyOf that says int-or-string, which may name types."""
    return place[0] == "anyOf" and schema.get("anyOf") == _INT_OR_STRING


def _validation(path: Path, schema: dict[str, Any], *, first: bool = False) -> Iterator[Place]:
    """Yield what a schema inside allOf, anyOf, oneOf or not cannot have.

    Args:
        path: its place.
        schema: the schema.
        first: whether it is the first one of allOf, whose anyOf may say int-or-string.
    """
    if len(path) > 2 * _DEEPEST:
        return
    for name in _ONLY_OUTSIDE:
        if schema.get(name) not in (None, "", False, []):
            yield (*path, name), schema[name]
    if field(schema, "properties", "metadata") is not None:
        yield (*path, "properties", "metadata"), field(schema, "properties", "metadata")
    for place, value in _nested(path, schema):
        if not (first and _is_int_or_string(place[len(path) :], schema)):
            yield from _validation(place, value)
    for place, value in _below(path, schema):
        if place[len(path)] != "additionalProperties":
            yield from _validation(place, value)


def _incomplete(path: Path, validation: dict[str, Any], outside: dict[str, Any]) -> Iterator[Place]:
    """Yield each field or item that validation specifies and nothing outside it does."""
    for place, value in _nested(path, validation):
        if len(place) < 2 * _DEEPEST:
            yield from _incomplete_below(place, value, outside)


def _incomplete_below(path: Path, validation: dict[str, Any], outside: dict[str, Any]) -> Iterator[Place]:
    yield from _incomplete(path, validation, outside)
    for place, value in _below(path, validation):
        inside = place[len(path) :]
        if inside[0] == "additionalProperties" or len(place) > 2 * _DEEPEST:
            continue
        known = field(outside, *map(str, inside))
        if isinstance(known, dict):
            yield from _incomplete_below(place, value, known)
        else:
            yield place, value
