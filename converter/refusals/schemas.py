"""Schemas in CRDs: whether they are structural, and what else a server refuses in them.

Source: apiextensions-apiserver/pkg/apiserver/schema/{validation,complete}.go. Not looked at are regular expressions,
the types of metadata, and defaults that do not fit their own schema.

One walk over the schemas serves all checks (`Visit`). A place becomes a path only where something is found.
"""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from converter.catalog import Release
from converter.refusals.checks import field, items

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from converter.kube import Manifest, Path
    from converter.refusals.model import Place, Rule, Server

MOST_SCHEMAS: Final = 25_000
"""Schemas that are checked in one manifest, those inside allOf, anyOf, oneOf and not apart; the largest CRDs in use
have half as many."""

_DEEPEST: Final = 200
"""Segments of the path of a schema; what is deeper is not looked at."""

_SOUND: Final = ()
_INT_OR_STRING: Final = [{"type": "integer"}, {"type": "string"}]
_JUNCTORS: Final = ("allOf", "anyOf", "oneOf")
_HAS_NESTED: Final = frozenset({*_JUNCTORS, "not"})
_ONLY_OUTSIDE: Final = (
    "type", "additionalProperties", "default", "title", "description", "nullable",
    "x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource", "x-kubernetes-int-or-string",
    "x-kubernetes-list-map-keys", "x-kubernetes-list-type", "x-kubernetes-map-type",
)  # fmt: skip
"""Fields that a schema inside allOf, anyOf, oneOf or not cannot have."""

_NOT_INSIDE: Final = frozenset(_ONLY_OUTSIDE)

_MOST_OF_ONE: Final = 100
"""Places that are found in the validation of one schema; a few are reported."""

_FREE_METADATA: Final = frozenset({"name", "generateName"})


def visit_all(manifest: Manifest, server: Server, rules: Iterable[Rule], most: int) -> Iterator[tuple[Rule, Place]]:
    """Visit the schemas of a CRD with some checks; yields what each finds.

    Args:
        manifest: the CRD.
        server: what the checks look at, apart from the schemas.
        rules: the checks; those without a `Visit` are left out.
        most: how many places each check finds, about.
    """
    visits = [(rule, rule.visit) for rule in rules if rule.visit is not None]
    left, counts = MOST_SCHEMAS, Counter[str]()
    for start, root in schemas_of(manifest):
        nodes: list[tuple[int, Path, dict[str, Any], int]] = [(-1, start, root, len(start))]
        for index, (_, _, schema, depth) in enumerate(nodes):  # grows on the way
            if not visits:
                return
            for rule, visit in visits:
                for inside, value in visit(schema, server, root=index == 0):
                    counts[rule.refusal.reason] += 1
                    yield rule, ((*_path(nodes, index), *inside), value)
                    if counts[rule.refusal.reason] >= most:
                        visits = [item for item in visits if item[0] is not rule]
                        break
            if depth < _DEEPEST and len(nodes) < left:
                room = islice(_below(schema), left - len(nodes))
                nodes += [(index, inside, below, depth + len(inside)) for inside, below in room]
        left -= min(left, len(nodes))


def _path(nodes: list[tuple[int, Path, dict[str, Any], int]], index: int) -> Path:
    parts: list[Path] = []
    while index >= 0:
        index, inside, _, _ = nodes[index]
        parts.append(inside)
    return tuple(segment for part in reversed(parts) for segment in part)


def schemas_of(manifest: Manifest) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the schema that all versions share, and that of each version, with its path."""
    shared = field(manifest, "spec", "validation", "openAPIV3Schema")
    if isinstance(shared, dict):
        yield ("spec", "validation", "openAPIV3Schema"), shared
    for index, version in enumerate(items(manifest, "spec", "versions")):
        schema = field(version, "schema", "openAPIV3Schema")
        if isinstance(schema, dict):
            yield ("spec", "versions", index, "schema", "openAPIV3Schema"), schema


def _below(schema: dict[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the schemas of fields and items; not those of validation."""
    properties = schema.get("properties")
    if isinstance(properties, dict):
        for name, value in properties.items():
            if isinstance(value, dict):
                yield ("properties", name), value
    for name in ("items", "additionalProperties"):
        value = schema.get(name)
        if isinstance(value, dict):
            yield (name,), value


def _nested(schema: dict[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the schemas inside allOf, anyOf, oneOf and not."""
    for junctor in _JUNCTORS:
        for index, value in enumerate(items(schema, junctor)):
            if isinstance(value, dict):
                yield (junctor, index), value
    value = schema.get("not")
    if isinstance(value, dict):
        yield ("not",), value


def defaults(schema: dict[str, Any], server: Server, *, root: bool) -> Iterable[Place]:  # noqa: ARG001  a `Visit`
    """Find a default; v1.15 alone could allow them in v1beta1."""
    if schema.get("default") is None:
        return _SOUND
    allowed = server.release == Release(1, 15) and server.has_on("CustomResourceDefaulting")
    return _SOUND if allowed else ((("default",), schema["default"]),)


def set_of_objects(schema: dict[str, Any], server: Server, *, root: bool) -> Iterable[Place]:  # noqa: ARG001  a `Visit`
    """Find a list of type set whose items are not scalar or atomic; v1.16 does not know ``x-kubernetes-map-type``."""
    if schema.get("x-kubernetes-list-type") != "set":
        return _SOUND
    kind, list_type = field(schema, "items", "type"), field(schema, "items", "x-kubernetes-list-type")
    atomic = server.release > Release(1, 16) and field(schema, "items", "x-kubernetes-map-type") == "atomic"
    wrong = (kind == "object" and not atomic) or (kind == "array" and list_type not in (None, "atomic"))
    return ((("x-kubernetes-list-type",), "set"),) if wrong else _SOUND


def map_keys(schema: dict[str, Any], server: Server, *, root: bool) -> Iterable[Place]:  # noqa: ARG001  a `Visit`
    """Find each key of a list map that an item can lack or that can be null, and nullable items of sets and maps."""
    kind, inner = schema.get("x-kubernetes-list-type"), schema.get("items")
    if kind not in ("set", "map") or not isinstance(inner, dict):
        return _SOUND
    found: list[Place] = [(("items", "nullable"), True)] if inner.get("nullable") is True else []
    required = {name for name in items(inner, "required") if isinstance(name, str)}
    for key in items(schema, "x-kubernetes-list-map-keys") if kind == "map" else ():
        known = field(inner, "properties", key) if isinstance(key, str) else None
        if isinstance(known, dict) and (
            (key not in required and known.get("default") is None) or known.get("nullable") is True
        ):
            found.append((("items", "properties", key), key))
    return found


def unstructured(schema: dict[str, Any], server: Server, *, root: bool) -> Iterable[Place]:  # noqa: ARG001  a `Visit`
    """Find each place where a schema, without those below it, is not structural."""
    kind = schema.get("type")
    nested = not _HAS_NESTED.isdisjoint(schema)
    if kind and kind != "array" and not nested and not root:  # nearly all
        return _SOUND
    found: list[Place] = []
    free = (
        schema.get("x-kubernetes-int-or-string") is True or schema.get("x-kubernetes-preserve-unknown-fields") is True
    )
    if (not kind and not free) or (root and kind and kind != "object"):
        found.append((("type",), kind))
    if kind == "array" and not isinstance(schema.get("items"), dict):
        found.append((("items",), None))
    if root and schema.get("additionalProperties") is not None:
        found.append((("additionalProperties",), schema["additionalProperties"]))
    metadata = field(schema, "properties", "metadata", "properties") if root else None
    if isinstance(metadata, dict) and not _FREE_METADATA.issuperset(metadata):
        found.append((("properties", "metadata"), field(schema, "properties", "metadata")))
    if nested:
        found += islice(_validations(schema, completely=root), _MOST_OF_ONE)
    return found


def _validations(schema: dict[str, Any], *, completely: bool) -> Iterator[Place]:
    """Find what the schemas inside allOf, anyOf, oneOf and not cannot have, or specify alone.

    Args:
        schema: the schema around them.
        completely: whether each field and item that they specify has to be specified outside them.
    """
    outside = schema if completely else None
    todo = [(inside, value, outside) for inside, value in _nested(schema) if not _is_int_or_string(inside, schema)]
    for path, value, known in todo:  # grows on the way
        for name in _ONLY_OUTSIDE if not _NOT_INSIDE.isdisjoint(value) else ():
            if value.get(name) not in (None, "", False, []):
                yield (*path, name), value[name]
        if field(value, "properties", "metadata") is not None:
            yield (*path, "properties", "metadata"), field(value, "properties", "metadata")
        if len(path) > _DEEPEST or len(todo) > MOST_SCHEMAS:
            continue
        pattern = path == ("allOf", 0)
        todo += [
            ((*path, *inside), below, known)
            for inside, below in _nested(value)
            if not (pattern and _is_int_or_string(inside, value))
        ]
        for inside, below in _below(value):
            if inside[0] == "additionalProperties":
                continue
            outer = field(known, *map(str, inside))
            if known is not None and not isinstance(outer, dict):
                yield (*path, *inside), below
            todo.append(((*path, *inside), below, outer if isinstance(outer, dict) else None))


def _is_int_or_string(inside: Path, schema: dict[str, Any]) -> bool:
    """Whether a nested schema is part of the anyOf that says int-or-string, which may name types."""
    return inside[0] == "anyOf" and schema.get("anyOf") == _INT_OR_STRING
