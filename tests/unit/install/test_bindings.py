"""Bindings are released before the converter goes: names, exclusions and conditions, and nothing else."""

import copy

import pytest

from converter.client.collections import BINDINGS, CLUSTER_BINDINGS
from converter.install.bindings import BindingNotReleasedError, release_bindings
from converter.karmada.names import EXCLUDED_ANNOTATION, EXCLUDED_LABEL, SCHEDULER_BEFORE_ANNOTATION, SCHEDULER_LABEL
from tests.fakes.apiserver import FakeApiServer
from tests.fakes.karmada import NEW, OLD, Karmada

ONE = BINDINGS.object_path("shop", "one")
WIDE = CLUSTER_BINDINGS.object_path("", "wide")
CONDITIONS = [
    {"type": "Scheduled", "status": "True"},
    {"type": "apiconverter.dev/WorkRefused", "status": "True"},
]


def binding(namespace="", name="one", *, scheduler="default-scheduler", conditions=()):
    return {
        "apiVersion": "work.karmada.io/v1alpha2",
        "kind": "ResourceBinding" if namespace else "ClusterResourceBinding",
        "metadata": {"name": name, **({"namespace": namespace} if namespace else {})},
        "spec": {
            "resource": {"apiVersion": "batch/v1", "kind": "CronJob"},
            "placement": {"spreadConstraints": []},
            "schedulerName": scheduler,
        },
        "status": {"conditions": list(conditions)},
    }


@pytest.fixture
def karmada():
    made = Karmada(own_scheduler="apiconverter")
    made.serve("new", NEW)
    made.serve("old", OLD)
    made.serve("none", {"v1": ["ConfigMap"]})
    return made


def everything(server):
    return {path: copy.deepcopy(thing) for path, thing in server.objects.items() if "bindings" in path}


def without_versions(objects):
    for thing in objects.values():
        for field in ("resourceVersion", "generation", "uid"):
            thing["metadata"].pop(field, None)
        for field in ("labels", "annotations"):
            if not thing["metadata"].get(field):
                thing["metadata"].pop(field, None)
    return objects


async def test_all_is_as_it_was_before_the_converter(karmada):
    server = karmada.server
    with karmada.without_webhooks():
        server.put(ONE, binding("shop", conditions=CONDITIONS[:1]))
        server.put(WIDE, binding(name="wide"))
        server.put(BINDINGS.object_path("shop", "theirs"), binding("shop", "theirs", scheduler="mine"))
        before = without_versions(everything(server))
    for path in before:
        server.apply(path, lambda stored: stored["metadata"].setdefault("labels", {}))  # any write
    server.apply(f"{ONE}/status", lambda stored: stored["status"].update(conditions=copy.deepcopy(CONDITIONS)))
    stored = server.objects[ONE]
    assert stored["spec"]["schedulerName"] == "apiconverter"
    assert set(stored["metadata"]["labels"]) == {SCHEDULER_LABEL, EXCLUDED_LABEL}
    assert set(stored["metadata"]["annotations"]) == {SCHEDULER_BEFORE_ANNOTATION, EXCLUDED_ANNOTATION}

    with karmada.without_webhooks():
        lines = []
        done = await release_bindings(server, report=lines.append)
        assert sorted(done.changed) == ["shop/one", "shop/theirs", "wide"]
        assert len(lines) == 3
        assert (done.kept, done.unread) == ([], {})
        assert without_versions(everything(server)) == before
        server.writes.clear()
        assert (await release_bindings(server)).changed == []
        assert server.writes == []


async def test_a_policy_that_chose_our_scheduler_is_reported(karmada):
    with karmada.without_webhooks():
        karmada.server.put(ONE, binding("shop", scheduler="apiconverter"))
        done = await release_bindings(karmada.server)
    assert (done.changed, done.kept) == ([], ["shop/one"])


async def test_who_puts_it_back_is_noticed(karmada):
    karmada.server.put(ONE, binding("shop"))
    with pytest.raises(BindingNotReleasedError) as raised:
        await release_bindings(karmada.server)
    assert raised.value.binding == "shop/one"


async def test_a_binding_that_changes_meanwhile_is_read_again_and_one_that_is_gone_is_left(karmada):
    server = karmada.server
    server.put(ONE, binding("shop"))
    server.put(WIDE, binding(name="wide"))
    attempts = []

    def interfere(method, path):
        if method != "PATCH":
            return
        attempts.append(path)
        if path == WIDE:
            server.objects.pop(WIDE, None)
        elif len(attempts) == 1:
            server.apply(
                ONE,
                lambda stored: stored["metadata"].update(annotations={**stored["metadata"]["annotations"], "a": "b"}),
            )

    with karmada.without_webhooks():
        server.fail = interfere
        done = await release_bindings(server)
    assert done.changed == ["shop/one"]
    assert server.objects[ONE]["metadata"]["annotations"] == {"a": "b"}


async def test_a_binding_that_cannot_be_read_is_reported_and_the_others_are_released():
    server = FakeApiServer()
    odd = binding("shop", "odd")
    odd["spec"]["placement"] = {"clusterAffinity": 5}
    server.put(BINDINGS.object_path("shop", "odd"), odd)
    one = binding("shop")
    one["metadata"] |= {"labels": {SCHEDULER_LABEL: "apiconverter"}}
    one["spec"]["schedulerName"] = "apiconverter"
    server.put(ONE, one)
    done = await release_bindings(server)
    assert list(done.unread) == ["shop/odd"]
    assert done.changed == ["shop/one"]
