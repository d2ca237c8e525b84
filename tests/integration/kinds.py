"""Which kinds an API server serves in two or more versions: what it can be asked about conversion."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from converter.kube import GroupVersionKind

if TYPE_CHECKING:
    from tests.controlplanes.client import Client

#: Kinds that moved from one group to another are one kind, with one place in etcd (pkg/registry, `storage_*.go`).
MOVED = (
    ("Deployment", {"apps", "extensions"}),
    ("DaemonSet", {"apps", "extensions"}),
    ("ReplicaSet", {"apps", "extensions"}),
    ("Ingress", {"networking.k8s.io", "extensions"}),
    ("NetworkPolicy", {"networking.k8s.io", "extensions"}),
    ("PodSecurityPolicy", {"policy", "extensions"}),
    ("Event", {"", "events.k8s.io"}),
)


@dataclass(frozen=True)
class Served:
    """A kind as one server serves it.

    Attributes:
        kind: the kind.
        versions: the apiVersions that all show the same stored object, in the order of discovery; at least two.
        namespaced: whether its objects live in a namespace.
        status_in: the versions with a ``status`` subresource, in which creation leaves a status out.
    """

    kind: str
    versions: tuple[str, ...]
    namespaced: bool
    status_in: tuple[str, ...]


def served_in_several_versions(client: Client) -> list[Served]:
    """List what a server stores and serves in two or more versions, from its discovery alone, sorted by kind."""
    found: dict[tuple[str, str], list[tuple[str, str, bool]]] = defaultdict(list)
    status: set[tuple[str, str]] = set()
    for api_version in client.served():
        path = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        for item in client.raw("GET", path)["resources"]:
            plural, _, below = item["name"].partition("/")
            if not below and "delete" in item["verbs"]:  # reviews are answered, and never stored
                home = _home(GroupVersionKind.of(api_version, item["kind"]))
                found[home].append((api_version, plural, item["namespaced"]))
            elif below == "status":
                status.add((api_version, plural))
    return sorted(
        (
            Served(
                home[1],
                tuple(version for version, _, _ in at),
                at[0][2],
                tuple(version for version, plural, _ in at if (version, plural) in status),
            )
            for home, at in found.items()
            if len(at) > 1
        ),
        key=lambda served: (served.kind, served.versions),
    )


def _home(gvk: GroupVersionKind) -> tuple[str, str]:
    """A name for what is one kind, whatever group shows it."""
    for kind, groups in MOVED:
        if gvk.kind == kind and gvk.group in groups:
            return ("moved", kind)
    return (gvk.group, gvk.kind)
