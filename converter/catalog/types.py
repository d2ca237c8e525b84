"""What an object of one kind may hold: its fields and their types, followed only as far as one looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from converter.kube import Each, Named, parse_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from converter.catalog.feature_gates import Requirement
    from converter.kube import Path, Segment

FieldKind: TypeAlias = Literal["scalar", "object", "list", "map", "any"]
Scalar: TypeAlias = Literal["string", "int", "bool", "number", "int-or-string", "quantity", "date-time", "bytes"]
"""``int-or-string`` is a number or a name, ``quantity`` a string such as ``100m`` or a number, ``date-time``
RFC 3339, ``bytes`` base64."""


@dataclass(frozen=True, slots=True)
class Values:
    """The values of an enumeration that came or went with some release, as one release has it.

    Attributes:
        known: the values that this release knows.
        lacking: those that only other releases know.
    """

    known: frozenset[str]
    lacking: frozenset[str]


@dataclass(frozen=True, slots=True)
class FieldCondition:
    """A field that a server stores only for some values, or with another value than it was sent.

    Attributes:
        requirement: on what that depends.
        off: the feature gates that are off, as far as they matter.
    """

    requirement: Requirement
    off: frozenset[str]

    def stores(self, value: object, holder: Mapping[str, object]) -> bool:
        """Whether a value is stored as it was sent.

        Args:
            value: the field's.
            holder: the object that has the field.
        """
        need = self.requirement
        if need.first:
            return not isinstance(value, list) or len(value) <= need.first
        if need.kinds is None:
            return value != need.having if need.having else value == need.instead
        kind = value.get("kind") if isinstance(value, Mapping) else None
        return need.keeps(kind, holder, self.off)


@dataclass(frozen=True, slots=True)
class FieldType:
    """The type of one field, list item or map value.

    Attributes:
        kind: ``scalar``; ``object``, with the fields of `target`; ``list`` or ``map``, of `element`; or
            ``any``: free-form JSON, into which the catalog does not see (RawExtension, FieldsV1, JSON).
        scalar: which scalar, where `kind` is ``scalar``.
        element: what a list holds, or a map under each key.
        type_name: the name of the object type, as the published client calls it.
        loose: other JSON than an object is allowed too: JSONSchemaPropsOrBool, …OrArray,
            …OrStringArray of a CRD's schema. If the value is an object, it has the fields of `target`.
        values: the values of a string, where they are an enumeration that is not the same in all releases;
            None where they are free, or never changed, or the release's are not known (before v1.15).
        requirement: the feature gates that a server needs to store the field as it was sent; None where it needs none.
        condition: in an effective type (`converter.catalog.effective`), a field that is not stored with every value.
    """

    kind: FieldKind
    scalar: Scalar | None = None
    element: FieldType | None = None
    type_name: str = ""
    loose: bool = False
    values: Values | None = None
    requirement: Requirement | None = None
    condition: FieldCondition | None = None
    _resolve: Callable[[str], ObjectType] | None = field(default=None, repr=False, compare=False)

    @property
    def target(self) -> ObjectType | None:
        """The type of the object; None if `kind` is not ``object``."""
        return self._resolve(self.type_name) if self._resolve is not None else None

    @property
    def innermost(self) -> FieldType:
        """What a list of lists, or a map of lists, holds in the end; the type itself where it is neither."""
        return self.element.innermost if self.element is not None else self

    @property
    def nesting(self) -> int:
        """How many lists and maps are around `innermost`."""
        return 1 + self.element.nesting if self.element is not None else 0

    def __str__(self) -> str:
        if self.kind == "list":
            return f"list of {self.element}"
        if self.kind == "map":
            return f"map of {self.element}"
        if self.kind == "object":
            return f"{self.type_name}, or simpler" if self.loose else self.type_name
        return self.scalar or "any"


ANY: Final = FieldType("any")
"""Free-form JSON."""


class ObjectType:
    """The fields of one object type, in one release or in several that agree about it.

    Where two releases agree about a type and everything reachable from it, both give the same `ObjectType`:
    what is compiled or remembered per type need only be compiled once.

    Attributes:
        name: as the published client calls it: ``V1PodSpec``.
    """

    __slots__ = ("_fields", "_read", "name")

    def __init__(self, name: str, read: Callable[[], dict[str, FieldType]]) -> None:
        self.name = name
        self._read = read
        self._fields: Mapping[str, FieldType] | None = None

    @property
    def fields(self) -> Mapping[str, FieldType]:
        """Field types by JSON name, in alphabetical order."""
        if self._fields is None:
            self._fields = MappingProxyType(self._read())
        return self._fields

    def field_at(self, path: str | Path) -> FieldType | None:
        """Follow a path from here; None where it leads nowhere, `ANY` where it enters free-form JSON.

        Raises:
            ManifestError: a path given as text is not one (see `converter.kube.parse_path`).
        """
        found: FieldType | None = FieldType("object", type_name=self.name, _resolve=lambda _: self)
        for segment in parse_path(path) if isinstance(path, str) else path:
            if found is None:
                return None
            found = _step(found, segment)
        return found

    def __repr__(self) -> str:
        return f"ObjectType({self.name})"


def _step(at: FieldType, segment: Segment) -> FieldType | None:
    if at.kind == "any":
        return ANY
    into_list = isinstance(segment, (int, Each, Named))
    if at.kind == "list":
        return at.element if into_list else None
    if at.kind == "map":
        return None if isinstance(segment, (int, Named)) else at.element
    if at.kind == "object" and at.target is not None:
        if isinstance(segment, str):
            return at.target.fields.get(segment)
        return ANY if at.loose else None
    return None


def walk(root: ObjectType, *, depth: int = 64) -> Iterator[tuple[str, FieldType]]:
    """Yield every path below a type with its field type: ``spec.rules[*].host``, a map's values as ``[*]``.

    A type inside itself (JSONSchemaProps) is shown once on each path and not entered again.

    Args:
        root: where to begin.
        depth: how many fields deep to go.
    """
    yield from _walk(root, "", (root.name,), depth)


def _walk(root: ObjectType, prefix: str, inside: tuple[str, ...], depth: int) -> Iterator[tuple[str, FieldType]]:
    for name, found in root.fields.items():
        path = f"{prefix}.{name}" if prefix else name
        yield path, found
        target, below = found.innermost.target, path + "[*]" * found.nesting
        if target is not None and target.name not in inside and depth > 1:
            yield from _walk(target, below, (*inside, target.name), depth - 1)
