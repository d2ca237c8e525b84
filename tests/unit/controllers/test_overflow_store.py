"""What is kept and does not fit into annotations, from the carrier to the shelf and back, cut off anywhere."""

import asyncio
import json

import msgspec
import pytest

from converter.client import Informer
from converter.client.collections import OVERFLOW_OBJECTS
from converter.controllers.overflow_store import OverflowConflictError, OverflowStore, overflow_metadata
from converter.karmada.names import (
    BINDING_LABEL,
    CONVERSION_DATA_ANNOTATION,
    CONVERSION_DATA_REF_ANNOTATION,
    CONVERTED_LABEL,
    SUSPENDED_BEFORE_ANNOTATION,
    anchor_reference,
)
from converter.works.overflow import digest_of, is_carrier, overflow_object, read_carrier
from tests.fakes.apiserver import CrashError
from tests.fakes.karmada import ANCHOR, WORK, Karmada, new_work
from tests.rulekit import converter, rule_text
from tests.waiting import until

pytestmark = pytest.mark.virtual_time

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
async def karmada():
    made = Karmada(converter(*RULES))
    yield made
    await made.stop_all()
    assert made.broken == []


def large(letter="x"):
    zone = {"text": letter * (300 << 10), "number": 1.0}
    labels = {BINDING_LABEL: "e4873af9-c8f3-44e3-a9d8-e314346b3e59"}
    spec = {"size": 1, "zone": zone}
    metadata = {"name": "t", "namespace": "shop", "labels": labels}
    return {"apiVersion": "a.example/v1", "kind": "Thing", "metadata": metadata, "spec": spec}


def sent(karmada, letter="x"):
    """What Karmada does to send a manifest, and to send it again."""
    made = new_work()
    made["spec"] = {"workload": {"manifests": [large(letter)]}, "suspendDispatching": False}
    if WORK not in karmada.server.objects:
        karmada.server.put(WORK, made)
        return

    def change(work):
        work["metadata"]["labels"] |= made["metadata"]["labels"]
        work["spec"] = made["spec"]

    karmada.server.apply(WORK, change)


def has_overflow_store(karmada):
    return [thing for path, thing in karmada.server.objects.items() if "/controllerrevisions/" in path]


def manifests(karmada):
    return karmada.work["spec"]["workload"]["manifests"]


def dispatched(karmada):
    """Whether Karmada would send the Work to its member."""
    return karmada.work["spec"].get("suspendDispatching") is not True


def overflow(karmada):
    """Whether the Work is on its way, and its shelf holds what it names."""
    named = karmada.work["metadata"]["annotations"].get(CONVERSION_DATA_REF_ANNOTATION)
    held = [digest_of(read_carrier(msgspec.json.encode(one))) for one in has_overflow_store(karmada)]
    return dispatched(karmada) and not any(map(is_carrier, manifests(karmada))) and held == [named]


async def test_a_work_waits_for_its_shelf_and_goes_on_with_its_anchor(karmada):
    await karmada.started(LESSER)
    sent(karmada)
    assert not dispatched(karmada), "nothing is sent before it is stored"
    await until(lambda: overflow(karmada) and karmada.anchor)
    assert [manifest["apiVersion"] for manifest in manifests(karmada)] == ["a.example/v2"]
    assert karmada.work["spec"]["suspendDispatching"] is False
    assert SUSPENDED_BEFORE_ANNOTATION not in karmada.work["metadata"]["annotations"]
    assert CONVERSION_DATA_ANNOTATION not in karmada.work["metadata"]["annotations"]
    (overflow_object,) = has_overflow_store(karmada)
    assert overflow_object["metadata"]["ownerReferences"][0]["uid"] == karmada.work["metadata"]["uid"]
    assert [manifest["kind"] for manifest in karmada.anchor["spec"]["workload"]["manifests"]] == ["Thing"]
    await until(lambda: anchor_reference(karmada.work["metadata"]))


async def test_what_karmada_sends_again_is_stored_already(karmada):
    await karmada.started(LESSER)
    sent(karmada)
    await until(lambda: overflow(karmada) and karmada.anchor)
    await karmada.quiet()
    version, writes = karmada.work["metadata"]["resourceVersion"], karmada.writes
    sent(karmada)
    await karmada.quiet()
    assert karmada.work["metadata"]["resourceVersion"] == version
    assert karmada.writes == writes


async def test_other_contents_get_another_shelf_and_the_old_one_goes(karmada):
    await karmada.started(LESSER)
    sent(karmada)
    await until(lambda: overflow(karmada))
    before = has_overflow_store(karmada)[0]["metadata"]["name"]
    sent(karmada, "y")
    await until(lambda: overflow(karmada) and has_overflow_store(karmada)[0]["metadata"]["name"] != before)


@pytest.mark.parametrize("then", [BETTER, OTHER], ids=["back", "onward"])
async def test_an_upgraded_cluster_gets_back_what_the_shelf_holds(karmada, then):
    await karmada.started(LESSER)
    sent(karmada)
    await until(lambda: overflow(karmada) and karmada.anchor)
    karmada.serve("old", then)
    if then is BETTER:
        await until(lambda: manifests(karmada) == [large()] and has_overflow_store(karmada) == [])
        assert dispatched(karmada)
        assert CONVERTED_LABEL not in karmada.work["metadata"]["labels"]
        await until(lambda: karmada.anchor is None)
        return
    await until(lambda: manifests(karmada)[0]["apiVersion"] == "a.example/v3" and overflow(karmada))
    (kept,) = json.loads(read_carrier(msgspec.json.encode(has_overflow_store(karmada)[0])))
    assert kept["values"] == [{"path": f"spec.{name}", "value": value} for name, value in large()["spec"].items()]
    karmada.serve("old", BETTER)
    await until(lambda: manifests(karmada) == [large()] and has_overflow_store(karmada) == [])


async def test_a_shelf_that_somebody_deleted_does_not_hold_up_the_work(karmada):
    await karmada.started(LESSER)
    sent(karmada)
    await until(lambda: overflow(karmada) and karmada.anchor)
    karmada.server.remove(next(path for path in karmada.server.objects if "/controllerrevisions/" in path))
    karmada.serve("old", BETTER)
    await until(lambda: manifests(karmada)[0]["apiVersion"] == "a.example/v1")
    assert "zone" not in manifests(karmada)[0]["spec"], "Karmada, which has it, sends it again"
    sent(karmada)
    assert manifests(karmada) == [large()]


async def test_a_shelf_that_cannot_be_written_holds_the_work_back_until_it_can(karmada):
    await karmada.started(LESSER)
    karmada.server.fail = lambda _method, path: (403, "Forbidden") if "controllerrevisions" in path else None
    sent(karmada)
    await karmada.quiet()
    assert not dispatched(karmada)
    assert is_carrier(manifests(karmada)[-1])
    karmada.server.fail = lambda _method, _path: None
    await until(lambda: overflow(karmada))


async def test_an_object_with_the_name_of_the_shelf_and_other_data_is_a_conflict(karmada):
    karmada.serve("old", LESSER)
    sent(karmada)
    work = karmada.work
    (kept,) = filter(is_carrier, manifests(karmada))
    other = overflow_object(work, read_carrier(msgspec.json.encode(kept)))
    other["data"]["conversionData"] = "[]"
    metadata = other["metadata"]
    karmada.server.put(OVERFLOW_OBJECTS.object_path(metadata["namespace"], metadata["name"]), other)
    store = OverflowStore(karmada.server, Informer(karmada.server, OVERFLOW_OBJECTS, overflow_metadata))
    with pytest.raises(OverflowConflictError) as caught:
        await store.store(work)
    assert (caught.value.namespace, caught.value.name) == (metadata["namespace"], metadata["name"])


async def test_the_shelf_goes_with_its_work(karmada):
    await karmada.started(LESSER)
    sent(karmada)
    await until(lambda: overflow(karmada) and anchor_reference(karmada.work["metadata"]))
    karmada.server.remove(ANCHOR)
    await karmada.quiet()
    karmada.server.collect_garbage()
    karmada.server.apply(WORK, lambda work: work["metadata"].pop("finalizers"))
    karmada.server.collect_garbage()
    assert karmada.work is None
    assert has_overflow_store(karmada) == []


@pytest.mark.parametrize("writes", range(1, 8))
async def test_a_process_that_ends_at_any_write_loses_nothing(karmada, writes):
    """At each moment what was kept is in the Work or on a shelf, and no carrier is dispatched."""
    karmada.serve("old", LESSER)
    karmada.start("first")
    await until(lambda: karmada.replicas[0][0].manager.leading)
    lost = []

    def check():
        work = karmada.work
        if work is None:
            return
        carried = is_carrier(manifests(karmada)[-1])
        if carried and dispatched(karmada):
            lost.append("a carrier would be dispatched")
        named = work["metadata"]["annotations"].get(CONVERSION_DATA_REF_ANNOTATION)
        held = {digest_of(read_carrier(msgspec.json.encode(one))) for one in has_overflow_store(karmada)}
        if not carried and named not in held:
            lost.append(f"neither carried nor on the shelf it names: {named}")

    karmada.server.on_change = check
    real = karmada.server._after

    def crash(method, path, answer):
        result = real(method, path, answer)
        ours = len(karmada.writes)
        if ours >= writes and "/leases" not in path:
            raise CrashError
        return result

    karmada.server._after = crash
    sent(karmada)
    _, task = karmada.replicas.pop(0)
    await asyncio.wait([task], timeout=0.3)
    karmada.server._after = real
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    karmada.start("second")
    await until(lambda: overflow(karmada) and anchor_reference(karmada.work["metadata"]), 5)
    assert lost == []
