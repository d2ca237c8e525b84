"""A Karmada control plane in memory: our real webhooks, Karmada's controllers as far as they matter, and ours.

`Karmada` is the control plane. `start` runs a whole replica of `converter controller`; `process` runs one whose
passes over the Work a test makes by hand, so that it can interrupt each of them.
"""

import asyncio
import contextlib
import datetime as dt
from types import SimpleNamespace

from converter.admission.binding_status import BindingStatusWebhook
from converter.admission.bindings import PlacementWebhook
from converter.admission.works import WorkWebhook
from converter.client import Collection, Key
from converter.client.clock import timestamp
from converter.client.collections import WORKS
from converter.clusters import Cluster, Fleet, FleetView
from converter.clusters.watched import CLUSTERS
from converter.controllers.controller import RequeueError
from converter.controllers.resync import FLEET_ANNOTATION
from converter.controllers.wiring import KarmadaControllers, Settings
from converter.karmada.names import BINDING_LABEL, BINDING_LABELS, EXECUTION_FINALIZER, anchor_name, anchor_reference
from converter.placement.exclusions import Unreachable
from tests.fakes.apiserver import FakeApiServer
from tests.fakes.virtual_time import advance
from tests.fakes.webhook import Webhook, is_live, removes_finalizer
from tests.shipped import shipped_engine
from tests.waiting import until

OLD = {"batch/v1beta1": ["CronJob"], "v1": ["ConfigMap"]}
NEW = {"batch/v1": ["CronJob"], "v1": ["ConfigMap"]}
BOTH = {"batch/v1": ["CronJob"], "batch/v1beta1": ["CronJob"], "v1": ["ConfigMap"]}
EVENTS = Collection("/api/v1", "events")
CONVERTER = shipped_engine()

NS = "karmada-es-old"
NAME = "nightly-b6588cf56"
KEY = Key(NS, NAME)
WORK = WORKS.object_path(NS, NAME)
ANCHOR = WORKS.object_path(NS, anchor_name(NAME))
BINDING_ID = "e4873af9-c8f3-44e3-a9d8-e314346b3e59"
LEASE = "/apis/coordination.k8s.io/v1/namespaces/karmada-system/leases/apiconverter"
SETTLE_SECONDS = (2.0, 30.0)
_EPOCH = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def now():
    """The wall clock: it moves with the virtual time of the event loop."""
    return _EPOCH + dt.timedelta(seconds=asyncio.get_running_loop().time())


def cluster(name, versions, release=""):
    enablements = [
        {"groupVersion": version, "resources": [{"kind": kind, "name": kind.lower()} for kind in kinds]}
        for version, kinds in versions.items()
    ]
    conditions = [{"type": "CompleteAPIEnablements", "status": "True"}]
    status = {"apiEnablements": enablements, "conditions": conditions, "kubernetesVersion": release}
    return {"metadata": {"name": name}, "status": status}


def template_manifest(schedule="0 1 * * *"):
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "nightly", "namespace": "shop", "labels": {BINDING_LABEL: BINDING_ID}},
        "spec": {"schedule": schedule},
    }


def new_work(schedule="0 1 * * *"):
    return {
        "apiVersion": "work.karmada.io/v1alpha1",
        "kind": "Work",
        "metadata": {
            "name": NAME,
            "namespace": NS,
            "labels": {BINDING_LABEL: BINDING_ID},
            "annotations": {
                "resourcebinding.karmada.io/namespace": "shop",
                "resourcebinding.karmada.io/name": "nightly-cronjob",
            },
            "finalizers": [EXECUTION_FINALIZER],
        },
        "spec": {"workload": {"manifests": [template_manifest(schedule)]}},
    }


class Karmada:
    """The control plane.

    Attributes:
        server: its API server.
        webhook_fleet: the clusters as the webhooks know them.
        broken: the moments at which the Work was neither labelled nor owned.
    """

    def __init__(self, converter=CONVERTER, policy="deny", own_scheduler=""):
        self.converter = converter
        self.server = FakeApiServer()
        self.server.on_change = self.check
        self.webhook_fleet = FleetView(Fleet())
        self.webhooks_are_stale = False
        self.replicas = []
        self.broken = []
        self.webhook_rules = SimpleNamespace(current=converter)
        works = WorkWebhook(self.webhook_rules, self.webhook_fleet, policy, has_overflow_store=True)
        self.own_scheduler = own_scheduler
        unreachable = Unreachable(lambda: self.webhook_rules.current, self.webhook_fleet)
        placement = PlacementWebhook(unreachable, unreachable.converted, own_scheduler)
        bindings = ("resourcebindings", "clusterresourcebindings")
        self.server.webhooks = [
            Webhook("works.apiconverter.dev", frozenset({"works"}), works.answer, is_live),
            Webhook("bindings.apiconverter.dev", frozenset(bindings), placement.answer, is_live),
            Webhook(
                "bindingstatus.apiconverter.dev",
                frozenset(f"{name}/status" for name in bindings),
                BindingStatusWebhook(lambda: timestamp(now())).answer,
            ),
            Webhook("deletions.apiconverter.dev", frozenset({"works"}), works.answer, removes_finalizer),
        ]

    # --- the fleet -------------------------------------------------------------------------------------------

    def serve(self, name, versions, release=""):
        """Have a cluster serve other versions; the webhooks know at once, unless they are stale."""
        path, wanted = CLUSTERS.object_path("", name), cluster(name, versions, release)
        if path in self.server.objects:
            self.server.apply(path, lambda stored: stored.update(status=wanted["status"]))
        else:
            self.server.put(path, wanted)
        if not self.webhooks_are_stale:
            self.refresh_webhooks()

    def refresh_webhooks(self):
        self.webhooks_are_stale = False
        known = [thing for path, thing in self.server.objects.items() if "/clusters/" in path]
        self.webhook_fleet.replace(Fleet.of(Cluster.from_karmada(thing) for thing in known))

    def change_rules(self, converter, *, webhooks=True):
        """Take other rules into use, in every replica of the controller, and in the webhooks unless they are stale."""
        self.converter = converter
        if webhooks:
            self.webhook_rules.current = converter
        for controllers, _ in self.replicas:
            controllers.rules_changed()

    @contextlib.contextmanager
    def without_webhooks(self):
        """Let everything pass, as before the installation."""
        webhooks, self.server.webhooks = self.server.webhooks, []
        yield
        self.server.webhooks = webhooks

    # --- Karmada's controllers -------------------------------------------------------------------------------

    def binding_controller(self, schedule="0 1 * * *", binding_id=BINDING_ID):
        """Create or update the Work as `CreateOrUpdateWork` does."""
        wanted = new_work(schedule)
        wanted["metadata"]["labels"][BINDING_LABEL] = binding_id
        wanted["spec"]["workload"]["manifests"][0]["metadata"]["labels"][BINDING_LABEL] = binding_id
        self.send(wanted)

    def send(self, wanted):
        """Create a Work, or update its labels, annotations and spec."""
        path = WORKS.object_path(wanted["metadata"]["namespace"], wanted["metadata"]["name"])
        if path not in self.server.objects:
            self.server.put(path, wanted)
            return

        def change(work):
            for field in ("labels", "annotations"):
                work["metadata"].setdefault(field, {}).update(wanted["metadata"][field])
            work["spec"] = wanted["spec"]

        self.server.apply(path, change)

    def bound(self):
        """What Karmada finds by the binding's label."""
        return [
            path
            for path, thing in self.server.objects.items()
            if any(label in thing["metadata"].get("labels", {}) for label in BINDING_LABELS)
        ]

    def delete_bound(self):
        """Take the cluster out of the placement: `RemoveOrphanWorks`."""
        for path in self.bound():
            self.server.remove(path)

    def execution_controller(self):
        """Finish deletions: the member's object goes, then the finalizer."""
        for path, thing in list(self.server.objects.items()):
            if thing["metadata"].get("deletionTimestamp"):
                self.server.apply(path, lambda work: work["metadata"].pop("finalizers", None))

    def report(self, *, applied=True, status=None):
        """Collect the status of the Work's object on the member."""
        manifest = self.work["spec"]["workload"]["manifests"][0]
        group, version = manifest["apiVersion"].split("/")
        identifier = {"ordinal": 0, "group": group, "version": version, "kind": "CronJob", "name": "nightly"}
        identifier["namespace"] = "shop"
        condition = {"type": "Applied", "status": "True" if applied else "False", "message": "" if applied else "no"}

        def change(work):
            work["status"] = {"conditions": [condition]}
            if status is not None:
                item = {"identifier": identifier, "status": status, "health": "Healthy"}
                work["status"]["manifestStatuses"] = [item]

        self.server.apply(f"{WORK}/status", change)

    # --- ours ------------------------------------------------------------------------------------------------

    def controllers(self, identity="a"):
        settings = Settings(identity=identity, settle_seconds=SETTLE_SECONDS, own_scheduler=self.own_scheduler, now=now)
        return KarmadaControllers(self.server, lambda: self.converter, FleetView(), settings)

    def start(self, identity="a"):
        """Run a replica."""
        controllers = self.controllers(identity)
        self.replicas.append((controllers, asyncio.ensure_future(controllers.manager.run())))
        return controllers

    async def started(self, versions=OLD, identity="a", release=""):
        """Run a replica for one cluster, and wait until it leads and has seen everything."""
        self.serve("old", versions, release)
        controllers = self.start(identity)
        await until(lambda: controllers.manager.leading and self.compared)
        await self.quiet()
        return controllers

    async def stop(self, index=0):
        _, task = self.replicas.pop(index)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def stop_all(self):
        while self.replicas:
            await self.stop()

    async def quiet(self, seconds=60):
        """Wait until everything that is due in a minute has happened: virtual time costs nothing."""
        await advance(seconds)

    # --- what a test looks at --------------------------------------------------------------------------------

    def check(self):
        """A Work that Karmada made is labelled, or owned by an anchor that was there."""
        work = self.work
        if work is None:
            return
        labelled = any(label in work["metadata"].get("labels", {}) for label in BINDING_LABELS)
        if not labelled and anchor_reference(work["metadata"]) is None:
            self.broken.append("neither labelled nor owned")

    def events(self, reason=None):
        found = [
            thing for path, thing in self.server.objects.items() if path.startswith("/api/v1/") and "/events/" in path
        ]
        return [event for event in found if reason in {None, event["reason"]}]

    @property
    def writes(self):
        """All writes of ours except to the Lease, which is renewed all the time."""
        return [write for write in self.server.writes if "/leases" not in write]

    @property
    def lease(self):
        return self.server.objects.get(LEASE, {"metadata": {}})

    @property
    def compared(self):
        """Whether the leader has compared all Works with the fleet."""
        return FLEET_ANNOTATION in self.lease["metadata"].get("annotations", {})

    @property
    def work(self):
        return self.server.objects.get(WORK)

    @property
    def anchor(self):
        return self.server.objects.get(ANCHOR)


class Process:
    """A replica whose passes over the Work a test makes by hand."""

    def __init__(self, karmada):
        self.karmada = karmada
        self.tasks = []

    async def start(self):
        controllers = self.karmada.controllers()
        informers = (*controllers.manager._caches, *controllers._informers.all)
        self.tasks = [asyncio.ensure_future(informer.run()) for informer in informers]
        for informer in informers:
            await informer.synced.wait()
        self.reconciler = controllers._work_controller().reconciler

    async def stop(self):
        for task in self.tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self.tasks = []

    async def reconcile(self):
        """Let events arrive, then make one pass."""
        await advance(0.01)
        await self.reconciler.reconcile(KEY)

    async def settle(self, passes=6):
        """Make passes until nothing is left to do."""
        for _ in range(passes):
            with contextlib.suppress(RequeueError):
                await self.reconcile()
        await advance(0.01)
