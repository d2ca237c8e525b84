"""Leader election with a coordination.k8s.io Lease: one of several replicas acts.

As in client-go, a candidate does not trust the clock of another machine. It takes a Lease that it has not seen change
for the Lease's duration, by its own clock. A leader stops before any other replica can start.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from typing import TYPE_CHECKING, Any

import msgspec

from converter.client.clock import Now, micro_timestamp, utc_now
from converter.client.errors import AlreadyExistsError, ApiError, ConflictError, NotFoundError
from converter.client.rest import Collection

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from converter.client.rest import ApiServer

_log = logging.getLogger(__name__)

LEASES = Collection("/apis/coordination.k8s.io/v1", "leases")


class LeaderElector:
    """Acquires the Lease, leads while it can renew it, and starts again when it lost it.

    Attributes:
        leading: whether this replica leads now.
        annotations: the annotations of the Lease. The leader changes them; the next leader reads them.
        term: the Lease's ``leaseTransitions`` when this replica last acquired it. If it is the same again, no other
            replica has led since, and nobody has deleted the Lease.
    """

    def __init__(
        self,
        server: ApiServer,
        namespace: str,
        name: str,
        identity: str,
        *,
        duration: float = 15.0,
        deadline: float = 10.0,
        period: float = 2.0,
        now: Now = utc_now,
    ) -> None:
        """Prepare; `run` does the rest.

        Args:
            server: the API server that stores the Lease.
            namespace: the Lease's namespace; it must exist.
            name: the Lease's name.
            identity: the unique name of this replica.
            duration: seconds for which a Lease is valid after its last renewal.
            deadline: seconds without a renewal after which a leader stops; less than ``duration``.
            period: seconds between two attempts.
            now: the wall clock, for the times in the Lease. Intervals use the event loop's clock.
        """
        self.leading = False
        self.annotations: dict[str, str] = {}
        self.term = 0
        self._server = server
        self._namespace = namespace
        self._name = name
        self._identity = identity
        self._duration = duration
        self._deadline = deadline
        self._period = period
        self._now = now
        self._lease: dict[str, Any] | None = None
        self._seen_version = ""
        self._seen_at = 0.0

    async def run(self, lead: Callable[[], Awaitable[None]]) -> None:
        """Acquire the Lease, lead, and start again when the Lease is lost; until cancelled.

        Args:
            lead: what a leader does; cancelled when the Lease is lost. When it returns or raises, so does `run`.
        """
        try:
            while True:
                while not await self._try():  # noqa: ASYNC110 -- the holder of a Lease sends no event
                    await asyncio.sleep(self._period * random.uniform(0.9, 1.3))  # noqa: S311 -- spreads load only
                _log.info("leading as %s", self._identity)
                self.leading = True
                if await self._lead(lead):
                    return
                _log.warning("no longer leading: the Lease could not be renewed in time")
        finally:
            self.leading = False
            with contextlib.suppress(ApiError, asyncio.CancelledError):
                await self._release()

    async def _lead(self, lead: Callable[[], Awaitable[None]]) -> bool:
        """Lead until ``lead`` returns (True) or the Lease is lost (False)."""
        work = asyncio.ensure_future(lead())
        try:
            renewed = _monotonic()
            while True:
                done, _ = await asyncio.wait({work}, timeout=self._period)
                if done:
                    await work
                    return True
                if await self._try_in_time(renewed + self._deadline - _monotonic()):
                    renewed = _monotonic()
                elif self._others() or _monotonic() - renewed >= self._deadline:
                    return False
        finally:
            self.leading = False
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work

    async def _try_in_time(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(max(seconds, 0.01)):  # wait_for of Python 3.11 can swallow a cancellation
                return await self._try()
        except TimeoutError:
            return False

    def _others(self) -> bool:
        """Whether another replica holds the Lease, as last seen."""
        holder = (self._lease or {}).get("spec", {}).get("holderIdentity")
        return bool(holder) and holder != self._identity

    async def _try(self) -> bool:
        """Acquire or renew the Lease if that is allowed; return whether this replica holds it now."""
        try:
            lease = await self._read()
            if lease is None:
                path = LEASES.path(self._namespace)
                self.annotations = {}  # who deleted it wants everything to be compared again
                self._acquired(self._remember(await self._server.create(path, self._new())))
                return True
            spec = lease.get("spec") or {}
            holder = spec.get("holderIdentity") or ""
            lasts = float(spec.get("leaseDurationSeconds") or self._duration)
            if holder not in {"", self._identity} and _monotonic() < self._seen_at + lasts:
                return False
            if not self.leading:
                self.annotations = dict(lease["metadata"].get("annotations") or {})
            lease["metadata"]["annotations"] = self.annotations
            lease["spec"] = self._spec(spec, taken=holder != self._identity)
            self._acquired(self._remember(await self._server.replace(self._path(), lease)))
        except (ConflictError, AlreadyExistsError):
            return False
        except ApiError as error:
            _log.warning("leader election: %s", error)
            return False
        return True

    def _acquired(self, lease: dict[str, Any]) -> None:
        self.term = int(lease["spec"].get("leaseTransitions") or 0)

    async def _read(self) -> dict[str, Any] | None:
        try:
            return self._remember(await self._server.get(self._path()))
        except NotFoundError:
            return None

    def _remember(self, raw: bytes) -> dict[str, Any]:
        lease: dict[str, Any] = msgspec.json.decode(raw)
        version = lease.get("metadata", {}).get("resourceVersion", "")
        if version != self._seen_version:
            self._seen_version, self._seen_at = version, _monotonic()
        self._lease = lease
        return lease

    async def _release(self) -> None:
        if self._lease is None or self._others():
            return
        spec = self._lease.get("spec") or {}
        if spec.get("holderIdentity") == self._identity:
            self._lease["spec"] = {
                **spec,
                "holderIdentity": "",
                "leaseDurationSeconds": 1,
                "renewTime": micro_timestamp(self._now()),
            }
            await self._server.replace(self._path(), self._lease)

    def _path(self) -> str:
        return LEASES.object_path(self._namespace, self._name)

    def _new(self) -> dict[str, Any]:
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": self._name, "namespace": self._namespace},
            "spec": self._spec({}, taken=True) | {"leaseTransitions": self._next_term()},
        }

    def _next_term(self) -> int:
        """Return the first term of a new Lease: one that this replica has not seen of a Lease before it."""
        seen = (self._lease or {}).get("spec")
        return 0 if seen is None else max(self.term, int(seen.get("leaseTransitions") or 0)) + 1

    def _spec(self, before: dict[str, Any], *, taken: bool) -> dict[str, Any]:
        spec = {
            **before,
            "holderIdentity": self._identity,
            "leaseDurationSeconds": int(self._duration),
            "renewTime": micro_timestamp(self._now()),
        }
        if taken:
            spec["acquireTime"] = spec["renewTime"]
            spec["leaseTransitions"] = int(before.get("leaseTransitions") or 0) + (1 if before else 0)
        return spec


def _monotonic() -> float:
    """Return the event loop's clock in seconds."""
    return asyncio.get_running_loop().time()
