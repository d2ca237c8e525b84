"""Reconciles the Works of a cluster after a change of the cluster or of the rules.

Karmada does not know that admission would now store another Work, so it does not send it again. Each Work of the
cluster is compared with what admission would store, and patched if it differs. This happens soon after the change,
and again when every webhook replica must have seen it, because any replica may answer. A cluster that joins is handled
at once, so that placements exclude it before the scheduler chooses it.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from converter.client import ApiError, each_item
from converter.client.collections import WORKS
from converter.controllers.controller import DONE, Result
from converter.karmada.names import ANCHOR_LABEL, CONVERTED_LABEL, EXECUTION_SPACE_PREFIX, GROUP
from converter.kube import canonical_json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from converter.client import ApiServer, LeaderElector
    from converter.clusters import Cluster, Fleet, FleetView
    from converter.controllers.readmission import Readmission
    from converter.engine import Engine

_log = logging.getLogger(__name__)

FLEET_ANNOTATION = f"{GROUP}/observed-fleet"
"""On the Lease: a digest of the fleet that all Works were last compared with. After an installation it is absent.
After a change while no replica led, it is the digest of another fleet. In both cases all clusters are resynced."""

RULES_SECONDS = 0.4
"""When to resync first after a change of the rules. Every replica takes an object into use as soon as it sees it, so
most of them have done so by then. The later passes repair what one that was slower answered."""

_EARLY = 0.01
"""Seconds by which a pass may come early. The event loop calls a timer up to one clock tick before it is due."""

_PLAIN = f"!{CONVERTED_LABEL},!{ANCHOR_LABEL}"


class _Metadata(msgspec.Struct):
    name: str
    namespace: str


class _Head(msgspec.Struct):
    metadata: _Metadata


_heads = msgspec.json.Decoder(_Head)


@dataclass(slots=True)
class _Progress:
    """How far the resync of one cluster is.

    Attributes:
        cluster: the cluster that its Works are compared with; None if it is gone.
        converter: the rules that they are compared with.
        due: when to resync, in seconds of the event loop's clock; empty when the resync is complete.
        changed: whether it changed in this term. At the start of a term, the other controllers start from everything.
    """

    cluster: Cluster | None
    converter: Engine
    due: list[float]
    changed: bool = True


class Resync:
    """Compares what a change of a cluster may concern; each Work once."""

    def __init__(
        self,
        server: ApiServer,
        readmission: Readmission,
        retry_denied: Callable[[str], Awaitable[None]],
        notify: Callable[[str], None],
    ) -> None:
        """Prepare.

        Args:
            server: the control plane.
            readmission: patches a Work that differs from what admission would store.
            retry_denied: makes Karmada retry the denied Works of a cluster.
            notify: has the cluster's converted Works and all bindings reconciled by their own controllers.
        """
        self._server = server
        self._readmission = readmission
        self._retry_denied = retry_denied
        self._notify = notify

    async def run(self, cluster: str, changed: bool) -> None:  # noqa: FBT001 -- the one fact about the cluster
        """Resync one cluster.

        Args:
            cluster: its name.
            changed: whether it changed, so that the other controllers must reconcile what concerns it.

        Raises:
            ApiError: the list could not be read, or some Work could not be patched.
        """
        if changed:
            self._notify(cluster)
        await self._plain_works(cluster)
        await self._retry_denied(cluster)

    async def _plain_works(self, cluster: str) -> None:
        """Compare the Works that are not converted: the cluster may have lost a version that they need.

        Works that are being deleted need it, too: Karmada deletes an object in the version that the Work has.
        """
        failed: ApiError | None = None
        async for raw in each_item(self._server, WORKS, EXECUTION_SPACE_PREFIX + cluster, _PLAIN):
            metadata = _heads.decode(raw).metadata
            try:
                await self._readmission.readmit(raw)
            except ApiError as error:
                _log.warning("cannot update Work %s/%s: %s", metadata.namespace, metadata.name, error)
                failed = error
        if failed is not None:
            raise failed


class ClusterReconciler:
    """Resyncs the clusters that changed."""

    def __init__(
        self,
        fleet: FleetView,
        converter: Callable[[], Engine],
        election: LeaderElector,
        resync: Callable[[str, bool], Awaitable[None]],
        settle_seconds: tuple[float, ...],
    ) -> None:
        """Prepare.

        Args:
            fleet: the clusters.
            converter: returns the rules in use.
            election: holds the annotations of the Lease.
            resync: resyncs one cluster (`Resync.run`).
            settle_seconds: when to resync after a change: soon, and when every webhook replica must have seen it.
        """
        self._fleet = fleet
        self._converter = converter
        self._election = election
        self._resync = resync
        self._settle_seconds = settle_seconds
        self._term = -1
        self._progress: dict[str, _Progress] = {}

    async def reconcile(self, key: str) -> Result:
        """Resync one cluster, if it or the rules have changed since its last resync.

        Args:
            key: the cluster's name.

        Raises:
            ApiError: a request failed.
        """
        now = asyncio.get_running_loop().time()
        if self._term != self._election.term:
            self._start_term(now)
        cluster, converter = self._fleet.current.get(key), self._converter()
        progress = self._progress.get(key)
        if progress is None or progress.cluster != cluster or progress.converter is not converter:
            _log.info("cluster %s has changed: resyncing its Works", key)
            joins = progress is None and cluster is not None and not cluster.complete
            same_rules = progress is None or progress.converter is converter
            soon = (0.0,) if joins else () if same_rules else (RULES_SECONDS,)
            due = (*soon, *self._settle_seconds)
            progress = _Progress(cluster, converter, [now + seconds for seconds in due])
            self._progress[key] = progress
        if progress.due and progress.due[0] <= now + _EARLY:
            await self._resync(key, progress.changed)
            del progress.due[0]
        if progress.due:
            return Result(requeue_after=max(0.0, progress.due[0] - asyncio.get_running_loop().time()))
        self._complete()
        return DONE

    def _start_term(self, now: float) -> None:
        """Find out what the last leader has done: either everything is compared, or all clusters are due now."""
        self._term = self._election.term
        fleet, converter = self._fleet.current, self._converter()
        observed = self._election.annotations.get(FLEET_ANNOTATION) == fleet_digest(fleet)
        self._progress = {
            name: _Progress(cluster, converter, [] if observed else [now], changed=False)
            for name, cluster in fleet.items()
        }

    def _complete(self) -> None:
        """Record on the Lease that all clusters are resynced, once they are."""
        fleet = self._fleet.current
        if any(name not in self._progress or self._progress[name].due for name in fleet):
            return
        for name in [name for name in self._progress if name not in fleet and not self._progress[name].due]:
            del self._progress[name]
        self._election.annotations[FLEET_ANNOTATION] = fleet_digest(fleet)


def fleet_digest(fleet: Fleet) -> str:
    """Identify what the clusters serve: equal fleets have equal digests."""
    served = {name: [cluster.complete, str(cluster.release), dict(cluster.served)] for name, cluster in fleet.items()}
    return hashlib.sha256(canonical_json(served)).hexdigest()[:32]
