"""What is kept and does not fit into annotations, from the carrier to the shelf and back, cut off anywhere."""

import asyncio
import json

import msgspec
import pytest

from converter.karmada.names import (
    BINDING_LABEL,
    CONVERSION_DATA_ANNOTATION,
    CONVERSION_DATA_REF_ANNOTATION,
    CONVERTED_LABEL,
    SUSPENDED_BEFORE_ANNOTATION,
    anchor_reference,
)
from converter.works.overflow import digest_of, is_carrier, read_carrier
from tests.rulekit import converter, rule_text
from tests.unit.client.fake_server import CrashError
from tests.unit.controllers.plane import Plane, quiet, started, until
from tests.unit.controllers.world import ANCHOR, WORK, new_work

LESSER = {"a.example/v2": ["Thing"]}
OTHER = {"a.example/v3": ["Thing"]}
BETTER = {"a.example/v1": ["Thing"]}
RULES = (
    rule_text("steps:\n  - drop: {path: spec.zone, side: left, why: v2 knows no zones}", name="one"),
    rule_text(
        "steps:\n  - drop: {path: spec.size, side: left, why: v3 knows no sizes}",
        name="two", left="a.example/v2", right="a.example/v3",
    ),
)  # fmt: skip


@pytest.fixture
async def plane():
    made = Plane(converter(*RULES))
    yield made
    while made.replicas:
        await made.stop()


def large(letter="x"):
    zone = {"text": letter * (300 << 10), "number": 1.0}
    labels = {BINDING_LABEL: "e4873af9-c8f3-44e3-a9d8-e314346b3e59"}
    spec = {"size": 1, "zone": zone}
    metadata = {"name": "t", "namespace": "shop", "labels": labels}
    return {"apiVersion": "a.example/v1", "kind": "Thing", "metadata": metadata, "spec": spec}


def sent(plane, letter="x"):
    """What Karmada does to send a manifest, and to send it again."""
    made = new_work()
    made["spec"] = {"workload": {"manifests": [large(letter)]}, "suspendDispatching": False}
    if WORK not in plane.server.objects:
        plane.server.put(WORK, made)
        return

    def change(work):
        work["metadata"]["labels"] |= made["metadata"]["labels"]
        work["spec"] = made["spec"]

    plane.server.apply(WORK, change)


def has_overflow_store(plane):
    return [thing for path, thing in plane.server.objects.items() if "/controllerrevisions/" in path]


def manifests(plane):
    return plane.work["spec"]["workload"]["manifests"]


def dispatched(plane):
    """Whether Karmada would send the Work to its member."""
    return plane.work["spec"].get("suspendDispatching") is not True


def overflow(plane):
    """Whether the Work is on its way, and its shelf holds what it names."""
    named = plane.work["metadata"]["annotations"].get(CONVERSION_DATA_REF_ANNOTATION)
    held = [digest_of(read_carrier(msgspec.json.encode(one))) for one in has_overflow_store(plane)]
    return dispatched(plane) and not any(map(is_carrier, manifests(plane))) and held == [named]


async def test_a_work_waits_for_its_shelf_and_goes_on_with_its_anchor(plane):
    await started(plane, LESSER)
    sent(plane)
    assert not dispatched(plane), "nothing is sent before it is stored"
    await until(lambda: overflow(plane) and plane.anchor)
    assert [manifest["apiVersion"] for manifest in manifests(plane)] == ["a.example/v2"]
    assert plane.work["spec"]["suspendDispatching"] is False
    assert SUSPENDED_BEFORE_ANNOTATION not in plane.work["metadata"]["annotations"]
    assert CONVERSION_DATA_ANNOTATION not in plane.work["metadata"]["annotations"]
    (overflow_object,) = has_overflow_store(plane)
    assert overflow_object["metadata"]["ownerReferences"][0]["uid"] == plane.work["metadata"]["uid"]
    assert [manifest["kind"] for manifest in plane.anchor["spec"]["workload"]["manifests"]] == ["Thing"]
    await until(lambda: anchor_reference(plane.work["metadata"]))


async def test_what_karmada_sends_again_is_stored_already(plane):
    await started(plane, LESSER)
    sent(plane)
    await until(lambda: overflow(plane) and plane.anchor)
    await quiet(plane)
    version, writes = plane.work["metadata"]["resourceVersion"], plane.writes
    sent(plane)
    await asyncio.sleep(0.2)
    assert plane.work["metadata"]["resourceVersion"] == version
    assert plane.writes == writes


async def test_other_contents_get_another_shelf_and_the_old_one_goes(plane):
    await started(plane, LESSER)
    sent(plane)
    await until(lambda: overflow(plane))
    before = has_overflow_store(plane)[0]["metadata"]["name"]
    sent(plane, "y")
    await until(lambda: overflow(plane) and has_overflow_store(plane)[0]["metadata"]["name"] != before)


@pytest.mark.parametrize("then", [BETTER, OTHER], ids=["back", "onward"])
async def test_an_upgraded_cluster_gets_back_what_the_shelf_holds(plane, then):
    await started(plane, LESSER)
    sent(plane)
    await until(lambda: overflow(plane) and plane.anchor)
    plane.serve("old", then)
    if then is BETTER:
        await until(lambda: manifests(plane) == [large()] and has_overflow_store(plane) == [])
        assert dispatched(plane)
        assert CONVERTED_LABEL not in plane.work["metadata"]["labels"]
        await until(lambda: plane.anchor is None)
        return
    await until(lambda: manifests(plane)[0]["apiVersion"] == "a.example/v3" and overflow(plane))
    (kept,) = json.loads(read_carrier(msgspec.json.encode(has_overflow_store(plane)[0])))
    assert kept["values"] == [{"path": "spec", "value": large()["spec"]}]
    plane.serve("old", BETTER)
    await until(lambda: manifests(plane) == [large()] and has_overflow_store(plane) == [])


async def test_a_shelf_that_somebody_deleted_does_not_hold_up_the_work(plane):
    await started(plane, LESSER)
    sent(plane)
    await until(lambda: overflow(plane) and plane.anchor)
    plane.server.remove(next(path for path in plane.server.objects if "/controllerrevisions/" in path))
    plane.serve("old", BETTER)
    await until(lambda: manifests(plane)[0]["apiVersion"] == "a.example/v1")
    assert "zone" not in manifests(plane)[0]["spec"], "Karmada, which has it, sends it again"
    sent(plane)
    assert manifests(plane) == [large()]


async def test_a_shelf_that_cannot_be_written_holds_the_work_back_until_it_can(plane):
    await started(plane, LESSER)
    plane.server.fail = lambda _method, path: (403, "Forbidden") if "controllerrevisions" in path else None
    sent(plane)
    await asyncio.sleep(0.2)
    assert not dispatched(plane)
    assert is_carrier(manifests(plane)[-1])
    plane.server.fail = lambda _method, _path: None
    await until(lambda: overflow(plane))


async def test_the_shelf_goes_with_its_work(plane):
    await started(plane, LESSER)
    sent(plane)
    await until(lambda: overflow(plane) and anchor_reference(plane.work["metadata"]))
    plane.server.remove(ANCHOR)
    await quiet(plane)
    plane.server.collect_garbage()
    plane.server.apply(WORK, lambda work: work["metadata"].pop("finalizers"))
    plane.server.collect_garbage()
    assert plane.work is None
    assert has_overflow_store(plane) == []


@pytest.mark.parametrize("writes", range(1, 8))
async def test_a_process_that_ends_at_any_write_loses_nothing(plane, writes):
    """At each moment what was kept is in the Work or on a shelf, and no carrier is dispatched."""
    plane.serve("old", LESSER)
    plane.start("first")
    await until(lambda: plane.replicas[0][0].leading)
    lost = []

    def check():
        work = plane.work
        if work is None:
            return
        carried = is_carrier(manifests(plane)[-1])
        if carried and dispatched(plane):
            lost.append("a carrier would be dispatched")
        named = work["metadata"]["annotations"].get(CONVERSION_DATA_REF_ANNOTATION)
        held = {digest_of(read_carrier(msgspec.json.encode(one))) for one in has_overflow_store(plane)}
        if not carried and named not in held:
            lost.append(f"neither carried nor on the shelf it names: {named}")

    plane.server.on_change = check
    real = plane.server._after

    def crash(method, path, answer):
        result = real(method, path, answer)
        ours = len(plane.writes)
        if ours >= writes and "/leases" not in path:
            raise CrashError
        return result

    plane.server._after = crash
    sent(plane)
    _, task = plane.replicas.pop(0)
    await asyncio.wait([task], timeout=0.3)
    plane.server._after = real
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    plane.start("second")
    await until(lambda: overflow(plane) and anchor_reference(plane.work["metadata"]), 5)
    assert lost == []
