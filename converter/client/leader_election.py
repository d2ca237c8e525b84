"""Leader election through a coordination.k8s.io Lease: of several replicas one acts.

As in client-go, a candidate trusts no other machine's clock: a lease is up for taking when it has not been seen
to change for its whole duration by one's own clock. A leader stops acting before anyone else may start.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import random
import time
from typing import TYPE_CHECKING, Any

import msgspec

from converter.client.errors import AlreadyExistsError, ApiError, ConflictError, NotFoundError
from converter.client.rest import Collection

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from converter.client.rest import ApiServer

_log = logging.getLogger(__name__)

LEASES = Collection("/apis/coordination.k8s.io/v1", "leases")


class LeaderElector:
    """Stands for election again and again, and leads while elected.

    Attributes:
        leading: whether this replica leads at the moment.
        notes: annotations of the Lease: what a leader puts here, the next one finds.
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
    ) -> None:
        """Prepare; `run` does the rest.

        Args:
            server: where the Lease is kept.
            namespace: the Lease's namespace; it has to exist.
            name: the Lease's name.
            identity: this replica's name, unlike any other's.
            duration: seconds that a lease is good for since it was last renewed.
            deadline: seconds without a renewal after which a leader stops by itself; less than ``duration``.
            period: seconds between two tries.
        """
        self.leading = False
        self.notes: dict[str, str] = {}
        self._server = server
        self._namespace = namespace
        self._name = name
        self._identity = identity
        self._duration = duration
        self._deadline = deadline
        self._period = period
        self._lease: dict[str, Any] | None = None
        self._seen_version = ""
        self._seen_at = 0.0

    async def run(self, lead: Callable[[], Awaitable[None]]) -> None:
        """Wait to be elected, lead, and when the lease is lost begin again; until cancelled.

        Args:
            lead: what a leader does; cancelled when the lease is lost. Where it ends by itself or raises,
                so does this.
        """
        try:
            while True:
                while not await self._try():  # noqa: ASYNC110 -- the other replica tells nobody
                    await asyncio.sleep(self._period * random.uniform(0.9, 1.3))  # noqa: S311 -- spreads load only
                _log.info("leading as %s", self._identity)
                self.leading = True
                if await self._lead(lead):
                    return
                _log.warning("no longer leading: the lease could not be renewed")
        finally:
            self.leading = False
            with contextlib.suppress(ApiError, asyncio.CancelledError):
                await self._release()

    async def _lead(self, lead: Callable[[], Awaitable[None]]) -> bool:
        """Lead until it ends by itself (True) or the lease is lost (False)."""
        work = asyncio.ensure_future(lead())
        try:
            renewed = time.monotonic()
            while True:
                done, _ = await asyncio.wait({work}, timeout=self._period)
                if done:
                    await work
                    return True
                if await self._try_in_time(renewed + self._deadline - time.monotonic()):
                    renewed = time.monotonic()
                elif self._others() or time.monotonic() - renewed >= self._deadline:
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
        """Whether another replica has been seen to hold the lease."""
        holder = (self._lease or {}).get("spec", {}).get("holderIdentity")
        return bool(holder) and holder != self._identity

    async def _try(self) -> bool:
        """Take or renew the lease where that is allowed; whether it is ours now."""
        try:
            lease = await self._read()
            if lease is None:
                path = LEASES.path(self._namespace)
                self._remember(await self._server.create(path, self._new()))
                return True
            spec = lease.get("spec") or {}
            holder = spec.get("holderIdentity") or ""
            lasts = float(spec.get("leaseDurationSeconds") or self._duration)
            if holder not in {"", self._identity} and time.monotonic() < self._seen_at + lasts:
                return False
            if not self.leading:
                self.notes = dict(lease["metadata"].get("annotations") or {})
            lease["metadata"]["annotations"] = self.notes
            lease["spec"] = self._spec(spec, taken=holder != self._identity)
            self._remember(await self._server.replace(self._path(), lease))
        except (ConflictError, AlreadyExistsError):
            return False
        except ApiError as error:
            _log.warning("leader election: %s", error)
            return False
        return True

    async def _read(self) -> dict[str, Any] | None:
        try:
            return self._remember(await self._server.get(self._path()))
        except NotFoundError:
            return None

    def _remember(self, raw: bytes) -> dict[str, Any]:
        lease: dict[str, Any] = msgspec.json.decode(raw)
        version = lease.get("metadata", {}).get("resourceVersion", "")
        if version != self._seen_version:
            self._seen_version, self._seen_at = version, time.monotonic()
        self._lease = lease
        return lease

    async def _release(self) -> None:
        if self._lease is None or self._others():
            return
        spec = self._lease.get("spec") or {}
        if spec.get("holderIdentity") == self._identity:
            self._lease["spec"] = {**spec, "holderIdentity": "", "leaseDurationSeconds": 1, "renewTime": _now()}
            await self._server.replace(self._path(), self._lease)

    def _path(self) -> str:
        return LEASES.object_path(self._namespace, self._name)

    def _new(self) -> dict[str, Any]:
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": self._name, "namespace": self._namespace},
            "spec": self._spec({}, taken=True),
        }

    def _spec(self, before: dict[str, Any], *, taken: bool) -> dict[str, Any]:
        spec = {
            **before,
            "holderIdentity": self._identity,
            "leaseDurationSeconds": int(self._duration),
            "renewTime": _now(),
        }
        if taken:
            spec["acquireTime"] = spec["renewTime"]
            spec["leaseTransitions"] = int(before.get("leaseTransitions") or 0) + (1 if before else 0)
        return spec


def _now() -> str:
    """The present as a Kubernetes MicroTime."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
