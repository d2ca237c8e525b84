"""Reads the catalog's data file and resolves its types; ``tools/catalog/make.py`` creates the file.

The document, JSON under xz:

- ``sources``: release, file name and sha256 of every wheel it was made from, name and checksum of the Go module;
- ``shapes``: every set of fields that any type ever had, as JSON name to written type;
- ``resources``: every ``[group, version, kind, plural, namespaced, subresources, on by default, type name]``;
- ``releases``: for each its ``resources`` (numbers), and what its ``types`` (name to number of the shape)
  change against the release before, with the names ``gone``, and likewise the ``values`` of its enumerations.

A written type is ``string`` and the other scalars, ``any``, ``#Name`` for an object type, ``~#Name`` where
a simpler value is allowed too, and before any of these ``[`` for a list of it, ``{`` for a map of it. After a
string, ``=name`` is an enumeration; those whose values are the same in all releases are not written. After a type,
``@`` and a mark say what a server needs to store the field (``tools/catalog/gates.py``).

A release's ``gates`` are its feature gates that changed: the first letter of the stage, and ``+`` if it is on by
default; ``gates_gone`` are the removed ones. ``defaults`` are the values that servers set in fields that not every
release has, by type and field.
"""

from __future__ import annotations

import lzma
from dataclasses import replace
from functools import cache, partial
from importlib import resources
from typing import Any, Final, TypeAlias, cast

import msgspec

from converter.catalog.feature_gates import Requirement
from converter.catalog.release import CatalogError
from converter.catalog.types import ANY, FieldType, ObjectType, Scalar, Values

FILE: Final = "catalog.json.xz"
FORMAT: Final = 3


class Source(msgspec.Struct, frozen=True):
    """A source of the catalog: the wheel of a release, and its Go module if the release has one."""

    release: str
    wheel: str
    sha256: str
    module: str = ""
    sum: str = ""
    kubernetes: str = ""
    kubernetes_sum: str = ""


class ReleaseData(msgspec.Struct, frozen=True):
    """The data of one release."""

    release: str
    resources: list[int]
    types: dict[str, int]
    gone: list[str]
    values: dict[str, list[str]]
    gates: dict[str, str] = {}
    gates_gone: list[str] = []


class Document(msgspec.Struct, frozen=True):
    """The file."""

    format: int
    sources: list[Source]
    shapes: list[dict[str, str]]
    resources: list[tuple[str, str, str, str, bool, list[str], bool, str]]
    releases: list[ReleaseData]
    defaults: dict[str, dict[str, Any]] = {}


class CatalogDataError(CatalogError):
    """The data file is missing, damaged, or in another format."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"the catalog's data file {problem}; run `make catalog` to create it again")


def read_document() -> Document:
    """Read the data file that ships with the package.

    Raises:
        CatalogDataError: it cannot be read.
    """
    try:
        packed = resources.files(__package__).joinpath(FILE).read_bytes()
        document = msgspec.json.decode(lzma.decompress(packed), type=Document)
    except (OSError, lzma.LZMAError, msgspec.DecodeError) as error:
        raise CatalogDataError(f"cannot be read ({error})") from error
    if document.format != FORMAT:
        raise CatalogDataError(f"has format {document.format}, this program reads {FORMAT}")
    return document


_Mark: TypeAlias = tuple[str, int | Values]


class TypeTable:
    """The types of every release; releases with an identical type share one `ObjectType`."""

    def __init__(self, document: Document) -> None:
        self._shapes = document.shapes
        self._refs = [_references(shape) for shape in document.shapes]
        self._enumerations = [_enumerations(shape) for shape in document.shapes]
        self._by_release: list[dict[str, int]] = []
        now: dict[str, int] = {}
        for release in document.releases:
            now = {name: shape for name, shape in now.items() if name not in release.gone} | release.types
            self._by_release.append(now)
        self._values = _values(document)
        self._requirement = cache(Requirement.read)  # the marks of the file: a few hundred
        self._found: dict[tuple[int, str], ObjectType] = {}
        self._shared: dict[tuple[str, frozenset[_Mark]], ObjectType] = {}

    def find(self, place: int, name: str) -> ObjectType:
        """Return a type of the release at that place in the document.

        Raises:
            CatalogDataError: the release has no such type.
        """
        if (place, name) not in self._found:
            names = self._by_release[place]
            key = (name, frozenset(self._reach(place, name)))
            if key not in self._shared:
                shape = self._shapes[names[name]]
                self._shared[key] = ObjectType(name, partial(self._read, place, shape))
            self._found[place, name] = self._shared[key]
        return self._found[place, name]

    def _reach(self, place: int, root: str) -> set[_Mark]:
        """Everything that a type consists of: the shapes below it, and the values of their enumerations."""
        names, values = self._by_release[place], self._values[place]
        todo, seen = [root], {root}
        while todo:
            name = todo.pop()
            if name not in names:
                raise CatalogDataError(f"lacks the type {name}")
            for other in self._refs[names[name]]:
                if other not in seen:
                    seen.add(other)
                    todo.append(other)
        named = {name for other in seen for name in self._enumerations[names[other]]}
        return {(name, names[name]) for name in seen} | {(name, values[name]) for name in named}

    def _read(self, place: int, shape: dict[str, str]) -> dict[str, FieldType]:
        return {name: self._field(place, text) for name, text in shape.items()}

    def _field(self, place: int, text: str) -> FieldType:
        if "@" in text:
            text, _, mark = text.partition("@")
            return replace(self._field(place, text), requirement=self._requirement(mark))
        if text[0] in "[{":
            return FieldType("list" if text[0] == "[" else "map", element=self._field(place, text[1:]))
        if "#" in text:
            name = text.lstrip("~#")
            return FieldType("object", type_name=name, loose=text[0] == "~", _resolve=partial(self.find, place))
        if text == "any":
            return ANY
        scalar, _, name = text.partition("=")
        return FieldType("scalar", scalar=cast("Scalar", scalar), values=self._values[place].get(name))


def _references(shape: dict[str, str]) -> tuple[str, ...]:
    plain = (text.partition("@")[0] for text in shape.values())
    return tuple(sorted({text.rpartition("#")[2] for text in plain if "#" in text}))


def _enumerations(shape: dict[str, str]) -> tuple[str, ...]:
    plain = (text.partition("@")[0] for text in shape.values())
    return tuple(sorted({text.partition("=")[2] for text in plain if "=" in text}))


def _values(document: Document) -> list[dict[str, Values]]:
    """The values of every enumeration in each release, and the values that only other releases have."""
    ever: dict[str, set[str]] = {}
    for release in document.releases:
        for name, listed in release.values.items():
            ever.setdefault(name, set()).update(listed)
    found: list[dict[str, Values]] = []
    now: dict[str, Values] = {}
    for release in document.releases:
        changed = {name: frozenset(listed) for name, listed in release.values.items()}
        now = now | {name: Values(known, frozenset(ever[name] - known)) for name, known in changed.items()}
        found.append(now)
    return found
