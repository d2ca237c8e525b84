"""Schemas of custom resources, as a tree that steps can rewrite: what each field is, and where it came from.

A structural schema (apiextensions.k8s.io/v1) says the type of each field outside of allOf, anyOf, oneOf and not. So
these are not read, nor are patterns, bounds and CEL.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from converter.errors import ConverterError
from converter.kube import EACH, canonical_json, format_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from converter.kube import Json, Path

SchemaKind: TypeAlias = Literal[
    "object", "map", "list", "string", "integer", "number", "boolean", "int-or-string", "any", "unknown"
]
"""``any`` is free-form JSON, by ``x-kubernetes-preserve-unknown-fields``; ``unknown`` is what a step makes that does
not say its type."""

MAX_FIELDS: Final = 100_000
"""Fields of one schema, with those inside of others. The largest CRD in use has a tenth."""

MAX_DEPTH: Final = 100
"""Levels of a schema."""

UNSET: Final[Any] = object()
"""No default."""


class SchemaError(ConverterError):
    """A schema that cannot be read.

    Attributes:
        path: the field whose schema it is.
        problem: what is wrong with it.
    """

    def __init__(self, path: Path, problem: str) -> None:
        self.path = format_path(path)
        self.problem = problem
        super().__init__(f"{self.path or 'the schema'}: {problem}")


@dataclass(slots=True, kw_only=True)
class Schema:
    """What one field holds.

    Attributes:
        kind: its type.
        fields: the fields of an object.
        element: what a list holds, or a map under each key.
        is_open: whether an object keeps fields that its schema does not name.
        required: the fields that an object must have.
        values: the values that are allowed, as JSON; None if all are.
        default: what the server fills in if the field is missing; `UNSET` if nothing.
        settled: whether a step says what a missing field becomes.
        origin: where the field is in the schema as given; None if a step made it.
        description: what the schema says about it.
    """

    kind: SchemaKind
    fields: dict[str, Schema] = field(default_factory=dict)
    element: Schema | None = None
    is_open: bool = False
    required: set[str] = field(default_factory=set)
    values: frozenset[bytes] | None = None
    default: Json = UNSET
    settled: bool = False
    origin: Path | None = None
    description: str = ""

    def __str__(self) -> str:
        if self.kind in {"list", "map"}:
            return f"{self.kind} of {self.element or 'any'}"
        return self.kind


def read_schema(document: Json) -> Schema:
    """Read an ``openAPIV3Schema``.

    Raises:
        SchemaError: it is not a schema, or it has more than `MAX_FIELDS` fields or `MAX_DEPTH` levels.
    """
    return _Reader().read(document, ())


class _Reader:
    def __init__(self) -> None:
        self.room = MAX_FIELDS

    def read(self, given: Json, path: Path) -> Schema:
        if not isinstance(given, dict):
            raise SchemaError(path, "must be an object")
        self.room -= 1
        if self.room < 0 or len(path) > MAX_DEPTH:
            raise SchemaError(path, f"the schema has more than {MAX_FIELDS} fields or {MAX_DEPTH} levels")
        read = self._of_type(given, path)
        read.origin = path
        values = given.get("enum")
        if isinstance(values, list):
            read.values = frozenset(canonical_json(value) for value in values)
        read.default = given.get("default", UNSET)
        description = given.get("description")
        read.description = description if isinstance(description, str) else ""
        return read

    def _of_type(self, given: dict[str, Any], path: Path) -> Schema:
        is_open = given.get("x-kubernetes-preserve-unknown-fields") is True
        if given.get("x-kubernetes-int-or-string") is True:
            return Schema(kind="int-or-string")
        match given.get("type"):
            case "string" | "integer" | "number" | "boolean" as kind:
                return Schema(kind=kind)
            case "array":
                return Schema(kind="list", element=self.read(given.get("items", {}), (*path, EACH)))
            case "object" | None if "properties" in given:
                return self._object(given, path, is_open=is_open)
            case "object":
                is_open = is_open or given.get("x-kubernetes-embedded-resource") is True
                return self._map(given.get("additionalProperties"), path, is_open=is_open)
        return Schema(kind="any")

    def _map(self, below: Json, path: Path, *, is_open: bool) -> Schema:
        if isinstance(below, dict):
            return Schema(kind="map", element=self.read(below, (*path, EACH)))
        if below is True:
            return Schema(kind="map", element=Schema(kind="any", origin=(*path, EACH)))
        return Schema(kind="any" if is_open else "object")

    def _object(self, given: dict[str, Any], path: Path, *, is_open: bool) -> Schema:
        properties = given["properties"]
        if not isinstance(properties, dict):
            raise SchemaError(path, "properties must be an object")
        fields = {str(name): self.read(below, (*path, str(name))) for name, below in properties.items()}
        required = given.get("required")
        names = {name for name in required if isinstance(name, str)} if isinstance(required, list) else set()
        return Schema(kind="object", fields=fields, required=names, is_open=is_open)


def step_into(at: Schema, segment: Any) -> Schema | None:
    """Follow one segment of a path; None if the field does not exist, or nothing is known about it."""
    if segment == EACH:
        return at.element
    if at.kind == "object":
        return at.fields.get(segment)
    return at.element if at.kind == "map" else None


def find(root: Schema, path: Sequence[Any]) -> Schema | None:
    """Find a field; None if there is none, or nothing is known about it."""
    found: Schema | None = root
    for segment in path:
        found = step_into(found, segment) if found is not None else None
    return found


def has_field(root: Schema, path: Sequence[Any]) -> bool:
    """Whether a schema has a field, or does not say which fields there are."""
    found: Schema | None = root
    for segment in path:
        if found is None:
            return False
        if found.kind in {"any", "unknown"} or (found.is_open and segment not in found.fields):
            return True
        found = step_into(found, segment)
    return found is not None


def walk(root: Schema) -> Iterator[tuple[Path, Schema]]:
    """Yield each field below a schema with its path, in the order of the schema."""
    todo: list[tuple[Path, Schema]] = [((), root)]
    while todo:
        path, at = todo.pop()
        if path:
            yield path, at
        below = [((*path, name), each) for name, each in at.fields.items()]
        if at.element is not None:
            below.append(((*path, EACH), at.element))
        todo += reversed(below)
