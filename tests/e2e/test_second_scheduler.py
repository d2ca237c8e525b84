"""Karmada with default flags: the converter's own scheduler gets just the bindings that need a conversion."""

from __future__ import annotations

import time
from functools import partial

import pytest

from converter.karmada.names import SCHEDULER_BEFORE_ANNOTATION, SCHEDULER_LABEL
from tests.controlplanes.fleet import MemberSpec
from tests.controlplanes.waiting import wait_until
from tests.e2e.installation import Installation
from tests.e2e.own_scheduler import KARMADAS, OURS, clusters_of, scheduler_of, wait_for_clusters, wait_for_scheduler
from tests.e2e.propagated import BINDING, Propagated
from tests.e2e.templates import NAMESPACE, template
from tests.e2e.widgets import RULE, WIDGET, crd

NEW, OLD, ANCIENT, LATE = "new", "old", "ancient", "late"
CLUSTER = "cluster.karmada.io/v1alpha1"
QUIET_SECONDS = 5


@pytest.fixture(scope="module")
def installations():
    """The one that runs, if there is one yet; uninstalled at the end of the module."""
    running = []
    yield running
    for installed in running:
        installed.stop()


@pytest.fixture
def converter(session_fleet, installations):
    if not installations:
        rules = session_fleet.world.run.folder / "widget-rules"
        rules.mkdir(exist_ok=True)
        (rules / "widget.yaml").write_text(RULE)
        installations.append(Installation(session_fleet, rules=rules))
    return installations[0]


@pytest.fixture
def widgets(session_fleet):
    """A kind of which only the members that a test says have a version."""
    clients = (session_fleet.client, session_fleet.members[NEW].client)
    for client in clients:
        client.put(crd("v1"))
    yield
    for client in clients:
        client.delete("apiextensions.k8s.io/v1", "CustomResourceDefinition", WIDGET["metadata"]["name"])


def test_a_binding_that_was_scheduled_before_the_converter_came(fleet, installations, request):
    assert not installations
    clusters = [name for name in (NEW, OLD, ANCIENT) if name in fleet.members]
    with (
        Propagated(fleet, template("CronJob", "before"), clusters) as it,
        Propagated(fleet, template("Deployment", "before"), clusters) as other,
    ):
        other.wait_until_applied()
        wait_for_clusters(it, NEW)
        untouched = written_of(other)
        uid = fleet.members[NEW].client.get("batch/v1", "CronJob", "before", NAMESPACE)["metadata"]["uid"]
        request.getfixturevalue("converter")
        it.wait_until_applied(120)
        assert scheduler_of(it) == OURS
        assert it.versions(OLD) == ["batch/v1beta1"]
        assert it.on(NEW)["metadata"]["uid"] == uid
        assert written_of(other) == untouched, "a binding that needs no conversion"


def written_of(it):
    """What anybody but a status writer can have written of a binding."""
    binding = it.binding()
    fields = ("generation", "labels", "annotations")
    return {field: binding["metadata"].get(field) for field in fields} | {"spec": binding["spec"]}


def test_only_what_needs_a_conversion_and_quietly(fleet, converter):
    names = (*("CronJob", OURS), *("Deployment", KARMADAS), *("IngressClass", KARMADAS))
    with (
        Propagated(fleet, template("CronJob", "only"), [NEW, OLD]) as converted,
        Propagated(fleet, template("Deployment", "only"), [NEW, OLD]) as served,
        Propagated(fleet, template("IngressClass", "only"), [NEW, OLD]) as cluster_wide,
    ):
        all_of_them = (converted, served, cluster_wide)
        for it in all_of_them:
            it.wait_until_applied()
        assert tuple(fact for it in all_of_them for fact in (it.kind, scheduler_of(it))) == names
        metadata = converted.binding()["metadata"]
        assert metadata["labels"][SCHEDULER_LABEL] == OURS
        assert metadata["annotations"][SCHEDULER_BEFORE_ANNOTATION] == KARMADAS
        for it in (served, cluster_wide):
            assert SCHEDULER_LABEL not in it.binding()["metadata"]["labels"]
        # Karmada's detector writes the name of the policy again; the binding stays as it is.
        for it in all_of_them:
            it.client.patch(it.api_version, it.kind, it.name, {"metadata": {"annotations": {"a": "b"}}}, it.namespace)
        wait_until("the change on the member", lambda: "a" in converted.on(OLD)["metadata"]["annotations"])
        generations = [it.binding()["metadata"]["generation"] for it in all_of_them]
        time.sleep(QUIET_SECONDS)
        assert [it.binding()["metadata"]["generation"] for it in all_of_them] == generations
        converted.report(OLD, {"lastScheduleTime": "2026-01-01T00:00:00Z"})
        converted.wait_for_status(OLD, {"lastScheduleTime": "2026-01-01T00:00:00Z"})


def test_a_policy_with_a_scheduler_of_its_own(fleet, converter):
    with Propagated(fleet, template("CronJob", "theirs"), [NEW, OLD], schedulerName="theirs") as it:
        wait_until("the binding", lambda: it.binding() is not None)
        it.place([NEW])
        time.sleep(QUIET_SECONDS)
        assert scheduler_of(it) == "theirs"
        assert SCHEDULER_LABEL not in it.binding()["metadata"]["labels"]
        assert clusters_of(it) == [], "neither scheduler takes it"


def test_a_policy_that_chose_the_converters_scheduler(fleet, converter):
    with Propagated(fleet, template("Deployment", "ours"), [NEW, OLD], schedulerName=OURS) as it:
        it.wait_until_applied()
        assert scheduler_of(it) == OURS
        assert SCHEDULER_LABEL not in it.binding()["metadata"]["labels"]


def test_a_cluster_that_joins_is_upgraded_and_leaves(fleet, converter, widgets):
    widget = {
        "apiVersion": "example.org/v1",
        "kind": "Widget",
        "metadata": {"name": "late", "namespace": NAMESPACE},
        "spec": {"size": 3},
    }
    wait_until("the CRD", lambda: "example.org/v1" in fleet.karmada.served(NEW), 90)
    with Propagated(fleet, widget, [NEW, LATE]) as it:
        wait_for_clusters(it, NEW)
        assert scheduler_of(it) == KARMADAS
        member = fleet.add(MemberSpec(LATE, "1.20"))
        try:
            member.client.put(crd("v1beta1"))
            wait_for_scheduler(it, OURS, 120)
            it.wait_until_applied(120)
            assert it.versions(LATE) == ["example.org/v1beta1"]

            member.client.put(crd("v1beta1", "v1"))
            wait_for_scheduler(it, KARMADAS, 120)
            wait_until("the version of the template", lambda: it.versions(LATE) == ["example.org/v1"], 120)
            it.wait_until_applied()

            member.client.put(crd("v1beta1"))
            wait_for_scheduler(it, OURS, 120)
            # Whether the Work is converted before or while Karmada deletes it: test_deletion.py is about that.
            wait_until("the member's version", lambda: it.versions(LATE) == ["example.org/v1beta1"], 120)
            it.place([NEW])
            it.wait_until_gone(LATE, ["example.org/v1beta1"])
        finally:
            fleet.remove(LATE)
        wait_for_scheduler(it, KARMADAS, 120)
        it.wait_until_applied()
        assert SCHEDULER_LABEL not in it.binding()["metadata"]["labels"]


def test_suspended_scheduling(fleet, converter):
    with Propagated(fleet, template("CronJob", "suspended"), [NEW]) as it:
        it.wait_until_applied()
        suspend(it, True)
        it.place([NEW, OLD])
        wait_until(
            "the placement", lambda: len(it.binding()["spec"]["placement"]["clusterAffinity"]["clusterNames"]) > 1
        )
        time.sleep(QUIET_SECONDS)
        assert (scheduler_of(it), clusters_of(it)) == (OURS, [NEW])
        suspend(it, False)
        it.wait_until_applied()


def suspend(it, value):
    it.client.patch(
        BINDING, it.binding_kind, it.binding_name, {"spec": {"suspension": {"scheduling": value}}}, it.namespace
    )


def test_dependencies_follow(fleet, converter):
    cron = template("CronJob", "depends")
    pod = cron["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    pod["volumes"] = [{"name": "config", "configMap": {"name": "depends"}}]
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "depends", "namespace": NAMESPACE},
        "data": {"a": "b"},
    }
    fleet.client.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    fleet.client.create(config)
    try:
        with Propagated(fleet, cron, [NEW, OLD], propagateDeps=True) as it:
            it.wait_until_applied()
            for name in (NEW, OLD):
                found = partial(fleet.members[name].client.find, "v1", "ConfigMap", "depends", NAMESPACE)
                wait_until(f"the ConfigMap on {name}", found)
            attached = fleet.client.get(BINDING, "ResourceBinding", "depends-configmap", NAMESPACE)
            assert "schedulerName" not in attached["spec"]
            assert SCHEDULER_LABEL not in attached["metadata"]["labels"]
    finally:
        fleet.client.delete("v1", "ConfigMap", "depends", NAMESPACE)


def test_failover_from_one_cluster_to_one_that_needs_a_conversion(fleet, converter):
    """A cluster that does not tolerate the object any more: Karmada evicts, and our scheduler finds the other one."""
    fleet.karmada.switch_manager(enable_no_execute_taint_eviction="true", feature_gates="Failover=true")
    affinities = [
        {"affinityName": "first", "clusterNames": [NEW]},
        {"affinityName": "second", "clusterNames": [OLD]},
    ]
    cron = template("CronJob", "failover")
    try:
        with Propagated(fleet, cron, [NEW], placement={"clusterAffinities": affinities}) as it:
            wait_for_clusters(it, NEW)
            assert scheduler_of(it) == OURS
            taint(fleet, NEW, "NoExecute")
            wait_for_clusters(it, OLD, seconds=120)
            wait_until(
                "the object", lambda: fleet.members[OLD].client.find("batch/v1beta1", "CronJob", "failover", NAMESPACE)
            )
            assert scheduler_of(it) == OURS
    finally:
        taint(fleet, NEW)
        fleet.karmada.switch_manager()


def taint(fleet, cluster, *effects):
    taints = [{"key": "tests", "value": "out", "effect": effect} for effect in effects]
    fleet.client.patch(CLUSTER, "Cluster", cluster, {"spec": {"taints": taints}})


def test_a_rebalancer(fleet, converter):
    with Propagated(fleet, template("CronJob", "rebalanced"), [NEW, OLD]) as it:
        it.wait_until_applied()
        reference = {"apiVersion": "batch/v1", "kind": "CronJob", "name": "rebalanced", "namespace": NAMESPACE}
        rebalancer = {
            "apiVersion": "apps.karmada.io/v1alpha1",
            "kind": "WorkloadRebalancer",
            "metadata": {"name": "rebalanced"},
            "spec": {"workloads": [reference]},
        }
        fleet.client.create(rebalancer)
        try:

            def rescheduled():
                binding = it.binding()
                asked = binding["spec"].get("rescheduleTriggeredAt", "")
                assert asked
                assert binding["status"]["lastScheduledTime"] >= asked
                assert binding["status"]["schedulerObservedGeneration"] == binding["metadata"]["generation"]
                return True

            wait_until("the new schedule", rescheduled)
            it.wait_until_applied()
            assert scheduler_of(it) == OURS
        finally:
            fleet.client.delete("apps.karmada.io/v1alpha1", "WorkloadRebalancer", "rebalanced")
