"""Read the Go types of Kubernetes' API groups, as text: structs, named types, constants, and which are enumerations.

The sources are as gofmt leaves them, one field, constant or declaration on a line; nothing else is relied on, and no Go
is run. Types of other modules are left out, and so are types with a constant that cannot be read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MODULE = "k8s.io/api"

_GROUP = re.compile(r'^const GroupName = "([^"]*)"', re.MULTILINE)
_IMPORT = re.compile(rf'^(?:import\s+|\t)(?:(?P<alias>\w+)\s+)?"{re.escape(MODULE)}/(?P<path>[\w/]+)"', re.MULTILINE)
_STRUCT = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"^(?P<doc>(?:^//.*\n)*)^type (?P<name>\w+) (?:= )?(?P<type>[^\s{]+)$", re.MULTILINE)
_MARK = re.compile(r"^// ?\+enum$", re.MULTILINE)
_CONSTANTS = re.compile(r"^(?:const|var) (?:\(\n(?P<block>.*?)^\)|(?P<line>\w[^\n]*)$)", re.MULTILINE | re.DOTALL)
_CONSTANT = re.compile(r"^\s*(?P<name>\w+)(?:[ \t]+(?P<type>\w+))?\s*=\s*(?P<value>.+?)\s*(?://.*)?$", re.MULTILINE)
_TEXT = re.compile(r'"([^"\\]*)"')
_CAST = re.compile(r"(\w+)\((.+)\)")
_FIELD = re.compile(r'^\t(?:(?P<go>\w+)\s+)?(?P<type>[^\s`/]+)\s+`(?:[^`]*\s)?json:"(?P<name>[^",]*)(?P<rest>[^"]*)"')
_TYPE = re.compile(r"(?P<around>(?:\*|\[\]|map\[[^\]]+\])*)(?P<name>[\w.]+)")


@dataclass(frozen=True)
class Constant:
    """A constant as it is written: its type, empty where it has none, and its value."""

    type: str
    value: str


@dataclass
class Package:
    """The types of one group in one version.

    Attributes:
        path: ``apps/v1``: the folder in the module.
        group: the API group: ``apps``; empty for the core group.
        structs: of each struct its fields, as JSON name to Go type, and under an empty name what is embedded.
        named: of each other named type what it is declared as.
        go_names: of each struct the JSON names of its fields by their Go names.
        constants: by name.
        marked: the types that are marked as enumerations.
        imports: the paths of packages of the same module, by the names that the package's files give them.
    """

    path: str
    group: str
    structs: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    go_names: dict[str, dict[str, str]] = field(default_factory=dict)
    constants: dict[str, Constant] = field(default_factory=dict)
    marked: set[str] = field(default_factory=set)
    imports: dict[str, str] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """The version: ``v1``."""
        return self.path.rpartition("/")[2]

    def read(self, text: str) -> None:
        """Take up one file's declarations."""
        for found in _IMPORT.finditer(text):
            path = found["path"]
            self.imports[found["alias"] or path.rpartition("/")[2]] = path
        for name, body in _STRUCT.findall(text):
            matches = (_FIELD.match(line) for line in body.splitlines())
            lines = [line for line in matches if line and _is_sent(line)]
            self.structs[name] = [(line["name"], line["type"]) for line in lines]
            self.go_names[name] = {line["go"]: line["name"] for line in lines if line["go"]}
        for found in _NAMED.finditer(text):
            self.named[found["name"]] = found["type"]
            if _MARK.search(found["doc"]):
                self.marked.add(found["name"])
        for block in _CONSTANTS.finditer(text):
            for found in _CONSTANT.finditer(block["block"] or block["line"]):
                cast = _CAST.fullmatch(found["value"])
                type_, value = (found["type"] or "", found["value"]) if cast is None else cast.groups()
                self.constants[found["name"]] = Constant(type_, value)


def _is_sent(line: re.Match[str]) -> bool:
    """Whether a field is in the JSON: by a name, or embedded, with its own fields (since v1.37 without ``inline``)."""
    return line["name"] != "-" and (bool(line["name"]) or "inline" in line["rest"] or not line["go"])


@dataclass(frozen=True)
class Place:
    """A type by its name, in its package.

    Attributes:
        package: the package's path.
        name: the type's name there.
    """

    package: str
    name: str

    def __str__(self) -> str:
        return f"{self.package}.{self.name}"


class Module:
    """All packages of one release, with types followed from one to another."""

    def __init__(self, packages: Mapping[str, Package]) -> None:
        self.packages = packages

    @classmethod
    def read(cls, folder: Path) -> Module:
        """Read a folder as the Go module cache has it; only packages that declare an API group count."""
        packages = {}
        for register in sorted(folder.glob("*/*/register.go")):
            group = _GROUP.search(register.read_text())
            if group is None:
                continue
            package = Package(register.parent.relative_to(folder).as_posix(), group[1])
            for file in sorted(register.parent.glob("*.go")):
                if not file.name.startswith("zz_") and not file.name.endswith(("_test.go", "generated.pb.go")):
                    package.read(file.read_text())
            packages[package.path] = package
        return cls(packages)

    def root(self, group: str, version: str, kind: str) -> Place | None:
        """Find the struct of a kind; None where the module has none."""
        for package in self.packages.values():
            if (package.group, package.version) == (group, version) and kind in package.structs:
                return Place(package.path, kind)
        return None

    def fields(self, struct: Place) -> Iterator[tuple[str, Place]]:
        """Yield a struct's fields, those of what is embedded among them: the JSON name, and the innermost type.

        Fields of types that the module does not declare are left out.
        """
        for name, text in self.packages[struct.package].structs[struct.name]:
            found = self.resolve(struct.package, text)
            if found is not None and name:
                yield name, found
            elif found is not None and self.is_struct(found):
                yield from self.fields(found)

    def owners(self, struct: Place) -> Iterator[tuple[str, Place]]:
        """Yield the JSON name of each of a struct's fields with the struct that declares it, if embedded."""
        for name, text in self.packages[struct.package].structs[struct.name]:
            if name:
                yield name, struct
                continue
            found = self.resolve(struct.package, text)
            if found is not None and self.is_struct(found):
                yield from self.owners(found)

    def resolve(self, path: str, text: str) -> Place | None:
        """Follow a written type to the declared type that it holds in the end: through pointers, lists and aliases."""
        parts = _TYPE.fullmatch(text)
        if parts is None:
            return None
        alias, _, name = parts["name"].rpartition(".")
        path = self.packages[path].imports.get(alias, "") if alias else path
        package = self.packages.get(path)
        if package is None:
            return None
        declared = package.named.get(name)
        if declared is not None and declared != "string":
            return self.resolve(path, declared)
        return Place(path, name) if declared or name in package.structs else None

    def is_struct(self, place: Place) -> bool:
        """Whether a type is a struct."""
        return place.name in self.packages[place.package].structs

    def values(self, place: Place) -> frozenset[str]:
        """The strings that constants of a type have; none where one of them cannot be read.

        The empty string is none of them: for servers it is the same as no value.
        """
        found = self._strings(place.package, place.name)
        return frozenset(filter(None, found)) if None not in found else frozenset()

    def untyped(self, place: Place) -> frozenset[str]:
        """The strings of untyped constants near a type: some releases omitted the type."""
        return frozenset(filter(None, self._strings(place.package, "")))

    def _strings(self, path: str, type_: str) -> set[str | None]:
        written = [constant.value for constant in self.packages[path].constants.values() if constant.type == type_]
        return {self._string(path, value) for value in written}

    def _string(self, path: str, value: str) -> str | None:
        """Read a constant's value: a string, or the name of another constant."""
        if found := _TEXT.fullmatch(value):
            return found[1]
        alias, _, name = value.rpartition(".")
        package = self.packages.get(self.packages[path].imports.get(alias, "") if alias else path)
        other = package.constants.get(name) if package is not None else None
        return self._string(package.path, other.value) if package is not None and other is not None else None

    def enumerations(self) -> set[tuple[str, str]]:
        """The types that are marked as enumerations, as group and name.

        What is marked in one version of a group holds for all of them: servers validate the one internal type that
        all versions are turned into.
        """
        return {(package.group, name) for package in self.packages.values() for name in package.marked}
