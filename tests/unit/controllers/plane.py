"""A control plane in memory whose webhook on Works is the real judgement, with replicas of the real controller."""

import asyncio
import contextlib

from converter import Converter
from converter.client import Collection
from converter.clusters import FleetView
from converter.clusters.watched import CLUSTERS
from converter.controllers.drift import DriftDetector
from converter.controllers.manager import LOOKED_AT_ANNOTATION, Manager, Settings
from converter.works.policy import Policy
from tests.unit.client.fake_server import FakeServer, merge
from tests.unit.controllers.world import ANCHOR, WORK

OLD = {"batch/v1beta1": ["CronJob"], "v1": ["ConfigMap"]}
NEW = {"batch/v1": ["CronJob"], "v1": ["ConfigMap"]}
EVENTS = Collection("/api/v1", "events")
CONVERTER = Converter.from_rules()


def cluster(name, versions, release=""):
    enablements = [
        {"groupVersion": version, "resources": [{"kind": kind, "name": kind.lower()} for kind in kinds]}
        for version, kinds in versions.items()
    ]
    conditions = [{"type": "CompleteAPIEnablements", "status": "True"}]
    status = {"apiEnablements": enablements, "conditions": conditions, "kubernetesVersion": release}
    return {"metadata": {"name": name}, "status": status}


class Plane:
    """A control plane whose webhook on Works is the real judgement, and replicas of the controller."""

    def __init__(self, converter=CONVERTER):
        self.converter = converter
        self.server = FakeServer()
        self.view = FleetView()
        self.replicas = []
        self.server.admit = self.admit

    def admit(self, thing, _old):
        if thing.get("kind") != "Work":
            return thing
        patch = DriftDetector(lambda: self.converter, self.view, Policy())(thing).patch
        return merge(thing, patch) if patch else thing

    def serve(self, name, versions, release=""):
        path = CLUSTERS.object_path("", name)
        if path in self.server.objects:
            self.server.apply(path, lambda stored: stored.update(status=cluster(name, versions, release)["status"]))
        else:
            self.server.put(path, cluster(name, versions, release))

    def start(self, identity="a"):
        view = self.view if not self.replicas else FleetView()
        controller = Manager(
            self.server, lambda: self.converter, view, Settings(identity=identity, settle_seconds=(0.01, 0.05))
        )
        controller._election._period = 0.02
        task = asyncio.ensure_future(controller.run())
        self.replicas.append((controller, task))
        return controller

    async def stop(self, index=0):
        _, task = self.replicas.pop(index)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    def events(self, reason):
        found = [
            thing for path, thing in self.server.objects.items() if path.startswith("/api/v1/") and "/events/" in path
        ]
        return [event for event in found if event["reason"] == reason]

    @property
    def writes(self):
        """What has been written but for the lease, which is renewed all the time."""
        return [write for write in self.server.writes if "/leases" not in write]

    @property
    def lease(self):
        return self.server.objects["/apis/coordination.k8s.io/v1/namespaces/karmada-system/leases/apiconverter"]

    @property
    def work(self):
        return self.server.objects.get(WORK)

    @property
    def anchor(self):
        return self.server.objects.get(ANCHOR)


async def until(condition, seconds=3):
    for _ in range(int(seconds * 500)):
        if condition():
            return
        await asyncio.sleep(0.002)
    raise AssertionError("it did not come to pass")


async def started(plane, versions=OLD, identity="a", release=""):
    plane.serve("old", versions, release)
    controller = plane.start(identity)
    await until(lambda: controller.leading and plane.view.ready)
    return controller


async def quiet(plane):
    """Wait until nothing more is written."""
    before = -1
    while before != len(plane.writes):
        before = len(plane.writes)
        await asyncio.sleep(0.15)


async def looked_at(plane):
    """Wait until who leads has read everything and looked at it once, as it does to begin with."""
    await until(lambda: LOOKED_AT_ANNOTATION in plane.lease["metadata"].get("annotations", {}))
    await quiet(plane)
