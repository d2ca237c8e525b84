"""Small manifests by which an installation is tried out, and those of them that a cluster gets only converted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from converter.kube import copy_json
from converter.works.version_selection import Availability, choose

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from converter.clusters import Cluster
    from converter.engine import Engine
    from converter.kube import Manifest

PROBE: Final = "apiconverter-verify"
"""The name of everything that is sent to try an installation out."""

_POD: Final = {
    "metadata": {"labels": {"app": PROBE}},
    "spec": {"restartPolicy": "Always", "containers": [{"name": "none", "image": "none"}]},
}
_JOB_POD: Final = {"spec": {"restartPolicy": "Never", "containers": [{"name": "none", "image": "none"}]}}

_BODIES: Final[Mapping[str, tuple[tuple[str, ...], dict[str, Any]]]] = {
    "CronJob": (
        ("batch/v1", "batch/v1beta1"),
        {"spec": {"schedule": "0 0 1 1 *", "suspend": True, "jobTemplate": {"spec": {"template": _JOB_POD}}}},
    ),
    "PodDisruptionBudget": (
        ("policy/v1", "policy/v1beta1"),
        {"spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": PROBE}}}},
    ),
    "Deployment": (
        ("apps/v1", "apps/v1beta2", "apps/v1beta1", "extensions/v1beta1"),
        {"spec": {"replicas": 0, "selector": {"matchLabels": {"app": PROBE}}, "template": _POD}},
    ),
    "Role": (
        ("rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io/v1beta1"),
        {"rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}]},
    ),
}
"""For each kind its versions, the newest first, and the rest of a manifest that is valid in all of them."""


class Probe(NamedTuple):
    """A manifest that a cluster gets only converted.

    Attributes:
        cluster: the cluster's name.
        kind: the manifest's kind.
        source: its apiVersion, which the cluster does not serve.
        target: the apiVersion that the shipped rules convert it to.
        served: all apiVersions that the cluster serves of the kind.
        native: whether Karmada itself serves the source, so that it can be a template.
    """

    cluster: str
    kind: str
    source: str
    target: str
    served: tuple[str, ...]
    native: bool

    def manifest(self) -> Manifest:
        """Make the manifest."""
        metadata = {"name": PROBE, "namespace": "default"}
        return {"apiVersion": self.source, "kind": self.kind, "metadata": metadata, **copy_json(_BODIES[self.kind][1])}


def probes(cluster: Cluster, engine: Engine, native: Collection[str]) -> list[Probe]:
    """List the probes of a cluster: first those from a version that Karmada serves, which are what users propagate.

    Args:
        cluster: the cluster.
        engine: the rules.
        native: the apiVersions that Karmada serves itself.
    """
    found = list(_probes(cluster, engine, native))
    return [*(one for one in found if one.native), *(one for one in found if not one.native)]


def sources() -> frozenset[str]:
    """Name every apiVersion of which there are probes."""
    return frozenset(version for versions, _ in _BODIES.values() for version in versions)


def _probes(cluster: Cluster, engine: Engine, native: Collection[str]) -> Iterator[Probe]:
    for kind, (versions, _) in _BODIES.items():
        for source in versions:
            choice = choose(source, kind, cluster, engine)
            if choice.availability is Availability.CONVERTIBLE and choice.route is not None:
                served = cluster.versions_of(kind)
                yield Probe(cluster.name, kind, source, choice.route.target, served, source in native)
