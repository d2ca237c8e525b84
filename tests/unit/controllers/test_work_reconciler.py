"""A Work and its anchor through their whole life, cut off at every step."""

import pytest

from converter.client import ConflictError
from converter.controllers.work_reconciler import RequeueError
from converter.karmada.carried_status import unpack
from converter.karmada.names import ANCHOR_LABEL, BINDING_LABEL, CONVERTED_LABEL, anchor_reference
from tests.unit.client.fake_server import CrashError
from tests.unit.controllers.world import ANCHOR, BINDING_ID, KEY, NAME, NS, WORK, World


async def anchored(world):
    world.binding_controller()
    await world.start()
    await world.settle()
    return world


def message(world):
    return world.anchor["status"]["conditions"][0]["message"]


async def test_a_converted_work_gets_an_anchor_that_stands_for_it(world):
    await anchored(world)
    metadata = world.anchor["metadata"]
    assert metadata["labels"] == {BINDING_LABEL: BINDING_ID, ANCHOR_LABEL: "true"}
    assert metadata["annotations"]["resourcebinding.karmada.io/name"] == "nightly-cronjob"
    assert world.anchor["spec"]["suspendDispatching"] is True
    assert world.anchor["spec"]["workload"]["manifests"] == [
        {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly", "namespace": "shop"}}
    ]
    assert anchor_reference(world.work["metadata"])["uid"] == metadata["uid"]
    assert BINDING_LABEL not in world.work["metadata"]["labels"]
    assert world.bound() == [ANCHOR]
    assert world.notes.told == [("anchored", NAME)]


async def test_nothing_is_written_or_read_while_nothing_changes(world):
    await anchored(world)
    writes, reads = list(world.server.writes), list(world.server.reads)
    await world.settle(passes=20)
    assert world.server.writes == writes
    assert world.server.reads == reads


async def test_what_karmada_sends_again_changes_nothing(world):
    await anchored(world)
    version = world.work["metadata"]["resourceVersion"]
    world.binding_controller()
    assert world.work["metadata"]["resourceVersion"] == version


async def test_a_changed_template_reaches_the_work_and_the_anchor_stays(world):
    await anchored(world)
    anchor = world.anchor["metadata"]["uid"]
    world.binding_controller("0 2 * * *")
    await world.settle()
    assert world.work["spec"]["workload"]["manifests"][0]["spec"]["schedule"] == "0 2 * * *"
    assert world.work["spec"]["workload"]["manifests"][0]["apiVersion"] == "batch/v1beta1"
    assert world.anchor["metadata"]["uid"] == anchor
    assert world.bound() == [ANCHOR]


async def test_the_status_travels_in_the_anchor_in_the_templates_version(world):
    await anchored(world)
    world.report(status={"oldActive": [{"name": "nightly-1"}]})
    await world.settle()
    status = unpack(message(world))
    assert status.applied
    report = status.of("batch/v1", "CronJob", "shop", "nightly")
    assert report.status == {"active": [{"name": "nightly-1"}]}
    assert report.health == "Healthy"
    assert world.anchor["status"]["conditions"][0]["status"] == "False"


async def test_a_failure_to_apply_travels_as_it_is(world):
    await anchored(world)
    world.report(applied=False, status={"oldActive": []})
    await world.settle()
    status = unpack(message(world))
    assert (status.applied, status.message, status.manifests) == (False, "no", ())


async def test_the_transition_time_and_foreign_conditions_stay(world):
    await anchored(world)
    dispatching = {"type": "Dispatching", "status": "False", "reason": "SuspendDispatching", "message": "m"}
    world.server.apply(ANCHOR, lambda anchor: anchor["status"]["conditions"].insert(0, dispatching))
    since = world.anchor["status"]["conditions"][1]["lastTransitionTime"]
    world.server.apply(
        ANCHOR, lambda anchor: anchor["status"]["conditions"][1].update(lastTransitionTime="2020-01-01T00:00:00Z")
    )
    world.report(status={"oldActive": []})
    await world.settle()
    assert since
    assert world.anchor["status"]["conditions"][0] == dispatching
    assert world.anchor["status"]["conditions"][1]["lastTransitionTime"] == "2020-01-01T00:00:00Z"


async def test_a_work_made_by_hand_has_no_anchor(world):
    world.broken = []
    world.server.on_change = lambda: None
    world.binding_controller()
    world.server.apply(WORK, lambda work: work["metadata"]["labels"].pop(BINDING_LABEL))
    await world.start()
    await world.settle()
    assert world.anchor is None
    assert world.server.writes == []


async def test_the_cluster_out_of_the_placement_takes_the_work_and_in_again_brings_it_back(world):
    await anchored(world)
    world.delete_bound()
    await world.settle()
    assert world.anchor is None, "nobody may put back an anchor that Karmada deleted"
    world.server.collect_garbage()
    await world.settle()
    world.execution_controller()
    await world.settle()
    assert world.work is None
    world.binding_controller()
    await world.settle()
    assert world.bound() == [ANCHOR]
    assert anchor_reference(world.work["metadata"])["uid"] == world.anchor["metadata"]["uid"]


async def test_a_work_whose_anchor_is_gone_is_left_to_the_garbage_collector(world):
    await anchored(world)
    world.server.remove(ANCHOR)
    writes = len(world.server.writes)
    await world.settle()
    assert len(world.server.writes) == writes
    assert world.anchor is None


async def test_a_work_deleted_by_a_user_takes_its_anchor_with_it(world):
    await anchored(world)
    world.server.remove(WORK)
    await world.settle()
    assert world.anchor is not None, "not before the member's object is gone"
    world.execution_controller()
    await world.settle()
    assert world.anchor is None


async def test_a_work_made_anew_is_given_to_the_anchor_that_still_stands(world):
    await anchored(world)
    await world.stop()
    world.server.remove(WORK)
    world.execution_controller()
    world.binding_controller()
    await world.start()
    await world.settle()
    assert anchor_reference(world.work["metadata"])["uid"] == world.anchor["metadata"]["uid"]
    world.server.collect_garbage()
    assert world.work["metadata"].get("deletionTimestamp") is None


async def test_a_new_permanent_id_moves_to_the_anchor(world):
    await anchored(world)
    world.binding_controller(binding_id="another")
    await world.settle()
    assert world.anchor["metadata"]["labels"][BINDING_LABEL] == "another"
    assert BINDING_LABEL not in world.work["metadata"]["labels"]


async def test_an_upgraded_cluster_gets_the_source_and_the_anchor_goes(world):
    await anchored(world)
    world.served = {"batch/v1", "batch/v1beta1"}
    await world.settle()
    assert world.work["spec"]["workload"]["manifests"][0]["apiVersion"] == "batch/v1"
    assert CONVERTED_LABEL not in world.work["metadata"]["labels"]
    assert "ownerReferences" not in world.work["metadata"]
    assert world.work["metadata"]["labels"][BINDING_LABEL] == BINDING_ID
    assert world.anchor is None
    world.server.collect_garbage()
    assert world.work["metadata"].get("deletionTimestamp") is None
    assert world.notes.told == [("anchored", NAME), ("rewritten", NAME), ("released", NAME)]


async def test_a_work_restored_by_karmadas_own_update_is_released(world):
    await anchored(world)
    world.served = {"batch/v1"}
    world.binding_controller("0 3 * * *")
    assert CONVERTED_LABEL not in world.work["metadata"]["labels"]
    await world.settle()
    assert world.anchor is None
    assert world.bound() == [WORK]


async def test_a_replica_that_knows_the_cluster_less_well_causes_no_flapping(world):
    await anchored(world)
    world.webhook_served = {"batch/v1beta1"}
    world.served = {"batch/v1", "batch/v1beta1"}
    version = world.work["metadata"]["resourceVersion"]
    for _ in range(3):
        with pytest.raises(RequeueError):
            await world.anchoring.reconcile(KEY)
        await world.events()
    assert world.work["metadata"]["resourceVersion"] == version
    assert world.bound() == [ANCHOR]
    world.webhook_served = None
    await world.settle()
    assert world.bound() == [WORK]
    assert world.anchor is None


async def test_an_update_that_passed_no_webhook_is_put_right(world):
    await anchored(world)
    admit, world.server.admit = world.server.admit, lambda thing, _old: thing
    world.binding_controller("0 4 * * *")
    world.server.admit = admit
    assert sorted(world.bound()) == sorted([WORK, ANCHOR])
    await world.settle()
    assert world.bound() == [ANCHOR]
    assert world.work["spec"]["workload"]["manifests"][0]["apiVersion"] == "batch/v1beta1"


async def test_a_conflict_is_left_to_the_next_pass(world):
    world.binding_controller()
    await world.start()
    changed = []

    def meanwhile(method, path):
        if method == "PATCH" and path == WORK and not changed:
            changed.append(True)
            world.server.apply(WORK, lambda work: work["metadata"]["annotations"].update(other="writer"))

    world.server.fail = meanwhile
    with pytest.raises(ConflictError):
        await world.anchoring.reconcile(KEY)
    await world.settle()
    assert world.bound() == [ANCHOR]
    assert world.work["metadata"]["annotations"]["other"] == "writer"


async def test_a_foreign_work_with_the_anchors_name_is_not_touched(world):
    world.binding_controller()
    foreign = {"metadata": {"name": f"{NAME}-anchor", "namespace": NS}, "spec": {"workload": {"manifests": []}}}
    world.server.put(ANCHOR, foreign)
    await world.start()
    with pytest.raises(RequeueError, match="rename it"):
        await world.anchoring.reconcile(KEY)
    assert ANCHOR_LABEL not in world.anchor["metadata"].get("labels", {})
    assert world.bound() == [WORK]


async def test_a_former_leader_cannot_delete_an_anchor_that_was_adopted_since(world):
    await anchored(world)
    seen = world.anchor["metadata"] | {}
    world.server.remove(WORK)
    world.execution_controller()
    world.binding_controller()
    await world.settle()
    with pytest.raises(ConflictError):
        await world.server.delete(ANCHOR, uid=seen["uid"], version=seen["resourceVersion"])


# --- killed at every step ---------------------------------------------------------------------------------------


async def _upgrade(world):
    world.served = {"batch/v1"}


async def _template(world):
    world.binding_controller("0 5 * * *")


async def _recreate(world):
    world.server.remove(WORK)
    world.execution_controller()
    world.binding_controller()


async def _report(world):
    world.report(status={"oldActive": []})


@pytest.mark.parametrize("crash_after", range(1, 8))
@pytest.mark.parametrize("happening", [_upgrade, _template, _recreate, _report])
@pytest.mark.parametrize("early", [True, False])
async def test_killed_after_any_write_all_converges_and_nothing_is_lost(happening, crash_after, early):
    """What happens, happens before the first pass or between two; the process dies after its n-th write."""
    world = World()
    world.binding_controller()
    if early:
        await _maybe_crash(world, crash_after, None)
        await happening(world)
    else:
        await _maybe_crash(world, crash_after, happening)
    world.server.collect_garbage()
    world.execution_controller()
    world.server.crash_after = None
    await world.start()
    await world.settle(passes=10)
    world.server.collect_garbage()
    await world.stop()
    assert world.broken == []
    assert world.work["metadata"].get("deletionTimestamp") is None, "a live Work was deleted"
    if world.served == {"batch/v1"}:
        assert world.bound() == [WORK]
        assert world.anchor is None
    else:
        assert world.bound() == [ANCHOR]
        assert anchor_reference(world.work["metadata"])["uid"] == world.anchor["metadata"]["uid"]


@pytest.mark.parametrize("crash_after", range(1, 8))
async def test_killed_anywhere_a_deleted_template_leaves_nothing(crash_after):
    world = World()
    world.binding_controller()
    await _maybe_crash(world, crash_after, _report)
    world.server.crash_after = None
    world.delete_bound()
    for _ in range(3):
        world.server.collect_garbage()
        world.execution_controller()
    await world.start()
    await world.settle()
    await world.stop()
    assert world.server.objects == {}


async def _maybe_crash(world, crash_after, happening):
    world.server.crash_after = crash_after
    try:
        await world.start()
        await world.settle(passes=3)
        if happening:
            await happening(world)
            await world.settle(passes=5)
    except CrashError:
        pass
    await world.stop()
