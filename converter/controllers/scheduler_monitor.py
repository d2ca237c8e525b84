"""Watches whether the converter's scheduler acts: it renews its Lease, and no binding waits for it.

As in client-go, the clock of another machine is not trusted: a Lease counts as renewed when this process sees it
change. A scheduler that runs with another name renews its Lease, too, so bindings that wait are counted as well.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from typing import TYPE_CHECKING, Any, Final

from converter.client import ApiError
from converter.install.held_lease import read_lease
from converter.install.scheduler import LEASE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from converter.client import ApiServer, Collection, Informer
    from converter.client.clock import Now
    from converter.controllers.event_recorder import EventRecorder
    from converter.placement.given_bindings import GivenBinding

_log = logging.getLogger(__name__)

CHECK_SECONDS: Final = 5.0
"""How often the Lease is read."""

PATIENCE_SECONDS: Final = 60.0
"""How long a binding may wait before it is reported."""

_DEFAULT_DURATION: Final = 15.0
_GRACE: Final = 5.0
_SKEW: Final = dt.timedelta(seconds=60)
"""How old a renewal may seem when the Lease is read for the first time: two clocks may differ."""

_EVENTS_A_CHECK: Final = 20


class SchedulerMonitor:
    """Knows whether the converter's scheduler acts. Only the leader runs it.

    Attributes:
        available: whether a scheduler holds the Lease; None before the first check.
        waiting: the names of the bindings that have waited for longer than `PATIENCE_SECONDS`.
    """

    def __init__(
        self,
        server: ApiServer,
        namespace: str,
        name: str,
        bindings: Mapping[Collection, Informer[GivenBinding]],
        recorder: EventRecorder,
        *,
        now: Now,
    ) -> None:
        """Prepare.

        Args:
            server: the control plane.
            namespace: the namespace of the Lease.
            name: the name of the scheduler, for people.
            bindings: the bindings that the converter gave to it, by collection.
            recorder: records an Event on each binding that waits.
            now: the wall clock.
        """
        self.available: bool | None = None
        self.waiting: tuple[str, ...] = ()
        self._server = server
        self._namespace = namespace
        self._name = name
        self._bindings = bindings
        self._recorder = recorder
        self._now = now
        self._seen = ""
        self._seen_at = float("-inf")
        self._since: dict[str, float] = {}

    async def run(self) -> None:
        """Check until cancelled."""
        try:
            while True:
                await self._check()
                await asyncio.sleep(CHECK_SECONDS)
        finally:
            self.available, self.waiting = None, ()
            self._seen, self._seen_at = "", float("-inf")
            self._since.clear()

    def notes(self) -> list[str]:
        """Say in a line for ``/readyz`` what is wrong; empty if nothing is, or nothing is known."""
        if self.available is not False and not self.waiting:
            return []
        state = "does not renew its Lease" if self.available is False else "does not schedule"
        return [f"scheduler {self._name} {state}: {len(self.waiting)} bindings wait for it; see converter doctor"]

    async def _check(self) -> None:
        now = asyncio.get_running_loop().time()
        try:
            lease = await read_lease(self._server, self._namespace, LEASE)
        except ApiError as error:
            _log.warning("cannot read Lease %s/%s: %s", self._namespace, LEASE, error)
            return
        available = self._is_renewed((lease or {}).get("spec") or {}, now)
        if available != self.available:
            level = logging.INFO if available else logging.WARNING
            _log.log(level, "scheduler %s is %s", self._name, "available" if available else "not available")
        self.available = available
        late = self._late(now)
        self.waiting = tuple(sorted(binding.name for binding in late))
        for binding in late[:_EVENTS_A_CHECK]:
            await self._recorder.not_scheduled(_reference(binding), self._name)

    def _is_renewed(self, spec: dict[str, Any], now: float) -> bool:
        renewed = str(spec.get("renewTime") or "")
        if not spec.get("holderIdentity") or not renewed:
            return False
        if renewed != self._seen:
            first, self._seen = not self._seen, renewed
            if not first or self._is_recent(renewed):
                self._seen_at = now
        return now - self._seen_at <= float(spec.get("leaseDurationSeconds") or _DEFAULT_DURATION) + _GRACE

    def _is_recent(self, renewed: str) -> bool:
        try:
            return abs(self._now() - dt.datetime.fromisoformat(renewed)) <= _SKEW
        except (ValueError, TypeError):
            return False

    def _late(self, now: float) -> list[GivenBinding]:
        """Return the bindings that have waited for too long."""
        informers = self._bindings.values()
        waiting = {item.uid: item for informer in informers for item in informer.items.values() if item.waits}
        self._since = {uid: self._since.get(uid, now) for uid in waiting}
        return [waiting[uid] for uid, since in self._since.items() if now - since >= PATIENCE_SECONDS]


def _reference(binding: GivenBinding) -> dict[str, Any]:
    namespace, _, name = binding.name.rpartition("/")
    metadata = {"name": name, "uid": binding.uid, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": binding.api_version, "kind": binding.kind, "metadata": metadata}
