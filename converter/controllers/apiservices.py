"""Reconciles the APIServices of the discovery server: it creates, repairs and removes them as the fleet needs.

An APIService whose server does not answer makes discovery incomplete, and incomplete discovery blocks the deletion of
every namespace in the control plane. So all of ours are removed once the server has been unreachable for `PATIENCE`
seconds. They are created again when it answers.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from converter.client import AlreadyExistsError, ApiError, NotFoundError
from converter.client.collections import API_SERVICES
from converter.karmada.names import DISCOVERY_LABEL

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from converter.client import ApiServer
    from converter.controllers.discovery_server import Backend

_log = logging.getLogger(__name__)

LABEL = DISCOVERY_LABEL

PATIENCE = 60.0
"""Seconds for which the discovery server may be unreachable before its APIServices are removed."""

LINGER = 600.0
"""Seconds for which an unneeded version stays registered, so that a flapping member does not flap the APIService."""


GroupVersion = tuple[str, str]
"""An API group and one of its versions."""


@dataclass(slots=True)
class APIServiceReconciler:
    """Reconciles all APIServices of ours, one pass at a time. Only the leader runs it.

    Attributes:
        server: the control plane.
        backend: returns what the APIServices point at.
        needed: returns the group/versions that the fleet needs now.
        reachable: returns whether the discovery server answers now.
        clock: a monotonic clock in seconds, such as ``time.monotonic``.
    """

    server: ApiServer
    backend: Callable[[], Backend]
    needed: Callable[[], Awaitable[frozenset[GroupVersion]]]
    reachable: Callable[[], Awaitable[bool]]
    clock: Callable[[], float]
    _down_since: float | None = None
    _unneeded_since: dict[str, float] = field(default_factory=dict)

    async def run(self, interval: float = 10.0) -> None:
        """Reconcile until cancelled. A failed pass is logged and repeated."""
        while True:
            try:
                await self.reconcile()
            except ApiError as error:
                _log.warning("cannot reconcile APIServices, retrying: %s", error)
            await asyncio.sleep(interval)

    async def reconcile(self) -> None:
        """Create, repair and remove APIServices.

        Raises:
            ApiError: a request failed.
        """
        ours = await _ours(self.server)
        if not await self._is_up():
            for name in sorted(ours):
                _log.warning(
                    "the discovery server has been unreachable for %d s: removing APIService %s", PATIENCE, name
                )
                await _delete(self.server, ours[name])
            return
        if self._down_since is not None:  # unreachable, but not for long: change nothing
            return
        wanted = {f"{version}.{group}": (group, version) for group, version in await self.needed()}
        backend = self.backend()
        for name, (group, version) in sorted(wanted.items()):
            self._unneeded_since.pop(name, None)
            await self._ensure(name, group, version, backend, ours.get(name))
        for name in sorted(ours.keys() - wanted.keys()):
            since = self._unneeded_since.setdefault(name, self.clock())
            if self.clock() - since >= LINGER:
                _log.info("removing APIService %s: no member needs it any more", name)
                await _delete(self.server, ours[name])
                del self._unneeded_since[name]

    async def _is_up(self) -> bool:
        """Whether the discovery server answers, or has been unreachable for less than `PATIENCE` seconds."""
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
                _log.info("registered APIService %s: a member serves it, the control plane does not", name)
            except AlreadyExistsError:  # the control plane's own, or another server's
                _log.info("APIService %s exists and is not ours: leaving it alone", name)
        elif not _matches(found["spec"], wanted["spec"]):
            await self.server.patch(API_SERVICES.object_path("", name), {"spec": wanted["spec"]})
            _log.info("repaired APIService %s", name)


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
    """Make an APIService with the lowest priorities, so that the preferred versions do not change."""
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
