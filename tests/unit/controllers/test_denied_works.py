"""What admission refused stands in a condition of its binding while it holds, and is tried again when it helps."""

import datetime as dt

import msgspec
import pytest

from converter.client import Key
from converter.client.collections import BINDINGS, CLUSTER_BINDINGS, EVENTS
from converter.controllers.denied_works import CHECK_SECONDS, CONDITION
from converter.controllers.karmada_events import read_denial
from tests.fakes.karmada import NEW, OLD, now
from tests.fakes.virtual_time import advance
from tests.waiting import until

pytestmark = pytest.mark.virtual_time

BINDING = BINDINGS.object_path("shop", "nightly-cronjob")
WHY = "(clusters=old) cluster old: CronJob shop/nightly would lose values: spec.timeZone. Leave the cluster out."
DENIED = f'admission webhook "works.apiconverter.dev" denied the request: {WHY}'


def stamp(seconds=0):
    return (now() - dt.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def tell(karmada, reason, message, *, path=BINDING, age=0):
    """What Karmada's recorder writes: one Event a reason, which is written again each time."""
    binding = karmada.server.objects[path]
    metadata = binding["metadata"]
    about = {"kind": binding["kind"], "name": metadata["name"], "uid": metadata["uid"]}
    about |= {"namespace": metadata["namespace"]} if "namespace" in metadata else {}
    at = EVENTS.object_path(metadata.get("namespace", "default"), f"{metadata['name']}.{reason.lower()}")
    event = {"involvedObject": about, "reason": reason, "message": message, "lastTimestamp": stamp(age)}
    if at in karmada.server.objects:
        karmada.server.apply(at, lambda stored: stored.update(event, count=stored.get("count", 1) + 1))
    else:
        names = {"name": at.rsplit("/", 1)[1], "namespace": metadata.get("namespace", "default")}
        karmada.server.put(at, {"kind": "Event", "metadata": names, **event})
    return at


def bound(karmada, path=BINDING, kind="ResourceBinding", **spec):
    namespace = {"namespace": "shop"} if "/namespaces/" in path else {}
    metadata = {"name": path.rsplit("/", 1)[1], **namespace}
    applied = {"type": "FullyApplied", "status": "False", "lastTransitionTime": stamp()}
    given = {
        "apiVersion": "work.karmada.io/v1alpha2",
        "kind": kind,
        "metadata": metadata,
        "spec": {"clusters": [], **spec},
    }
    karmada.server.put(path, {**given, "status": {"conditions": [applied]}})


def shown(karmada, path=BINDING):
    conditions = karmada.server.objects[path]["status"]["conditions"]
    assert conditions[0]["type"] == "FullyApplied", "Karmada's own stays"
    return [item["message"] for item in conditions if item["type"] == CONDITION]


@pytest.mark.parametrize(
    ("path", "kind"),
    [(BINDING, "ResourceBinding"), (CLUSTER_BINDINGS.object_path("", "everywhere"), "ClusterResourceBinding")],
)
async def test_the_reason_is_in_a_condition_until_the_work_is_accepted(karmada, path, kind):
    await karmada.started()
    bound(karmada, path, kind)
    tell(karmada, "SyncWorkFailed", DENIED, path=path)
    await until(lambda: shown(karmada, path) == [WHY])
    tell(karmada, "SyncWorkSucceed", "Sync work successful.", path=path)
    await until(lambda: shown(karmada, path) == [])


async def test_a_later_failure_outweighs_an_earlier_success(karmada):
    await karmada.started()
    bound(karmada)
    tell(karmada, "SyncWorkSucceed", "Sync work successful.")
    tell(karmada, "SyncWorkFailed", DENIED)
    await until(lambda: shown(karmada) == [WHY])
    await advance(3 * CHECK_SECONDS)
    assert shown(karmada) == [WHY]
    since = karmada.server.objects[BINDING]["status"]["conditions"][1]["lastTransitionTime"]
    tell(karmada, "SyncWorkFailed", DENIED.replace("timeZone", "suspend"))
    await until(lambda: shown(karmada) == [WHY.replace("timeZone", "suspend")])
    assert karmada.server.objects[BINDING]["status"]["conditions"][1]["lastTransitionTime"] == since


async def test_other_failures_and_old_ones_are_not_shown(karmada):
    await karmada.started()
    bound(karmada)
    tell(karmada, "SyncWorkFailed", "etcdserver: request timed out")
    await advance(3 * CHECK_SECONDS)
    assert shown(karmada) == []
    tell(karmada, "SyncWorkFailed", DENIED, age=1200)
    await advance(3 * CHECK_SECONDS)
    assert shown(karmada) == [], "Karmada would have tried again since"


async def test_a_condition_that_was_left_goes_once_somebody_leads(karmada):
    bound(karmada)
    left = {"type": CONDITION, "status": "True", "reason": "WorkRefused", "message": WHY, "lastTransitionTime": stamp()}
    karmada.server.objects[BINDING]["status"]["conditions"].append(left)
    karmada.server.objects[BINDING]["spec"]["placement"] = {}
    await karmada.started()
    await until(lambda: shown(karmada) == [])


async def test_an_event_that_is_gone_takes_its_condition_along(karmada):
    await karmada.started()
    bound(karmada)
    event = tell(karmada, "SyncWorkFailed", DENIED)
    await until(lambda: shown(karmada) == [WHY])
    karmada.server.remove(event)
    await until(lambda: shown(karmada) == [])


async def test_another_binding_of_the_same_name_is_not_blamed(karmada):
    await karmada.started()
    bound(karmada)
    tell(karmada, "SyncWorkFailed", DENIED)
    await until(lambda: shown(karmada) == [WHY])
    karmada.server.remove(BINDING)
    bound(karmada)
    await karmada.quiet()
    assert shown(karmada) == []


@pytest.mark.parametrize(("before", "after"), [({}, False), ({"preserveResourcesOnDeletion": False}, None)])
async def test_a_changed_cluster_has_karmada_try_again(karmada, before, after):
    await karmada.started(OLD)
    bound(karmada, **before)
    tell(karmada, "SyncWorkFailed", DENIED)
    await until(lambda: shown(karmada) == [WHY])
    generation = karmada.server.objects[BINDING]["metadata"]["generation"]
    karmada.serve("another", NEW)
    await karmada.quiet()
    assert karmada.server.objects[BINDING]["metadata"]["generation"] == generation, "that one was not refused"
    karmada.serve("old", NEW)
    await until(lambda: karmada.server.objects[BINDING]["metadata"]["generation"] > generation)
    nudges = karmada.server.objects[BINDING]["metadata"]["generation"] - generation
    now = karmada.server.objects[BINDING]["spec"].get("preserveResourcesOnDeletion")
    assert now == (after if nudges % 2 else before.get("preserveResourcesOnDeletion"))


async def test_a_binding_that_preserves_resources_is_left_to_karmadas_own_pace(karmada):
    await karmada.started(OLD)
    bound(karmada, preserveResourcesOnDeletion=True)
    tell(karmada, "SyncWorkFailed", DENIED)
    await until(lambda: shown(karmada) == [WHY])
    karmada.serve("old", NEW)
    await karmada.quiet()
    assert karmada.server.objects[BINDING]["spec"]["preserveResourcesOnDeletion"] is True


def event(message, **fields):
    about = {"kind": "ResourceBinding", "namespace": "shop", "name": "b", "uid": "u"}
    return {"metadata": {"resourceVersion": "7"}, "involvedObject": about, "message": message, **fields}


def test_several_errors_at_once_name_each_cluster():
    other = DENIED.replace("clusters=old", "clusters=older")
    read = read_denial(msgspec.json.encode(event(f"[{DENIED}, {other}]")))
    assert read.clusters == {"old", "older"}
    assert read.why.startswith("(clusters=old) cluster old: ")
    assert not read.why.endswith("]")
    assert read.binding == (BINDINGS, Key("shop", "b"))


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
    read = read_denial(msgspec.json.encode(event(DENIED, **fields)))
    assert read.at == dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def test_events_of_other_kinds_say_nothing():
    about = {"kind": "CronJob", "namespace": "shop", "name": "nightly", "uid": "u"}
    assert read_denial(msgspec.json.encode({**event(DENIED), "involvedObject": about})).why == ""
