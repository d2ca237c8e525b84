"""The option ``--crd``, and the CustomResourceDefinitions in the files that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.cli.manifest_files import items_of, read_documents
from converter.cli.options import UsageError
from converter.rules.crds import CrdSchemas

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from converter.kube import Manifest


def add_crd_option(parser: argparse.ArgumentParser, use: str, *, required: bool = False) -> None:
    """Add the option ``--crd FILE``, which can be repeated.

    Args:
        parser: the parser of the command.
        use: what the command does with the CRDs.
        required: whether the option must be given.
    """
    parser.add_argument("--crd", action="append", default=[], metavar="FILE", required=required,
                        help=f"CustomResourceDefinitions, or a directory of them; repeatable: {use}")  # fmt: skip


def read_crds(names: Iterable[str]) -> CrdSchemas:
    """Read the CRDs in some files and directories.

    Raises:
        InputError: a file cannot be read.
        CrdError: a CRD cannot be read.
        UsageError: there are files, and no CRD in them.
    """
    names = list(names)
    crds = CrdSchemas.of(_manifests(names))
    if names and not crds.crds:
        raise UsageError(f"no CustomResourceDefinition is in {', '.join(names)}; name a file that has one")
    return crds


def _manifests(names: Iterable[str]) -> Iterator[Manifest]:
    for document in read_documents(names):
        yield from items_of(document.value) or [document.value]
