"""Reads and writes manifests: files and standard input, several documents, Lists, YAML and JSON."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import msgspec

from converter.errors import ConverterError
from converter.kube import Manifest, type_name
from converter.yaml import YamlError, decode, dump, dump_all, load_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SUFFIXES = (".yaml", ".yml", ".json")


class InputError(ConverterError):
    """Input that cannot be read; its cause is the error of the system or of the reader, if there is one.

    Attributes:
        origin: where it was read: the file, the document in it, or the kind of a list.
        problem: what is wrong there.
        path: which field of the document; empty for the whole.
    """

    def __init__(self, origin: str, problem: str, path: str = "") -> None:
        self.origin = origin
        self.problem = problem
        self.path = path
        super().__init__(f"{origin}: {path} {problem}" if path else f"{origin}: {problem}")


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
    return [document for name in names for file in files_of(name) for document in _read(file)]


def files_of(name: str) -> Iterator[str]:
    """List the files of a directory, recursively; a file and standard input (``-``) as they are.

    Raises:
        InputError: a directory has no file of YAML or JSON.
    """
    root = Path(name)
    if name == "-" or not root.is_dir():
        yield name
        return
    found = sorted(file for file in root.rglob("*") if file.suffix in _SUFFIXES and file.is_file())
    if not found:
        raise InputError(name, f"no file ends in {', '.join(_SUFFIXES)}; name the files, or another directory")
    yield from map(str, found)


def _read(name: str) -> Iterator[Document]:
    label = "standard input" if name == "-" else name
    text = ""
    try:
        text = sys.stdin.read() if name == "-" else decode(Path(name).read_bytes())
        values = load_all(text)
    except (OSError, ValueError) as error:  # bytes that are not UTF-8, and a NUL in a name, are ValueErrors
        raise InputError(label, f"cannot be read: {error}; check the path, and that it is UTF-8 text") from error
    except YamlError as error:
        template = "; it looks like a template: render it first, as with `helm template`" if "{{" in text else ""
        raise InputError(label, f"{error}{template}") from error
    for index, value in enumerate(values, 1):
        origin = label if len(values) == 1 else f"{label}#{index}"
        if not isinstance(value, dict):
            raise InputError(origin, f"a manifest must be an object, not {type_name(value)}")
        yield Document(origin, value)


def items_of(manifest: Manifest) -> list[Manifest] | None:
    """Return the items of a List, or of a typed list such as IngressList; None for a single object.

    As in kubectl, null means no items, and an item without apiVersion and kind gets those of its typed list.

    Raises:
        InputError: the items are not a list of objects.
    """
    kind = manifest.get("kind")
    if "items" not in manifest or not isinstance(kind, str) or not kind.endswith("List"):
        return None
    items = [] if manifest["items"] is None else manifest["items"]
    if not isinstance(items, list):
        raise InputError(kind, f"must be a list, not {type_name(items)}", "items")
    inferred = {"apiVersion": manifest.get("apiVersion"), "kind": kind.removesuffix("List")}
    found = []
    for index, item in enumerate(items):
        if not isinstance(item, dict) and item is not None:
            raise InputError(kind, f"must be an object, not {type_name(item)}", f"items[{index}]")
        given = item or {}
        is_typed = given.get("kind") or given.get("apiVersion") or not inferred["kind"]
        found.append(given if is_typed else {**inferred, **given, **inferred})
    return found


def to_yaml(manifest: Manifest) -> str:
    """Write one manifest as YAML; keys stay in their order."""
    return dump(manifest)


def write_documents(manifests: Iterable[Manifest], form: str, out: TextIO) -> None:
    """Write manifests as a YAML stream, or as JSON: one object, or a List of several.

    The items of a List become items of that List, because `read_documents` does not look for a List in a List.
    """
    collected = list(manifests)
    if form == "yaml":
        out.write(dump_all(collected))
        return
    whole = collected[0] if len(collected) == 1 else {"apiVersion": "v1", "kind": "List", "items": _flat(collected)}
    out.write(msgspec.json.format(msgspec.json.encode(whole), indent=2).decode() + "\n")


def _flat(manifests: Iterable[Manifest]) -> list[Manifest]:
    found: list[Manifest] = []
    for manifest in manifests:
        items = items_of(manifest)
        found += [manifest] if items is None else items
    return found
