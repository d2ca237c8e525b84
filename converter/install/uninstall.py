"""Removes the converter from Karmada, so that every workload continues to run where it runs.

The order leaves no moment at which a deletion can follow:

1. The controller stops: its Lease is held, and its Deployment is scaled to 0.
2. The webhooks for Works and bindings go, and the policies of a pause. The webhook for the status of bindings stays
   until no anchor is left.
3. Works are handed back, and then their anchors deleted (`converter.install.hand_back_works`).
4. Names of the converter's scheduler, exclusions and conditions go from bindings (`converter.install.bindings`).
5. The last webhook, the APIServices, interpreters, policies and rights go.
6. Overflow objects, Events and Leases go, then the processes in the host cluster.
7. The ClusterRoleBinding of the controller goes last. It binds nothing any more, and names the namespace, so that a
   repetition finds what is left.

Each step looks at what is there. So the whole can be interrupted anywhere, and repeated.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from converter.client import Collection, ConflictError, NotFoundError, UnavailableError, each_item
from converter.client.collections import API_SERVICES, EVENTS
from converter.client.leader_election import LEASES
from converter.clusters import member_schemas
from converter.install import host_removal, installer
from converter.install.bindings import ReleasedBindings, release_bindings
from converter.install.hand_back_works import WorkReturner, exactly
from converter.install.held_lease import CONTROLLER_LEASE, LEADER_STOPS, hold
from converter.install.manifests import WEBHOOKS, Addresses
from converter.install.pause import Pause
from converter.karmada.names import DISCOVERY_LABEL, MEMBER_SCHEMAS_LABEL
from converter.placement.scheduler_name import OWN_SCHEDULER

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from converter.client import ApiServer
    from converter.engine import Engine

WEBHOOK_CONFIGURATIONS: Final = Collection(
    "/apis/admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations", namespaced=False
)

STATUS_WEBHOOK: Final = "binding-status.apiconverter.dev"
"""The webhook that must answer as long as there are anchors."""

_EVENT_SOURCE: Final = "api-version-converter"
_WEBHOOKS_GONE: Final = 2.0
"""Seconds until each API server has seen that a webhook or a policy is gone."""

_ATTEMPTS: Final = 8


@dataclass(frozen=True, slots=True)
class Uninstallation:
    """Removes one installation.

    Attributes:
        karmada: the Karmada API server.
        host: the API server of the host cluster; None leaves the host part alone.
        engine: the rules that converted the Works.
        addresses: where the installation is.
        report: called with one line for each step or object.
        scheduler_name: the name of the converter's scheduler.
        wait: how long processes may take to stop, in seconds.
        sleep: waits a number of seconds.
    """

    karmada: ApiServer
    host: ApiServer | None
    engine: Engine
    addresses: Addresses
    report: Callable[[str], None]
    scheduler_name: str = OWN_SCHEDULER
    wait: float = 120.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def run(self) -> ReleasedBindings:
        """Remove everything.

        Returns:
            What became of the bindings.

        Raises:
            ConverterError: a step failed. What is done stays done; run it again to do the rest.
        """
        await self._stop_controller()
        await self._remove_webhooks()
        if await Pause(self.karmada, self.addresses.namespace, self.report).delete_policies():
            await self.sleep(_WEBHOOKS_GONE)
        await WorkReturner(self.karmada, self.engine, sleep=self.sleep).run(self.report)
        released = await release_bindings(self.karmada, self.scheduler_name, self.report)
        await self._delete_labelled(API_SERVICES, DISCOVERY_LABEL)
        with contextlib.suppress(NotFoundError):
            await self._delete_labelled(member_schemas.collection(self.addresses.namespace), MEMBER_SCHEMAS_LABEL)
        await installer.uninstall(self.karmada, self.addresses, self.report)
        await self._delete_events()
        await self._delete_leases()
        if self.host is not None:
            await host_removal.remove(self.host, self.addresses.namespace, self.report)
        await installer.forget(self.karmada, self.report)
        return released

    async def _stop_controller(self) -> None:
        before = ""
        with contextlib.suppress(NotFoundError):  # without the namespace, no controller can have a Lease there
            before = await hold(self.karmada, self.addresses.namespace)
        if before:
            self.report(f"stopped the controller: {before} no longer leads")
        if self.host is not None:
            namespace = self.addresses.namespace
            for name in await host_removal.stop(self.host, namespace, "controller", self.wait, sleep=self.sleep):
                self.report(f"stopped Deployment {namespace}/{name}")
        elif before:
            await self.sleep(LEADER_STOPS)

    async def _remove_webhooks(self) -> None:
        """Take the webhooks for Works and bindings out of the configuration."""
        path = WEBHOOK_CONFIGURATIONS.object_path("", WEBHOOKS)
        for _ in range(_ATTEMPTS):
            try:
                found = msgspec.json.decode(await self.karmada.get(path))
            except NotFoundError:
                return
            kept = [hook for hook in found.get("webhooks") or () if hook["name"] == STATUS_WEBHOOK]
            if kept == found.get("webhooks"):
                return
            with contextlib.suppress(ConflictError):
                await self.karmada.patch(path, exactly(found, {"webhooks": kept}))
                self.report("removed the webhooks for Works and bindings")
                await self.sleep(_WEBHOOKS_GONE)
                return
        raise _always_changed(path)

    async def _delete_labelled(self, collection: Collection, label: str) -> None:
        async for raw in each_item(self.karmada, collection, selector=f"{label}=true"):
            metadata = msgspec.json.decode(raw)["metadata"]
            with contextlib.suppress(NotFoundError):
                path = collection.object_path(metadata.get("namespace", ""), metadata["name"])
                await self.karmada.delete(path, uid=metadata["uid"])
                self.report(f"removed {collection.resource.removesuffix('s')} {metadata['name']}")

    async def _delete_events(self) -> None:
        """Delete the Events of the controller and of the converter's scheduler; others end after an hour."""
        for component in filter(None, (_EVENT_SOURCE, self.scheduler_name)):
            params = {"fieldSelector": f"source={component}"}
            for item in msgspec.json.decode(await self.karmada.get(EVENTS.path(), params)).get("items") or ():
                if (item.get("source") or {}).get("component") != component:
                    continue
                metadata = item["metadata"]
                with contextlib.suppress(NotFoundError):
                    path = EVENTS.object_path(metadata["namespace"], metadata["name"])
                    await self.karmada.delete(path, uid=metadata["uid"])

    async def _delete_leases(self) -> None:
        """Delete the Leases last: without rights, no controller that still runs can take one again."""
        for name in (CONTROLLER_LEASE, f"{CONTROLLER_LEASE}-scheduler"):
            path = LEASES.object_path(self.addresses.namespace, name)
            with contextlib.suppress(NotFoundError):
                lease = msgspec.json.decode(await self.karmada.get(path))
                await self.karmada.delete(path, uid=lease["metadata"]["uid"])
                self.report(f"removed Lease {self.addresses.namespace}/{name}")


def _always_changed(path: str) -> UnavailableError:
    return UnavailableError(f"PATCH {path}", 0, "", "the object changed on each attempt; run the command again")
