"""Conversion data that annotations cannot hold: the Work waits for its overflow object, and an upgrade restores it."""

from __future__ import annotations

import pytest

from tests.controlplanes.waiting import wait_until
from tests.e2e.installation import Installation
from tests.e2e.propagated import WORK, Propagated
from tests.e2e.templates import NAMESPACE
from tests.nonempty import some

SHELF = "apiconverter.dev/overflow"
KEPT_IN = "apiconverter.dev/conversion-data-ref"
HELD = "apiconverter.dev/suspended-before"
GROUP = "shelf.example.org"
CRD = ("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"gadgets.{GROUP}")
SCHEMA = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
RULE = f"""\
apiVersion: apiconverter.dev/v1alpha1
kind: ConversionRule
metadata: {{name: gadget-v1-v1beta1}}
spec:
  kind: Gadget
  resource: {{plural: gadgets}}
  between: [{GROUP}/v1, {GROUP}/v1beta1]
  steps:
    - drop: {{path: spec.manual, side: left, why: v1beta1 has no manuals}}
"""
MANUAL = {"text": "Turn it on. " * (25 << 10), "edition": 1.5}  # 300 KiB


@pytest.fixture(scope="module")
def converter(session_fleet, tmp_path_factory):
    rules = tmp_path_factory.mktemp("shelf-rules")
    (rules / "gadget.yaml").write_text(RULE)
    installed = Installation(session_fleet, rules=rules)
    yield installed
    installed.stop()


@pytest.fixture
def gadgets(fleet, converter):
    """The kind, in v1 where it is new and in v1beta1 where it is old."""
    members = fleet.members
    fleet.client.put(crd("v1"))
    members["new"].client.put(crd("v1"))
    for name in ("old", "pull"):
        members[name].client.put(crd("v1beta1"))
    for name in ("old", "pull"):
        wait_until(
            f"Karmada seeing it in {name}", lambda name=name: f"{GROUP}/v1beta1" in fleet.karmada.served(name), 90
        )
    yield
    for client in (fleet.client, *(member.client for member in members.values())):
        client.delete(*CRD)


def crd(*versions):
    names = {"plural": "gadgets", "singular": "gadget", "kind": "Gadget", "listKind": "GadgetList"}
    listed = [
        {
            "name": name,
            "served": True,
            "storage": name == versions[-1],
            "schema": SCHEMA,
            "subresources": {"status": {}},
        }
        for name in versions
    ]
    spec = {"group": GROUP, "scope": "Namespaced", "names": names, "versions": listed}
    return {"apiVersion": CRD[0], "kind": CRD[1], "metadata": {"name": CRD[2]}, "spec": spec}


def has_overflow_store(fleet, cluster):
    return fleet.client.list("apps/v1", "ControllerRevision", f"karmada-es-{cluster}", labels=f"{SHELF}=true")


def test_a_large_loss_is_stored_in_an_overflow_object_and_restored(fleet, gadgets):
    gadget = {
        "apiVersion": f"{GROUP}/v1",
        "kind": "Gadget",
        "metadata": {"name": "one", "namespace": NAMESPACE},
        "spec": {"size": 3, "manual": MANUAL},
    }
    with Propagated(fleet, gadget, ["new", "old", "pull"]) as it:
        it.wait_until_applied(120)
        assert it.on("new")["spec"]["manual"] == MANUAL
        for cluster in ("old", "pull"):
            assert it.versions(cluster) == [f"{GROUP}/v1beta1"]
            assert it.on(cluster)["spec"] == {"size": 3}
            work = it.work(cluster)
            assert KEPT_IN in work["metadata"]["annotations"]
            assert HELD not in work["metadata"]["annotations"]
            assert not work["spec"].get("suspendDispatching")
            (overflow_object,) = has_overflow_store(fleet, cluster)
            assert overflow_object["metadata"]["ownerReferences"][0]["uid"] == work["metadata"]["uid"]
            assert "Turn it on." in overflow_object["data"]["conversionData"]
        kept = has_overflow_store(fleet, "old")[0]["metadata"]["uid"]

        fleet.client.patch(f"{GROUP}/v1", "Gadget", "one", {"spec": {"size": 4}}, NAMESPACE)
        for cluster in it.clusters:
            wait_until(f"the change in {cluster}", lambda cluster=cluster: it.on(cluster)["spec"]["size"] == 4)
        assert has_overflow_store(fleet, "old")[0]["metadata"]["uid"] == kept, "the same content needs no other shelf"
        for member in some(fleet.members.values()):
            assert member.client.list("apps/v1", "ControllerRevision", labels=f"{SHELF}=true") == []

        fleet.members["old"].client.put(crd("v1beta1", "v1"))
        wait_until("the manual", lambda: (it.on("old") or {}).get("spec", {}).get("manual") == MANUAL, 120)
        assert it.versions("old") == [f"{GROUP}/v1"]
        assert it.on("old")["spec"]["size"] == 4
        wait_until("the end of its shelf", lambda: has_overflow_store(fleet, "old") == [])
        it.wait_until_applied(120)
    for cluster in ("old", "pull"):
        it.wait_until_gone(cluster, [f"{GROUP}/v1beta1"])
        wait_until(
            f"the end of the shelf of {cluster}", lambda cluster=cluster: has_overflow_store(fleet, cluster) == []
        )
    assert [work for work in fleet.client.list(WORK, "Work") if HELD in work["metadata"].get("annotations", {})] == []
