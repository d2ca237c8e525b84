"""What API servers fill in is not a loss: a plain object of each kind, as the newest server stores it, fits all."""

from __future__ import annotations

import copy

import pytest

from converter.catalog import Release, load_catalog
from converter.clusters import Cluster
from converter.kube import gvk_of
from converter.works.preview import preview_version
from tests.controlplanes.client import ApiError
from tests.integration.test_dropped_fields import SELECTOR

NEWEST = "1.36"
OLD = ("v1.16", "v1.20", "v1.24", "v1.30")
TEMPLATE = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "a", "image": "example.test/a:1"}]}}
ONCE = {**TEMPLATE, "spec": {**TEMPLATE["spec"], "restartPolicy": "Never"}}
CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "a"}
BACKEND = {"service": {"name": "a", "port": {"number": 80}}}
PATHS = [{"path": "/", "pathType": "ImplementationSpecific", "backend": BACKEND}]
WEBHOOK = {
    "name": "a.example.test",
    "clientConfig": {"url": "https://example.test"},
    "sideEffects": "None",
    "admissionReviewVersions": ["v1", "v1beta1"],
}

# What an author has to write of each kind that Karmada's users propagate.
PLAIN = {
    "v1 ConfigMap": {"data": {"a": "b"}},
    "v1 Secret": {"data": {"a": "Yg=="}},
    "v1 ServiceAccount": {},
    "v1 Service": {"spec": {"ports": [{"port": 80}], "selector": {"a": "b"}}},
    "v1 Pod": TEMPLATE,
    "v1 PersistentVolumeClaim": {"spec": CLAIM},
    "v1 PersistentVolume": {
        "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/a"}}
    },
    "v1 LimitRange": {"spec": {"limits": [{"type": "Container", "default": {"cpu": "1"}}]}},
    "v1 ResourceQuota": {"spec": {"hard": {"pods": "1"}}},
    "v1 Namespace": {},
    "apps/v1 Deployment": {"spec": {"selector": SELECTOR, "template": TEMPLATE}},
    "apps/v1 DaemonSet": {"spec": {"selector": SELECTOR, "template": TEMPLATE}},
    "apps/v1 ReplicaSet": {"spec": {"selector": SELECTOR, "template": TEMPLATE}},
    "apps/v1 StatefulSet": {
        "spec": {
            "selector": SELECTOR,
            "serviceName": "a",
            "template": TEMPLATE,
            "volumeClaimTemplates": [{"metadata": {"name": "a"}, "spec": CLAIM}],
        }
    },
    "batch/v1 Job": {"spec": {"template": ONCE}},
    "batch/v1 CronJob": {"spec": {"schedule": "@daily", "jobTemplate": {"spec": {"template": ONCE}}}},
    "autoscaling/v1 HorizontalPodAutoscaler": {"spec": {"maxReplicas": 2, "scaleTargetRef": TARGET}},
    "autoscaling/v2 HorizontalPodAutoscaler": {"spec": {"maxReplicas": 2, "scaleTargetRef": TARGET}},
    "policy/v1 PodDisruptionBudget": {"spec": {"selector": SELECTOR, "minAvailable": 1}},
    "networking.k8s.io/v1 Ingress": {"spec": {"rules": [{"host": "a.test", "http": {"paths": PATHS}}]}},
    "networking.k8s.io/v1 NetworkPolicy": {"spec": {"podSelector": {}, "ingress": [{}]}},
    "rbac.authorization.k8s.io/v1 Role": {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]},
    "rbac.authorization.k8s.io/v1 ClusterRole": {"rules": []},
    "scheduling.k8s.io/v1 PriorityClass": {"value": 1},
    "storage.k8s.io/v1 StorageClass": {"provisioner": "example.test/a"},
    "storage.k8s.io/v1 CSIDriver": {"spec": {}},
    "admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration": {"webhooks": [WEBHOOK]},
    "admissionregistration.k8s.io/v1 MutatingWebhookConfiguration": {"webhooks": [WEBHOOK]},
}
CLUSTER_SCOPED = {"Namespace", "PersistentVolume", "ClusterRole", "PriorityClass", "StorageClass", "CSIDriver",
                  "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"}  # fmt: skip


@pytest.fixture(scope="module")
def filled(apiservers):
    """Each plain object as the newest server answers it: with all that it fills in."""
    client, found = apiservers[NEWEST].client, {}
    for name, content in PLAIN.items():
        api_version, kind = name.split(" ")
        manifest = copy.deepcopy(content)
        manifest |= {"apiVersion": api_version, "kind": kind}
        manifest["metadata"] = {**manifest.get("metadata", {}), "name": "plain"}
        space = None if kind in CLUSTER_SCOPED else "default"
        try:
            answered = client.create(manifest, space, dry_run=True)
        except ApiError as error:
            pytest.fail(f"{name} is refused: {error}")
        answered.pop("status", None)
        found[name] = answered
    return found


@pytest.mark.parametrize("old", OLD)
@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_object_loses_nothing_on_any_release(filled, shipped, name, old):
    catalog = load_catalog()
    cluster = Cluster.from_release("old", Release.parse(old), catalog)
    preview = preview_version(copy.deepcopy(filled[name]), cluster, shipped)
    if preview.api_version is None and not any(gvk.kind == name.split(" ")[1] for gvk in catalog.served(old)):
        return  # the release has no such kind
    assert preview.api_version is not None, preview.problem
    assert [str(loss) for loss in preview.losses if not loss.path.startswith("metadata")] == []


def test_the_newest_server_fills_in_fields_that_old_releases_lack(filled):
    """Guards the test above: without such fields it would show nothing."""
    catalog, lacking = load_catalog(), set()
    for manifest in filled.values():
        gvk = gvk_of(manifest)
        root = catalog.type_of("v1.16", gvk)
        for name in manifest.get("spec", {}):
            if root is not None and root.field_at(("spec", name)) is None:
                lacking.add(f"{gvk.kind} {name}")
    assert {"Service internalTrafficPolicy", "Job suspend", "Job completionMode"} <= lacking
