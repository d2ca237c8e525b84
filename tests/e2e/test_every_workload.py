"""A member with real controllers where *every* workload is converted: it runs, scales, rolls out and ends as usual."""

from __future__ import annotations

import copy

import pytest

from tests.controlplanes.fleet import LIVE
from tests.controlplanes.waiting import wait_until
from tests.e2e.installation import Installation
from tests.e2e.propagated import Propagated
from tests.e2e.templates import NAMESPACE, template
from tests.nonempty import some

NEW = "new"
SECONDS = 120
OLD_IMAGE, NEW_IMAGE = "registry.example/shop/web:1.4", "registry.example/shop/web:1.5"


@pytest.fixture(scope="module")
def converter(session_fleet):
    installed = Installation(session_fleet)
    yield installed
    installed.stop()


@pytest.fixture(scope="module")
def live(session_fleet, converter):
    """The member, in the fleet for this module."""
    member = session_fleet.add(LIVE)
    yield member
    session_fleet.remove(LIVE.name)


def workload(kind, name):
    """A workload of three replicas; a DaemonSet has one for each node."""
    made = copy.deepcopy(template("Deployment", name))
    made["kind"] = kind
    labels = {"app": name}
    made["spec"]["selector"] = {"matchLabels": labels}
    made["spec"]["template"]["metadata"]["labels"] = labels
    made["spec"]["template"]["spec"]["containers"][0]["image"] = OLD_IMAGE
    if kind == "DaemonSet":
        del made["spec"]["replicas"]
    else:
        made["spec"]["replicas"] = 3
    if kind == "StatefulSet":
        made["spec"]["serviceName"] = name
    return made


def pods(member, name):
    found = member.inner.client.list("v1", "Pod", NAMESPACE)
    return [pod for pod in found if pod["metadata"].get("labels", {}).get("app") == name]


def has_status(it, **expected):
    def reached():
        status = it.stored().get("status", {})
        assert {key: status.get(key) for key in expected} == expected, status
        return True

    wait_until(f"the template's status {expected}", reached, SECONDS)


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "ReplicaSet"])
def test_a_converted_workload_runs_scales_and_rolls_out(fleet, live, kind):
    name = f"live-{kind.lower()}"
    with Propagated(fleet, workload(kind, name), [LIVE.name]) as it:
        it.wait_until_applied(SECONDS)
        assert it.versions(LIVE.name)[0] != it.api_version
        has_status(it, replicas=3, readyReplicas=3)
        wait_until("health", lambda: it.aggregated().get(LIVE.name, {}).get("health") == "Healthy", SECONDS)

        fleet.client.patch(it.api_version, kind, name, {"spec": {"replicas": 5}}, NAMESPACE)
        has_status(it, replicas=5, readyReplicas=5)
        assert len(pods(live, name)) == 5

        if kind != "ReplicaSet":
            image = {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": NEW_IMAGE}]}}}}
            fleet.client.patch(it.api_version, kind, name, image, NAMESPACE)

            def rolled_out():
                images = [pod["spec"]["containers"][0]["image"] for pod in pods(live, name)]
                assert images == [NEW_IMAGE] * 5, images
                return True

            wait_until("the new image in every Pod", rolled_out, SECONDS)
            has_status(it, replicas=5, readyReplicas=5, updatedReplicas=5)
        if kind != "StatefulSet":  # Karmada reflects no observedGeneration of a StatefulSet, converted or not
            stored = it.stored()
            assert stored["status"]["observedGeneration"] == stored["metadata"]["generation"]
        old_versions = it.versions(LIVE.name)
    it.wait_until_gone(LIVE.name, old_versions)
    wait_until("the end of the Pods", lambda: not pods(live, name), SECONDS)


def test_a_converted_daemon_set_runs_on_each_node(fleet, live):
    with Propagated(fleet, workload("DaemonSet", "live-daemon"), [LIVE.name]) as it:
        it.wait_until_applied(SECONDS)
        assert it.versions(LIVE.name)[0] != it.api_version
        has_status(it, desiredNumberScheduled=1, numberReady=1)
        wait_until("health", lambda: it.aggregated().get(LIVE.name, {}).get("health") == "Healthy", SECONDS)


def test_a_converted_custom_resource_definition_is_established_and_served(fleet, live):
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.live.example.org"},
        "spec": {
            "group": "live.example.org",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"},
            "scope": "Namespaced",
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "properties": {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
                        }
                    },
                }
            ],
        },
    }
    with Propagated(fleet, definition, [LIVE.name]) as it:
        it.wait_until_applied(SECONDS)
        assert it.versions(LIVE.name) == ["apiextensions.k8s.io/v1beta1"]
        widget = {"apiVersion": "live.example.org/v1", "kind": "Widget", "spec": {"size": 3}}
        widget["metadata"] = {"name": "one", "namespace": "default"}

        def stored():
            live.server.client.forget()
            live.server.client.put(widget)
            return live.server.client.get("live.example.org/v1", "Widget", "one", "default")["spec"] == {"size": 3}

        wait_until("a Widget being stored", stored, SECONDS)
    it.wait_until_gone(LIVE.name, ["apiextensions.k8s.io/v1beta1"])


def test_replicas_are_divided_between_a_converted_and_an_unconverted_workload(fleet, live):
    """Karmada divides five replicas; each member gets its share, and the template adds the statuses up."""
    scheduling = {
        "replicaSchedulingType": "Divided",
        "replicaDivisionPreference": "Weighted",
        "weightPreference": {
            "staticWeightList": [
                {"targetCluster": {"clusterNames": [LIVE.name]}, "weight": 3},
                {"targetCluster": {"clusterNames": [NEW]}, "weight": 2},
            ]
        },
    }
    made = workload("Deployment", "live-divided")
    made["spec"]["replicas"] = 5
    placement = {"clusterAffinity": {"clusterNames": [LIVE.name, NEW]}, "replicaScheduling": scheduling}
    with Propagated(fleet, made, [LIVE.name, NEW], placement=placement) as it:
        it.wait_until_applied(SECONDS)
        shares = {cluster["name"]: cluster["replicas"] for cluster in some(it.binding()["spec"]["clusters"])}
        assert shares == {LIVE.name: 3, NEW: 2}
        assert {it.on(cluster)["spec"]["replicas"] for cluster in some(shares)} == {3, 2}
        it.wait_for_status(LIVE.name, {"readyReplicas": 3})
