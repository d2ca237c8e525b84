"""Which group/versions the fleet needs the control plane to know, though it does not serve them itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.kube import GroupVersionKind
from converter.works.version_selection import choose

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from converter.clusters import Cluster
    from converter.discovery.documents import Named
    from converter.library import Converter

GroupVersion = tuple[str, str]


def needed_versions(
    converter: Converter,
    clusters: Iterable[Cluster],
    native: Mapping[str, frozenset[str]],
    resources: Iterable[Named],
    in_use: Iterable[str] = (),
) -> frozenset[GroupVersion]:
    """Find every group/version that some conversion leads to and the control plane does not serve.

    A version counts only if a Work could really come to have it: from a version that the control plane serves, for
    a cluster that lacks that one. So a fleet whose members all serve the same versions needs none.

    Args:
        converter: the rules in use.
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
                route = choose(source, kind, cluster, converter).route  # as admission will
                if route is not None:
                    wanted.add(GroupVersionKind.of(route.target, kind))
    found = {(gvk.group, gvk.version) for gvk in wanted & named}
    found |= {(gvk.group, gvk.version) for gvk in named if gvk.api_version in set(in_use)}
    return frozenset((group, version) for group, version in found if f"{group}/{version}" not in served)
