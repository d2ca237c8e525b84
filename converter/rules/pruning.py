"""What an API server drops of a custom resource, and what differs in that between two versions of it.

A server with a structural schema removes each field that the schema does not name (``prune`` and ``skipPrune`` in
k8s.io/apiextensions-apiserver, pkg/apiserver/schema/pruning/algorithm.go). `keeps` reads that from a schema, `compare`
finds what one version keeps and the other drops. Only the differences stay in memory: most versions have none.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from converter.kube import EACH
from converter.rules.schema import IDENTITY, MAX_DEPTH, MAX_FIELDS, SchemaError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from converter.kube import Json, Path, Segment

_NO_FIELDS: Final[dict[str, Any]] = {}


class Keeps:
    """What a server keeps of one value.

    Attributes:
        fields: what it keeps of each field that the schema names.
        other: what it keeps of any other field; None if it drops them.
        items: what it keeps of each item, if the value is a list.
    """

    __slots__ = ("fields", "items", "other")

    def __init__(self, fields: Mapping[str, Keeps], other: Keeps | None, items: Keeps | None = None) -> None:
        self.fields = fields
        self.other = other
        self.items: Keeps = items if items is not None else self

    def of(self, field: str) -> Keeps | None:
        """What it keeps of a field; None if it drops the field."""
        return self.fields.get(field, self.other)


NOTHING: Final = Keeps(_NO_FIELDS, None)
"""A scalar has no fields; an object at its place loses all of them."""

EVERYTHING: Final = Keeps(_NO_FIELDS, None)
"""A value that is not pruned, however deep."""

EVERYTHING.other = EVERYTHING


def keeps(schema: Json) -> Keeps:
    """Read what a server keeps of an object of a version.

    Args:
        schema: the ``openAPIV3Schema`` of the version; None if it has none, and then nothing is pruned.

    Raises:
        SchemaError: it is not a schema, or it has more than `MAX_FIELDS` fields or `MAX_DEPTH` levels.
    """
    if not schema:
        return EVERYTHING
    return _Reader().read(schema, (), embedded=True)


class _Reader:
    def __init__(self) -> None:
        self.room = MAX_FIELDS

    def read(self, given: Json, path: Path, *, embedded: bool = False, open_: bool = False) -> Keeps:
        if not isinstance(given, dict):
            raise SchemaError(path, "must be an object")
        self.room -= 1
        if self.room < 0 or len(path) > MAX_DEPTH:
            raise SchemaError(path, f"the schema has more than {MAX_FIELDS} fields or {MAX_DEPTH} levels")
        open_ = open_ or given.get("x-kubernetes-preserve-unknown-fields") is True
        properties = given.get("properties")
        properties = _NO_FIELDS if properties is None else properties
        if not isinstance(properties, dict):
            raise SchemaError(path, "properties must be an object")
        fields = {str(name): self.read(below, (*path, str(name))) for name, below in properties.items()}
        if embedded or given.get("x-kubernetes-embedded-resource") is True:
            fields.update(dict.fromkeys(IDENTITY, EVERYTHING))
        other, items = self._other(given, path, open_=open_), given.get("items")
        if isinstance(items, dict):
            below = self.read(items, (*path, EACH), open_=open_)
        else:
            below = EVERYTHING if open_ else NOTHING
        if not fields and below is other is EVERYTHING:
            return EVERYTHING
        return Keeps(fields, other, below) if fields or other is not None or below is not NOTHING else NOTHING

    def _other(self, given: dict[str, Any], path: Path, *, open_: bool) -> Keeps | None:
        below = given.get("additionalProperties")
        if isinstance(below, dict):
            return self.read(below, (*path, EACH))
        if below is True:
            return NOTHING  # the server keeps the keys, and scalars as their values
        return EVERYTHING if open_ else None


class Gap(Enum):
    """What a conversion by name does to a field that one of two versions drops."""

    LOST = "lost"
    """The target drops it."""
    FOREIGN = "foreign"
    """The source drops it, so the target must not get it."""


class Difference:
    """What to do with one value on the way from a version to another.

    Attributes:
        fields: what to do with each field; None for nothing.
        other: what to do with any other field.
        items: what to do with each item, if the value is a list.
    """

    __slots__ = ("fields", "items", "other")

    def __init__(self) -> None:
        self.fields: dict[str, Difference | Gap | None] = {}
        self.other: Difference | Gap | None = None
        self.items: Difference | None = None

    def count(self, gap: Gap) -> int:
        """Count the places of a gap in the schema; what contains itself counts once."""
        seen: set[int] = set()
        todo: list[Difference | Gap | None] = [self]
        found = 0
        while todo:
            at = todo.pop()
            if isinstance(at, Gap):
                found += at is gap
            elif at is not None and id(at) not in seen:
                seen.add(id(at))
                todo += [*at.fields.values(), at.other, at.items]
        return found


def lacking(expected: Keeps, server: Keeps) -> Difference | None:
    """Find what a server drops of what is expected to be kept; None if nothing."""
    return decode_lacking(encode_lacking(compare(expected, server)))


def encode_lacking(difference: Difference | None) -> Json:
    """Write what is lost as JSON: ``{"f": fields, "o": other fields, "i": items}``; null if nothing is.

    In place of such an object, 1 means that all is lost, and 2 that it is the object around it (free-form JSON).
    """
    return _encode(difference, ())


_NO_LOSS: Final = (None, 2)
"""What is written where nothing is lost that is not written elsewhere."""


def _encode(at: Difference | Gap | None, inside: tuple[Difference, ...]) -> Json:
    if at is None or isinstance(at, Gap):
        return 1 if at is Gap.LOST else None
    if at in inside:
        return 2 if at is inside[-1] else None
    inside = (*inside, at)
    other = _encode(at.other, inside)
    fields = {name: _encode(below, inside) for name, below in at.fields.items()}
    written = {name: below for name, below in fields.items() if below is not None or other is not None}
    items = _encode(at.items, inside)
    made = {key: value for key, value in (("f", written or None), ("o", other), ("i", items)) if value is not None}
    loses = any(below not in _NO_LOSS for below in (*fields.values(), other, items))
    return made if loses else None


def decode_lacking(document: Json) -> Difference | None:
    """Read what `encode_lacking` wrote; what is not of that form counts as nothing.

    Raises:
        RecursionError: it is nested too deep.
    """
    found = _decode(document, None)
    return found if isinstance(found, Difference) else None


def _decode(document: Json, around: Difference | None) -> Difference | Gap | None:
    if document == 1:
        return Gap.LOST
    if not isinstance(document, dict):
        return around if document == 2 else None  # noqa: PLR2004  as `encode_lacking` describes
    made = Difference()
    fields = document.get("f")
    made.fields = (
        {str(name): _decode(below, made) for name, below in fields.items()} if isinstance(fields, dict) else {}
    )
    made.other = _decode(document.get("o"), made)
    items = _decode(document.get("i"), made)
    made.items = items if isinstance(items, Difference) else None
    return made


def compare(source: Keeps, target: Keeps) -> Difference | None:
    """Find what differs between what two versions keep; None if nothing does."""
    found = _compare(source, target, {})
    return found if found is not None and (found.count(Gap.LOST) or found.count(Gap.FOREIGN)) else None


def _compare(source: Keeps, target: Keeps, known: dict[tuple[int, int], Difference | None]) -> Difference | None:
    if source is target:
        return None
    key = (id(source), id(target))
    if key in known:
        return known[key]
    made = known[key] = Difference()  # `EVERYTHING` contains itself
    made.other = _gap(source.other, target.other, known)
    for name in sorted({*source.fields, *target.fields}):
        found = _gap(source.of(name), target.of(name), known)
        if found is not made.other or found is not None:
            made.fields[name] = found
    made.items = _compare(source.items, target.items, known)
    if made.items is None and made.other is None and not any(made.fields.values()):
        known[key] = None
    return known[key]


def _gap(
    source: Keeps | None, target: Keeps | None, known: dict[tuple[int, int], Difference | None]
) -> Difference | Gap | None:
    if source is None or target is None:
        return None if source is target else Gap.FOREIGN if source is None else Gap.LOST
    return _compare(source, target, known)


class Pruned(NamedTuple):
    """A field that one of two versions drops.

    Attributes:
        path: its place.
        value: what it holds.
        gap: which of them drops it.
        holder: the object that it is in.
    """

    path: Path
    value: Json
    gap: Gap
    holder: dict[str, Any]


def find(difference: Difference, value: Json, limit: int | None = None) -> list[Pruned]:
    """Find the fields of an object that one of two versions drops, in the order of the object.

    Args:
        difference: between the versions.
        value: the object.
        limit: the most fields to find, and one more; None finds all.
    """
    found: list[Pruned] = []
    _find(difference, value, (), found, limit)
    return found


def _find(at: Difference, value: Json, path: tuple[Segment, ...], found: list[Pruned], limit: int | None) -> None:
    if type(value) is dict:
        fields, other = at.fields, at.other
        for key, below in value.items():
            todo = fields.get(key, other)
            if todo is None or below is None or (limit is not None and len(found) > limit):
                continue
            if type(todo) is Gap:
                found.append(Pruned((*path, key), below, todo, value))
            else:
                _find(todo, below, (*path, key), found, limit)  # type: ignore[arg-type]  # a Gap is handled
    elif type(value) is list and at.items is not None:
        for index, item in enumerate(value):
            _find(at.items, item, (*path, index), found, limit)
