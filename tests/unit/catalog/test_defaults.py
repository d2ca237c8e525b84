"""Values that a newer server fills in, and that mean what an older release does anyway."""

import pytest

from converter.catalog import NeutralValues
from converter.kube import GroupVersionKind, parse_path


def neutral(catalog, gvk, path, value, manifest=None):
    return NeutralValues(catalog).means_nothing_new(
        GroupVersionKind.of(*gvk.rsplit(" ", 1)), parse_path(path), value, lambda: manifest or {"spec": {}}
    )


CLAIM_TEMPLATE = {"spec": {"dataSource": {"kind": "VolumeSnapshot", "name": "a"}}}

# (apiVersion and kind, path, the default, another value), from Kubernetes' defaulting functions.
DEFAULTS = [
    ("batch/v1 Job", "spec.suspend", False, True),
    ("batch/v1 CronJob", "spec.jobTemplate.spec.suspend", False, True),
    ("batch/v1 Job", "spec.completionMode", "NonIndexed", "Indexed"),
    ("batch/v1 Job", "spec.podReplacementPolicy", "TerminatingOrFailed", "Failed"),
    ("v1 Service", "spec.internalTrafficPolicy", "Cluster", "Local"),
    ("v1 Service", "spec.ipFamilyPolicy", "SingleStack", "PreferDualStack"),
    ("v1 Service", "spec.ipFamilies", ["IPv4"], ["IPv4", "IPv6"]),
    ("v1 Service", "spec.ipFamilies", ["IPv4"], ["IPv6"]),
    ("v1 Service", "spec.allocateLoadBalancerNodePorts", True, False),
    ("v1 PersistentVolumeClaim", "spec.volumeMode", "Filesystem", "Block"),
    ("v1 Pod", "spec.preemptionPolicy", "PreemptLowerPriority", "Never"),
    ("v1 Pod", "spec.containers[0].securityContext.procMount", "Default", "Unmasked"),
    ("apps/v1 DaemonSet", "spec.updateStrategy.rollingUpdate.maxSurge", 0, 1),
    ("apps/v1 StatefulSet", "spec.updateStrategy.rollingUpdate.maxUnavailable", 1, 2),
    ("networking.k8s.io/v1beta1 Ingress", "spec.rules[0].http.paths[0].pathType", "ImplementationSpecific", "Exact"),
    ("networking.k8s.io/v1 IngressClass", "spec.parameters.scope", "Cluster", "Namespace"),
    ("scheduling.k8s.io/v1 PriorityClass", "preemptionPolicy", "PreemptLowerPriority", "Never"),
    ("storage.k8s.io/v1 CSIDriver", "spec.fsGroupPolicy", "ReadWriteOnceWithFSType", "File"),
    ("storage.k8s.io/v1 CSIDriver", "spec.volumeLifecycleModes", ["Persistent"], ["Ephemeral"]),
]


@pytest.mark.parametrize(("gvk", "path", "default", "other"), DEFAULTS)
def test_a_default_means_nothing_new_and_another_value_does(catalog, gvk, path, default, other):
    manifest = {"spec": {"containers": [{"securityContext": {}}], "jobTemplate": {"spec": {}}}}
    assert neutral(catalog, gvk, path, default, manifest)
    assert not neutral(catalog, gvk, path, other, manifest)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"whenDeleted": "Retain", "whenScaled": "Retain"}, True),
        ({"whenScaled": "Retain"}, True),
        ({}, True),
        ({"whenDeleted": "Delete", "whenScaled": "Retain"}, False),
        ({"whenDeleted": "Retain", "unheard": "of"}, False),
    ],
)
def test_an_object_of_defaults_means_nothing_new(catalog, value, expected):
    path = "spec.persistentVolumeClaimRetentionPolicy"
    assert neutral(catalog, "apps/v1 StatefulSet", path, value) is expected


def test_the_replacement_policy_depends_on_the_failure_policy(catalog):
    with_policy = {"spec": {"podFailurePolicy": {"rules": []}}}
    assert neutral(catalog, "batch/v1 Job", "spec.podReplacementPolicy", "Failed", with_policy)
    assert not neutral(catalog, "batch/v1 Job", "spec.podReplacementPolicy", "TerminatingOrFailed", with_policy)


def test_one_address_in_the_list_is_that_of_the_service(catalog):
    service = {"spec": {"clusterIP": "10.0.0.1"}}
    assert neutral(catalog, "v1 Service", "spec.clusterIPs", ["10.0.0.1"], service)
    assert not neutral(catalog, "v1 Service", "spec.clusterIPs", ["10.0.0.1", "fd00::1"], service)
    assert not neutral(catalog, "v1 Service", "spec.clusterIPs", ["10.0.0.2"], service)


def test_a_copy_of_the_source_means_nothing_new(catalog):
    path = "spec.dataSourceRef"
    source = CLAIM_TEMPLATE["spec"]["dataSource"]
    assert neutral(catalog, "v1 PersistentVolumeClaim", path, source, CLAIM_TEMPLATE)
    assert not neutral(catalog, "v1 PersistentVolumeClaim", path, {**source, "namespace": "b"}, CLAIM_TEMPLATE)


def test_numbers_and_booleans_are_not_the_same(catalog):
    assert not neutral(catalog, "batch/v1 Job", "spec.suspend", 0)
    assert not neutral(catalog, "apps/v1 DaemonSet", "spec.updateStrategy.rollingUpdate.maxSurge", False)


def test_a_field_that_nobody_knows_is_never_a_default(catalog):
    assert not neutral(catalog, "batch/v1 Job", "spec.nothing", False)
    assert not neutral(catalog, "example.com/v1 Job", "spec.suspend", False)
    assert not neutral(catalog, "batch/v1 Job", "", False)
