"""Keeps the APIServices of the discovery-only server as the fleet needs them: creates, mends and removes.

An APIService whose server does not answer makes discovery incomplete, and incomplete discovery blocks the
deletion of every namespace in the control plane. So they are removed as soon as the server has been
unreachable for `PATIENCE` seconds, and come back with it.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from converter.client import AlreadyExistsError, ApiError, ApiServer, Collection, NotFoundError
from converter.karmada.names import GROUP

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from converter.controllers.needed_versions import GroupVersion

log = logging.getLogger(__name__)

LABEL = f"{GROUP}/discovery"
"""On every APIService of ours; the value is ``true``."""

PATIENCE = 60.0
"""Seconds for which the discovery server may be unreachable before its APIServices are taken away."""

LINGER = 600.0
"""Seconds for which a version that is no longer needed stays registered, so that a flapping member does not flap."""

API_SERVICES = Collection("/apis/apiregistration.k8s.io/v1", "apiservices", namespaced=False)


@dataclass(frozen=True, slots=True)
class Backend:
    """The Service in the control plane that leads to the discovery server.

    Attributes:
        namespace: the Service's namespace.
        name: the Service's name.
        port: its port.
        ca_bundle: the base64 text of the PEM certificates that the server's own is checked against.
    """

    namespace: str
    name: str
    port: int
    ca_bundle: str


@dataclass(slots=True)
class APIServiceReconciler:
    """One reconciliation at a time; only the leader runs it.

    Attributes:
        server: the control plane.
        backend: what the APIServices point at.
        needed: tells which group/versions the fleet needs now.
        reachable: tells whether the discovery server answers now.
        clock: seconds that only grow, such as ``time.monotonic``.
    """

    server: ApiServer
    backend: Callable[[], Backend]
    needed: Callable[[], Awaitable[frozenset[GroupVersion]]]
    reachable: Callable[[], Awaitable[bool]]
    clock: Callable[[], float]
    _down_since: float | None = None
    _unneeded_since: dict[str, float] = field(default_factory=dict)

    async def run(self, interval: float = 10.0) -> None:
        """Reconcile for ever; what fails is logged and tried again."""
        while True:
            try:
                await self.reconcile()
            except ApiError as error:
                log.warning("APIServices could not be reconciled, trying again: %s", error)
            await asyncio.sleep(interval)

    async def reconcile(self) -> None:
        """Bring the APIServices to what is needed.

        Raises:
            ApiError: the control plane refused or did not answer.
        """
        ours = await _ours(self.server)
        if not await self._is_up():
            for name in sorted(ours):
                log.warning("discovery server unreachable for %d s: removing APIService %s", PATIENCE, name)
                await _delete(self.server, ours[name])
            return
        if self._down_since is not None:  # not up, but still within patience: leave everything as it is
            return
        wanted = {f"{version}.{group}": (group, version) for group, version in await self.needed()}
        backend = self.backend()
        for name, (group, version) in sorted(wanted.items()):
            self._unneeded_since.pop(name, None)
            await self._ensure(name, group, version, backend, ours.get(name))
        for name in sorted(ours.keys() - wanted.keys()):
            since = self._unneeded_since.setdefault(name, self.clock())
            if self.clock() - since >= LINGER:
                log.info("no member needs it any more: removing APIService %s", name)
                await _delete(self.server, ours[name])
                del self._unneeded_since[name]

    async def _is_up(self) -> bool:
        """Whether the discovery server is up, or has not been down for long."""
        if await self.reachable():
            self._down_since = None
            return True
        if self._down_since is None:
            self._down_since = self.clock()
        return self.clock() - self._down_since < PATIENCE

    async def _ensure(
        self, name: str, group: str, version: str, backend: Backend, found: dict[str, Any] | None
    ) -> None:
        wanted = api_service(name, group, version, backend)
        if found is None:
            try:
                await self.server.create(API_SERVICES.path(), wanted)
                log.info("registered APIService %s: a member serves it, the control plane does not", name)
            except AlreadyExistsError:  # the control plane's own, or somebody else's: it serves the version itself
                log.info("APIService %s exists and is not ours: left alone", name)
        elif not _matches(found["spec"], wanted["spec"]):
            await self.server.patch(API_SERVICES.object_path("", name), {"spec": wanted["spec"]})
            log.info("mended APIService %s", name)


async def remove_api_services(server: ApiServer) -> list[str]:
    """Remove every APIService of ours, as an uninstallation does; gives their names.

    Raises:
        ApiError: the control plane refused or did not answer.
    """
    ours = await _ours(server)
    for name in sorted(ours):
        await _delete(server, ours[name])
    return sorted(ours)


async def _ours(server: ApiServer) -> dict[str, dict[str, Any]]:
    answer = await server.get(API_SERVICES.path(), {"labelSelector": f"{LABEL}=true"})
    return {item["metadata"]["name"]: item for item in msgspec.json.decode(answer)["items"]}


async def _delete(server: ApiServer, found: dict[str, Any]) -> None:
    try:
        path = API_SERVICES.object_path("", found["metadata"]["name"])
        await server.delete(path, uid=found["metadata"]["uid"])
    except NotFoundError:
        pass


def _matches(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(found.get(key) == value for key, value in wanted.items())


def api_service(name: str, group: str, version: str, backend: Backend) -> dict[str, Any]:
    """Make one APIService: the lowest priorities, so that the preferred versions stay what they are."""
    return {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": name, "labels": {LABEL: "true"}},
        "spec": {
            "group": group,
            "version": version,
            "groupPriorityMinimum": 1,
            "versionPriority": 1,
            "caBundle": backend.ca_bundle,
            "service": {"namespace": backend.namespace, "name": backend.name, "port": backend.port},
        },
    }


async def native_versions(server: ApiServer) -> dict[str, frozenset[str]]:
    """Ask the control plane which apiVersions it serves itself, for each kind.

    Versions that are registered by us do not count, nor do versions whose server does not answer.

    Raises:
        ApiError: the control plane refused or did not answer.
    """
    services = msgspec.json.decode(await server.get(API_SERVICES.path()))["items"]
    found: dict[str, set[str]] = {}
    for service in services:
        metadata, spec = service["metadata"], service["spec"]
        if (metadata.get("labels") or {}).get(LABEL) == "true" or not spec.get("group"):
            continue
        api_version = f"{spec['group']}/{spec['version']}"
        try:
            resources = msgspec.json.decode(await server.get(f"/apis/{api_version}"))["resources"]
        except ApiError as error:
            log.warning("discovery of %s failed: %s", api_version, error)
            continue
        for resource in resources:
            if "/" not in resource["name"]:
                found.setdefault(resource["kind"], set()).add(api_version)
    return {kind: frozenset(versions) for kind, versions in found.items()}
