"""The controller names the scheduler of bindings that were stored before, each once and not too fast."""

import asyncio
import copy

import msgspec
import pytest

from converter.client.collections import BINDINGS, CLUSTER_BINDINGS
from converter.controllers.bindings import RESYNC_SECONDS, WRITES_A_SECOND
from converter.karmada.names import EXCLUDED_LABEL, SCHEDULER_LABEL
from tests.fakes.karmada import BOTH, NEW, OLD, Karmada
from tests.fakes.virtual_time import advance
from tests.nonempty import some
from tests.waiting import until

pytestmark = pytest.mark.virtual_time

OURS = "apiconverter"
ONE = BINDINGS.object_path("shop", "one")
WIDE = CLUSTER_BINDINGS.object_path("", "wide")


@pytest.fixture
async def karmada():
    made = Karmada(own_scheduler=OURS)
    made.serve("new", NEW)
    yield made
    await made.stop_all()


def binding(name="one", kind="CronJob", api_version="batch/v1", **spec):
    return {
        "apiVersion": "work.karmada.io/v1alpha2",
        "kind": "ResourceBinding",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "resource": {"apiVersion": api_version, "kind": kind},
            "placement": {},
            "schedulerName": "default-scheduler",
            "clusters": [{"name": "new"}],
            **spec,
        },
    }


def stored_before(karmada, *bindings):
    with karmada.without_webhooks():
        for thing in bindings:
            karmada.server.put(BINDINGS.object_path("shop", thing["metadata"]["name"]), thing)


def scheduler(karmada, path=ONE):
    return karmada.server.objects[path]["spec"].get("schedulerName")


async def test_bindings_scheduled_before_the_converter_came_get_the_name_once(karmada):
    stored_before(karmada, binding(), binding("configs", "ConfigMap", "v1"), binding("theirs", schedulerName="mine"))
    with karmada.without_webhooks():
        karmada.server.put(WIDE, {**binding("wide"), "metadata": {"name": "wide"}})
    others = {path: copy.deepcopy(thing) for path, thing in karmada.server.objects.items() if "configs" in path}
    await karmada.started(OLD)
    assert (scheduler(karmada), scheduler(karmada, WIDE)) == (OURS, OURS)
    assert karmada.server.objects[ONE]["metadata"]["labels"][SCHEDULER_LABEL] == OURS
    patched = [write for write in karmada.writes if "bindings" in write]
    assert sorted(patched) == sorted([f"PATCH {ONE}", f"PATCH {WIDE}"])
    for path, thing in some(others.items()):
        assert karmada.server.objects[path] == thing
    await karmada.quiet(2 * RESYNC_SECONDS)
    assert [write for write in karmada.writes if "bindings" in write] == patched


async def test_a_cluster_that_joins_is_upgraded_and_leaves(karmada):
    stored_before(karmada, binding())
    await karmada.started(NEW)
    assert scheduler(karmada) == "default-scheduler"
    karmada.serve("late", {})  # it joins, and its APIs are not known yet
    await karmada.quiet()
    assert scheduler(karmada) == "default-scheduler"
    karmada.serve("late", OLD)
    await until(lambda: scheduler(karmada) == OURS)
    karmada.serve("late", BOTH)  # upgraded
    await until(lambda: scheduler(karmada) == "default-scheduler")
    assert SCHEDULER_LABEL not in karmada.server.objects[ONE]["metadata"]["labels"]
    karmada.serve("late", OLD)
    await until(lambda: scheduler(karmada) == OURS)
    karmada.server.remove("/apis/cluster.karmada.io/v1alpha1/clusters/late")
    karmada.refresh_webhooks()
    await until(lambda: scheduler(karmada) == "default-scheduler")


async def test_what_was_written_while_no_webhook_answered_is_found(karmada):
    await karmada.started(OLD)
    stored_before(karmada, binding())
    assert scheduler(karmada) == "default-scheduler"
    await advance(RESYNC_SECONDS + 60)
    assert scheduler(karmada) == OURS


async def test_a_name_that_was_lost_while_no_webhook_answered_comes_back_soon(karmada):
    stored_before(karmada, binding())
    await karmada.started(OLD)
    assert scheduler(karmada) == OURS
    with karmada.without_webhooks():
        karmada.server.apply(ONE, lambda stored: stored["spec"].update(schedulerName="default-scheduler"))
    await advance(1)
    assert scheduler(karmada) == OURS


async def test_a_thousand_bindings_are_not_a_storm(karmada):
    stored_before(karmada, *(binding(f"b{number}") for number in range(300)))
    times = []

    def record(method, path):
        if method == "PATCH" and "/resourcebindings/" in path:
            times.append(asyncio.get_running_loop().time())

    karmada.server.fail = record
    await karmada.started(OLD)
    await until(lambda: len(times) >= 300)
    assert len(times) == 300
    for number, at in enumerate(some(times)):
        later = [other for other in times[number:] if other < at + 1.0 - 1e-6]
        assert len(later) <= WRITES_A_SECOND


async def test_bindings_that_karmada_schedules_itself_are_not_written(karmada):
    """The cluster lacks the kind in every version: Karmada's own scheduler leaves it out."""
    karmada.serve("none", {"v1": ["Secret"]})
    stored_before(
        karmada,
        binding("scheduled", "ConfigMap", "v1"),
        binding("new", "ConfigMap", "v1", clusters=[]),
    )
    await karmada.started(NEW)
    assert [write for write in karmada.writes if "bindings" in write] == []
    karmada.server.apply(BINDINGS.object_path("shop", "new"), lambda stored: stored["spec"].update(replicas=1))
    stored = karmada.server.objects[BINDINGS.object_path("shop", "new")]
    assert stored["metadata"]["labels"] == {EXCLUDED_LABEL: "true"}


async def test_a_binding_that_cannot_be_read_stops_no_other(karmada):
    odd = binding("odd")
    odd["spec"]["placement"] = {"clusterAffinity": 5}
    stored_before(karmada, odd, binding())
    await karmada.started(OLD)
    assert scheduler(karmada) == OURS


async def test_a_binding_that_changed_since_it_was_listed_is_read_again(karmada, caplog):
    stored_before(karmada, binding())
    touched = []

    def touch(method, path):
        if method == "PATCH" and path == ONE and not touched:
            touched.append(path)
            with karmada.without_webhooks():
                karmada.server.apply(ONE, lambda stored: stored["spec"].update(replicas=3))

    karmada.server.fail = touch
    await karmada.started(OLD)
    assert scheduler(karmada) == OURS
    assert karmada.server.objects[ONE]["spec"]["replicas"] == 3
    assert touched
    assert [record for record in caplog.records if "bindings" in record.name] == []


async def test_a_binding_that_is_gone_meanwhile_is_no_failure(karmada):
    stored_before(karmada, binding("gone"), binding())

    def vanish(method, path):
        if method == "PATCH" and path.endswith("/gone"):
            karmada.server.objects.pop(path, None)

    karmada.server.fail = vanish
    await karmada.started(OLD)
    assert scheduler(karmada) == OURS
    assert msgspec.json.encode(karmada.server.objects[ONE])
