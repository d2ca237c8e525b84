"""Reads and writes manifests: files and standard input, several documents, Lists, YAML and JSON."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import msgspec
import yaml

from converter.errors import ConverterError
from converter.kube import Json, Manifest, type_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SUFFIXES = (".yaml", ".yml", ".json")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class InputError(ConverterError):
    """Input that cannot be read; the message names the file."""


class _StringTimes(_Loader):  # type: ignore[misc]  # PyYAML's C loader has no types
    """Loads YAML as Kubernetes does: a timestamp is a string."""


_StringTimes.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True, slots=True)
class Document:
    """One document of the input.

    Attributes:
        origin: where it was read, for messages: ``FILE``, or ``FILE#2`` if the file has several documents.
        value: a manifest, or a List of manifests.
    """

    origin: str
    value: Manifest


def read_documents(names: Iterable[str]) -> list[Document]:
    """Read every document of files, directories (recursively) and standard input (``-``).

    Raises:
        InputError: a file cannot be read, is neither YAML nor JSON, or has a document that is not an object.
    """
    return [document for name in names for file in _files(name) for document in _read(file)]


def _files(name: str) -> Iterator[str]:
    root = Path(name)
    if name == "-" or not root.is_dir():
        yield name
        return
    found = sorted(file for file in root.rglob("*") if file.suffix in _SUFFIXES and file.is_file())
    if not found:
        raise InputError(f"{name}: no file ends in {', '.join(_SUFFIXES)}; name the files, or another directory")
    yield from map(str, found)


def _read(name: str) -> Iterator[Document]:
    label = "standard input" if name == "-" else name
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:  # bytes that are not UTF-8, and a NUL in a name, are ValueErrors
        raise InputError(f"{label}: cannot be read: {error}; check the path, and that it is UTF-8 text") from error
    values = [value for value in _parse(text, label) if value is not None]
    for index, value in enumerate(values, 1):
        origin = label if len(values) == 1 else f"{label}#{index}"
        if not isinstance(value, dict):
            raise InputError(f"{origin}: a manifest must be an object, not {type_name(value)}")
        yield Document(origin, value)


def _parse(text: str, label: str) -> list[Json]:
    if text.lstrip()[:1] == "{":
        try:
            return [msgspec.json.decode(text)]
        except (msgspec.DecodeError, RecursionError):  # several JSON documents, or YAML in braces
            pass
    try:
        return list(yaml.load_all(text, Loader=_StringTimes))  # a safe loader, see above
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"{label}: neither YAML nor JSON: {error}") from error


def items_of(manifest: Manifest) -> list[Manifest] | None:
    """Return the items of a List, or of a typed list such as IngressList; None for a single object."""
    items, kind = manifest.get("items"), manifest.get("kind")
    if isinstance(items, list) and isinstance(kind, str) and kind.endswith("List"):
        return [item for item in items if isinstance(item, dict)]
    return None


def to_yaml(manifest: Manifest) -> str:
    """Write one manifest as YAML; keys stay in their order."""
    return str(
        yaml.dump(
            manifest,
            Dumper=_Dumper,
            sort_keys=False,
            default_flow_style=False,
            allow_unicode=True,
            width=10_000,
        )
    )


def write_documents(manifests: Iterable[Manifest], form: str, out: TextIO) -> None:
    """Write manifests as a YAML stream, or as JSON: one object, or a List of several.

    The items of a List become items of that List, because `read_documents` does not look for a List in a List.
    """
    collected = list(manifests)
    if form == "yaml":
        out.write("---\n".join(to_yaml(manifest) for manifest in collected))
        return
    whole = collected[0] if len(collected) == 1 else {"apiVersion": "v1", "kind": "List", "items": _flat(collected)}
    out.write(msgspec.json.format(msgspec.json.encode(whole), indent=2).decode() + "\n")


def _flat(manifests: Iterable[Manifest]) -> list[Manifest]:
    found: list[Manifest] = []
    for manifest in manifests:
        items = items_of(manifest)
        found += [manifest] if items is None else items
    return found
