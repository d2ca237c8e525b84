"""The fleet as Karmada's Clusters come, go and change."""

import asyncio
import contextlib

import pytest

from converter.clusters import Cluster, Fleet, FleetView
from converter.clusters.watched import CLUSTERS, KarmadaClusters
from converter.rules.pruning import Difference
from tests.fakes.apiserver import FakeApiServer
from tests.waiting import until


def cluster(name, versions, *, complete=True, labels=None):
    status = "True" if complete else "False"
    enablements = [
        {"groupVersion": version, "resources": [{"kind": kind, "name": kind.lower()} for kind in kinds]}
        for version, kinds in versions.items()
    ]
    return {
        "metadata": {"name": name, "labels": labels or {}},
        "status": {
            "apiEnablements": enablements,
            "kubernetesVersion": "v1.20.15",
            "conditions": [{"type": "CompleteAPIEnablements", "status": status}],
        },
    }


OLD = {"batch/v1beta1": ["CronJob"], "v1": ["Service"]}


class Watched:
    def __init__(self, server, overrides=None):
        self.server = server
        self.view = FleetView()
        self.told = []
        self.clusters = KarmadaClusters(server, self.view, overrides, self.told.append)

    def __getitem__(self, name):
        return self.view.current[name]


@pytest.fixture
def server():
    return FakeApiServer()


@contextlib.asynccontextmanager
async def watching(server, overrides=None):
    watched = Watched(server, overrides)
    task = asyncio.ensure_future(watched.clusters.run())
    try:
        await until(lambda: watched.view.ready and server.watchers)
        yield watched
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def put(server, thing):
    server.put(CLUSTERS.object_path("", thing["metadata"]["name"]), thing)


def change(server, name, thing):
    server.apply(CLUSTERS.object_path("", name), lambda stored: stored.update(status=thing["status"]))


async def test_the_fleet_is_ready_with_the_first_complete_list(server):
    put(server, cluster("old", OLD))
    watched = Watched(server)
    assert not watched.view.ready
    async with watching(server) as watched:
        assert watched["old"].versions_of("CronJob") == ("batch/v1beta1",)
        assert watched.told == [], "the first list is no change"


async def test_an_empty_control_plane_is_ready_too(server):
    async with watching(server) as watched:
        assert dict(watched.view.current) == {}


async def test_clusters_come_upgrade_and_go_and_each_is_reported(server):
    async with watching(server) as watched:
        put(server, cluster("old", OLD))
        await until(lambda: "old" in watched.view.current)
        change(server, "old", cluster("old", OLD | {"batch/v1": ["CronJob"]}))
        await until(lambda: watched["old"].serves("batch/v1", "CronJob"))
        server.remove(CLUSTERS.object_path("", "old"))
        await until(lambda: "old" not in watched.view.current)
        assert watched.told == ["old", "old", "old"]


async def test_what_does_not_matter_replaces_nothing(server):
    put(server, cluster("old", OLD))
    async with watching(server) as watched:
        before = watched.view.current
        server.apply(
            CLUSTERS.object_path("", "old"),
            lambda stored: stored["status"]["conditions"].append({"type": "Ready", "status": "False"}),
        )
        put(server, cluster("new", {}))
        await until(lambda: "new" in watched.view.current)
        assert watched.told == ["new"]
        assert watched.view.current["old"] is before["old"]


async def test_a_cluster_that_reports_nothing_keeps_its_versions(server):
    put(server, cluster("old", OLD))
    async with watching(server) as watched:
        change(server, "old", cluster("old", {}, complete=False))
        put(server, cluster("new", {}))
        await until(lambda: "new" in watched.view.current)
        assert watched["old"].serves("batch/v1beta1", "CronJob")
        assert watched["old"].complete
        change(server, "old", cluster("old", {}, complete=True))
        await until(lambda: not watched["old"].served)


async def test_an_admins_word_goes_before_what_karmada_collected(server):
    put(server, cluster("old", OLD))
    told = Cluster.from_versions("old", {"batch/v1": ["CronJob"]})
    by_hand = Cluster.from_versions("edge", {"v1": ["Service"]})
    async with watching(server, Fleet.of([told, by_hand])) as watched:
        assert watched["old"] is told
        assert watched["edge"] is by_hand


async def test_a_cluster_that_cannot_be_read_does_not_hold_up_the_others(server):
    broken = cluster("broken", OLD)
    broken["status"]["apiEnablements"] = [{"groupVersion": "a/b/c", "resources": [{"kind": "X", "name": "x"}]}]
    put(server, broken)
    put(server, cluster("old", OLD))
    async with watching(server) as watched:
        assert list(watched.view.current) == ["old"]


LACKING = {("batch/v1beta1", "CronJob"): Difference()}


async def test_what_schemas_lack_is_part_of_the_cluster(server):
    async with watching(server) as watched:
        watched.clusters.use_lacking("old", LACKING)
        put(server, cluster("old", OLD))
        await until(lambda: "old" in watched.view.current)
        assert watched["old"].lacking == LACKING
        watched.told.clear()
        watched.clusters.use_lacking("old", {})
        assert not watched["old"].lacking
        watched.clusters.use_lacking("old", {})
        assert watched.told == ["old"], "only a change is reported"
