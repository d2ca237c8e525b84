"""When a cluster's Works are compared: soon after a change, once more later, and never twice for nothing."""

import asyncio
from types import SimpleNamespace

import pytest

from converter.catalog import Release
from converter.client import ApiError
from converter.clusters import Cluster, Fleet, FleetView
from converter.controllers.resync import FLEET_ANNOTATION, RULES_SECONDS, ClusterReconciler, fleet_digest
from tests.fakes.karmada import BOTH, NEW, OLD, SETTLE_SECONDS
from tests.fakes.virtual_time import advance
from tests.nonempty import some

pytestmark = pytest.mark.virtual_time


class Fixture:
    def __init__(self, *names, observed=False):
        self.fleet = FleetView(Fleet.of(Cluster.from_versions(name, OLD) for name in names))
        self.rules = object()
        self.election = SimpleNamespace(term=0, annotations={})
        if observed:
            self.election.annotations[FLEET_ANNOTATION] = fleet_digest(self.fleet.current)
        self.resynced = []
        self.changed = []
        self.fail = False
        self.reconciler = ClusterReconciler(self.fleet, lambda: self.rules, self.election, self.resync, SETTLE_SECONDS)

    async def resync(self, cluster, changed):
        if self.fail:
            raise ApiError("GET x", 500, "InternalError", "broken")
        self.resynced.append(cluster)
        self.changed.append(changed)

    def change(self, name, versions):
        self.fleet.replace(Fleet({**self.fleet.current, name: Cluster.from_versions(name, versions)}))

    def remove(self, name):
        self.fleet.replace(Fleet({other: self.fleet.current[other] for other in self.fleet.current if other != name}))

    async def reconcile(self, *names):
        """Reconcile as a controller does: again when the result asks for it."""
        for name in names:
            while (after := (await self.reconciler.reconcile(name)).requeue_after) is not None:
                await advance(after)

    @property
    def recorded(self):
        return self.election.annotations.get(FLEET_ANNOTATION) == fleet_digest(self.fleet.current)


async def test_after_an_installation_all_clusters_are_compared_once():
    made = Fixture("a", "b")
    await made.reconcile("a")
    assert not made.recorded, "b is not compared yet"
    await made.reconcile("b")
    assert made.resynced == ["a", "b"]
    assert made.changed == [False, False], "the other controllers start from everything"
    assert made.recorded
    await made.reconcile("a", "b")
    assert made.resynced == ["a", "b"]


async def test_what_the_last_leader_compared_is_not_compared_again():
    made = Fixture("a", "b", observed=True)
    await made.reconcile("a", "b")
    assert made.resynced == []


@pytest.mark.parametrize("change", ["versions", "release", "gone", "new"])
async def test_a_change_is_compared_soon_and_once_more_when_every_replica_has_seen_it(change):
    made = Fixture("a", "b", observed=True)
    await made.reconcile("a", "b")
    name = {"new": "c"}.get(change, "a")
    if change == "gone":
        made.remove("a")
    elif change == "release":
        made.fleet.replace(Fleet({**made.fleet.current, "a": Cluster.from_versions("a", OLD, release=Release(1, 22))}))
    else:
        made.change(name, NEW)
    began = asyncio.get_running_loop().time()
    result = await made.reconciler.reconcile(name)
    assert made.resynced == []
    assert result.requeue_after == pytest.approx(SETTLE_SECONDS[0])
    await advance(result.requeue_after)
    result = await made.reconciler.reconcile(name)
    assert made.resynced == [name]
    assert not made.recorded, "a leader that takes over now compares again"
    await advance(result.requeue_after)
    await made.reconcile(name)
    assert made.resynced == [name, name]
    assert made.changed == [True, True]
    assert asyncio.get_running_loop().time() - began == pytest.approx(SETTLE_SECONDS[1])
    assert made.recorded
    if change == "gone":
        assert "a" not in made.reconciler._progress, "it does not grow"


async def test_a_change_of_the_rules_is_compared_even_sooner():
    """An administrator who applies a rule waits for it: the first pass comes well within two seconds."""
    made = Fixture("a", observed=True)
    await made.reconcile("a")
    made.rules = object()
    began = asyncio.get_running_loop().time()
    times = []
    result = await made.reconciler.reconcile("a")
    while result.requeue_after is not None:
        await advance(result.requeue_after)
        times.append(asyncio.get_running_loop().time() - began)
        result = await made.reconciler.reconcile("a")
    assert times == pytest.approx([RULES_SECONDS, *SETTLE_SECONDS])
    assert made.resynced == ["a"] * 3


async def test_a_cluster_that_joins_with_unknown_apis_is_looked_at_at_once():
    """The scheduler may choose it within a second or two, so it must be excluded by then."""
    made = Fixture("a", observed=True)
    await made.reconcile("a")
    made.fleet.replace(Fleet({**made.fleet.current, "b": Cluster.from_versions("b", {}, complete=False)}))
    began = asyncio.get_running_loop().time()
    await made.reconciler.reconcile("b")
    assert (made.resynced, made.changed) == (["b"], [True])
    assert asyncio.get_running_loop().time() == began
    await made.reconcile("b")
    assert made.resynced == ["b"] * 3

    made.change("b", NEW)  # its APIs are known
    await made.reconciler.reconcile("b")
    assert made.resynced == ["b"] * 3
    await made.reconcile("b")
    assert made.resynced == ["b"] * 5


async def test_another_change_meanwhile_starts_again():
    made = Fixture("a", observed=True)
    await made.reconcile("a")
    made.change("a", NEW)
    await advance((await made.reconciler.reconcile("a")).requeue_after)
    await made.reconciler.reconcile("a")
    made.change("a", BOTH)
    await made.reconcile("a")
    assert made.resynced == ["a"] * 3
    assert made.recorded


async def test_a_timer_that_fires_a_tick_early_counts():
    made = Fixture("a", observed=True)
    await made.reconcile("a")
    made.change("a", NEW)
    await advance((await made.reconciler.reconcile("a")).requeue_after - 1e-9)
    assert (await made.reconciler.reconcile("a")).requeue_after > 1
    assert made.resynced == ["a"]


async def test_a_failed_pass_is_not_counted():
    made = Fixture("a")
    made.fail = True
    with pytest.raises(ApiError):
        await made.reconcile("a")
    assert not made.recorded
    made.fail = False
    await made.reconcile("a")
    assert made.resynced == ["a"]
    assert made.recorded


async def test_a_new_term_believes_the_lease_and_not_its_memory():
    made = Fixture("a", observed=True)
    await made.reconcile("a")
    made.election.term += 1
    made.election.annotations = {FLEET_ANNOTATION: "what another leader compared"}
    await made.reconcile("a")
    assert made.resynced == ["a"]
    made.election.term += 1
    await made.reconcile("a")
    assert made.resynced == ["a"], "the Lease says that all is compared"


def test_the_digest_of_a_fleet_covers_what_decides_about_works():
    base = Cluster.from_versions("a", OLD)
    same = fleet_digest(Fleet.of([Cluster.from_versions("a", OLD)]))
    others = [
        Cluster.from_versions("a", NEW),
        Cluster.from_versions("a", OLD, complete=False),
        Cluster.from_versions("a", OLD, release=Release(1, 22)),
        Cluster.from_versions("b", OLD),
    ]
    assert fleet_digest(Fleet.of([base])) == same
    for other in some(others):
        assert fleet_digest(Fleet.of([other])) != same
