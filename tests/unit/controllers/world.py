"""A small Karmada around the fake server: a webhook on Works, a binding controller, an execution controller."""

import asyncio
import contextlib
import copy

import msgspec

from converter.client import Informer, Key
from converter.controllers.anchor import WORKS
from converter.controllers.cached_work import stored
from converter.controllers.drift import Drift
from converter.controllers.work_reconciler import RequeueError, WorkReconciler
from converter.karmada.names import (
    ANCHOR_LABEL,
    BINDING_LABEL,
    BINDING_LABELS,
    CONVERTED_LABEL,
    SOURCES_ANNOTATION,
    anchor_name,
    anchor_reference,
)
from tests.unit.client.fake_server import FakeServer, merge

NS = "karmada-es-old"
NAME = "nightly-b6588cf56"
KEY = Key(NS, NAME)
WORK = WORKS.object_path(NS, NAME)
ANCHOR = WORKS.object_path(NS, anchor_name(NAME))
BINDING_ID = "e4873af9-c8f3-44e3-a9d8-e314346b3e59"


class Route:
    """Stands in for the library: CronJobs, whose status has another field name in the old version."""

    def convert(self, manifest, to):
        class Result:
            pass

        result = Result()
        result.manifest = copy.deepcopy(manifest) | {"apiVersion": to}
        status = result.manifest.get("status")
        if status and manifest["apiVersion"] == "batch/v1beta1" and "oldActive" in status:
            status["active"] = status.pop("oldActive")
        return result


def rewrite(work, served):
    """What admission makes of a Work, in place: the stand-in for `converter.works`."""
    metadata = work["metadata"]
    if ANCHOR_LABEL in metadata.get("labels", {}):
        return work
    sources = []
    for manifest in work["spec"]["workload"]["manifests"]:
        if manifest["apiVersion"] == "batch/v1" and "batch/v1" not in served:
            manifest["apiVersion"] = "batch/v1beta1"
        elif manifest["apiVersion"] == "batch/v1beta1" and "batch/v1" in served:
            manifest["apiVersion"] = "batch/v1"
        converted = manifest["apiVersion"] == "batch/v1beta1"
        entry = {
            "kind": manifest["kind"],
            "name": manifest["metadata"]["name"],
            "from": "batch/v1",
            "to": "batch/v1beta1",
        }
        sources.append(entry if converted else None)
    labels, annotations = metadata.setdefault("labels", {}), metadata.setdefault("annotations", {})
    if any(sources):
        labels[CONVERTED_LABEL] = "true"
        annotations[SOURCES_ANNOTATION] = msgspec.json.encode(sources).decode()
    else:
        labels.pop(CONVERTED_LABEL, None)
        annotations.pop(SOURCES_ANNOTATION, None)
    if anchor_reference(metadata) is not None:
        for label in BINDING_LABELS:
            labels.pop(label, None)
    return work


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
            "finalizers": ["karmada.io/execution-controller"],
        },
        "spec": {"workload": {"manifests": [template_manifest(schedule)]}},
    }


class Notes:
    """Remembers what the controller told."""

    def __init__(self):
        self.told = []

    async def anchored(self, work):
        self.told.append(("anchored", work["metadata"]["name"]))

    async def released(self, work):
        self.told.append(("released", work["metadata"]["name"]))

    async def rewritten(self, work):
        self.told.append(("rewritten", work["metadata"]["name"]))


class World:
    """The control plane, and one process of the controller at a time."""

    def __init__(self, served=("batch/v1beta1",)):
        self.server = FakeServer()
        self.served = set(served)
        self.webhook_served = None
        self.server.admit = lambda thing, _old: rewrite(thing, self.webhook_served or self.served)
        self.server.on_change = self.check
        self.notes = Notes()
        self.tasks = []
        self.broken = []

    # Karmada

    def binding_controller(self, schedule="0 1 * * *", binding_id=BINDING_ID):
        """Create or update the Work as `CreateOrUpdateWork` does."""
        wanted = new_work(schedule)
        wanted["metadata"]["labels"][BINDING_LABEL] = binding_id
        wanted["spec"]["workload"]["manifests"][0]["metadata"]["labels"][BINDING_LABEL] = binding_id
        if WORK not in self.server.objects:
            self.server.put(WORK, wanted)
            return

        def change(work):
            work["metadata"]["labels"] |= wanted["metadata"]["labels"]
            work["metadata"]["annotations"] |= wanted["metadata"]["annotations"]
            work["spec"] = wanted["spec"]

        self.server.apply(WORK, change)

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
        """Have the Work's status collected."""
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

        self.server.apply(WORK, change)

    # the process under test

    async def start(self):
        self.works = Informer(self.server, WORKS, stored, self._changed, selector=f"{CONVERTED_LABEL}=true")
        self.anchors = Informer(self.server, WORKS, stored, self._changed, selector=f"{ANCHOR_LABEL}=true")
        self.tasks = [asyncio.ensure_future(cache.run()) for cache in (self.works, self.anchors)]
        await asyncio.gather(self.works.synced.wait(), self.anchors.synced.wait())
        self.anchoring = WorkReconciler(
            self.server,
            works=self.works,
            anchor_cache=self.anchors,
            converter=Route,
            judge=self.judge,
            listener=self.notes,
        )

    async def stop(self):
        for task in self.tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self.tasks = []

    async def settle(self, passes=6):
        """Let events arrive and reconcile until nothing is left to do."""
        for _ in range(passes):
            await self.events()
            with contextlib.suppress(RequeueError):
                await self.anchoring.reconcile(KEY)
        await self.events()

    async def events(self):
        for _ in range(10):
            await asyncio.sleep(0)

    def judge(self, work, _shelved=None):
        wanted = rewrite(copy.deepcopy(work), self.served)
        if wanted == work:
            return Drift()
        patch = {"metadata": {}}
        if wanted["spec"] != work["spec"]:
            patch["spec"] = {"workload": wanted["spec"]["workload"]}
        for field in ("labels", "annotations"):
            old, new = work["metadata"].get(field, {}), wanted["metadata"].get(field, {})
            patch["metadata"][field] = {**new, **{name: None for name in old if name not in new}}
        assert merge(copy.deepcopy(work), patch) == wanted
        return Drift(patch)

    def _changed(self, key, before, after):
        pass

    # what has to hold at every moment

    def check(self):
        """A Work that Karmada made is labelled, or owned by an anchor that was there."""
        work = self.server.objects.get(WORK)
        if work is None:
            return
        labelled = any(label in work["metadata"].get("labels", {}) for label in BINDING_LABELS)
        if not labelled and anchor_reference(work["metadata"]) is None:
            self.broken.append("neither labelled nor owned")

    @property
    def work(self):
        return self.server.objects.get(WORK)

    @property
    def anchor(self):
        return self.server.objects.get(ANCHOR)
