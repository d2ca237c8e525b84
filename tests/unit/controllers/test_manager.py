"""The whole controller on a control plane in memory, with the shipped rules and the real webhooks' words."""

import asyncio

import msgspec

from converter.controllers.anchor import WORKS
from converter.controllers.event_recorder import BINDINGS
from converter.controllers.manager import LOOKED_AT_ANNOTATION
from converter.karmada.carried_status import unpack
from converter.karmada.names import (
    BINDING_LABEL,
    CONVERTED_LABEL,
    EXCLUDED_ANNOTATION,
    EXCLUDED_LABEL,
    anchor_reference,
)
from tests.nonempty import some
from tests.unit.controllers.plane import NEW, OLD, looked_at, quiet, started, until
from tests.unit.controllers.world import NAME, NS, WORK, new_work


def binding(name="nightly-cronjob", *, api_version="batch/v1", kind="CronJob", clusters=(), placement=None):
    return {
        "apiVersion": "work.karmada.io/v1alpha2",
        "kind": "ResourceBinding",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "resource": {"apiVersion": api_version, "kind": kind, "name": "nightly", "namespace": "shop"},
            "clusters": [{"name": cluster} for cluster in clusters],
            "placement": placement if placement is not None else {},
        },
    }


async def test_from_a_new_work_to_its_status_and_an_upgrade(plane):
    await started(plane)
    plane.server.put(BINDINGS.object_path("shop", "nightly-cronjob"), binding(clusters=["old"]))
    plane.server.put(WORK, new_work())
    await until(lambda: plane.anchor and plane.anchor.get("status"))
    assert plane.work["spec"]["workload"]["manifests"][0]["apiVersion"] == "batch/v1beta1"
    assert anchor_reference(plane.work["metadata"])["uid"] == plane.anchor["metadata"]["uid"]
    manifest_status = {
        "identifier": {
            "ordinal": 0,
            "group": "batch",
            "version": "v1beta1",
            "kind": "CronJob",
            "namespace": "shop",
            "name": "nightly",
        },
        "status": {"active": [{"name": "nightly-1"}]},
        "health": "Healthy",
    }
    plane.server.apply(
        WORK,
        lambda work: work.update(
            status={"conditions": [{"type": "Applied", "status": "True"}], "manifestStatuses": [manifest_status]}
        ),
    )

    def told():
        return unpack(plane.anchor["status"]["conditions"][0]["message"])

    await until(lambda: told().applied)
    assert told().of("batch/v1", "CronJob", "shop", "nightly").status == {"active": [{"name": "nightly-1"}]}
    await quiet(plane)
    writes = plane.writes
    await asyncio.sleep(0.3)
    assert plane.writes == writes

    plane.serve("old", NEW)
    await until(lambda: plane.anchor is None)
    assert plane.work["spec"]["workload"]["manifests"][0]["apiVersion"] == "batch/v1"
    assert CONVERTED_LABEL not in plane.work["metadata"]["labels"]
    assert BINDING_LABEL in plane.work["metadata"]["labels"]
    plane.server.collect_garbage()
    assert plane.work["metadata"].get("deletionTimestamp") is None


async def test_what_a_cluster_drops_is_told_although_nothing_is_converted(plane):
    await started(plane, NEW, release="v1.22.3")
    await looked_at(plane)
    plane.server.put(BINDINGS.object_path("shop", "nightly-cronjob"), binding(clusters=["old"]))
    zoned = new_work()
    zoned["spec"]["workload"]["manifests"][0]["spec"]["timeZone"] = "Europe/Madrid"
    plane.server.put(WORK, zoned)
    await until(lambda: len(plane.events("FieldsDropped")) == 2)
    assert {event["involvedObject"]["kind"] for event in plane.events("FieldsDropped")} == {"Work", "ResourceBinding"}
    assert all("timeZone" in event["message"] for event in some(plane.events("FieldsDropped")))
    assert plane.anchor is None
    await quiet(plane)
    reads = plane.server.reads.count(WORK)
    plane.server.apply(WORK, lambda work: work.update(status={"conditions": []}))
    await quiet(plane)
    assert plane.server.reads.count(WORK) == reads, "a change of the status is no news"
    assert len(plane.events("FieldsDropped")) == 2


async def test_events_on_the_work_and_its_binding_are_told_once(plane):
    await started(plane)
    plane.server.put(BINDINGS.object_path("shop", "nightly-cronjob"), binding(clusters=["old"]))
    plane.server.put(WORK, new_work())
    await until(lambda: len(plane.events("VersionConverted")) == 2)
    await quiet(plane)
    told = plane.events("VersionConverted")
    assert {event["involvedObject"]["kind"] for event in told} == {"Work", "ResourceBinding"}
    assert {event["metadata"]["namespace"] for event in told} == {NS, "shop"}
    assert {event["message"] for event in told} == {
        "CronJob nightly goes to cluster old as batch/v1beta1 instead of batch/v1"
    }
    await plane.stop()
    await started(plane, identity="b")
    await asyncio.sleep(0.2)
    assert len(plane.events("VersionConverted")) == 2


async def test_a_loss_is_told(plane):
    await started(plane)
    work = new_work()
    work["spec"]["workload"]["manifests"][0]["spec"]["timeZone"] = "Europe/Berlin"
    work["spec"]["workload"]["manifests"][0]["apiVersion"] = "batch/v1"
    plane.server.put(WORK, work)
    await until(lambda: plane.events("VersionConverted"))
    await quiet(plane)
    losses = plane.work["metadata"]["annotations"].get("apiconverter.dev/losses")
    assert bool(plane.events("FieldsDropped")) == bool(losses)


async def test_a_downgrade_converts_what_was_plain(plane):
    await started(plane, NEW)
    plane.server.put(WORK, new_work())
    await quiet(plane)
    assert plane.anchor is None
    plane.serve("old", OLD)
    await until(lambda: plane.anchor is not None and anchor_reference(plane.work["metadata"]) is not None)
    assert plane.work["spec"]["workload"]["manifests"][0]["apiVersion"] == "batch/v1beta1"


async def test_a_downgrade_that_nothing_can_be_done_about_is_told(plane):
    await started(plane, NEW)
    plane.server.put(WORK, new_work())
    plane.serve("old", {"v1": ["ConfigMap"]})
    await until(lambda: plane.events("ConversionFailed"))
    assert plane.work["spec"]["workload"]["manifests"][0]["apiVersion"] == "batch/v1"
    assert "CronJob" in plane.events("ConversionFailed")[0]["message"]


async def test_placements_follow_the_fleet_and_people_hear_of_it(plane):
    await started(plane, {"v1": ["ConfigMap"]})
    path = BINDINGS.object_path("shop", "nightly-cronjob")
    plane.serve("new", NEW)
    plane.server.put(path, binding(placement={"clusterAffinity": {"exclude": ["test"]}}))
    plane.serve("third", {"v1": ["ConfigMap"]})
    await until(lambda: EXCLUDED_ANNOTATION in (plane.server.objects[path]["metadata"].get("annotations") or {}))
    stored = plane.server.objects[path]
    assert stored["spec"]["placement"] == {"clusterAffinity": {"exclude": ["test", "old", "third"]}}
    assert stored["metadata"]["labels"] == {EXCLUDED_LABEL: "true"}
    await until(lambda: plane.events("ClustersExcluded"))
    assert "cluster old is left out" in plane.events("ClustersExcluded")[0]["message"]
    plane.serve("old", OLD)
    plane.serve("third", NEW)
    await until(lambda: EXCLUDED_LABEL not in plane.server.objects[path]["metadata"]["labels"])
    stored = plane.server.objects[path]
    assert stored["spec"]["placement"] == {"clusterAffinity": {"exclude": ["test"]}}
    assert stored["metadata"]["annotations"] == {}


async def test_of_two_replicas_one_acts_and_the_other_follows(plane):
    first = await started(plane)
    second = plane.start("b")
    await asyncio.sleep(0.15)
    assert first.leading
    assert not second.leading
    assert second.ready
    await plane.stop(0)
    plane.server.put(WORK, new_work())
    await until(lambda: second.leading and plane.anchor is not None)


async def test_a_failing_write_is_tried_again(plane):
    failures = [(500, "InternalError"), (503, "ServiceUnavailable"), (409, "Conflict"), (403, "Forbidden")]

    def fail(method, path):
        if failures and method == "POST" and path == WORKS.path(NS):
            return failures.pop()
        return None

    plane.server.fail = fail
    await started(plane)
    plane.server.put(WORK, new_work())
    await until(lambda: plane.anchor is not None)
    assert failures == []


async def test_plain_works_cost_nothing(plane):
    for number in range(50):
        work = new_work()
        work["metadata"]["name"] = f"plain-{number}"
        work["spec"]["workload"]["manifests"][0] |= {"apiVersion": "v1", "kind": "ConfigMap"}
        plane.server.put(WORKS.object_path(NS, f"plain-{number}"), work)
    controller = await started(plane)
    await quiet(plane)
    assert not controller._works.items
    assert not any("plain-" in write for write in plane.server.writes)
    assert not any("plain-" in read for read in plane.server.reads)


async def test_works_from_before_the_installation_are_looked_at_once(plane):
    plane.server.admit = lambda thing, _old: thing
    plane.server.put(WORK, new_work())
    plane.server.admit = plane.admit
    await started(plane)
    await until(lambda: plane.anchor is not None and anchor_reference(plane.work["metadata"]) is not None)
    await until(lambda: LOOKED_AT_ANNOTATION in plane.lease["metadata"].get("annotations", {}))
    await plane.stop()
    plane.server.reads.clear()
    await started(plane, identity="b")
    await quiet(plane)
    assert WORKS.path(NS) not in plane.server.reads, "the same fleet needs no second look"


async def test_a_cluster_that_changed_while_nobody_led_is_looked_at(plane):
    await started(plane, NEW)
    plane.server.put(WORK, new_work())
    await until(lambda: LOOKED_AT_ANNOTATION in plane.lease["metadata"].get("annotations", {}))
    await plane.stop()
    plane.server.admit = lambda thing, _old: thing
    plane.serve("old", OLD)
    plane.server.admit = plane.admit
    await started(plane, OLD, identity="b")
    await until(lambda: plane.anchor is not None)
    assert plane.work["spec"]["workload"]["manifests"][0]["apiVersion"] == "batch/v1beta1"


async def test_a_mistake_in_one_work_does_not_stop_the_others(plane, monkeypatch):
    controller = await started(plane)
    original = controller._anchoring._judge

    def judge(work):
        if work["metadata"]["name"] == "broken":
            raise ZeroDivisionError
        return original(work)

    monkeypatch.setattr(controller._anchoring, "_judge", judge)
    broken = new_work()
    broken["metadata"]["name"] = "broken"
    plane.server.put(WORKS.object_path(NS, "broken"), broken)
    plane.server.put(WORK, new_work())
    await until(lambda: plane.anchor is not None)
    assert msgspec.json.encode(plane.anchor)
    assert NAME in plane.anchor["metadata"]["name"]
