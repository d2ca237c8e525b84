"""The manifests that a test is about: objects, texts, files and directories."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeAlias

from converter.cli.manifest_files import Document, InputError, items_of, read_documents
from converter.kube import Manifest, type_name
from converter.yaml import YamlError, load_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Manifests: TypeAlias = "str | os.PathLike[str] | Manifest | Iterable[Manifest]"
"""A text of YAML or JSON, the path of a file or a directory, one manifest, or several."""


def read_manifests(source: Manifests) -> list[Manifest]:
    """Read the manifests of a test. The items of Lists count one by one; empty documents count not at all.

    Args:
        source: a ``str`` is YAML or JSON, such as the output of ``helm template``; a ``Path`` is a file or a
            directory; a ``dict`` is one manifest; anything else lists manifests.

    Raises:
        InputError: a file cannot be read, the text is neither YAML nor JSON, or a document is not an object.
    """
    return [manifest for document in documents_of(source) for manifest in _single(document)]


def documents_of(source: Manifests) -> list[Document]:
    """Read the documents of a source, each with the place that messages show.

    Raises:
        InputError: as of `read_manifests`.
    """
    if isinstance(source, os.PathLike):
        return read_documents([os.fspath(source)])
    if isinstance(source, str):
        return list(_of_text(source))
    if isinstance(source, dict):
        return [Document("manifest", source)]
    return [Document(f"manifest#{number}", _object(one, number)) for number, one in enumerate(source, 1)]


def _of_text(text: str) -> Iterator[Document]:
    try:
        values = load_all(text)
    except YamlError as error:
        raise InputError("text", f"{error}; pass the path of a file as a pathlib.Path") from error
    for number, value in enumerate(values, 1):
        if not isinstance(value, dict):
            raise InputError(
                f"text#{number}", f"a manifest must be an object, not {type_name(value)}; pass a path as a pathlib.Path"
            )
        yield Document(f"text#{number}", value)


def _object(value: object, number: int) -> Manifest:
    if not isinstance(value, dict):
        raise InputError(f"manifest#{number}", f"a manifest must be an object, not {type_name(value)}")
    return value


def _single(document: Document) -> list[Manifest]:
    items = items_of(document.value)
    return [document.value] if items is None else items
