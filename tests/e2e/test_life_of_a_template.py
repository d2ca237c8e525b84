"""A template through its whole life, on members of every age: the main scenario."""

from __future__ import annotations

import time

import pytest

from tests.controlplanes.waiting import wait_until
from tests.e2e.installation import Installation
from tests.e2e.propagated import ANCHOR, CONVERTED, WORK, Propagated
from tests.e2e.templates import KINDS, NAMESPACE, template
from tests.nonempty import some


@pytest.fixture(scope="module")
def converter(session_fleet):
    installed = Installation(session_fleet)
    yield installed
    installed.stop()


OLD_VERSIONS = {
    "Ingress": ["networking.k8s.io/v1beta1", "extensions/v1beta1"],
    "CronJob": ["batch/v1beta1"],
    "PodDisruptionBudget": ["policy/v1beta1"],
    "HorizontalPodAutoscaler": ["autoscaling/v2beta2", "autoscaling/v2beta1", "autoscaling/v1"],
    "Deployment": ["apps/v1"],
    "IngressClass": ["networking.k8s.io/v1beta1", "networking.k8s.io/v1"],
}


def members(fleet, kind):
    """IngressClass came with v1.18: the oldest member has no version of it."""
    return [name for name in fleet.members if (kind, name) != ("IngressClass", "ancient")]


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_applied_everywhere_and_nothing_stays_when_it_is_deleted(fleet, converter, kind):
    name = f"whole-{kind.lower()}"
    clusters = members(fleet, kind)
    with Propagated(fleet, template(kind, name), clusters) as it:
        it.wait_until_applied()
        for cluster in some(clusters):
            work = it.work(cluster)
            served = fleet.members[cluster].client.resources(it.versions(cluster)[0])
            assert kind in served, (cluster, it.versions(cluster))
            assert (CONVERTED in work["metadata"]["labels"]) == (it.versions(cluster) != [it.api_version])
            assert (it.anchor(cluster) is not None) == (CONVERTED in work["metadata"]["labels"])
        versions = {cluster: it.versions(cluster) for cluster in clusters}
    for cluster in clusters:
        it.wait_until_gone(cluster, versions[cluster])


def test_the_status_of_every_cluster_comes_back_in_the_templates_version(fleet, converter):
    clusters = list(fleet.members)
    with Propagated(fleet, template("CronJob", "status"), clusters) as it:
        it.wait_until_applied()
        for number, cluster in enumerate(clusters):
            it.report(cluster, {"lastScheduleTime": f"2026-11-0{number + 1}T02:15:00Z"})
        for number, cluster in enumerate(clusters):
            it.wait_for_status(cluster, {"lastScheduleTime": f"2026-11-0{number + 1}T02:15:00Z"})
        newest = f"2026-11-0{len(clusters)}T02:15:00Z"
        wait_until("the template's status", lambda: it.stored().get("status", {}).get("lastScheduleTime") == newest)
        assert it.condition() == "True"
        assert all("appliedMessage" not in item for item in some(it.aggregated().values()))


def test_an_autoscalers_status_is_converted_back(fleet, converter):
    with Propagated(fleet, template("HorizontalPodAutoscaler", "status"), ["new", "ancient"]) as it:
        it.wait_until_applied()
        it.report("ancient", {"currentReplicas": 3, "desiredReplicas": 4})
        it.wait_for_status("ancient", {"currentReplicas": 3, "desiredReplicas": 4})


def test_a_changed_template_reaches_every_member(fleet, converter):
    with Propagated(fleet, template("CronJob", "changed"), ["new", "old", "pull"]) as it:
        it.wait_until_applied()
        fleet.client.patch("batch/v1", "CronJob", "changed", {"spec": {"schedule": "0 4 * * *"}}, NAMESPACE)
        for cluster in it.clusters:
            wait_until(cluster, lambda cluster=cluster: it.on(cluster)["spec"]["schedule"] == "0 4 * * *")
        assert it.anchor("old") is not None


@pytest.mark.parametrize("cluster", ["old", "pull"])
def test_what_is_deleted_or_edited_on_a_member_is_restored(fleet, converter, cluster):
    with Propagated(fleet, template("CronJob", f"restored-{cluster}"), [cluster]) as it:
        it.wait_until_applied()
        it.report(cluster, {"lastScheduleTime": "2026-11-01T02:15:00Z"})  # once its status comes, it is watched
        it.wait_for_status(cluster, {"lastScheduleTime": "2026-11-01T02:15:00Z"})
        member = fleet.members[cluster].client
        uid = it.on(cluster)["metadata"]["uid"]
        # The default of batch/v1beta1 is to orphan, which waits for a garbage collector that members here lack.
        member.delete("batch/v1beta1", "CronJob", it.name, NAMESPACE, propagation="Background")
        wait_until(
            "it being there again", lambda: (it.on(cluster) or {"metadata": {"uid": uid}})["metadata"]["uid"] != uid
        )
        member.patch("batch/v1beta1", "CronJob", it.name, {"spec": {"schedule": "9 9 * * *"}}, NAMESPACE)
        wait_until("the edit being undone", lambda: it.on(cluster)["spec"]["schedule"] == "15 2 * * *")


def test_a_cluster_leaves_the_placement_and_comes_back(fleet, converter):
    with Propagated(fleet, template("CronJob", "placed"), ["new", "old"]) as it:
        it.wait_until_applied()
        it.place(["new"])
        it.wait_until_gone("old", ["batch/v1beta1"])
        it.wait_until_applied()
        it.place(["new", "old"])
        it.wait_until_applied()
        assert it.anchor("old") is not None


def test_suspended_dispatching_holds_the_converted_work_back_and_goes_on(fleet, converter):
    with Propagated(fleet, template("CronJob", "held"), ["old"], suspension={"dispatching": True}) as it:
        wait_until("the anchor", lambda: it.anchor("old"))
        time.sleep(2)
        assert it.work("old")["spec"]["suspendDispatching"] is True
        assert it.on("old") is None
        it.place(["old"], suspension={"dispatching": False})
        it.wait_until_applied()


def test_preserved_deletion_leaves_the_members_object(fleet, converter):
    member = fleet.members["old"].client
    with Propagated(fleet, template("CronJob", "kept"), ["old"], preserveResourcesOnDeletion=True) as it:
        it.wait_until_applied()
    wait_until("the Works being gone", lambda: it.works("old") == [])
    assert member.find("batch/v1beta1", "CronJob", "kept", NAMESPACE) is not None
    member.delete("batch/v1beta1", "CronJob", "kept", NAMESPACE, propagation="Background")


def test_what_exists_already_is_a_conflict_until_it_may_be_overwritten(fleet, converter):
    fleet.client.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    member = fleet.members["old"].client
    foreign = {**template("CronJob", "conflict"), "apiVersion": "batch/v1beta1"}
    wait_until("the namespace", lambda: member.find("v1", "Namespace", NAMESPACE))
    member.create(foreign)
    with Propagated(fleet, template("CronJob", "conflict"), ["old"]) as it:
        wait_until("the conflict", lambda: "exist" in it.aggregated().get("old", {}).get("appliedMessage", ""))
        assert it.condition() == "False"
        it.place(["old"], conflictResolution="Overwrite")
        it.wait_until_applied()


def test_override_policies_are_applied_before_the_conversion(fleet, converter):
    override = {
        "apiVersion": "policy.karmada.io/v1alpha1",
        "kind": "OverridePolicy",
        "metadata": {"name": "later", "namespace": NAMESPACE},
        "spec": {
            "resourceSelectors": [{"apiVersion": "batch/v1", "kind": "CronJob", "name": "overridden"}],
            "overrideRules": [
                {
                    "targetCluster": {"clusterNames": ["old"]},
                    "overriders": {
                        "plaintext": [{"path": "/spec/schedule", "operator": "replace", "value": "30 5 * * *"}]
                    },
                }
            ],
        },
    }
    fleet.client.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    fleet.client.put(override)
    try:
        with Propagated(fleet, template("CronJob", "overridden"), ["new", "old"]) as it:
            it.wait_until_applied()
            wait_until("the override", lambda: it.on("old")["spec"]["schedule"] == "30 5 * * *")
            assert it.on("new")["spec"]["schedule"] == "15 2 * * *"
    finally:
        fleet.client.delete("policy.karmada.io/v1alpha1", "OverridePolicy", "later", NAMESPACE)


def test_a_work_made_by_hand_with_several_manifests_is_converted_in_place(fleet, converter):
    manifests = [template("CronJob", "by-hand"), template("Ingress", "by-hand")]
    for manifest in manifests:  # or else Karmada takes them for somebody else's, and leaves them
        manifest["metadata"]["labels"] = {"karmada.io/managed": "true"}
        manifest["metadata"]["annotations"] = {
            "work.karmada.io/name": "by-hand",
            "work.karmada.io/namespace": "karmada-es-old",
        }
    work = {
        "apiVersion": WORK,
        "kind": "Work",
        "metadata": {
            "name": "by-hand",
            "namespace": "karmada-es-old",
            "finalizers": ["karmada.io/execution-controller"],
        },
        "spec": {"workload": {"manifests": manifests}},
    }
    fleet.client.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    member = fleet.members["old"].client
    wait_until("the namespace", lambda: member.find("v1", "Namespace", NAMESPACE))
    stored = fleet.client.create(work)
    try:
        versions = [manifest["apiVersion"] for manifest in stored["spec"]["workload"]["manifests"]]
        assert versions[0] == "batch/v1beta1"
        for version, manifest in zip(versions, manifests, strict=True):
            kind = manifest["kind"]
            wait_until(kind, lambda version=version, kind=kind: member.find(version, kind, "by-hand", NAMESPACE))
        anchors = fleet.client.list(WORK, "Work", "karmada-es-old", labels=f"{ANCHOR}=true")
        assert "by-hand-anchor" not in {anchor["metadata"]["name"] for anchor in anchors}
    finally:
        fleet.client.delete(WORK, "Work", "by-hand", "karmada-es-old")
    wait_until("it being gone", lambda: member.find("batch/v1beta1", "CronJob", "by-hand", NAMESPACE) is None)
