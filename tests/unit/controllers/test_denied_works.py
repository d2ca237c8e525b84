"""What admission refused stands in a condition of its binding while it holds, and is tried again when it helps."""

import asyncio
import datetime as dt

import msgspec
import pytest

from converter.client import Key
from converter.controllers import manager as controller_module
from converter.controllers.denied_works import CONDITION, refusal
from converter.controllers.event_recorder import BINDINGS, CLUSTER_BINDINGS, EVENTS
from tests.unit.controllers.plane import NEW, OLD, looked_at, quiet, started, until

BINDING = BINDINGS.object_path("shop", "nightly-cronjob")
WHY = "cluster old: CronJob shop/nightly would lose values: spec.timeZone. Leave the cluster out."
DENIED = f'admission webhook "works.apiconverter.dev" denied the request: {WHY}'


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(controller_module, "LOOK_AGAIN_SECONDS", 0.02)


def stamp(seconds=0):
    return (dt.datetime.now(dt.UTC) - dt.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def tell(plane, reason, message, *, path=BINDING, age=0):
    """What Karmada's recorder writes: one Event a reason, which is written again each time."""
    binding = plane.server.objects[path]
    metadata = binding["metadata"]
    about = {"kind": binding["kind"], "name": metadata["name"], "uid": metadata["uid"]}
    about |= {"namespace": metadata["namespace"]} if "namespace" in metadata else {}
    at = EVENTS.object_path(metadata.get("namespace", "default"), f"{metadata['name']}.{reason.lower()}")
    event = {"involvedObject": about, "reason": reason, "message": message, "lastTimestamp": stamp(age)}
    if at in plane.server.objects:
        plane.server.apply(at, lambda stored: stored.update(event, count=stored.get("count", 1) + 1))
    else:
        names = {"name": at.rsplit("/", 1)[1], "namespace": metadata.get("namespace", "default")}
        plane.server.put(at, {"kind": "Event", "metadata": names, **event})
    return at


def bound(plane, path=BINDING, kind="ResourceBinding", **spec):
    namespace = {"namespace": "shop"} if "/namespaces/" in path else {}
    metadata = {"name": path.rsplit("/", 1)[1], **namespace}
    applied = {"type": "FullyApplied", "status": "False", "lastTransitionTime": stamp()}
    given = {
        "apiVersion": "work.karmada.io/v1alpha2",
        "kind": kind,
        "metadata": metadata,
        "spec": {"clusters": [], **spec},
    }
    plane.server.put(path, {**given, "status": {"conditions": [applied]}})


def shown(plane, path=BINDING):
    conditions = plane.server.objects[path]["status"]["conditions"]
    assert conditions[0]["type"] == "FullyApplied", "Karmada's own stays"
    return [item["message"] for item in conditions if item["type"] == CONDITION]


@pytest.mark.parametrize(
    ("path", "kind"),
    [(BINDING, "ResourceBinding"), (CLUSTER_BINDINGS.object_path("", "everywhere"), "ClusterResourceBinding")],
)
async def test_the_reason_stands_in_a_condition_until_the_work_is_taken(plane, path, kind):
    await started(plane)
    bound(plane, path, kind)
    tell(plane, "SyncWorkFailed", DENIED, path=path)
    await until(lambda: shown(plane, path) == [WHY])
    tell(plane, "SyncWorkSucceed", "Sync work successful.", path=path)
    await until(lambda: shown(plane, path) == [])


async def test_a_later_failure_outweighs_an_earlier_success(plane):
    await started(plane)
    bound(plane)
    tell(plane, "SyncWorkSucceed", "Sync work successful.")
    tell(plane, "SyncWorkFailed", DENIED)
    await until(lambda: shown(plane) == [WHY])
    await asyncio.sleep(0.15)
    assert shown(plane) == [WHY]
    since = plane.server.objects[BINDING]["status"]["conditions"][1]["lastTransitionTime"]
    tell(plane, "SyncWorkFailed", DENIED.replace("timeZone", "suspend"))
    await until(lambda: shown(plane) == [WHY.replace("timeZone", "suspend")])
    assert plane.server.objects[BINDING]["status"]["conditions"][1]["lastTransitionTime"] == since


async def test_other_failures_and_old_ones_are_not_shown(plane):
    await started(plane)
    bound(plane)
    tell(plane, "SyncWorkFailed", "etcdserver: request timed out")
    await asyncio.sleep(0.1)
    assert shown(plane) == []
    tell(plane, "SyncWorkFailed", DENIED, age=1200)
    await asyncio.sleep(0.1)
    assert shown(plane) == [], "Karmada would have tried again since"


async def test_a_condition_that_was_left_goes_once_somebody_leads(plane):
    bound(plane)
    left = {"type": CONDITION, "status": "True", "reason": "WorkRefused", "message": WHY, "lastTransitionTime": stamp()}
    plane.server.objects[BINDING]["status"]["conditions"].append(left)
    plane.server.objects[BINDING]["spec"]["placement"] = {}
    await started(plane)
    await until(lambda: shown(plane) == [])


async def test_an_event_that_is_gone_takes_its_condition_along(plane):
    await started(plane)
    bound(plane)
    event = tell(plane, "SyncWorkFailed", DENIED)
    await until(lambda: shown(plane) == [WHY])
    plane.server.remove(event)
    await until(lambda: shown(plane) == [])


async def test_another_binding_of_the_same_name_is_not_blamed(plane):
    await started(plane)
    bound(plane)
    tell(plane, "SyncWorkFailed", DENIED)
    await until(lambda: shown(plane) == [WHY])
    plane.server.remove(BINDING)
    bound(plane)
    await quiet(plane)
    assert shown(plane) == []


@pytest.mark.parametrize(("before", "after"), [({}, False), ({"preserveResourcesOnDeletion": False}, None)])
async def test_a_changed_cluster_has_karmada_try_again(plane, before, after):
    await started(plane, OLD)
    await looked_at(plane)
    bound(plane, **before)
    tell(plane, "SyncWorkFailed", DENIED)
    await until(lambda: shown(plane) == [WHY])
    generation = plane.server.objects[BINDING]["metadata"]["generation"]
    plane.serve("another", NEW)
    await quiet(plane)
    assert plane.server.objects[BINDING]["metadata"]["generation"] == generation, "that one was not refused"
    plane.serve("old", NEW)
    await until(lambda: plane.server.objects[BINDING]["metadata"]["generation"] > generation)
    nudges = plane.server.objects[BINDING]["metadata"]["generation"] - generation
    now = plane.server.objects[BINDING]["spec"].get("preserveResourcesOnDeletion")
    assert now == (after if nudges % 2 else before.get("preserveResourcesOnDeletion"))


async def test_a_binding_that_preserves_resources_is_left_to_karmadas_own_pace(plane):
    await started(plane, OLD)
    bound(plane, preserveResourcesOnDeletion=True)
    tell(plane, "SyncWorkFailed", DENIED)
    await until(lambda: shown(plane) == [WHY])
    plane.serve("old", NEW)
    await quiet(plane)
    assert plane.server.objects[BINDING]["spec"]["preserveResourcesOnDeletion"] is True


def event(message, **fields):
    about = {"kind": "ResourceBinding", "namespace": "shop", "name": "b", "uid": "u"}
    return {"metadata": {"resourceVersion": "7"}, "involvedObject": about, "message": message, **fields}


def test_several_errors_at_once_name_each_cluster():
    other = DENIED.replace("cluster old", "cluster older")
    read = refusal(msgspec.json.encode(event(f"[{DENIED}, {other}]")))
    assert read.clusters == {"old", "older"}
    assert read.why.startswith("cluster old: ")
    assert not read.why.endswith("]")
    assert read.key == Key("shop", "b")


@pytest.mark.parametrize(
    "fields",
    [
        {"lastTimestamp": "2026-01-01T00:00:00Z"},
        {"eventTime": "2026-01-01T00:00:00.000000Z"},
        {"eventTime": "2025-01-01T00:00:00.000000Z", "series": {"lastObservedTime": "2026-01-01T00:00:00.000000Z"}},
        {"lastTimestamp": None, "metadata": {"resourceVersion": "7", "creationTimestamp": "2026-01-01T00:00:00Z"}},
    ],
)
def test_the_time_is_read_wherever_a_recorder_puts_it(fields):
    read = refusal(msgspec.json.encode(event(DENIED, **fields)))
    assert read.at == dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def test_events_of_other_kinds_say_nothing():
    about = {"kind": "CronJob", "namespace": "shop", "name": "nightly", "uid": "u"}
    assert refusal(msgspec.json.encode({**event(DENIED), "involvedObject": about})).why == ""
