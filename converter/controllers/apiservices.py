"""Reconciles the APIServices of the discovery server: it creates, repairs and removes them as the fleet needs.

An APIService whose server does not answer makes discovery incomplete, and incomplete discovery blocks the deletion of
every namespace in the control plane. So all of ours are removed once the server has been unreachable for `PATIENCE`
seconds. They are created again when it answers. For the same reason a version is registered only while the server names
it: a server without access to the control plane does not know the versions that rule objects introduce.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from converter.client import AlreadyExistsError, ApiError, NotFoundError
from converter.client.collections import API_SERVICES
from converter.client.gather import gather_each
from converter.discovery import annotations_of
from converter.karmada.names import DISCOVERY_LABEL

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from converter.client import ApiServer
    from converter.controllers.discovery_server import Backend
    from converter.discovery import Named
    from converter.kube import Json

_log = logging.getLogger(__name__)

LABEL = DISCOVERY_LABEL

PATIENCE = 60.0
"""Seconds for which the discovery server may be unreachable before its APIServices are removed. A version that it does
not name is removed after the same time."""

LINGER = 600.0
"""Seconds for which an unneeded version stays registered, so that a flapping member does not flap the APIService."""

_FIRST_PAUSE = 0.05
"""Seconds after which the discovery server is first asked again for a version that it does not name yet. It learns of
new rules by its own watch, as the controller does, and usually a moment later."""

GroupVersion = tuple[str, str]
"""An API group and one of its versions."""


@dataclass(slots=True)
class APIServiceReconciler:
    """Reconciles all APIServices of ours, one pass at a time. Only the leader runs it.

    Attributes:
        server: the control plane.
        backend: returns what the APIServices point at.
        needed: returns the group/versions that the fleet needs now, each with its resources.
        reachable: returns whether the discovery server answers now.
        names: returns whether the discovery server names this group/version now.
        in_use: returns the apiVersions that converted manifests have now.
        clock: a monotonic clock in seconds, such as ``time.monotonic``.
    """

    server: ApiServer
    backend: Callable[[], Backend]
    needed: Callable[[], Awaitable[Mapping[GroupVersion, tuple[Named, ...]]]]
    reachable: Callable[[], Awaitable[bool]]
    names: Callable[[str], Awaitable[bool]]
    in_use: Callable[[], Iterable[str]]
    clock: Callable[[], float]
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _down_since: float | None = None
    _unneeded_since: dict[str, float] = field(default_factory=dict)
    _unnamed_since: dict[str, float] = field(default_factory=dict)

    def changed(self) -> None:
        """Reconcile soon: the fleet or the rules have changed. Changes during a pass lead to one more pass."""
        self._changed.set()

    async def run(self, interval: float = 10.0) -> None:
        """Reconcile after each change, until cancelled. A failed pass is logged and repeated.

        Args:
            interval: seconds after which to reconcile without a change. The discovery server announces nothing: whether
                it answers has to be asked.
        """
        while True:
            self._changed.clear()
            try:
                await self.reconcile()
            except ApiError as error:
                _log.warning("cannot reconcile APIServices, retrying: %s", error)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pause(interval)):
                    await self._changed.wait()

    def _pause(self, interval: float) -> float:
        """Return how long to wait for a change: while a version waits to be named, as long as it has waited."""
        now = self.clock()
        return min((interval, *(max(_FIRST_PAUSE, now - since) for since in self._unnamed_since.values())))

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
        needed = {f"{version}.{group}": one for (group, version), one in (await self.needed()).items()}
        wanted = {name: annotations_of(resources) for name, resources in needed.items()}
        in_use = set(self.in_use())
        wanted |= {name: {} for name in ours if name not in wanted and _api_version_of(name) in in_use}
        backend = self.backend()
        named = await self._named({*wanted, *ours})
        for name, names in sorted(wanted.items()):
            self._unneeded_since.pop(name, None)
            if named[name] or name in ours:
                await self._ensure(name, backend, names, ours.get(name))
            else:
                self._note_unnamed(name)
        for name in self._unnamed_since.keys() - wanted.keys() - ours.keys():
            del self._unnamed_since[name]
        for name in sorted(ours):
            await self._remove_unless(name, ours[name], is_wanted=name in wanted, is_named=named[name])

    async def _named(self, names: Iterable[str]) -> dict[str, bool]:
        """Ask the discovery server which of the versions it names now."""
        ordered = sorted(names)
        answers = await gather_each(self.names, map(_api_version_of, ordered))
        return dict(zip(ordered, answers, strict=True))

    async def _remove_unless(self, name: str, found: dict[str, Any], *, is_wanted: bool, is_named: bool) -> None:
        """Remove an APIService that is not needed for `LINGER` seconds, or not named for `PATIENCE` seconds."""
        for is_good, since, patience, why in (
            (is_wanted, self._unneeded_since, LINGER, "no member needs it any more"),
            (is_named, self._unnamed_since, PATIENCE, "the discovery server does not name its version"),
        ):
            if is_good:
                since.pop(name, None)
            elif self.clock() - since.setdefault(name, self.clock()) >= patience:
                _log.info("removing APIService %s: %s", name, why)
                await _delete(self.server, found)
                del since[name]
                return

    def _note_unnamed(self, name: str) -> None:
        """Log once that a version cannot be registered."""
        if name not in self._unnamed_since:
            self._unnamed_since[name] = self.clock()
            _log.warning("not registering APIService %s yet: the discovery server does not name its version", name)

    async def _is_up(self) -> bool:
        """Whether the discovery server answers, or has been unreachable for less than `PATIENCE` seconds."""
        if await self.reachable():
            self._down_since = None
            return True
        if self._down_since is None:
            self._down_since = self.clock()
        return self.clock() - self._down_since < PATIENCE

    async def _ensure(
        self, name: str, backend: Backend, annotations: dict[str, Json], found: dict[str, Any] | None
    ) -> None:
        wanted = api_service(name, backend, annotations)
        if found is None:
            try:
                await self.server.create(API_SERVICES.path(), wanted)
                _log.info("registered APIService %s: a member serves it, the control plane does not", name)
            except AlreadyExistsError:  # the control plane's own, or another server's
                _log.info("APIService %s exists and is not ours: leaving it alone", name)
            return
        before = found["metadata"].get("annotations") or {}
        if not _matches(found["spec"], wanted["spec"]) or not _matches(before, annotations):
            patch = {"metadata": {"annotations": annotations}, "spec": wanted["spec"]}
            await self.server.patch(API_SERVICES.object_path("", name), patch)
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


def _api_version_of(name: str) -> str:
    """Return the apiVersion of an APIService by its name, ``VERSION.GROUP``."""
    version, _, group = name.partition(".")
    return f"{group}/{version}"


def api_service(name: str, backend: Backend, annotations: dict[str, Json]) -> dict[str, Any]:
    """Make an APIService with the lowest priorities, so that the preferred versions do not change.

    Args:
        name: its name, ``VERSION.GROUP``.
        backend: what it points at.
        annotations: its annotations.
    """
    version, _, group = name.partition(".")
    return {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": name, "labels": {LABEL: "true"}, "annotations": annotations},
        "spec": {
            "group": group,
            "version": version,
            "groupPriorityMinimum": 1,
            "versionPriority": 1,
            "caBundle": backend.ca_bundle,
            "service": {"namespace": backend.namespace, "name": backend.name, "port": backend.port},
        },
    }
