"""Which group/versions the fleet needs the control plane to know, though it does not serve them itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.kube import GroupVersionKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from converter.clusters import Cluster
    from converter.conversion import Routes
    from converter.discovery.documents import Named

GroupVersion = tuple[str, str]


def needed_versions(
    routes: Routes,
    clusters: Iterable[Cluster],
    native: Mapping[str, frozenset[str]],
    resources: Iterable[Named],
    in_use: Iterable[str] = (),
) -> frozenset[GroupVersion]:
    """Find every group/version that some conversion leads to and the control plane does not serve.

    A version counts only if a Work could really come to have it: from a version that the control plane serves, for
    a cluster that lacks that one. So a fleet whose members all serve the same versions needs none.

    Args:
        routes: the routes through the rule book.
        clusters: the fleet.
        native: for each kind, the apiVersions that the control plane itself serves.
        resources: what the discovery server can name; nothing else can be registered.
        in_use: apiVersions that converted Works have now; they stay as long as a Work has them.
    """
    named = {resource.gvk for resource in resources}
    served = {version for versions in native.values() for version in versions}
    wanted: set[GroupVersionKind] = set()
    for cluster in clusters:
        for kind in cluster.served:
            for source in native.get(kind, frozenset()):
                target = _target(routes, cluster, kind, source)
                if target is not None:
                    wanted.add(GroupVersionKind.of(target, kind))
    found = {(gvk.group, gvk.version) for gvk in wanted & named}
    found |= {(gvk.group, gvk.version) for gvk in named if gvk.api_version in set(in_use)}
    return frozenset((group, version) for group, version in found if f"{group}/{version}" not in served)


def _target(routes: Routes, cluster: Cluster, kind: str, source: str) -> str | None:
    """Name the version that a manifest in ``source`` would be converted to for a cluster; None for none."""
    if cluster.serves(source, kind):
        return None
    reachable = routes.reachable(kind, source)
    candidates = [reachable[version] for version in cluster.versions_of(kind) if version in reachable]
    return min(candidates, key=lambda route: route.cost).target if candidates else None
