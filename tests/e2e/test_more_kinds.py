"""More kinds, and pull members: statuses in the template, Works made by hand, and etcd without leftovers."""

from __future__ import annotations

import pytest

from tests.controlplanes.waiting import wait_until
from tests.e2e.installation import Installation
from tests.e2e.propagated import ANCHOR, CONVERTED, WORK, Propagated
from tests.e2e.templates import NAMESPACE, template
from tests.nonempty import some

BUDGET = {"disruptionsAllowed": 1, "currentHealthy": 3, "desiredHealthy": 2, "expectedPods": 4}
OLD_BUDGET = "policy/v1beta1"
CONVERTED_SOMEWHERE = ("CronJob", "Ingress", "PodDisruptionBudget", "HorizontalPodAutoscaler")


@pytest.fixture(scope="module")
def converter(session_fleet):
    installed = Installation(session_fleet)
    yield installed
    installed.stop()


def budget(name, **spec):
    made = template("PodDisruptionBudget", name)
    made["spec"] |= spec
    return made


def flow_schema(name):
    """A kind without namespace, with three versions, and a status that every API server writes itself."""
    return {
        "apiVersion": "flowcontrol.apiserver.k8s.io/v1",
        "kind": "FlowSchema",
        "metadata": {"name": name},
        "spec": {
            "priorityLevelConfiguration": {"name": "not-there"},
            "matchingPrecedence": 9000,
            "distinguisherMethod": {"type": "ByUser"},
        },
    }


def test_a_cluster_wide_kind_in_three_versions_and_the_statuses_that_servers_write(fleet, converter):
    """Through a ClusterResourceBinding, and its status webhook."""
    with Propagated(fleet, flow_schema("everywhere"), ["new", "mid", "old", "pull"]) as it:
        it.wait_until_applied()
        group = "flowcontrol.apiserver.k8s.io"
        versions = {cluster: it.versions(cluster)[0] for cluster in it.clusters}
        assert versions["new"] == f"{group}/v1"
        assert versions["mid"] in {f"{group}/v1beta2", f"{group}/v1beta1"}
        assert versions["old"] == versions["pull"] == f"{group}/v1beta1"

        def dangling():
            for cluster, item in some(it.aggregated().items()):
                conditions = {one["type"]: one["status"] for one in (item.get("status") or {}).get("conditions", ())}
                assert conditions.get("Dangling") == "True", (cluster, item)
            return it.condition() == "True"

        wait_until("the status of every server", dangling)
    for cluster, version in versions.items():
        it.wait_until_gone(cluster, [version])


def test_a_budgets_status_is_summed_up_in_the_template(fleet, converter):
    with Propagated(fleet, budget("summed"), ["new", "old", "ancient", "pull"]) as it:
        it.wait_until_applied()
        for cluster in it.clusters:
            it.report(cluster, BUDGET)
        for cluster in it.clusters:
            it.wait_for_status(cluster, BUDGET)

        def summed():
            status = it.stored().get("status", {})
            assert status.get("currentHealthy") == BUDGET["currentHealthy"] * len(it.clusters), status
            return it.condition() == "True"

        wait_until("the template's status", summed)


def test_an_ingress_load_balancers_address_comes_up_from_the_oldest_member(fleet, converter):
    with Propagated(fleet, template("Ingress", "addressed"), ["new", "ancient"]) as it:
        it.wait_until_applied()
        it.report("ancient", {"loadBalancer": {"ingress": [{"ip": "192.0.2.7"}]}})

        def addressed():
            found = it.stored().get("status", {}).get("loadBalancer", {}).get("ingress", ())
            assert [item["ip"] for item in found] == ["192.0.2.7"], found
            return True

        wait_until("the template's address", addressed)


def test_an_empty_selector_means_the_same_on_an_old_member(fleet, converter):
    """An empty selector means all pods in policy/v1 and none in v1beta1, so v1beta1 needs another selector."""
    with Propagated(fleet, budget("all-pods", selector={}), ["old", "ancient"]) as it:
        it.wait_until_applied()
        for cluster in some(it.clusters):
            selector = it.on(cluster)["spec"]["selector"]
            assert selector not in ({}, None), "v1beta1 takes that for no pods at all"
            served = fleet.members[cluster].client
            assert "PodDisruptionBudget" in served.resources(OLD_BUDGET)


def test_a_pull_member_leaves_the_placement_and_comes_back(fleet, converter):
    with Propagated(fleet, budget("placed"), ["new", "pull"]) as it:
        it.wait_until_applied()
        it.place(["new"])
        it.wait_until_gone("pull", [OLD_BUDGET])
        it.place(["new", "pull"])
        it.wait_until_applied()
        wait_until("the anchor", lambda: it.anchor("pull"))
        it.report("pull", BUDGET)
        it.wait_for_status("pull", BUDGET)


def test_preserved_deletion_leaves_the_pull_members_object(fleet, converter):
    member = fleet.members["pull"].client
    with Propagated(fleet, budget("kept"), ["pull"], preserveResourcesOnDeletion=True) as it:
        it.wait_until_applied()
        wait_until("the anchor", lambda: it.anchor("pull"))
    wait_until("the Works being gone", lambda: it.works("pull") == [])
    assert member.find(OLD_BUDGET, "PodDisruptionBudget", "kept", NAMESPACE) is not None
    member.delete(OLD_BUDGET, "PodDisruptionBudget", "kept", NAMESPACE)


def test_a_conflict_on_a_pull_member_is_reported_and_ends_when_it_may_be_overwritten(fleet, converter):
    member = fleet.members["pull"].client
    wait_until("the namespace", lambda: member.find("v1", "Namespace", NAMESPACE))
    member.create({**budget("conflict"), "apiVersion": OLD_BUDGET})
    with Propagated(fleet, budget("conflict"), ["pull"]) as it:
        wait_until("the conflict", lambda: "exist" in it.aggregated().get("pull", {}).get("appliedMessage", ""))
        assert it.condition() == "False"
        it.place(["pull"], conflictResolution="Overwrite")
        it.wait_until_applied()
    it.wait_until_gone("pull", [OLD_BUDGET])


def test_a_hand_made_work_of_several_manifests_is_converted_where_it_must_be(fleet, converter):
    """One that needs no conversion, two that do, one of these without namespace; then changed, then deleted."""
    manifests = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "mixed", "namespace": NAMESPACE}, "data": {}},
        budget("mixed"),
        flow_schema("mixed"),
    ]
    for manifest in manifests:
        manifest["metadata"]["labels"] = {"karmada.io/managed": "true"}
        manifest["metadata"]["annotations"] = {
            "work.karmada.io/name": "mixed",
            "work.karmada.io/namespace": "karmada-es-old",
        }
    member = fleet.members["old"].client
    wait_until("the namespace", lambda: member.find("v1", "Namespace", NAMESPACE))
    metadata = {"name": "mixed", "namespace": "karmada-es-old", "finalizers": ["karmada.io/execution-controller"]}
    spec = {"workload": {"manifests": manifests}}
    stored = fleet.client.create({"apiVersion": WORK, "kind": "Work", "metadata": metadata, "spec": spec})
    versions = [manifest["apiVersion"] for manifest in stored["spec"]["workload"]["manifests"]]
    try:
        assert versions == ["v1", OLD_BUDGET, "flowcontrol.apiserver.k8s.io/v1beta1"]
        assert stored["metadata"]["labels"][CONVERTED] == "true"

        def applied():
            for version, manifest in some(zip(versions, manifests, strict=True)):
                assert member.find(version, manifest["kind"], "mixed", NAMESPACE), manifest["kind"]
            status = fleet.client.get(WORK, "Work", "mixed", "karmada-es-old").get("status", {})
            assert len(status.get("manifestStatuses", ())) >= 1, status
            return True

        wait_until("all of them on the member", applied)
        manifests[1]["spec"]["minAvailable"] = 2
        changed = fleet.client.patch(WORK, "Work", "mixed", {"spec": spec}, "karmada-es-old")
        again = [manifest["apiVersion"] for manifest in changed["spec"]["workload"]["manifests"]]
        assert again == versions
        wait_until(
            "the change",
            lambda: member.get(OLD_BUDGET, "PodDisruptionBudget", "mixed", NAMESPACE)["spec"]["minAvailable"] == 2,
        )
        assert fleet.client.list(WORK, "Work", "karmada-es-old", labels=f"{ANCHOR}=true") == []
    finally:
        fleet.client.delete(WORK, "Work", "mixed", "karmada-es-old")
    for version, manifest in zip(versions, manifests, strict=True):
        kind = manifest["kind"]
        wait_until(kind, lambda v=version, k=kind: member.find(v, k, "mixed", NAMESPACE) is None)


def test_etcd_holds_nothing_of_deleted_templates(fleet, converter):
    """Looks at what is stored, not at what the API shows: on the control plane and on every member."""
    etcd = fleet.world.etcd
    servers = ["/karmada-apiserver/", *(member.server.prefix + "/" for member in fleet.members.values())]
    prefix = "vanishing"

    def keys():
        return [key for server in servers for key in etcd.keys(server) if prefix in key and "/events/" not in key]

    clusters = list(fleet.members)
    its = [
        Propagated(fleet, template(kind, f"{prefix}-{number}"), clusters)
        for number, kind in enumerate(CONVERTED_SOMEWHERE)
    ]
    assert keys() == []
    for it in its:
        it.__enter__()
    for it in its:
        it.wait_until_applied()
    assert len([key for key in keys() if "/works/" in key]) > len(its) * len(clusters), "anchors too"
    for it in its:
        it.__exit__()
    wait_until("etcd being empty of them", lambda: keys() == [], 90)
