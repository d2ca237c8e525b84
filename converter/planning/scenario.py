"""Makes a cluster as it would be: with another release, new in the fleet, or removed from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from converter.catalog import UnknownReleaseError
from converter.clusters import Cluster
from converter.errors import ConverterError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from converter.catalog import Catalog, Release
    from converter.clusters import Fleet


class ScenarioError(ConverterError):
    """A change that cannot be planned for this fleet.

    Attributes:
        cluster: the cluster's name.
        known: the clusters of the fleet.
    """

    def __init__(self, cluster: str, known: Iterable[str]) -> None:
        self.cluster = cluster
        self.known = tuple(known)
        listed = ", ".join(self.known) or "it has none"
        super().__init__(f"the fleet has no cluster {cluster!r} (clusters: {listed}); give a release to plan a new one")


@dataclass(frozen=True, slots=True)
class Scenario:
    """A change of one cluster.

    Attributes:
        name: the cluster's name.
        before: the cluster as it is; None if it is new.
        after: the cluster as it would be; None if it is removed.
    """

    name: str
    before: Cluster | None
    after: Cluster | None


def with_release(cluster: Cluster, release: Release, catalog: Catalog) -> Cluster:
    """Make a cluster as it would be with another release.

    The defaults of the two releases make the difference. What the cluster has otherwise stays: custom resources, APIs
    that it switched on with ``--runtime-config`` as far as the new release has them, and defaults that it switched off.

    Raises:
        UnknownReleaseError: the release is older than the catalog.
    """
    then = {(gvk.api_version, gvk.kind) for gvk in catalog.served(release)}
    possible = {(gvk.api_version, gvk.kind) for gvk in catalog.served(release, all_versions=True)}
    builtin = {(gvk.api_version, gvk.kind) for gvk in catalog.kinds()}
    usual = _defaults(cluster, catalog)
    now = {(version, kind) for kind, versions in cluster.served.items() for version in versions}
    custom = now - builtin
    switched_on = (now & builtin & possible) - usual if usual else set()
    switched_off = usual - now if cluster.complete else set()
    return _serving(cluster, (then - switched_off) | switched_on | custom, release)


def _defaults(cluster: Cluster, catalog: Catalog) -> set[tuple[str, str]]:
    """List what the cluster's release serves by default; empty if the catalog does not know the release."""
    if cluster.release is None:
        return set()
    try:
        return {(gvk.api_version, gvk.kind) for gvk in catalog.served(cluster.release)}
    except UnknownReleaseError:
        return set()


def _serving(cluster: Cluster, served: Iterable[tuple[str, str]], release: Release) -> Cluster:
    versions: dict[str, list[str]] = {}
    for version, kind in served:
        versions.setdefault(version, []).append(kind)
    return Cluster.from_versions(
        cluster.name, versions, complete=cluster.complete, release=release, labels=cluster.labels, gates=cluster.gates
    )


def joining(name: str, release: Release, catalog: Catalog, like: Cluster | None = None) -> Cluster:
    """Make a cluster that joins the fleet.

    Args:
        name: its name.
        release: its release.
        catalog: what releases serve.
        like: a cluster whose custom resources, labels and settings it has. Without one it serves the defaults of its
            release, and whether it serves a custom resource is unknown.

    Raises:
        UnknownReleaseError: the release is older than the catalog.
    """
    if like is not None:
        found = with_release(like, release, catalog)
        return Cluster(name, found.served, found.complete, release, found.labels, found.gates)
    found = Cluster.from_release(name, release, catalog)
    return Cluster(name, found.served, complete=False, release=release)


def removed(fleet: Fleet, name: str) -> Scenario:
    """Make the scenario of a cluster that is removed.

    Raises:
        ScenarioError: the fleet does not have it.
    """
    cluster = fleet.find(name)
    if cluster is None:
        raise ScenarioError(name, fleet)
    return Scenario(name, cluster, None)
