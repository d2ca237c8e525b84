"""Follows what a control plane adds to the rule files of the discovery server: rule objects, and its own APIServices.

The discovery server must answer without the control plane. So a missing kubeconfig and a control plane that does not
answer are logged and tried again, and the server is ready after `PATIENCE` seconds at the latest.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

from converter.client import ApiServer, Informer
from converter.client.access import AccessError
from converter.client.collections import API_SERVICES
from converter.client.rule_objects import RuleObjectWatch
from converter.discovery import read_registered
from converter.karmada.names import DISCOVERY_LABEL

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from converter.client.informer import Key
    from converter.discovery import Named
    from converter.server.rules_reloader import RulesReloader

_log = logging.getLogger(__name__)

PATIENCE: Final = 20.0
"""Seconds for which the server waits for the control plane before it is ready with files alone. The controller removes
the APIServices of a server that is not ready for a minute."""

_RETRY_SECONDS: Final = 2.0
"""How often to look again for a kubeconfig: the kubelet mounts the Secret once it exists."""


class DiscoverySources:
    """The rule objects and the APIServices of a control plane.

    Attributes:
        informers: the watches, by the names that metrics use; empty until the control plane is known.
        server: the client of the control plane; None until it is known.
    """

    def __init__(self, connect: Callable[[], Awaitable[ApiServer]], rules: RulesReloader) -> None:
        """Prepare; `run` does the rest.

        Args:
            connect: makes the client of the control plane.
            rules: takes the rule objects into use.
        """
        self.informers: dict[str, Informer[Any]] = {}
        self.server: ApiServer | None = None
        self._connect = connect
        self._rules = rules
        self._known = asyncio.Event()
        self._services: Informer[tuple[Named, ...]] | None = None

    def registered(self) -> Mapping[Key, tuple[Named, ...]]:
        """Return what each APIService of ours names."""
        return self._services.items if self._services is not None else {}

    def missing(self) -> str:
        """Return what is waited for, for ``/readyz``; empty if nothing is."""
        return "" if self._known.is_set() else "the rule objects of the control plane are not read yet"

    async def run(self) -> None:
        """Follow until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow())
            group.create_task(self._lose_patience())

    async def _lose_patience(self) -> None:
        await asyncio.sleep(PATIENCE)
        if not self._known.is_set():
            self._known.set()
            _log.warning("the control plane has not answered for %d s: serving the versions of rule files", PATIENCE)

    async def _follow(self) -> None:
        async with await self._connected() as server:
            self.server = server
            objects = RuleObjectWatch(server, self._rules.follow_objects)
            services = Informer(server, API_SERVICES, read_registered, selector=f"{DISCOVERY_LABEL}=true")
            self._services = services
            self.informers.update({**objects.informers, "apiservices": services})
            async with asyncio.TaskGroup() as group:
                group.create_task(objects.run())
                group.create_task(services.run())
                await objects.synced.wait()
                await services.synced.wait()
                self._known.set()

    async def _connected(self) -> ApiServer:
        logged = ""
        while True:
            try:
                return await self._connect()
            except AccessError as error:
                if str(error) != logged:
                    logged = str(error)
                    _log.warning("cannot watch rule objects, serving the versions of rule files: %s", error)
                await asyncio.sleep(_RETRY_SECONDS)
