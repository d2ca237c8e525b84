"""The controller process: watches, the queue between them and the reconcilers, and who of several replicas acts."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import hashlib
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from converter.client import ConflictError, Informer, Key, LeaderElector
from converter.client.workqueue import WorkQueue
from converter.clusters.watched import KarmadaClusters
from converter.controllers.anchor import WORKS
from converter.controllers.cached_work import CachedWork, LossyWork, losing, stored
from converter.controllers.denied_works import LOOK_AGAIN_SECONDS, DeniedWorks
from converter.controllers.drift import DriftDetector
from converter.controllers.event_recorder import BINDINGS, CLUSTER_BINDINGS, EventRecorder
from converter.controllers.resync import Resync
from converter.controllers.work_reconciler import RequeueError, WorkReconciler
from converter.errors import ConverterError
from converter.karmada.names import (
    ANCHOR_LABEL,
    CONVERTED_LABEL,
    EXCLUDED_LABEL,
    EXECUTION_SPACE_PREFIX,
    GROUP,
    LOSSES_LABEL,
)
from converter.kube import canonical_json
from converter.placement.exclusions import Unreachable
from converter.works.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from converter import Converter
    from converter.client import ApiServer, Collection
    from converter.clusters.fleet import Fleet, FleetView

_log = logging.getLogger(__name__)

LOOKED_AT_ANNOTATION = f"{GROUP}/looked-at-fleet"
"""On the Lease: a digest of the fleet by which every Work that is not converted has been judged. It is another after
the fleet has changed while nobody led, and there is none after the installation: then all are looked at once."""

_WORKERS = 4
"""Works that are seen to at the same time: enough to hide the API server's latency, too few to burden it."""


class Task(NamedTuple):
    """One thing to see to.

    Attributes:
        what: ``work`` (a Work and its anchor), ``losses`` (what its cluster drops of a Work, to tell of it),
            ``cluster`` (its plain Works), ``bindings`` (all of them), ``refused`` (a binding that was refused a
            Work), or ``resourcebindings`` and ``clusterresourcebindings`` (one of them, to tell of it).
        namespace: of what is named.
        name: of a Work, a cluster or a binding.
        collection: of a binding that was refused something: which of the two it is in.
    """

    what: str
    namespace: str = ""
    name: str = ""
    collection: Collection | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """How the controller runs.

    Attributes:
        identity: this replica's name, unlike any other's.
        lease_namespace: where the Lease is; it has to exist.
        lease_name: the Lease's name.
        settle_seconds: when to look again after a cluster has changed: soon, and once every replica must have
            seen it.
        overrides: clusters as an admin describes them.
        policy: what admission does where a manifest cannot be had.
    """

    identity: str
    lease_namespace: str = "karmada-system"
    lease_name: str = "apiconverter"
    settle_seconds: tuple[float, ...] = (2.0, 30.0)
    overrides: Fleet | None = None
    policy: Policy = field(default_factory=Policy)


class Manager:
    """Everything that one replica does; `run` does it.

    Attributes:
        leading: whether this replica acts.
        leader_tasks: what else only the leader does; each goes on until cancelled.
    """

    def __init__(
        self,
        server: ApiServer,
        converter: Callable[[], Converter],
        fleet: FleetView,
        settings: Settings,
    ) -> None:
        """Prepare.

        Args:
            server: the Karmada API server.
            converter: gives the rules as they are now.
            fleet: where the clusters are put as they are seen.
            settings: how to run.
        """
        self.leader_tasks: list[Callable[[], Coroutine[Any, Any, None]]] = []
        self._settings = settings
        self._fleet = fleet
        self._queue: WorkQueue[Task] = WorkQueue()
        self._news: set[Key] = set()
        self._untidy: set[Key] = set()
        self._unseen: set[str] = set()
        self._clusters = KarmadaClusters(server, fleet, settings.overrides, self.cluster_changed)
        self._works = Informer(server, WORKS, stored, self._work_changed, selector=f"{CONVERTED_LABEL}=true")
        self._anchors = Informer(server, WORKS, stored, self._anchor_changed, selector=f"{ANCHOR_LABEL}=true")
        lost = f"{LOSSES_LABEL}=true,!{CONVERTED_LABEL}"
        self._losing = Informer(server, WORKS, losing, self._losses_changed, selector=lost)
        self._excluded = [
            Informer(server, collection, stored, self._binding_changed(collection), selector=f"{EXCLUDED_LABEL}=true")
            for collection in (BINDINGS, CLUSTER_BINDINGS)
        ]
        self._refusals = DeniedWorks(server, self._refused, lambda: dt.datetime.now(dt.UTC))
        caches = (self._works, self._anchors, self._losing, self._refusals.cache)
        self._caches: tuple[Informer[Any], ...] = (*caches, *self._excluded)
        self._teller = EventRecorder(server)
        self._anchoring = WorkReconciler(
            server,
            works=self._works,
            anchor_cache=self._anchors,
            converter=converter,
            judge=DriftDetector(converter, fleet, settings.policy),
            listener=self._teller,
        )
        self._recheck = Resync(server, self._anchoring, Unreachable(converter, fleet), self._teller, self._refusals)
        self._election = LeaderElector(server, settings.lease_namespace, settings.lease_name, settings.identity)

    @property
    def leading(self) -> bool:
        """Whether this replica acts."""
        return self._election.leading

    @property
    def ready(self) -> bool:
        """Whether the clusters are known; the rest is up to whoever leads."""
        return bool(self._fleet.ready)

    @property
    def waiting(self) -> int:
        """How much is still to be seen to."""
        return len(self._queue)

    async def run(self) -> None:
        """Watch, stand for election, act while elected; until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._clusters.run())
            group.create_task(self._election.run(self._lead))

    def versions_in_use(self) -> frozenset[str]:
        """The apiVersions that converted manifests have now; only who leads knows them all."""
        return frozenset(version for work in self._works.items.values() for version in work.versions)

    def cluster_changed(self, name: str) -> None:
        """Take note that a cluster serves other versions than before, came or went."""
        if not self.leading:
            return
        _log.info("cluster %s has changed: its Works will be looked at", name)
        self._unseen.add(name)
        for seconds in self._settings.settle_seconds:
            asyncio.get_running_loop().call_later(seconds, self._look_at, name)

    def rules_changed(self) -> None:
        """Take note that the rules are others than before."""
        for name in self._fleet.current:
            self.cluster_changed(name)

    def _look_at(self, cluster: str) -> None:
        namespace = EXECUTION_SPACE_PREFIX + cluster
        for key in self._works.items:
            if key.namespace == namespace:
                self._queue.add(Task("work", *key))
        self._queue.add(Task("cluster", name=cluster))
        self._queue.add(Task("bindings"))

    async def _lead(self) -> None:
        """Act: fill the copies, then see to what is in the queue."""
        while not self._fleet.ready:  # noqa: ASYNC110 -- a FleetView has no event, and this happens once
            await asyncio.sleep(0.05)
        watches = [asyncio.ensure_future(cache.run()) for cache in self._caches]
        try:
            needed = (self._works, self._anchors, self._losing, self._refusals.cache)
            await asyncio.gather(*(cache.synced.wait() for cache in needed))
            _log.info("%d converted Works, %d anchors", len(self._works.items), len(self._anchors.items))
            for key in self._works.items:  # also after an earlier term as leader, whose events are past
                self._queue.add(Task("work", *key))
            for anchor in self._anchors.items.items():
                self._add_for_anchor(*anchor)
            self._queue.add(Task("bindings"))
            self._unseen.clear()
            if self._election.notes.get(LOOKED_AT_ANNOTATION) != _digest(self._fleet.current):
                for name in self._fleet.current:
                    self._unseen.add(name)
                    self._queue.add(Task("cluster", name=name))
            async with asyncio.TaskGroup() as group:
                for _ in range(_WORKERS):
                    group.create_task(self._work())
                for also in self.leader_tasks:
                    group.create_task(also())
        finally:
            for watch in watches:
                watch.cancel()
            for watch in watches:
                with contextlib.suppress(asyncio.CancelledError):
                    await watch
            self._queue.close()

    async def _work(self) -> None:
        while True:
            task = await self._queue.take()
            try:
                await self._handle(task)
                self._queue.forget(task)
            except (ConflictError, RequeueError) as error:
                _log.debug("%s: %s; again in %.2f s", task, error, self._queue.retry(task))
            except ConverterError as error:
                delay = self._queue.retry(task)
                _log.warning("%s %s/%s: %s; again in %.1f s", *task[:3], error, delay)
            except Exception:  # noqa: BLE001 -- a mistake of ours in one Work must not stop the others
                _log.exception("%s; again in %.1f s", task, self._queue.retry(task))
            finally:
                self._queue.done(task)

    async def _handle(self, task: Task) -> None:
        key = Key(task.namespace, task.name)
        match task.what:
            case "work":
                await self._anchoring.reconcile(key)
                await self._tell_news(key)
                if key in self._untidy:
                    await self._anchoring.prune_overflow(key)
                    self._untidy.discard(key)
            case "losses":
                await self._anchoring.tell_losses(key)
            case "cluster":
                await self._recheck.plain_works(task.name)
                await self._refusals.try_again(task.name)
                self._looked_at(task.name)
            case "bindings":
                await self._recheck.bindings()
            case "refused":
                await self._settle_refused(task)
            case _:
                await self._tell_excluded(task)

    def _looked_at(self, cluster: str) -> None:
        """Take note that a cluster's Works have been looked at; of the whole fleet once that is true of all."""
        self._unseen.discard(cluster)
        if not self._unseen:
            self._election.notes[LOOKED_AT_ANNOTATION] = _digest(self._fleet.current)

    async def _tell_news(self, key: Key) -> None:
        if key in self._news:
            self._news.discard(key)
            work = self._works.items.get(key)
            if work is not None:
                await self._teller.converted(work.manifest())

    async def _tell_excluded(self, task: Task) -> None:
        for cache, collection in zip(self._excluded, (BINDINGS, CLUSTER_BINDINGS), strict=True):
            binding = cache.items.get(Key(task.namespace, task.name))
            if collection.resource == task.what and binding is not None:
                await self._recheck.tell_excluded(binding.manifest())

    def _work_changed(self, key: Key, before: CachedWork | None, after: CachedWork | None) -> None:
        self._queue.add(Task("work", *key))
        new = before is None and after is not None and self._works.synced.is_set()
        if new or (before is not None and after is not None and before.generation != after.generation):
            self._news.add(key)
        if (
            before is not None
            and before.overflow_object
            and (after is None or after.overflow_object != before.overflow_object)
        ):
            self._untidy.add(key)

    def _losses_changed(self, key: Key, before: LossyWork | None, after: LossyWork | None) -> None:
        if after is not None and before != after and self._losing.synced.is_set():
            self._queue.add(Task("losses", *key))

    def _anchor_changed(self, key: Key, before: CachedWork | None, after: CachedWork | None) -> None:
        anchor = after or before
        if anchor is not None:
            self._add_for_anchor(key, anchor)

    def _add_for_anchor(self, key: Key, anchor: CachedWork) -> None:
        if anchor.work:
            self._queue.add(Task("work", key.namespace, anchor.work))

    def _refused(self, collection: Collection, key: Key) -> None:
        self._queue.add(Task("refused", *key, collection))

    async def _settle_refused(self, task: Task) -> None:
        assert task.collection is not None
        if await self._refusals.settle(task.collection, Key(task.namespace, task.name)):
            self._queue.add_after(task, LOOK_AGAIN_SECONDS)

    def _binding_changed(self, collection: Collection) -> Callable[[Key, Any, Any], None]:
        def changed(key: Key, _before: CachedWork | None, after: CachedWork | None) -> None:
            if after is not None:
                self._queue.add(Task(collection.resource, *key))

        return changed


def _digest(fleet: Fleet) -> str:
    """Say shortly what the clusters serve; equal fleets give equal digests."""
    served = {name: [cluster.complete, dict(cluster.served)] for name, cluster in fleet.items()}
    return hashlib.sha256(canonical_json(served)).hexdigest()[:32]
