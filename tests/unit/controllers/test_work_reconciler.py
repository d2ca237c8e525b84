"""A Work and its anchor through their whole life, cut off at every step."""

import pytest

from converter.client import ConflictError
from converter.controllers.controller import RequeueError, RequeueReason
from converter.karmada.carried_status import unpack
from converter.karmada.names import ANCHOR_LABEL, BINDING_LABEL, CONVERTED_LABEL, anchor_reference
from tests.fakes.karmada import ANCHOR, BINDING_ID, BOTH, NAME, NEW, NS, OLD, WORK, Karmada, Process, new_work
from tests.fakes.virtual_time import advance
from tests.rulekit import converter, rule_text

pytestmark = pytest.mark.virtual_time


async def anchored(karmada, process):
    karmada.binding_controller()
    await process.start()
    await process.settle()


@pytest.fixture(autouse=True)
def _fleet(karmada):
    karmada.serve("old", OLD)


def recorded(karmada):
    """The reasons of the Events on the Work, in order."""
    return [event["reason"] for event in karmada.events() if event["involvedObject"]["kind"] == "Work"]


def message(karmada):
    return karmada.anchor["status"]["conditions"][0]["message"]


async def test_a_converted_work_gets_an_anchor_that_stands_for_it(karmada, process):
    await anchored(karmada, process)
    metadata = karmada.anchor["metadata"]
    assert metadata["labels"] == {BINDING_LABEL: BINDING_ID, ANCHOR_LABEL: "true"}
    assert metadata["annotations"]["resourcebinding.karmada.io/name"] == "nightly-cronjob"
    assert karmada.anchor["spec"]["suspendDispatching"] is True
    assert karmada.anchor["spec"]["workload"]["manifests"] == [
        {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly", "namespace": "shop"}}
    ]
    assert anchor_reference(karmada.work["metadata"])["uid"] == metadata["uid"]
    assert BINDING_LABEL not in karmada.work["metadata"]["labels"]
    assert karmada.bound() == [ANCHOR]
    assert recorded(karmada) == ["VersionConverted"]


async def test_nothing_is_written_or_read_while_nothing_changes(karmada, process):
    await anchored(karmada, process)
    writes, reads = list(karmada.server.writes), list(karmada.server.reads)
    await process.settle(passes=20)
    assert karmada.server.writes == writes
    assert karmada.server.reads == reads


async def test_a_process_started_later_records_no_event_again(karmada, process):
    await anchored(karmada, process)
    for path in [path for path in karmada.server.objects if "/events/" in path]:
        del karmada.server.objects[path]  # they expire after an hour
    await process.stop()
    writes = len(karmada.writes)
    await process.start()
    await process.settle()
    assert len(karmada.writes) == writes


async def test_another_conversion_is_recorded_also_if_no_process_saw_it_come(karmada, process):
    karmada.serve("old", OLD, "v1.20.15")
    await anchored(karmada, process)
    await process.stop()
    zoned = new_work()
    zoned["spec"]["workload"]["manifests"][0]["spec"]["timeZone"] = "Europe/Berlin"
    karmada.send(zoned)
    await process.start()
    await process.settle()
    assert recorded(karmada) == ["VersionConverted", "FieldsDropped"]
    writes = len(karmada.writes)
    await process.settle()
    assert len(karmada.writes) == writes


async def test_what_karmada_sends_again_changes_nothing(karmada, process):
    await anchored(karmada, process)
    version = karmada.work["metadata"]["resourceVersion"]
    karmada.binding_controller()
    assert karmada.work["metadata"]["resourceVersion"] == version


async def test_a_changed_template_reaches_the_work_and_the_anchor_stays(karmada, process):
    await anchored(karmada, process)
    anchor = karmada.anchor["metadata"]["uid"]
    karmada.binding_controller("0 2 * * *")
    await process.settle()
    assert karmada.work["spec"]["workload"]["manifests"][0]["spec"]["schedule"] == "0 2 * * *"
    assert karmada.work["spec"]["workload"]["manifests"][0]["apiVersion"] == "batch/v1beta1"
    assert karmada.anchor["metadata"]["uid"] == anchor
    assert karmada.bound() == [ANCHOR]


async def test_the_status_travels_in_the_anchor_in_the_templates_version(karmada, process):
    await anchored(karmada, process)
    karmada.report(status={"active": [{"name": "nightly-1"}]})
    await process.settle()
    status = unpack(message(karmada))
    assert status.applied
    report = status.of("batch/v1", "CronJob", "shop", "nightly")
    assert report.status == {"active": [{"name": "nightly-1"}]}
    assert report.health == "Healthy"
    assert karmada.anchor["status"]["conditions"][0]["status"] == "False"


async def test_the_status_is_converted_back():
    renamed = rule_text("steps:\n  - rename: {status.active: status.oldActive}", left="batch/v1", right="batch/v1beta1")
    karmada = Karmada(converter(renamed.replace("Thing", "CronJob")))
    process = Process(karmada)
    karmada.serve("old", OLD)
    await anchored(karmada, process)
    karmada.report(status={"oldActive": [{"name": "nightly-1"}]})
    await process.settle()
    await process.stop()
    report = unpack(message(karmada)).of("batch/v1", "CronJob", "shop", "nightly")
    assert report.status == {"active": [{"name": "nightly-1"}]}


async def test_a_failure_to_apply_travels_as_it_is(karmada, process):
    await anchored(karmada, process)
    karmada.report(applied=False, status={"active": []})
    await process.settle()
    status = unpack(message(karmada))
    assert (status.applied, status.message, status.manifests) == (False, "no", ())


async def test_the_transition_time_and_foreign_conditions_stay(karmada, process):
    await anchored(karmada, process)
    dispatching = {"type": "Dispatching", "status": "False", "reason": "SuspendDispatching", "message": "m"}
    karmada.server.apply(ANCHOR, lambda anchor: anchor["status"]["conditions"].insert(0, dispatching))
    since = karmada.anchor["status"]["conditions"][1]["lastTransitionTime"]
    karmada.server.apply(
        ANCHOR, lambda anchor: anchor["status"]["conditions"][1].update(lastTransitionTime="2020-01-01T00:00:00Z")
    )
    karmada.report(status={"active": []})
    await process.settle()
    assert since
    assert karmada.anchor["status"]["conditions"][0] == dispatching
    assert karmada.anchor["status"]["conditions"][1]["lastTransitionTime"] == "2020-01-01T00:00:00Z"


async def test_a_work_made_by_hand_has_no_anchor(karmada, process):
    karmada.server.on_change = lambda: None
    by_hand = new_work()
    del by_hand["metadata"]["labels"]
    karmada.server.put(WORK, by_hand)
    await process.start()
    await process.settle()
    assert karmada.anchor is None
    assert [write for write in karmada.writes if "/events" not in write] == []
    assert recorded(karmada) == ["VersionConverted"]


async def test_the_cluster_out_of_the_placement_takes_the_work_and_in_again_brings_it_back(karmada, process):
    await anchored(karmada, process)
    karmada.delete_bound()
    await process.settle()
    assert karmada.anchor is None, "nobody may put back an anchor that Karmada deleted"
    karmada.server.collect_garbage()
    await process.settle()
    karmada.execution_controller()
    await process.settle()
    assert karmada.work is None
    karmada.binding_controller()
    await process.settle()
    assert karmada.bound() == [ANCHOR]
    assert anchor_reference(karmada.work["metadata"])["uid"] == karmada.anchor["metadata"]["uid"]


async def test_a_work_whose_anchor_is_gone_is_left_to_the_garbage_collector(karmada, process):
    await anchored(karmada, process)
    karmada.server.remove(ANCHOR)
    writes = len(karmada.server.writes)
    await process.settle()
    assert len(karmada.server.writes) == writes
    assert karmada.anchor is None


async def test_a_work_deleted_by_a_user_takes_its_anchor_with_it(karmada, process):
    await anchored(karmada, process)
    karmada.server.remove(WORK)
    await process.settle()
    assert karmada.anchor is not None, "not before the member's object is gone"
    karmada.execution_controller()
    await process.settle()
    assert karmada.anchor is None


async def test_a_work_made_again_is_given_to_the_anchor_that_still_exists(karmada, process):
    await anchored(karmada, process)
    await process.stop()
    karmada.server.remove(WORK)
    karmada.execution_controller()
    karmada.binding_controller()
    await process.start()
    await process.settle()
    assert anchor_reference(karmada.work["metadata"])["uid"] == karmada.anchor["metadata"]["uid"]
    karmada.server.collect_garbage()
    assert karmada.work["metadata"].get("deletionTimestamp") is None


async def test_a_new_permanent_id_moves_to_the_anchor(karmada, process):
    await anchored(karmada, process)
    karmada.binding_controller(binding_id="another")
    await process.settle()
    assert karmada.anchor["metadata"]["labels"][BINDING_LABEL] == "another"
    assert BINDING_LABEL not in karmada.work["metadata"]["labels"]


async def test_an_upgraded_cluster_gets_the_source_and_the_anchor_goes(karmada, process):
    await anchored(karmada, process)
    karmada.serve("old", BOTH)
    await process.settle()
    assert karmada.work["spec"]["workload"]["manifests"][0]["apiVersion"] == "batch/v1"
    assert CONVERTED_LABEL not in karmada.work["metadata"]["labels"]
    assert "ownerReferences" not in karmada.work["metadata"]
    assert karmada.work["metadata"]["labels"][BINDING_LABEL] == BINDING_ID
    assert karmada.anchor is None
    karmada.server.collect_garbage()
    assert karmada.work["metadata"].get("deletionTimestamp") is None
    assert recorded(karmada) == ["VersionConverted", "VersionRestored"]


async def test_a_work_restored_by_karmadas_own_update_is_released(karmada, process):
    await anchored(karmada, process)
    karmada.serve("old", NEW)
    karmada.binding_controller("0 3 * * *")
    assert CONVERTED_LABEL not in karmada.work["metadata"]["labels"]
    await process.settle()
    assert karmada.anchor is None
    assert karmada.bound() == [WORK]


async def test_a_replica_that_knows_the_cluster_less_well_causes_no_flapping(karmada, process):
    await anchored(karmada, process)
    karmada.webhooks_are_stale = True
    karmada.serve("old", BOTH)
    version = karmada.work["metadata"]["resourceVersion"]
    for _ in range(3):
        with pytest.raises(RequeueError):
            await process.reconcile()
        await advance(0.01)
    assert karmada.work["metadata"]["resourceVersion"] == version
    assert karmada.bound() == [ANCHOR]
    karmada.refresh_webhooks()
    await process.settle()
    assert karmada.bound() == [WORK]
    assert karmada.anchor is None


async def test_an_update_that_passed_no_webhook_is_put_right(karmada, process):
    await anchored(karmada, process)
    with karmada.without_webhooks():
        karmada.binding_controller("0 4 * * *")
    assert sorted(karmada.bound()) == sorted([WORK, ANCHOR])
    await process.settle()
    assert karmada.bound() == [ANCHOR]
    assert karmada.work["spec"]["workload"]["manifests"][0]["apiVersion"] == "batch/v1beta1"


async def test_a_conflict_is_left_to_the_next_pass(karmada, process):
    karmada.binding_controller()
    await process.start()
    changed = []

    def meanwhile(method, path):
        if method == "PATCH" and path == WORK and not changed:
            changed.append(True)
            karmada.server.apply(WORK, lambda work: work["metadata"]["annotations"].update(other="writer"))

    karmada.server.fail = meanwhile
    with pytest.raises(ConflictError):
        await process.reconcile()
    await process.settle()
    assert karmada.bound() == [ANCHOR]
    assert karmada.work["metadata"]["annotations"]["other"] == "writer"


async def test_a_foreign_work_with_the_anchors_name_is_not_touched(karmada, process):
    karmada.binding_controller()
    foreign = {"metadata": {"name": f"{NAME}-anchor", "namespace": NS}, "spec": {"workload": {"manifests": []}}}
    karmada.server.put(ANCHOR, foreign)
    await process.start()
    with pytest.raises(RequeueError) as caught:
        await process.reconcile()
    assert caught.value.reason is RequeueReason.NAME_TAKEN
    assert ANCHOR_LABEL not in karmada.anchor["metadata"].get("labels", {})
    assert karmada.bound() == [WORK]


async def test_a_former_leader_cannot_delete_an_anchor_that_was_adopted_since(karmada, process):
    await anchored(karmada, process)
    seen = karmada.anchor["metadata"] | {}
    karmada.server.remove(WORK)
    karmada.execution_controller()
    karmada.binding_controller()
    await process.settle()
    with pytest.raises(ConflictError):
        await karmada.server.delete(ANCHOR, uid=seen["uid"], version=seen["resourceVersion"])
