"""OpenKruise's StatefulSet: its own CRD with the versions that each cluster serves, an object, and what it reports."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from tests.controlplanes.waiting import wait_until
from tests.e2e.templates import NAMESPACE
from tests.ecosystem.modules import read_crds
from tests.ecosystem.projects import PROJECTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.controlplanes.client import Json
    from tests.controlplanes.fleet import Fleet

GROUP, KIND = "apps.kruise.io", "StatefulSet"
VERSIONS: Final = {"new": f"{GROUP}/v1beta1", "old": f"{GROUP}/v1alpha1"}
"""The version that each member serves; the control plane serves both."""

_CRDS, _NAME = "apiextensions.k8s.io/v1", f"statefulsets.{GROUP}"


def crd(*api_versions: str) -> Json:
    """Make the CRD with these versions, all served; the first one is stored, and the API server converts by name."""
    manifests = [manifest for _, manifest in read_crds(PROJECTS["openkruise"])]
    (manifest,) = (manifest for manifest in manifests if manifest["metadata"]["name"] == _NAME)
    named: dict[str, Any] = {f"{GROUP}/{one['name']}": one for one in manifest["spec"]["versions"]}
    versions = [{**named[one], "served": True, "storage": one == api_versions[0]} for one in api_versions]
    spec = {**manifest["spec"], "versions": versions, "conversion": {"strategy": "None"}}
    return {**manifest, "metadata": {"name": manifest["metadata"]["name"]}, "spec": spec}


@contextmanager
def installed_on(fleet: Fleet, versions: Mapping[str, str]) -> Iterator[None]:
    """Have the CRD on the control plane and on some members; wait until Karmada knows what they serve."""
    clients = {cluster: fleet.members[cluster].client for cluster in versions}
    try:
        fleet.client.put(crd(*versions.values()))
        for cluster, version in versions.items():
            clients[cluster].put(crd(version))
        wait_until(
            "Karmada seeing the CRDs",
            lambda: all(version in fleet.karmada.served(cluster) for cluster, version in versions.items()),
            90,
        )
        yield
    finally:
        for client in (fleet.client, *clients.values()):
            client.delete(_CRDS, "CustomResourceDefinition", _NAME)


def web() -> Json:
    """Make a StatefulSet of two replicas."""
    labels = {"app": "kruise-web"}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}
    spec = {"replicas": 2, "serviceName": "web", "selector": {"matchLabels": labels}, "template": pod}
    metadata = {"name": "kruise-web", "namespace": NAMESPACE}
    return {"apiVersion": VERSIONS["new"], "kind": KIND, "metadata": metadata, "spec": spec}


def status(ready: int, generation: int) -> Json:
    """Make what OpenKruise reports of a StatefulSet of two replicas, of which some are ready."""
    counts = dict.fromkeys(("readyReplicas", "availableReplicas"), ready)
    counts |= dict.fromkeys(("replicas", "currentReplicas", "updatedReplicas"), 2)
    return {**counts, "observedGeneration": generation}
