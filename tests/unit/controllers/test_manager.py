"""A whole replica on a control plane in memory, with the shipped rules and the real webhooks."""

import msgspec
import pytest

from converter.client.collections import BINDINGS, WORKS
from converter.karmada.carried_status import unpack
from converter.karmada.names import (
    BINDING_LABEL,
    CONVERTED_LABEL,
    EXCLUDED_ANNOTATION,
    EXCLUDED_LABEL,
    EXECUTION_FINALIZER,
    LOSSES_ANNOTATION,
    anchor_reference,
)
from tests.fakes.karmada import NAME, NEW, NS, OLD, WORK, new_work
from tests.fakes.virtual_time import advance
from tests.nonempty import some
from tests.waiting import until

pytestmark = pytest.mark.virtual_time


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


async def test_from_a_new_work_to_its_status_and_an_upgrade(karmada):
    await karmada.started()
    karmada.server.put(BINDINGS.object_path("shop", "nightly-cronjob"), binding(clusters=["old"]))
    karmada.server.put(WORK, new_work())
    await until(lambda: karmada.anchor and karmada.anchor.get("status"))
    assert karmada.work["spec"]["workload"]["manifests"][0]["apiVersion"] == "batch/v1beta1"
    assert anchor_reference(karmada.work["metadata"])["uid"] == karmada.anchor["metadata"]["uid"]
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
    karmada.server.apply(
        WORK,
        lambda work: work.update(
            status={"conditions": [{"type": "Applied", "status": "True"}], "manifestStatuses": [manifest_status]}
        ),
    )

    def told():
        return unpack(karmada.anchor["status"]["conditions"][0]["message"])

    await until(lambda: told().applied)
    assert told().of("batch/v1", "CronJob", "shop", "nightly").status == {"active": [{"name": "nightly-1"}]}
    await karmada.quiet()
    writes = karmada.writes
    await karmada.quiet()
    assert karmada.writes == writes

    karmada.serve("old", NEW)
    await until(lambda: karmada.anchor is None)
    assert karmada.work["spec"]["workload"]["manifests"][0]["apiVersion"] == "batch/v1"
    assert CONVERTED_LABEL not in karmada.work["metadata"]["labels"]
    assert BINDING_LABEL in karmada.work["metadata"]["labels"]
    karmada.server.collect_garbage()
    assert karmada.work["metadata"].get("deletionTimestamp") is None


async def test_what_a_cluster_drops_is_reported_although_nothing_is_converted(karmada):
    await karmada.started(NEW, release="v1.22.3")
    karmada.server.put(BINDINGS.object_path("shop", "nightly-cronjob"), binding(clusters=["old"]))
    zoned = new_work()
    zoned["spec"]["workload"]["manifests"][0]["spec"]["timeZone"] = "Europe/Madrid"
    karmada.server.put(WORK, zoned)
    await until(lambda: len(karmada.events("FieldsDropped")) == 2)
    assert {event["involvedObject"]["kind"] for event in karmada.events("FieldsDropped")} == {"Work", "ResourceBinding"}
    assert all("timeZone" in event["message"] for event in some(karmada.events("FieldsDropped")))
    assert karmada.anchor is None
    await karmada.quiet()
    reads = karmada.server.reads.count(WORK)
    karmada.server.apply(WORK, lambda work: work.update(status={"conditions": []}))
    await karmada.quiet()
    assert karmada.server.reads.count(WORK) == reads, "a change of the status is no news"
    assert len(karmada.events("FieldsDropped")) == 2


async def test_events_on_the_work_and_its_binding_are_reported_once(karmada):
    await karmada.started()
    karmada.server.put(BINDINGS.object_path("shop", "nightly-cronjob"), binding(clusters=["old"]))
    karmada.server.put(WORK, new_work())
    await until(lambda: len(karmada.events("VersionConverted")) == 2)
    await karmada.quiet()
    told = karmada.events("VersionConverted")
    assert {event["involvedObject"]["kind"] for event in told} == {"Work", "ResourceBinding"}
    assert {event["metadata"]["namespace"] for event in told} == {NS, "shop"}
    (text,) = {event["message"] for event in told}
    assert {"CronJob", "nightly", "old", "batch/v1beta1", "batch/v1"} <= set(text.split())
    await karmada.stop()
    await karmada.started(identity="b")
    assert len(karmada.events("VersionConverted")) == 2


async def test_a_loss_of_a_converted_work_is_recorded(karmada):
    await karmada.started(release="v1.20.15")
    karmada.server.put(BINDINGS.object_path("shop", "nightly-cronjob"), binding(clusters=["old"]))
    work = new_work()
    work["spec"]["workload"]["manifests"][0]["spec"]["timeZone"] = "Europe/Berlin"
    karmada.server.put(WORK, work)
    await karmada.quiet()
    assert karmada.work["spec"]["workload"]["manifests"][0]["apiVersion"] == "batch/v1beta1"
    assert karmada.work["metadata"]["annotations"][LOSSES_ANNOTATION]
    dropped = karmada.events("FieldsDropped")
    assert {event["involvedObject"]["kind"] for event in dropped} == {"Work", "ResourceBinding"}
    assert all("timeZone" in event["message"] for event in some(dropped))


async def test_a_work_that_loses_nothing_has_no_event_about_losses(karmada):
    await karmada.started()
    karmada.server.put(WORK, new_work())
    await karmada.quiet()
    assert karmada.events("VersionConverted")
    assert karmada.events("FieldsDropped") == []


async def delete_at(karmada, versions):
    """Have a Work of a cluster with these versions deleted, which waits for Karmada's finalizer."""
    await karmada.started(versions)
    karmada.server.put(WORK, new_work())
    await karmada.quiet()
    karmada.delete_bound()
    karmada.server.collect_garbage()
    assert karmada.work["metadata"]["deletionTimestamp"]
    assert karmada.work["spec"]["workload"]["manifests"][0]["apiVersion"] in versions


OTHER_VERSIONS = pytest.mark.parametrize(
    ("before", "after", "version"), [(NEW, OLD, "batch/v1beta1"), (OLD, NEW, "batch/v1")]
)


@OTHER_VERSIONS
async def test_a_work_is_deleted_in_a_version_that_its_changed_cluster_serves(karmada, before, after, version):
    """Karmada waits for a cluster that is out of reach, and it may come back with another release."""
    await delete_at(karmada, before)
    karmada.serve("old", after)
    await karmada.quiet()
    assert karmada.work["spec"]["workload"]["manifests"][0]["apiVersion"] == version
    writes = karmada.writes
    await karmada.quiet()
    assert karmada.writes == writes
    karmada.execution_controller()
    await karmada.quiet()
    assert (karmada.work, karmada.anchor) == (None, None)


@OTHER_VERSIONS
async def test_karmada_may_be_faster_than_the_controller(karmada, before, after, version):
    await delete_at(karmada, before)
    karmada.serve("old", after)
    karmada.execution_controller()
    assert karmada.work["metadata"]["finalizers"] == [EXECUTION_FINALIZER]
    assert karmada.work["spec"]["workload"]["manifests"][0]["apiVersion"] == version
    karmada.execution_controller()
    await karmada.quiet()
    assert (karmada.work, karmada.anchor) == (None, None)


async def test_the_anchor_goes_after_a_restored_work_that_is_being_deleted(karmada):
    await karmada.started(OLD)
    karmada.server.put(WORK, new_work())
    await karmada.quiet()
    karmada.server.remove(WORK)  # by hand: the anchor stays
    karmada.serve("old", NEW)
    await karmada.quiet()
    assert karmada.work["spec"]["workload"]["manifests"][0]["apiVersion"] == "batch/v1"
    assert karmada.anchor is not None
    karmada.execution_controller()
    await karmada.quiet(300)
    assert (karmada.work, karmada.anchor) == (None, None)


async def test_a_downgrade_converts_what_was_plain(karmada):
    await karmada.started(NEW)
    karmada.server.put(WORK, new_work())
    await karmada.quiet()
    assert karmada.anchor is None
    karmada.serve("old", OLD)
    await until(lambda: karmada.anchor is not None and anchor_reference(karmada.work["metadata"]) is not None)
    assert karmada.work["spec"]["workload"]["manifests"][0]["apiVersion"] == "batch/v1beta1"


async def test_a_downgrade_that_nothing_can_be_done_about_is_reported(karmada):
    await karmada.started(NEW)
    karmada.server.put(WORK, new_work())
    karmada.serve("old", {"v1": ["ConfigMap"]})
    await until(lambda: karmada.events("ConversionFailed"))
    assert karmada.work["spec"]["workload"]["manifests"][0]["apiVersion"] == "batch/v1"
    assert "CronJob" in karmada.events("ConversionFailed")[0]["message"]


async def test_placements_follow_the_fleet_and_people_hear_of_it(karmada):
    await karmada.started({"v1": ["ConfigMap"]})
    path = BINDINGS.object_path("shop", "nightly-cronjob")
    karmada.serve("new", NEW)
    karmada.server.put(path, binding(placement={"clusterAffinity": {"exclude": ["test"]}}))
    karmada.serve("third", {"v1": ["ConfigMap"]})
    await karmada.quiet()
    stored = karmada.server.objects[path]
    assert stored["spec"]["placement"] == {"clusterAffinity": {"exclude": ["test", "old", "third"]}}
    assert set(msgspec.json.decode(stored["metadata"]["annotations"][EXCLUDED_ANNOTATION])) == {"old", "third"}
    assert stored["metadata"]["labels"] == {EXCLUDED_LABEL: "true"}
    await until(lambda: karmada.events("ClustersExcluded"))
    assert "old" in karmada.events("ClustersExcluded")[0]["message"].split()
    karmada.serve("old", OLD)
    karmada.serve("third", NEW)
    await until(lambda: EXCLUDED_LABEL not in karmada.server.objects[path]["metadata"]["labels"])
    stored = karmada.server.objects[path]
    assert stored["spec"]["placement"] == {"clusterAffinity": {"exclude": ["test"]}}
    assert stored["metadata"]["annotations"] == {}


async def test_of_two_replicas_one_acts_and_the_other_follows(karmada):
    first = await karmada.started()
    second = karmada.start("b")
    await advance(30)
    assert first.manager.leading
    assert not second.manager.leading
    assert second.manager.ready
    await karmada.stop(0)
    karmada.server.put(WORK, new_work())
    await until(lambda: second.manager.leading and karmada.anchor is not None)


async def test_a_failing_write_is_tried_again(karmada):
    failures = [(500, "InternalError"), (503, "ServiceUnavailable"), (409, "Conflict"), (403, "Forbidden")]

    def fail(method, path):
        if failures and method == "POST" and path == WORKS.path(NS):
            return failures.pop()
        return None

    karmada.server.fail = fail
    await karmada.started()
    karmada.server.put(WORK, new_work())
    await until(lambda: karmada.anchor is not None)
    assert failures == []


async def test_plain_works_cost_nothing(karmada):
    for number in range(50):
        work = new_work()
        work["metadata"]["name"] = f"plain-{number}"
        work["spec"]["workload"]["manifests"][0] |= {"apiVersion": "v1", "kind": "ConfigMap"}
        karmada.server.put(WORKS.object_path(NS, f"plain-{number}"), work)
    controllers = await karmada.started()
    assert not controllers._informers.works.items
    assert not any("plain-" in write for write in karmada.server.writes)
    assert not any("plain-" in read for read in karmada.server.reads)


async def test_works_from_before_the_installation_are_looked_at_once(karmada):
    with karmada.without_webhooks():
        karmada.server.put(WORK, new_work())
    await karmada.started()
    await until(lambda: karmada.anchor is not None and anchor_reference(karmada.work["metadata"]) is not None)
    await karmada.stop()
    karmada.server.reads.clear()
    await karmada.started(identity="b")
    await karmada.quiet()
    assert WORKS.path(NS) not in karmada.server.reads, "the same fleet needs no second look"


async def test_a_cluster_that_changed_while_nobody_led_is_looked_at(karmada):
    await karmada.started(NEW)
    karmada.server.put(WORK, new_work())
    await karmada.stop()
    karmada.serve("old", OLD)
    await karmada.started(OLD, identity="b")
    await until(lambda: karmada.anchor is not None)
    assert karmada.work["spec"]["workload"]["manifests"][0]["apiVersion"] == "batch/v1beta1"


async def test_a_mistake_in_one_work_does_not_stop_the_others(karmada, monkeypatch):
    controllers = await karmada.started()
    original = controllers._readmission._detect

    def detect(raw, overflow=None):
        if msgspec.json.decode(raw)["metadata"]["name"] == "broken":
            raise ZeroDivisionError
        return original(raw, overflow)

    monkeypatch.setattr(controllers._readmission, "_detect", detect)
    broken = new_work()
    broken["metadata"]["name"] = "broken"
    karmada.server.put(WORKS.object_path(NS, "broken"), broken)
    karmada.server.put(WORK, new_work())
    await until(lambda: karmada.anchor is not None)
    assert NAME in karmada.anchor["metadata"]["name"]
