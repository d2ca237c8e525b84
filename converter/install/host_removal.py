"""Stops and removes what the installation has in the host cluster: processes, rights, Secrets and settings."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from converter.client import Collection, NotFoundError, each_item
from converter.client.collections import DEPLOYMENTS, SECRETS
from converter.errors import ConverterError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from converter.client import ApiServer
    from converter.kube import Manifest

NAME_LABEL: Final = "app.kubernetes.io/name"
PROGRAM: Final = "karmada-api-version-converter"
COMPONENT_LABEL: Final = "app.kubernetes.io/component"
SELECTOR: Final = f"{NAME_LABEL}={PROGRAM}"

PODS: Final = Collection("/api/v1", "pods")

COLLECTIONS: Final = (
    DEPLOYMENTS,
    Collection("/apis/policy/v1", "poddisruptionbudgets"),
    Collection("/apis/networking.k8s.io/v1", "networkpolicies"),
    Collection("/apis/monitoring.coreos.com/v1", "servicemonitors"),
    Collection("/apis/monitoring.coreos.com/v1", "prometheusrules"),
    Collection("/apis/batch/v1", "jobs"),
    Collection("/api/v1", "services"),
    Collection("/api/v1", "configmaps"),
    Collection("/apis/rbac.authorization.k8s.io/v1", "rolebindings"),
    Collection("/apis/rbac.authorization.k8s.io/v1", "roles"),
    Collection("/api/v1", "serviceaccounts"),
)
"""What the installation can have in its namespace, in the order to delete it; Secrets follow."""

CREATED: Final = (
    (Collection("/api/v1", "configmaps"), "converter-rules"),
    (SECRETS, "converter-tls"),
    (SECRETS, "converter-admission-kubeconfig"),
    (SECRETS, "converter-controller-kubeconfig"),
    (SECRETS, "converter-dashboard-kubeconfig"),
    (SECRETS, "converter-discovery-kubeconfig"),
    (SECRETS, "converter-scheduler-kubeconfig"),
)
"""What administrators create by these names without our labels (docs/how-to/install.md), in the order to delete it.

The kubeconfigs go last: they tell for which Karmada the rest is, if somebody interrupts the removal and repeats it.
"""

_HELM: Final = "app.kubernetes.io/managed-by"
_RELEASE: Final = "meta.helm.sh/release-name"


class StillRunningError(ConverterError):
    """Pods of a stopped Deployment still run."""


class HelmRelease(NamedTuple):
    """A Helm release that owns the host part."""

    name: str
    namespace: str


async def helm_release(host: ApiServer, namespace: str) -> HelmRelease | None:
    """Find the Helm release that installed the processes; None if it was not Helm.

    Raises:
        ApiError: a request failed.
    """
    async for raw in each_item(host, DEPLOYMENTS, namespace, SELECTOR):
        metadata = msgspec.json.decode(raw)["metadata"]
        if (metadata.get("labels") or {}).get(_HELM) == "Helm":
            return HelmRelease((metadata.get("annotations") or {}).get(_RELEASE, ""), namespace)
    return None


async def stop(
    host: ApiServer,
    namespace: str,
    component: str,
    seconds: float,
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> list[str]:
    """Scale the Deployments of a component to 0, and wait until its Pods are gone.

    Args:
        host: the API server of the host cluster.
        namespace: the namespace of the installation.
        component: ``controller``, ``scheduler``, …
        seconds: how long to wait.
        sleep: waits a number of seconds.

    Returns:
        The names of the Deployments.

    Raises:
        StillRunningError: Pods are left after that time.
        ApiError: a request failed.
    """
    selector = f"{SELECTOR},{COMPONENT_LABEL}={component}"
    stopped = []
    async for raw in each_item(host, DEPLOYMENTS, namespace, selector):
        deployment: Manifest = msgspec.json.decode(raw)
        name = deployment["metadata"]["name"]
        stopped.append(name)
        if (deployment.get("spec") or {}).get("replicas", 1) != 0:
            await host.patch(DEPLOYMENTS.object_path(namespace, name), {"spec": {"replicas": 0}})
    if not stopped:
        return []
    left = [""]
    for _ in range(int(seconds) + 1):
        left = [
            msgspec.json.decode(raw)["metadata"]["name"] async for raw in each_item(host, PODS, namespace, selector)
        ]
        if not left:
            return sorted(stopped)
        await sleep(1.0)
    raise StillRunningError(
        f"still running after {seconds:.0f} s: {', '.join(left)}; delete the Pods, and run it again"
    )


async def remove(host: ApiServer, namespace: str, report: Callable[[str], None]) -> None:
    """Delete all of the installation in its namespace; the namespace stays. Safe to repeat.

    Raises:
        ApiError: a request failed. Run it again to delete the rest.
    """
    for collection in COLLECTIONS:
        for thing in await _labelled(host, collection, namespace):
            await _delete(host, collection, thing, report)
    kept = {name for collection, name in CREATED if collection is SECRETS}
    for secret in await _labelled(host, SECRETS, namespace):
        if secret["metadata"]["name"] not in kept:
            await _delete(host, SECRETS, secret, report)
    for collection, name in CREATED:
        with contextlib.suppress(NotFoundError):
            found = msgspec.json.decode(await host.get(collection.object_path(namespace, name)))
            await _delete(host, collection, found, report)


async def _labelled(host: ApiServer, collection: Collection, namespace: str) -> list[Manifest]:
    try:
        return [msgspec.json.decode(raw) async for raw in each_item(host, collection, namespace, SELECTOR)]
    except NotFoundError:  # the cluster does not have that kind
        return []


async def _delete(host: ApiServer, collection: Collection, thing: Manifest, report: Callable[[str], None]) -> None:
    metadata = thing["metadata"]
    with contextlib.suppress(NotFoundError):
        await host.delete(collection.object_path(metadata["namespace"], metadata["name"]), uid=metadata["uid"])
        report(f"removed {collection.resource.removesuffix('s')} {metadata['namespace']}/{metadata['name']}")
