"""The fleets that a test is about: releases, files of clusters, and the clusters of a live Karmada."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

from converter.catalog import Release, load_catalog
from converter.cli.manifest_files import InputError, items_of, read_documents
from converter.clusters import Cluster, Fleet, read_inventory
from converter.clusters.inventory import KIND as INVENTORY
from converter.errors import ConverterError, ManifestError

if TYPE_CHECKING:
    from converter.kube import Manifest


class FleetError(ConverterError):
    """A fleet that a test cannot use; the message says what to do.

    Attributes:
        source: what it was to be made of: a file, or an option.
    """

    def __init__(self, source: str, problem: str) -> None:
        self.source = source
        super().__init__(f"{source}: {problem}" if source else problem)


def make_fleet(*releases: str, **named: str) -> Fleet:
    """Make clusters that serve what Kubernetes releases serve by default, and nothing else.

    Args:
        releases: ``v1.20``; each is a cluster of that name.
        named: the same with names: ``edge="v1.20"``.

    Raises:
        FleetError: no release is given.
        CatalogError: a release is unknown, or is not one.
    """
    wanted = {**{release: release for release in releases}, **named}
    if not wanted:
        raise FleetError("", 'a fleet needs a cluster; name a release, such as make_fleet("v1.20")')
    catalog = load_catalog()
    return Fleet.of(Cluster.from_release(name, Release.parse(text), catalog) for name, text in wanted.items())


def read_fleet(path: str | os.PathLike[str]) -> Fleet:
    """Read a fleet from an inventory, or from saved Clusters of Karmada.

    Args:
        path: an inventory; what ``kubectl get clusters -o yaml`` printed; or a directory of such files.

    Raises:
        FleetError: it has no cluster, one comes twice, or a document is neither a Cluster nor an inventory.
        InventoryError: with every problem of an inventory.
        InputError: a file cannot be read.
    """
    clusters: dict[str, Cluster] = {}
    for document in read_documents([os.fspath(path)]):
        file = document.origin.rpartition("#")[0] or document.origin
        if document.value.get("kind") == INVENTORY:
            found = list(read_inventory(Path(file)).values())
        else:
            items = items_of(document.value)
            found = [_saved(one, document.origin) for one in ([document.value] if items is None else items)]
        for cluster in found:
            if cluster.name in clusters:
                raise FleetError(document.origin, f"cluster {cluster.name} is defined twice; remove one of them")
            clusters[cluster.name] = cluster
    if not clusters:
        raise FleetError(os.fspath(path), "has no cluster; save them with `kubectl get clusters -o yaml`")
    return Fleet(clusters)


def _saved(manifest: Manifest, origin: str) -> Cluster:
    if manifest.get("kind") != "Cluster" or not str(manifest.get("apiVersion")).startswith("cluster.karmada.io/"):
        kind = manifest.get("kind") or "a document without a kind"
        raise FleetError(origin, f"{kind} is neither a {INVENTORY} nor a Cluster of cluster.karmada.io")
    try:
        return Cluster.from_karmada(manifest)
    except ManifestError as error:
        raise FleetError(origin, str(error)) from error


def read_live_fleet(kubeconfig: str | os.PathLike[str], context: str | None = None) -> Fleet:
    """Read the Clusters of a live Karmada. It needs the right to list clusters.cluster.karmada.io, and writes nothing.

    Args:
        kubeconfig: the kubeconfig of the Karmada API server.
        context: its context; the current one where none is given.

    Raises:
        FleetError: no cluster has joined.
        AccessError: the kubeconfig cannot be read.
        ApiError: the API server refuses, or does not answer.
    """
    fleet = asyncio.run(_read(os.fspath(kubeconfig), context))
    if not fleet:
        raise FleetError(os.fspath(kubeconfig), "no cluster has joined this Karmada; join one with `karmadactl join`")
    return fleet


async def _read(kubeconfig: str, context: str | None) -> Fleet:
    import msgspec  # noqa: PLC0415  # the client of an API server is loaded where one is asked

    from converter.client import ApiServer, each_item  # noqa: PLC0415
    from converter.clusters.watched import CLUSTERS  # noqa: PLC0415

    async with await ApiServer.connect(kubeconfig, context) as server:
        return Fleet.of([Cluster.from_karmada(msgspec.json.decode(raw)) async for raw in each_item(server, CLUSTERS)])


__all__ = ["FleetError", "InputError", "make_fleet", "read_fleet", "read_live_fleet"]
