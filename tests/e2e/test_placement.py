"""Clusters that no conversion reaches: excluded with the reason, and included once a rule leads there."""

from __future__ import annotations

import json
import time

import pytest

from tests.controlplanes.waiting import wait_until
from tests.e2e.installation import Installation
from tests.e2e.propagated import WORK, Propagated
from tests.e2e.templates import NAMESPACE, template
from tests.e2e.widgets import RULE, crd

EXCLUDED = "apiconverter.dev/excluded-clusters"


@pytest.fixture(scope="module")
def converter(session_fleet):
    rules = session_fleet.world.run.folder / "rules"
    rules.mkdir(exist_ok=True)
    installed = Installation(session_fleet, rules=rules)
    yield installed
    installed.stop()


def events(fleet, namespace, reason):
    found = fleet.client.list("v1", "Event", namespace)
    return [event for event in found if event["reason"] == reason]


FLOW_SCHEMA = {
    "apiVersion": "flowcontrol.apiserver.k8s.io/v1",
    "kind": "FlowSchema",
    "metadata": {"name": "nowhere"},
    "spec": {"priorityLevelConfiguration": {"name": "workload-low"}, "matchingPrecedence": 9000},
}


@pytest.mark.parametrize("thing", [template("IngressClass", "nowhere"), FLOW_SCHEMA], ids=lambda thing: thing["kind"])
def test_a_cluster_without_any_version_is_excluded_and_the_binding_says_why(fleet, converter, thing):
    """IngressClass came with v1.18, and no rule leads to a release that has none; so did FlowSchema, which others get
    by conversion, so that the converter's scheduler has its binding."""
    clusters = list(fleet.members)
    with Propagated(fleet, thing, clusters) as it:
        wait_until("the scheduler", lambda: it.condition("Scheduled") == "True")
        it.clusters = [name for name in clusters if name != "ancient"]
        it.wait_until_applied()
        binding = it.binding()
        assert sorted(cluster["name"] for cluster in binding["spec"]["clusters"]) == sorted(it.clusters)
        assert binding["spec"]["placement"]["clusterAffinity"]["exclude"] == ["ancient"]
        note = json.loads(binding["metadata"]["annotations"][EXCLUDED])
        assert thing["kind"] in note["ancient"]["why"]
        wait_until("an Event", lambda: events(fleet, "default", "ClustersExcluded"))
        generation = binding["metadata"]["generation"]
        time.sleep(5)
        assert it.binding()["metadata"]["generation"] == generation, "no fight with Karmada over the placement"


def test_a_conversion_is_an_event_on_the_work_and_on_the_binding(fleet, converter):
    with Propagated(fleet, template("CronJob", "told"), ["old"]) as it:
        it.wait_until_applied()

        def messages():
            on_work = [
                event for event in events(fleet, "karmada-es-old", "VersionConverted") if "told" in event["message"]
            ]
            on_binding = [event for event in events(fleet, NAMESPACE, "VersionConverted") if "told" in event["message"]]
            return on_work and on_binding and on_work[0]["message"]

        message = wait_until("the events", messages)
        for fact in ("CronJob told", "old", "batch/v1beta1"):
            assert fact in message


def test_a_crd_with_another_version_on_the_member_needs_only_a_rule(fleet, converter):
    """The rule is added while all is running; until then no conversion reaches the member."""
    fleet.client.put(crd("v1"))
    fleet.members["new"].client.put(crd("v1"))
    fleet.members["old"].client.put(crd("v1beta1"))

    def seen():
        enabled = fleet.karmada.cluster("old")["status"]["apiEnablements"]
        return "example.org/v1beta1" in {item["groupVersion"] for item in enabled}

    wait_until("Karmada seeing the CRD", seen, 90)
    widget = {
        "apiVersion": "example.org/v1",
        "kind": "Widget",
        "metadata": {"name": "one", "namespace": NAMESPACE},
        "spec": {"size": 3},
    }
    time.sleep(5)  # every replica has heard of it
    with Propagated(fleet, widget, ["new", "old"]) as it:
        wait_until("the exclusion", lambda: EXCLUDED in it.binding()["metadata"].get("annotations", {}))
        it.clusters = ["new"]
        it.wait_until_applied()
        (converter.rules / "widget.yaml").write_text(RULE)
        it.clusters = ["new", "old"]
        it.wait_until_applied(120)
        assert it.versions("old") == ["example.org/v1beta1"]
        assert it.on("old")["spec"] == {"length": 3}
        it.report("old", {"isReady": True})
        it.wait_for_status("old", {"ready": True}, 90)
    it.wait_until_gone("old", ["example.org/v1beta1"])


def test_a_work_for_a_cluster_without_the_kind_is_refused_with_the_reason(fleet, converter):
    work = {
        "apiVersion": WORK,
        "kind": "Work",
        "metadata": {"name": "refused", "namespace": "karmada-es-ancient"},
        "spec": {"workload": {"manifests": [template("IngressClass", "refused")]}},
    }
    answer = fleet.client.request("POST", "/apis/work.karmada.io/v1alpha1/namespaces/karmada-es-ancient/works", work)
    assert answer.status in {400, 403, 422}
    assert "ancient" in answer.body["message"]
    assert "IngressClass" in answer.body["message"]


@pytest.fixture(scope="module", autouse=True)
def _no_crds_left(session_fleet):
    yield
    for client in (session_fleet.client, *(member.client for member in session_fleet.members.values())):
        client.delete("apiextensions.k8s.io/v1", "CustomResourceDefinition", "widgets.example.org")
