"""The fleet of the e2e tests is a working Karmada: without the converter, what needs no conversion arrives."""

from __future__ import annotations

import pytest

from tests.controlplanes.fleet import MEMBERS, MemberSpec
from tests.controlplanes.waiting import wait_until

NAMES = [spec.name for spec in MEMBERS]
POLICY = {
    "apiVersion": "policy.karmada.io/v1alpha1",
    "kind": "PropagationPolicy",
    "metadata": {"name": "stands", "namespace": "default"},
    "spec": {
        "resourceSelectors": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "stands"}],
        "placement": {"clusterAffinity": {"clusterNames": NAMES}},
    },
}
TEMPLATE = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "stands", "namespace": "default"},
    "data": {"it": "stands"},
}


@pytest.fixture(scope="module")
def template(session_fleet):
    client = session_fleet.client
    client.create(POLICY)
    client.create(TEMPLATE)
    yield TEMPLATE
    client.delete("v1", "ConfigMap", "stands", "default")
    client.delete("policy.karmada.io/v1alpha1", "PropagationPolicy", "stands", "default")


@pytest.mark.parametrize("spec", MEMBERS, ids=NAMES)
def test_each_cluster_is_ready_and_shows_its_release_and_mode(fleet, spec):
    cluster = fleet.members[spec.name].wait()
    assert cluster["status"]["kubernetesVersion"].startswith(f"v{spec.release}.")
    assert cluster["spec"]["syncMode"] == ("Pull" if spec.pull else "Push")
    served = {item["groupVersion"] for item in cluster["status"]["apiEnablements"]}
    assert ("batch/v1beta1" in served) == (spec.release in {"1.16", "1.20", "1.24"})


@pytest.mark.parametrize("name", NAMES)
def test_a_template_reaches_each_member(fleet, template, name):
    member = fleet.members[name]
    stored = wait_until(
        f"the ConfigMap on {name}", lambda: member.client.find("v1", "ConfigMap", "stands", "default"), 30
    )
    assert stored["data"] == template["data"]


def test_karmada_says_so_in_the_binding(fleet, template):
    def is_applied():
        binding = fleet.client.get("work.karmada.io/v1alpha2", "ResourceBinding", "stands-configmap", "default")
        items = binding.get("status", {}).get("aggregatedStatus", [])
        assert sorted(item["clusterName"] for item in items if item.get("applied")) == sorted(NAMES)
        return True

    wait_until("the binding being applied everywhere", is_applied, 30)


def test_a_deleted_template_is_deleted_everywhere(fleet):
    client = fleet.client
    template = {**TEMPLATE, "metadata": {"name": "gone", "namespace": "default"}}
    selector = [{"apiVersion": "v1", "kind": "ConfigMap", "name": "gone"}]
    policy = {**POLICY, "metadata": template["metadata"], "spec": {**POLICY["spec"], "resourceSelectors": selector}}
    client.create(policy)
    client.create(template)
    for member in fleet.members.values():
        wait_until(
            f"arrival on {member.name}", lambda c=member.client: c.find("v1", "ConfigMap", "gone", "default"), 30
        )
    client.delete("v1", "ConfigMap", "gone", "default")
    for member in fleet.members.values():
        wait_until(
            f"removal from {member.name}", lambda c=member.client: not c.find("v1", "ConfigMap", "gone", "default"), 30
        )
    client.delete("policy.karmada.io/v1alpha1", "PropagationPolicy", "gone", "default")


def test_an_emptied_namespace_goes_away(fleet):
    fleet.client.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "passing"}})
    fleet.client.delete("v1", "Namespace", "passing")
    wait_until("the namespace's end", lambda: not fleet.client.find("v1", "Namespace", "passing"), 30)


def test_a_member_can_join_be_upgraded_in_place_and_leave(fleet):
    member = fleet.add(MemberSpec("rising", "1.20"))
    member.client.create({**TEMPLATE, "metadata": {"name": "kept", "namespace": "default"}})
    member.upgrade("1.24")
    cluster = fleet.karmada.cluster("rising")
    assert cluster["status"]["kubernetesVersion"] == "v1.24.17"
    served = {item["groupVersion"] for item in cluster["status"]["apiEnablements"]}
    assert "networking.k8s.io/v1beta1" not in served, "that is gone since v1.22"
    assert member.client.get("v1", "ConfigMap", "kept", "default")["data"] == TEMPLATE["data"]
    fleet.remove("rising")
    assert fleet.karmada.cluster("rising") is None


def test_karmada_goes_on_when_its_programs_are_restarted(fleet, template):
    fleet.karmada.controller_manager.restart()
    fleet.karmada.scheduler.restart()
    fleet.members["pull"].agent.restart()
    changed = {**TEMPLATE, "data": {"it": "still stands"}}
    fleet.client.put(changed)
    for member in fleet.members.values():

        def is_changed(client=member.client):
            return client.get("v1", "ConfigMap", "stands", "default")["data"] == changed["data"]

        wait_until(f"the change on {member.name}", is_changed, 30)
