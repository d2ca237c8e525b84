"""Builds the controllers of one replica: which sources feed which reconciler."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from converter.client import Informer, Key, LeaderElector
from converter.client.clock import Now, utc_now
from converter.client.collections import BINDINGS, CLUSTER_BINDINGS
from converter.clusters.crds_of_rules import RuleProver
from converter.clusters.watched import KarmadaClusters
from converter.controllers.bindings import (
    BindingSettler,
    ExcludedBindingReconciler,
    LostBindingReconciler,
    PlacementReconciler,
    exclusions_changed,
    is_lost,
)
from converter.controllers.controller import Channel, ChannelSource, Controller, InformerSource, Source, own_key
from converter.controllers.denied_works import (
    DenialRetrier,
    DeniedBindingReconciler,
    DeniedWorks,
    bindings_of,
)
from converter.controllers.drift import DriftDetector
from converter.controllers.event_recorder import EventRecorder
from converter.controllers.informers import Informers
from converter.controllers.interpreters import InterpreterReconciler, kinds_of
from converter.controllers.karmada_events import BindingKey
from converter.controllers.lossy_works import LossyWorkReconciler, losses_changed
from converter.controllers.manager import Manager
from converter.controllers.overflow_store import OverflowStore, owner_key
from converter.controllers.readmission import Readmission
from converter.controllers.resend import Resender
from converter.controllers.resync import ClusterReconciler, Resync
from converter.controllers.rule_status import RuleStatusReconciler
from converter.controllers.scheduler_monitor import SchedulerMonitor
from converter.controllers.work_client import WorkClient
from converter.controllers.work_reconciler import WorkReconciler
from converter.karmada.names import (
    EXECUTION_SPACE_PREFIX,
)
from converter.placement.exclusions import Unreachable
from converter.placement.scheduler_name import OWN_SCHEDULER
from converter.works.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from converter.client import ApiServer, Change, Collection, Informer
    from converter.client.rule_objects import RuleObjectWatch
    from converter.clusters.fleet import Fleet, FleetView
    from converter.clusters.watched_crds import Head
    from converter.controllers.cached_work import CachedWork
    from converter.controllers.overflow_store import OverflowMetadata
    from converter.engine import Engine
    from converter.rule_objects import RuleKey, Verdict

_WORKERS = 4
"""Works, and clusters, that are reconciled at the same time. It hides the API server's latency without loading it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a replica runs.

    Attributes:
        identity: the unique name of this replica.
        lease_namespace: the Lease's namespace; it must exist.
        lease_name: the Lease's name.
        settle_seconds: when to resync after a change of a cluster: soon, and when every webhook replica must have
            seen it.
        overrides: clusters as an admin describes them.
        policy: what admission does with a manifest that is not available on its cluster.
        own_scheduler: the name of the converter's scheduler; empty if Karmada's runs without APIEnablement instead.
        now: the wall clock.
    """

    identity: str
    lease_namespace: str = "karmada-system"
    lease_name: str = "apiconverter"
    settle_seconds: tuple[float, ...] = (2.0, 30.0)
    overrides: Fleet | None = None
    policy: Policy = field(default_factory=Policy)
    own_scheduler: str = OWN_SCHEDULER
    now: Now = utc_now


@dataclass(frozen=True, slots=True)
class RuleObjects:
    """The rule objects of the control plane.

    Attributes:
        watch: watches them.
        verdicts: returns what became of each.
        crds: the watch of the metadata of CRDs, against which rules are proved; None to prove none.
    """

    watch: RuleObjectWatch
    verdicts: Callable[[], Mapping[RuleKey, Verdict]]
    crds: Informer[Head] | None = None


class KarmadaControllers:
    """The controllers for one Karmada control plane.

    Attributes:
        manager: runs them.
        controllers: all of them.
        changed: sends the name of each cluster that changed, and all names when the rules changed.
        clusters: watches the clusters.
        scheduler: watches the converter's scheduler; None if it has none.
    """

    def __init__(
        self,
        server: ApiServer,
        converter: Callable[[], Engine],
        fleet: FleetView,
        settings: Settings,
        rules: RuleObjects | None = None,
    ) -> None:
        """Build them.

        Args:
            server: the Karmada API server.
            converter: returns the rules in use.
            fleet: receives the clusters as the replica sees them.
            settings: how to run.
            rules: the rule objects; None if only files have rules.
        """
        self._server = server
        self._converter = converter
        self._fleet = fleet
        self._settings = settings
        self._informers = Informers(server)
        self.changed: Channel[str] = Channel()
        self._resynced: Channel[str] = Channel()
        self._checked: Channel[RuleKey] = Channel()
        self._rules = rules
        self._shown: Channel[BindingKey] = Channel()
        self._recorder = EventRecorder(server, settings.now)
        self._client = WorkClient(server, (self._informers.works, self._informers.anchors))
        self._overflow = OverflowStore(server, self._informers.overflow)
        detector = DriftDetector(converter, fleet, settings.policy)
        self._readmission = Readmission(self._client, detector, self._overflow, self._recorder)
        self._denied = DeniedWorks(server, self._informers.denials, settings.now)
        unreachable = Unreachable(converter, fleet)
        self._settler = BindingSettler(server, unreachable, unreachable.converted, settings.own_scheduler)
        self._election = LeaderElector(
            server, settings.lease_namespace, settings.lease_name, settings.identity, now=settings.now
        )
        self.clusters = KarmadaClusters(server, fleet, settings.overrides, self.changed.send)
        self.controllers: tuple[Controller[Any], ...] = (
            self._work_controller(),
            self._lossy_work_controller(),
            self._cluster_controller(),
            self._placement_controller(),
            self._lost_binding_controller(),
            self._excluded_binding_controller(),
            self._denied_binding_controller(),
            self._interpreter_controller(),
            *([self._rule_controller(rules)] if rules is not None else []),
        )
        self.manager = Manager(
            self._election,
            caches=[self.clusters, *([rules.watch] if rules is not None else [])],
            informers=(*self._informers.all, *self._informers.interpreters),
            controllers=self.controllers,
        )
        self.scheduler = self._scheduler_monitor() if settings.own_scheduler else None
        if self.scheduler is not None:
            self.manager.leader_tasks.append(self.scheduler.run)

    def versions_in_use(self) -> frozenset[str]:
        """Return the apiVersions that converted manifests have now. Only the leader knows them all."""
        return frozenset(version for work in self._informers.works.items.values() for version in work.versions)

    def watches(self) -> dict[str, Informer[Any]]:
        """Return what is watched, by the names that metrics use."""
        rules = self._rules.watch.informers if self._rules is not None else {}
        return {"clusters": self.clusters.watch, **rules, **self._informers.by_name()}

    def rules_changed(self) -> None:
        """Resync all clusters: the rules have changed."""
        for name in self._fleet.current:
            self.changed.send(name)

    def rules_checked(self, keys: Iterable[RuleKey]) -> None:
        """Write the status of rule objects that were checked again."""
        for key in keys:
            self._checked.send(key)

    def _note_crd(self, change: Change[Head]) -> None:
        """Prove the rules again that are about a CRD that has changed."""
        if self._rules is None or change.initial or change.before == change.after:
            return
        group = change.key.name.partition(".")[2]
        self.rules_checked(one.key for one in self._rules.watch.objects() if group in one.groups())

    def _rule_controller(self, rules: RuleObjects) -> Controller[RuleKey]:
        prover = RuleProver(self._server, rules.crds) if rules.crds is not None else None
        if rules.crds is not None:
            rules.crds.add_handler(self._note_crd)
        reconciler = RuleStatusReconciler(self._server, rules.verdicts, self._settings.now, prover)
        return Controller("rule status", reconciler, [ChannelSource(self._checked, _itself, rules.verdicts)])

    def _work_controller(self) -> Controller[Key]:
        informers = self._informers
        reconciler = WorkReconciler(
            self._client,
            works=informers.works,
            anchor_cache=informers.anchors,
            converter=self._converter,
            readmission=self._readmission,
            overflow=self._overflow,
            resender=Resender(self._server),
            recorder=self._recorder,
            now=self._settings.now,
        )
        sources: list[Source[Key]] = [
            InformerSource(informers.works, own_key),
            InformerSource(informers.anchors, _work_of_anchor),
            InformerSource(informers.overflow, _work_of_overflow),
            ChannelSource(self._resynced, self._works_of_cluster),
        ]
        return Controller("work", reconciler, sources, workers=_WORKERS, reads=self._informers.all)

    def _lossy_work_controller(self) -> Controller[Key]:
        reconciler = LossyWorkReconciler(self._client, self._recorder)
        return Controller("lossy work", reconciler, [InformerSource(self._informers.lossy, own_key, losses_changed)])

    def _cluster_controller(self) -> Controller[str]:
        resync = Resync(
            self._server, self._readmission, DenialRetrier(self._server, self._denied).retry, self._resynced.send
        )
        reconciler = ClusterReconciler(
            self._fleet, self._converter, self._election, resync.run, self._settings.settle_seconds
        )
        source = ChannelSource(self.changed, _itself, lambda: self._fleet.current)
        return Controller("cluster", reconciler, [source], workers=_WORKERS, reads=self._informers.all)

    def _placement_controller(self) -> Controller[Collection]:
        reconciler = PlacementReconciler(self._server, self._settler, self._shown.send)
        source = ChannelSource(self._resynced, _all_bindings, lambda: _all_bindings(""))
        return Controller("placement", reconciler, [source])

    def _lost_binding_controller(self) -> Controller[BindingKey]:
        sources = [
            InformerSource(informer, _BindingKeys(collection), is_lost)
            for collection, informer in self._informers.given.items()
        ]
        return Controller("lost binding", LostBindingReconciler(self._server, self._settler), sources)

    def _scheduler_monitor(self) -> SchedulerMonitor:
        settings = self._settings
        return SchedulerMonitor(
            self._server,
            settings.lease_namespace,
            settings.own_scheduler,
            self._informers.given,
            self._recorder,
            now=settings.now,
        )

    def _excluded_binding_controller(self) -> Controller[BindingKey]:
        sources = [
            InformerSource(informer, _BindingKeys(collection), exclusions_changed)
            for collection, informer in self._informers.excluded.items()
        ]
        reconciler = ExcludedBindingReconciler(self._informers.excluded, self._recorder)
        return Controller("excluded binding", reconciler, sources)

    def _denied_binding_controller(self) -> Controller[BindingKey]:
        reconciler = DeniedBindingReconciler(self._server, self._denied, self._settings.now)
        sources: list[Source[BindingKey]] = [
            InformerSource(self._informers.denials, bindings_of),
            ChannelSource(self._shown, _itself),
        ]
        return Controller("denied binding", reconciler, sources)

    def _interpreter_controller(self) -> Controller[str]:
        customizations, webhooks = self._informers.interpreters
        reconciler = InterpreterReconciler(
            self._server,
            customizations=customizations,
            webhooks=webhooks,
            engine=self._converter,
            fleet=self._fleet,
            recorder=self._recorder,
        )
        sources: list[Source[str]] = [
            InformerSource(customizations, kinds_of),
            InformerSource(webhooks, lambda _: reconciler.kinds()),
            ChannelSource(self.changed, lambda _: reconciler.kinds()),
        ]
        return Controller("interpreter", reconciler, sources)

    def _works_of_cluster(self, cluster: str) -> Iterable[Key]:
        namespace = EXECUTION_SPACE_PREFIX + cluster
        return [key for key in self._informers.works.items if key.namespace == namespace]


@dataclass(frozen=True, slots=True)
class _BindingKeys:
    """Maps a changed binding of one collection to its key."""

    collection: Collection

    def __call__(self, change: Change[Any]) -> Iterable[BindingKey]:
        return (BindingKey(self.collection, change.key),)


def _work_of_anchor(change: Change[CachedWork]) -> Iterable[Key]:
    anchor = change.after or change.before
    return (Key(change.key.namespace, anchor.anchor_of),) if anchor is not None and anchor.anchor_of else ()


def _work_of_overflow(change: Change[OverflowMetadata]) -> Iterable[Key]:
    return () if change.after is None else (owner_key(change.key, change.after),)


def _all_bindings(_cluster: str) -> Iterable[Collection]:
    return (BINDINGS, CLUSTER_BINDINGS)


def _itself(event: Any) -> Iterable[Any]:
    return (event,)
