"""What an API server keeps of each kind, read from the OpenAPI documents that it publishes.

OpenAPI v3 has a document for each group and version, OpenAPI v2 one for all.

Custom resources are published with their structural schema (k8s.io/apiextensions-apiserver,
pkg/controller/openapi/builder): the metadata are a reference, everything else is in place. Built-in kinds are published
by references; what has no properties there is free-form JSON.

In OpenAPI v2 the API server leaves out what kubectl would misread: the properties of a custom resource that is not
pruned, and the type, the properties and the items of a field that is nullable or keeps unknown fields
(pkg/controller/openapi/v2/conversion.go). Two schemas that differ only below such a field have one document, so nothing
certain can be said of what is below: a field without a type counts as kept there. The CRD itself would say it, but a
member lets only those read it whom it gave the right, and its OpenAPI everybody who is authenticated
(the ClusterRole system:discovery).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from converter.rules.pruning import EVERYTHING, NOTHING, Keeps, keeps
from converter.rules.schema import MAX_DEPTH, MAX_FIELDS, SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.catalog import ObjectType
    from converter.catalog.types import FieldType
    from converter.kube import Json

_GVK: Final = "x-kubernetes-group-version-kind"
_REFERENCES: Final = ("#/components/schemas/", "#/definitions/")
_OPEN: Final = "x-kubernetes-preserve-unknown-fields"
_SCALARS: Final = frozenset({"string", "integer", "number", "boolean"})


def kinds_of(document: Json, api_version: str) -> Iterator[tuple[str, Json]]:
    """Yield each kind that a document describes in its own version, with its schema.

    Args:
        document: the OpenAPI v3 document of the group and version, or the OpenAPI v2 document.
        api_version: the group and version.
    """
    group, _, version = api_version.rpartition("/")
    for schema in _schemas(document).values():
        named = schema.get(_GVK) if isinstance(schema, dict) else None
        if not isinstance(named, list) or len(named) != 1 or not isinstance(named[0], dict):
            continue  # options and lists of metadata belong to many versions
        one = named[0]
        if (one.get("group", ""), one.get("version")) == (group, version) and isinstance(one.get("kind"), str):
            yield one["kind"], schema


def keeps_of_builtin(schema: Json, document: Json) -> Keeps:
    """Read what a server keeps of a built-in kind; what the document does not describe counts as kept.

    Raises:
        SchemaError: it is not a schema, or it is too large.
    """
    return _Builtin(_schemas(document)).read(schema, 0)


def keeps_of_custom_v2(schema: Json) -> Keeps:
    """Read what a server keeps of a custom resource by its OpenAPI v2; what that leaves out counts as kept.

    Raises:
        SchemaError: it is not a schema, or it is too large.
    """
    if not isinstance(schema, dict) or not schema.get("properties"):
        return EVERYTHING
    return keeps(_structural(schema, 0))


def _structural(given: Json, depth: int) -> Json:
    """Write a part of an OpenAPI v2 schema as the structural schema that it was."""
    if not isinstance(given, dict) or depth > MAX_DEPTH:
        raise SchemaError((), f"must be an object, with at most {MAX_DEPTH} levels")
    made = {name: given[name] for name in ("type", _OPEN, "x-kubernetes-embedded-resource") if name in given}
    if "type" not in given:
        made[_OPEN] = True
    properties, items, other = given.get("properties"), given.get("items"), given.get("additionalProperties")
    if isinstance(properties, dict):
        made["properties"] = {name: _structural(below, depth + 1) for name, below in properties.items()}
    if isinstance(items, dict):
        made["items"] = _structural(items, depth + 1)
    if other is not None:
        made["additionalProperties"] = _structural(other, depth + 1) if isinstance(other, dict) else other
    return made


def versions_of(document: Json) -> frozenset[str]:
    """Return the apiVersions of the kinds that a document describes."""
    return frozenset(
        f"{one['group']}/{one['version']}" if one.get("group") else str(one["version"])
        for schema in _schemas(document).values()
        if isinstance(schema, dict) and isinstance(named := schema.get(_GVK), list) and len(named) == 1
        for one in named
        if isinstance(one, dict) and one.get("version")
    )


def _schemas(document: Json) -> dict[str, Any]:
    if not isinstance(document, dict):
        return {}
    components = document.get("components")
    found = components.get("schemas") if isinstance(components, dict) else document.get("definitions")
    return found if isinstance(found, dict) else {}


class _Builtin:
    def __init__(self, schemas: dict[str, Any]) -> None:
        self._schemas = schemas
        self._known: dict[str, Keeps] = {}
        self._room = MAX_FIELDS

    def read(self, given: Json, depth: int) -> Keeps:
        self._room -= 1
        if not isinstance(given, dict) or self._room < 0 or depth > MAX_DEPTH:
            raise SchemaError((), f"must be an object, with at most {MAX_FIELDS} fields and {MAX_DEPTH} levels")
        name = _reference_of(given)
        if name is not None:
            return self._named(name, depth)
        properties, items, other = given.get("properties"), given.get("items"), given.get("additionalProperties")
        if isinstance(properties, dict) and properties:
            return Keeps({str(key): self.read(below, depth + 1) for key, below in properties.items()}, None, EVERYTHING)
        if isinstance(items, dict):
            return Keeps({}, EVERYTHING, self.read(items, depth + 1))
        if isinstance(other, dict):
            return Keeps({}, self.read(other, depth + 1), EVERYTHING)
        return NOTHING if given.get("type") in _SCALARS else EVERYTHING

    def _named(self, name: str, depth: int) -> Keeps:
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = Keeps({}, EVERYTHING, EVERYTHING)  # a type can contain itself
            schema = self._schemas.get(name)
            if isinstance(schema, dict):
                read = self.read(schema, depth + 1)
                found.fields, found.other, found.items = read.fields, read.other, read.items
        return found


def _reference_of(schema: dict[str, Any]) -> str | None:
    """Find the type that a schema refers to: by itself, or next to a default, in ``allOf``."""
    every = schema.get("allOf")
    if isinstance(every, list) and len(every) == 1 and isinstance(every[0], dict):
        schema = every[0]
    reference = schema.get("$ref")
    if not isinstance(reference, str):
        return None
    return next((reference.removeprefix(root) for root in _REFERENCES if reference.startswith(root)), reference)


def keeps_of_type(root: ObjectType) -> Keeps:
    """Read from the catalog what a release keeps of a kind; of what the catalog does not see into, nothing is said."""
    known: dict[ObjectType, Keeps] = {}

    def named(of: ObjectType) -> Keeps:
        found = known.get(of)
        if found is None:
            found = known[of] = Keeps({}, None, NOTHING)
            found.fields = {name: field(each) for name, each in of.fields.items()}
        return found

    def field(of: FieldType) -> Keeps:
        if of.element is not None:
            below = field(of.element)
            return Keeps({}, None, below) if of.kind == "list" else Keeps({}, below, NOTHING)
        return NOTHING if of.target is None or of.loose else named(of.target)

    return named(root)
