"""The Works that Karmada's own controllers make, with all feature gates on, and Works that are suspended.

docs/reference/karmada-works.md lists them all.
"""

from __future__ import annotations

from functools import partial

import pytest

from tests.controlplanes.waiting import wait_until
from tests.e2e.conftest import karmada_version
from tests.e2e.installation import Installation
from tests.e2e.propagated import CONVERTED, WORK, Propagated
from tests.e2e.templates import NAMESPACE, template
from tests.nonempty import some

NEW, OLD = "new", "old"
REFUSED = "apiconverter.dev/WorkRefused"
NETWORKING = "networking.karmada.io/v1alpha1"
SLICES = "discovery.k8s.io/v1"
DENY = """\
apiVersion: apiconverter.dev/v1alpha1
kind: LossPolicy
metadata: {name: strict}
spec: {default: {dangerous: deny, degrading: warn, harmless: ignore}}
"""


@pytest.fixture(scope="module")
def converter(session_fleet, tmp_path_factory):
    rules = tmp_path_factory.mktemp("rules")
    (rules / "policy.yaml").write_text(DENY)
    session_fleet.karmada.switch_manager(
        feature_gates="AllAlpha=true,AllBeta=true", controllers="*,hpaScaleTargetMarker,deploymentReplicasSyncer"
    )
    installed = Installation(session_fleet, rules=rules)
    yield installed
    installed.stop()
    session_fleet.karmada.switch_manager()


def works_of(fleet, cluster, kind, name):
    """The Works in a cluster's execution space whose manifest is of a kind and has a name."""
    found = fleet.client.list(WORK, "Work", f"karmada-es-{cluster}")
    heads = [(work, manifest) for work in found for manifest in work["spec"]["workload"].get("manifests", ())]
    return [work for work, head in heads if head["kind"] == kind and head["metadata"]["name"].endswith(name)]


def only_work(fleet, cluster, kind, name):
    def one():
        found = works_of(fleet, cluster, kind, name)
        assert len(found) == 1, (cluster, kind, name, len(found))
        return found[0]

    return wait_until(f"the Work of {kind} {name} for {cluster}", one)


def has_applied(fleet, cluster, kind, name):
    work = only_work(fleet, cluster, kind, name)
    conditions = work.get("status", {}).get("conditions", ())
    return {"True"} == {item["status"] for item in conditions if item["type"] == "Applied"}


def service(name):
    ports = [{"name": "http", "port": 80, "targetPort": 8080}]
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": ports}}


def endpoint_slice(name, of):
    labels = {"kubernetes.io/service-name": of, "endpointslice.kubernetes.io/managed-by": "tests"}
    return {
        "apiVersion": SLICES,
        "kind": "EndpointSlice",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels},
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["10.1.2.3"], "conditions": {"ready": True}}],
        "ports": [{"name": "http", "port": 8080}],
    }


@pytest.fixture
def shop(fleet):
    fleet.client.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})


def test_a_multi_cluster_service(fleet, converter, shop):
    """The MultiClusterService and the collected EndpointSlice are in suspended Works; the Service goes out."""
    consumers = [name for name in ("mid",) if name in fleet.members]
    fleet.client.put(service("web"))
    fleet.client.put(
        {
            "apiVersion": NETWORKING,
            "kind": "MultiClusterService",
            "metadata": {"name": "web", "namespace": NAMESPACE},
            "spec": {
                "types": ["CrossCluster"],
                "providerClusters": [{"name": NEW}],
                "consumerClusters": [{"name": name} for name in consumers or [OLD]],
            },
        }
    )
    member = fleet.members[NEW].client
    try:
        stored = only_work(fleet, NEW, "MultiClusterService", "web")
        assert stored["spec"]["suspendDispatching"] is True
        assert CONVERTED not in stored["metadata"]["labels"]
        wait_until("the Service on its provider", lambda: member.find("v1", "Service", "web", NAMESPACE))
        member.put(endpoint_slice("web-abc", "web"))
        collected = only_work(fleet, NEW, "EndpointSlice", "web-abc")
        assert collected["spec"]["suspendDispatching"] is True
        assert collected["spec"]["workload"]["manifests"][0]["apiVersion"] == SLICES
        for consumer in consumers:
            wait_until(
                "the EndpointSlice on the consumer",
                lambda consumer=consumer: fleet.members[consumer].client.find(
                    SLICES, "EndpointSlice", f"{NEW}-web-abc", NAMESPACE
                ),
            )
    finally:
        member.delete(SLICES, "EndpointSlice", "web-abc", NAMESPACE)
        fleet.client.delete(NETWORKING, "MultiClusterService", "web", NAMESPACE)
        fleet.client.delete("v1", "Service", "web", NAMESPACE)
    wait_until("its end", lambda: not works_of(fleet, NEW, "MultiClusterService", "web"))


def test_a_federated_resource_quota(fleet, converter, shop):
    clusters = list(fleet.members)
    fleet.client.put(
        {
            "apiVersion": "policy.karmada.io/v1alpha1",
            "kind": "FederatedResourceQuota",
            "metadata": {"name": "limits", "namespace": NAMESPACE},
            "spec": {
                "overall": {"cpu": str(len(clusters))},
                "staticAssignments": [{"clusterName": name, "hard": {"cpu": "1"}} for name in clusters],
            },
        }
    )
    try:
        for cluster in some(clusters):
            wait_until(
                f"the quota on {cluster}",
                lambda cluster=cluster: fleet.members[cluster].client.find("v1", "ResourceQuota", "limits", NAMESPACE),
            )
            assert CONVERTED not in only_work(fleet, cluster, "ResourceQuota", "limits")["metadata"].get("labels", {})
    finally:
        fleet.client.delete("policy.karmada.io/v1alpha1", "FederatedResourceQuota", "limits", NAMESPACE)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("Namespace", NAMESPACE), ("ClusterRole", "impersonator"), ("ClusterRoleBinding", "impersonator")],
)
def test_namespaces_and_impersonator_roles(fleet, converter, shop, kind, name):
    if kind != "Namespace":
        role = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": "proxy-users"},
            "rules": [{"apiGroups": ["cluster.karmada.io"], "resources": ["clusters/proxy"], "verbs": ["*"]}],
        }
        subject = {"kind": "User", "name": "ada", "apiGroup": "rbac.authorization.k8s.io"}
        reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "proxy-users"}
        bound = {**role, "kind": "ClusterRoleBinding", "subjects": [subject], "roleRef": reference}
        del bound["rules"]
        fleet.client.put(role)
        fleet.client.put(bound)
    for cluster in some([name for name in fleet.members if name != "pull"]):
        wait_until(
            f"{kind} on {cluster}",
            partial(has_applied, fleet, cluster, kind, name),
        )
        assert CONVERTED not in only_work(fleet, cluster, kind, name)["metadata"].get("labels", {})


@pytest.mark.skipif(karmada_version().startswith("1.12."), reason="policies suspend nothing before v1.13")
def test_a_suspended_template_is_refused_only_when_it_is_resumed(fleet, converter):
    job = template("CronJob", "suspended")
    job["spec"]["timeZone"] = "Europe/Madrid"  # a dangerous loss on v1.20
    with Propagated(fleet, job, [NEW, OLD], suspension={"dispatching": True}) as it:

        def refusal():
            conditions = it.binding().get("status", {}).get("conditions", ())
            return next((item["message"] for item in conditions if item["type"] == REFUSED), "")

        wait_until("the Work", lambda: it.works(OLD))
        assert it.work(OLD)["spec"]["suspendDispatching"] is True
        assert it.versions(OLD) == ["batch/v1beta1"]
        assert not refusal()
        it.place([NEW, OLD], suspension={"dispatching": False})
        assert "timeZone" in wait_until("the refusal", refusal, 10)
        assert it.work(OLD)["spec"]["suspendDispatching"] is True
        assert it.on(OLD) is None
    it.wait_until_gone(OLD, ["batch/v1beta1"])
