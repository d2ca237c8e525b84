"""A cluster that joins gets only what it serves, and gets all of that."""

from __future__ import annotations

import pytest

from tests.controlplanes.fleet import MemberSpec
from tests.controlplanes.waiting import wait_until
from tests.e2e.installation import Installation
from tests.e2e.propagated import BINDING, Propagated
from tests.e2e.templates import NAMESPACE, template
from tests.e2e.widgets import RULE, WIDGET, crd

NEW, OLD, RELEASE = "new", "old", "1.20"
CRDS = "apiextensions.k8s.io/v1"


@pytest.fixture(scope="module")
def converter(session_fleet):
    """With a kind of which one member has another version, and the members that join have none."""
    rules = session_fleet.world.run.folder / "joining-rules"
    rules.mkdir(exist_ok=True)
    (rules / "widget.yaml").write_text(RULE)
    clients = [session_fleet.client, *(session_fleet.members[name].client for name in (NEW, OLD))]
    for client, version in zip(clients, ("v1", "v1", "v1beta1"), strict=True):
        client.put(crd(version))

    def seen():
        for name, version in ((NEW, "v1"), (OLD, "v1beta1")):
            enabled = session_fleet.karmada.cluster(name)["status"]["apiEnablements"]
            assert f"example.org/{version}" in {item["groupVersion"] for item in enabled}
        return True

    wait_until("Karmada seeing the CRD", seen, 90)
    installed = Installation(session_fleet, rules=rules)
    yield installed
    installed.stop()
    for client in clients:
        client.delete(CRDS, "CustomResourceDefinition", WIDGET["metadata"]["name"])


def widget(name):
    return {
        "apiVersion": "example.org/v1",
        "kind": "Widget",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"size": 3},
    }


def attributes_class(name):
    """A kind that no member gets by conversion, so that Karmada's own scheduler has its bindings."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "VolumeAttributesClass",
        "metadata": {"name": name},
        "driverName": "disks.example.org",
        "parameters": {"throughput": "200"},
    }


def scheduled(it):
    return {cluster["name"] for cluster in it.binding()["spec"].get("clusters", ())}


@pytest.mark.parametrize("late", ["late-1", "late-2", "late-3"])
def test_a_cluster_that_joins_late(fleet, converter, late):
    with (
        Propagated(fleet, widget(late), [NEW, late]) as impossible,
        Propagated(fleet, attributes_class(late), [NEW, late]) as karmadas,
        Propagated(fleet, template("CronJob", late), [NEW, late]) as possible,
    ):
        for it in (impossible, karmadas, possible):
            it.clusters = [NEW]
            it.wait_until_applied()
        fleet.add(MemberSpec(late, RELEASE))
        try:
            possible.clusters = [NEW, late]
            possible.wait_until_applied(120)
            assert possible.versions(late) == ["batch/v1beta1"]

            def left_out():
                assert scheduled(impossible) == {NEW}
                assert impossible.works(late) == []
                return impossible.binding()["spec"]["placement"]["clusterAffinity"].get("exclude") == [late]

            wait_until("the exclusion", left_out, 60)
            impossible.wait_until_applied()
            assert scheduled(karmadas) == {NEW}
            assert karmadas.works(late) == []
            assert "exclude" not in karmadas.binding()["spec"]["placement"]["clusterAffinity"]

            # Whoever schedules it there by hand, or did so too early: it is taken back at once.
            target = {"spec": {"clusters": [{"name": NEW}, {"name": late}]}}
            fleet.client.patch(BINDING, impossible.binding_kind, impossible.binding_name, target, impossible.namespace)
            wait_until("the end of a wrong schedule", left_out, 60)
        finally:
            possible.place([NEW])
            possible.wait_until_gone(late, ["batch/v1beta1"])
            fleet.remove(late)
