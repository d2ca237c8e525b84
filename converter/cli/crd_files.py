"""The options ``--crd`` and ``--crds``, and the CustomResourceDefinitions in the files that they name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from converter.cli.manifest_files import items_of, read_documents
from converter.cli.options import UsageError
from converter.clusters import Cluster
from converter.rules.by_name import custom_kind, kept_by
from converter.rules.crds import CrdSchemas
from converter.rules.pruning import EVERYTHING, compare

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from converter.catalog import Catalog
    from converter.kube import Manifest
    from converter.rules.crds import Crd
    from converter.rules.pruning import Difference


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


def add_crds_option(parser: argparse._ActionsContainer, use: str) -> None:
    """Add the option ``--crds [CLUSTER=]PATH``, which can be repeated.

    Args:
        parser: the parser of the command.
        use: what the command does with the CRDs.
    """
    parser.add_argument("--crds", action="append", default=[], metavar="[CLUSTER=]PATH",
                        help=f"CustomResourceDefinitions, a file or a directory; repeatable: {use}")  # fmt: skip


class GivenCrds:
    """The CRDs of ``--crds``.

    Attributes:
        kinds: what is converted by name alone.
        lacking: what the versions of the CRDs without a cluster drop, by apiVersion and kind.
    """

    def __init__(self, names: Iterable[str]) -> None:
        """Read them.

        Raises:
            InputError: a file cannot be read.
            CrdError: a CRD cannot be read.
            UsageError: a file or a directory has no CRD.
        """
        files: dict[str, list[str]] = {}
        for name in names:
            cluster, path = _split(name)
            files.setdefault(cluster, []).append(path)
        self._of = {cluster: merged(read_crds(paths).crds) for cluster, paths in files.items()}
        everywhere = self._of.get("", {})
        others = merged(crd for crds in self._of.values() for name, crd in crds.items() if name not in everywhere)
        self.kinds = tuple(custom_kind(crd) for crd in (*everywhere.values(), *others.values()))
        self.lacking = _lacking(everywhere.values())

    def check_names(self, clusters: Iterable[Cluster]) -> None:
        """Check that each cluster with CRDs of its own is one of the clusters.

        Raises:
            UsageError: one is not.
        """
        known = {cluster.name for cluster in clusters}
        unknown = sorted(set(self._of) - known - {""})
        if unknown:
            raise UsageError(f"--crds {unknown[0]}=...: not one of the clusters: {', '.join(sorted(known))}")

    def on(self, cluster: Cluster, catalog: Catalog) -> Cluster:
        """Describe a cluster that has the CRDs.

        A cluster that is known by its release alone serves them, and so does one with CRDs of its own. What an
        inventory lists, or a saved Cluster, stays as it is.
        """
        own = self._of.get(cluster.name) if cluster.name else None
        crds = self._of.get("", {}) if own is None else own
        if not crds:
            return cluster
        if own is not None or _by_release(cluster, catalog):
            for crd in crds.values():
                cluster = cluster.with_kinds({crd.kind: crd.served})
        lacking = self.lacking if own is None else _lacking(own.values())
        return replace(cluster, lacking={**cluster.lacking, **lacking})


def _split(name: str) -> tuple[str, str]:
    """Split ``CLUSTER=PATH``; a path that exists is a path."""
    cluster, equals, path = name.partition("=")
    if not equals or "/" in cluster or Path(name).exists():
        return "", name
    return cluster, path


def merged(crds: Iterable[Crd]) -> dict[str, Crd]:
    """Put together CRDs of the same name, as of two releases of a project; of equal versions the last one counts."""
    found: dict[str, Crd] = {}
    for crd in crds:
        name = f"{crd.plural}.{crd.group}"
        before = found.get(name, crd)
        served = (before.served - set(crd.schemas)) | crd.served
        found[name] = replace(crd, schemas={**before.schemas, **crd.schemas}, served=served)
    return found


def _lacking(crds: Iterable[Crd]) -> dict[tuple[str, str], Difference]:
    found = {}
    for crd in crds:
        for version, kept in kept_by(crd).items():
            difference = compare(EVERYTHING, kept)
            if difference is not None:
                found[version, crd.kind] = difference
    return found


def _by_release(cluster: Cluster, catalog: Catalog) -> bool:
    return cluster.release is not None and cluster.served == Cluster.from_release("", cluster.release, catalog).served
