"""Schemas of custom resources, as a tree that steps can rewrite: what each field is, and where it came from.

A structural schema (apiextensions.k8s.io/v1) says the type of each field outside of allOf, anyOf, oneOf and not. So
these are not read, nor are patterns, bounds and CEL.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

from converter.errors import ConverterError
from converter.kube import EACH, canonical_json, format_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from converter.kube import Json, Path

SchemaKind: TypeAlias = Literal[
    "object", "map", "list", "string", "integer", "number", "boolean", "int-or-string", "mixed", "any", "unknown"
]
"""``mixed`` is a field of several types, after a step that changes some of its values; ``any`` is free-form JSON, by
``x-kubernetes-preserve-unknown-fields``; ``unknown`` is what a step makes that does not say its type."""

MAX_FIELDS: Final = 100_000
"""Fields of one schema, with those inside of others. The largest CRD in use has a tenth."""

MAX_DEPTH: Final = 100
"""Levels of a schema."""

UNSET: Final[Any] = object()
"""No default."""


@dataclass(frozen=True, slots=True, eq=False)
class Presence:
    """That something is there in a manifest: a field, an item, or the manifest itself.

    Attributes:
        inside: what is there whenever this is: what it is inside of. None for the manifest.
    """

    inside: Presence | None = None

    def implies(self, other: Presence) -> bool:
        """Whether something else is there whenever this is."""
        at: Presence | None = self
        while at is not None and at is not other:
            at = at.inside
        return at is not None


Presences: TypeAlias = frozenset[Presence]
NEVER: Final[Presences] = frozenset()


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
        named: the fields of an open object that its schema or a step names; it can hold any value under other names.
        required: the fields that an object must have, in the schema as given.
        perhaps: the field is there only if one of these is.
        surely: the field is there if one of these is.
        values: the values that are allowed, as JSON; None if all are.
        default: what the server fills in if the field is missing; `UNSET` if nothing.
        settled: whether a step says what a missing field becomes, so that defaults are not compared.
        is_stated: whether a step says what the other version fills in if the field is missing.
        is_removed: whether a step removes the field for some of its values, and says so.
        origin: where the field is in the schema as given; None if a step made it.
        description: what the schema says about it.
        lapses: what steps do to fields of the object, or to those that were there, and no step says.
    """

    kind: SchemaKind
    fields: dict[str, Schema] = field(default_factory=dict)
    element: Schema | None = None
    is_open: bool = False
    named: set[str] = field(default_factory=set)
    required: frozenset[str] = frozenset()
    perhaps: Presences = NEVER
    surely: Presences = NEVER
    values: frozenset[bytes] | None = None
    default: Json = UNSET
    settled: bool = False
    is_stated: bool = False
    is_removed: bool = False
    origin: Path | None = None
    description: str = ""
    lapses: list[Lapse] = field(default_factory=list)

    def __str__(self) -> str:
        text, at = _NAMES[self.kind][0], self
        while at.kind in {"list", "map"} and at.element is not None:
            at = at.element
            text += f" of {_NAMES[at.kind][1]}"
        return text

    @property
    def allowed(self) -> frozenset[bytes] | None:
        """The values that are allowed, as JSON; None if there are too many to list them."""
        return _BOOLEANS if self.kind == "boolean" and self.values is None else self.values

    def always_has(self, below: Schema) -> bool:
        """Whether a field is there whenever the object is."""
        return all(any(each.implies(sure) for sure in below.surely) for each in self.perhaps)


_BOOLEANS: Final = frozenset({b"true", b"false"})

_NAMES: Final[dict[SchemaKind, tuple[str, str]]] = {
    "object": ("an object", "objects"),
    "map": ("a map", "maps"),
    "list": ("an array", "arrays"),
    "string": ("a string", "strings"),
    "integer": ("an integer", "integers"),
    "number": ("a number", "numbers"),
    "boolean": ("a boolean", "booleans"),
    "int-or-string": ("an integer or a string", "integers or strings"),
    "mixed": ("of several types after the steps", "values of several types"),
    "any": ("any value", "any values"),
    "unknown": ("a value that a step makes", "values that a step makes"),
}
"""What a type is called, in the words of OpenAPI, and what many of it are called."""


class Lapse(NamedTuple):
    """What a step does to a field, and does not say.

    Attributes:
        what: ``replaced`` if a step writes another value there, ``unnamed`` if it does so where an open object can hold
            any value, ``values`` if it removes some values, ``missing`` if it needs a value and there can be none,
            ``default`` if it fills in a value of another type.
        field: the field; the open object for ``unnamed``.
        values: the values that are removed, or filled in.
        name: the name in the open object.
    """

    what: Literal["replaced", "unnamed", "values", "missing", "default"]
    field: Schema
    values: frozenset[bytes] = frozenset()
    name: str = ""


IDENTITY: Final = ("apiVersion", "kind", "metadata")
"""The fields that identify an object. No server prunes them, nor those of an embedded object."""

_SPEC: Final = ("spec",)
"""What every manifest has, though few CRDs require it."""


def read_schema(document: Json, *, stored: bool = True) -> Schema:
    """Read an ``openAPIV3Schema``.

    Args:
        document: the schema.
        stored: whether it is about objects as a server stores them, which has filled in the defaults.

    Raises:
        SchemaError: it is not a schema, or it has more than `MAX_FIELDS` fields or `MAX_DEPTH` levels.
    """
    return _Reader(stored=stored).read(document, (), Presence())


class _Reader:
    def __init__(self, *, stored: bool) -> None:
        self.room = MAX_FIELDS
        self.stored = stored

    def read(self, given: Json, path: Path, there: Presence) -> Schema:
        if not isinstance(given, dict):
            raise SchemaError(path, "must be an object")
        self.room -= 1
        if self.room < 0 or len(path) > MAX_DEPTH:
            raise SchemaError(path, f"the schema has more than {MAX_FIELDS} fields or {MAX_DEPTH} levels")
        read = self._of_type(given, path, there)
        read.origin = path
        read.perhaps = read.surely = frozenset({there})
        values = given.get("enum")
        if isinstance(values, list):
            read.values = frozenset(canonical_json(value) for value in values)
        if not path or path[-1] != EACH:  # an item is never missing
            read.default = given.get("default", UNSET)
        description = given.get("description")
        read.description = description if isinstance(description, str) else ""
        return read

    def _of_type(self, given: dict[str, Any], path: Path, there: Presence) -> Schema:
        is_open = given.get("x-kubernetes-preserve-unknown-fields") is True
        if given.get("x-kubernetes-int-or-string") is True:
            return Schema(kind="int-or-string")
        match given.get("type"):
            case "string" | "integer" | "number" | "boolean" as kind:
                return Schema(kind=kind)
            case "array":
                return Schema(kind="list", element=self.read(given.get("items", {}), (*path, EACH), Presence(there)))
            case "object" | None if "properties" in given:
                return self._object(given, path, there, is_open=is_open)
            case "object":
                is_open = is_open or given.get("x-kubernetes-embedded-resource") is True
                return self._map(given.get("additionalProperties"), path, there, is_open=is_open)
        return Schema(kind="any")

    def _map(self, below: Json, path: Path, there: Presence, *, is_open: bool) -> Schema:
        if below is True:
            below = {}  # any value
        if isinstance(below, dict):
            return Schema(kind="map", element=self.read(below, (*path, EACH), Presence(there)))
        return Schema(kind="any" if is_open else "object")

    def _object(self, given: dict[str, Any], path: Path, there: Presence, *, is_open: bool) -> Schema:
        properties = given["properties"]
        if not isinstance(properties, dict):
            raise SchemaError(path, "properties must be an object")
        required = given.get("required")
        names = (
            frozenset(name for name in required if isinstance(name, str)) if isinstance(required, list) else frozenset()
        )
        fields = {}
        for name, below in properties.items():
            is_filled = isinstance(below, dict) and "default" in below
            is_there = self.stored if is_filled else name in names or (*path, name) == _SPEC
            fields[str(name)] = self.read(below, (*path, str(name)), there if is_there else Presence(there))
        if path and given.get("x-kubernetes-embedded-resource") is True:  # a server keeps these, named or not
            for name in IDENTITY:
                fields.setdefault(name, self.read({}, (*path, name), Presence(there)))
        return Schema(kind="object", fields=fields, named=set(fields), required=names, is_open=is_open)


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
