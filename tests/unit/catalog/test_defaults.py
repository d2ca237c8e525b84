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

# The same, of fields that no server fills in: the value means the same as leaving the field out.
SPREAD = "spec.topologySpreadConstraints[0]"
UNSET = [
    ("v1 ConfigMap", "immutable", False, True),
    ("v1 Secret", "immutable", False, True),
    ("v1 Pod", "spec.hostUsers", True, False),
    ("v1 Pod", "spec.setHostnameAsFQDN", False, True),
    ("v1 Pod", "spec.schedulingGates", [], [{"name": "a"}]),
    ("v1 Pod", "spec.overhead", {}, {"cpu": "1"}),
    ("v1 Pod", "spec.securityContext.fsGroupChangePolicy", "Always", "OnRootMismatch"),
    ("v1 Pod", "spec.securityContext.seLinuxChangePolicy", "Recursive", "MountOption"),
    ("v1 Pod", "spec.securityContext.supplementalGroupsPolicy", "Merge", "Strict"),
    ("v1 Pod", "spec.securityContext.windowsOptions.hostProcess", False, True),
    ("v1 Pod", "spec.securityContext.seccompProfile", {"type": "Unconfined"}, {"type": "RuntimeDefault"}),
    ("v1 Pod", "spec.containers[0].volumeMounts[0].recursiveReadOnly", "Disabled", "Enabled"),
    ("v1 Pod", "spec.containers[0].resources.claims", [], [{"name": "a"}]),
    ("v1 Pod", f"{SPREAD}.minDomains", 1, 2),
    ("v1 Pod", f"{SPREAD}.nodeAffinityPolicy", "Honor", "Ignore"),
    ("v1 Pod", f"{SPREAD}.nodeTaintsPolicy", "Ignore", "Honor"),
    ("v1 Pod", f"{SPREAD}.matchLabelKeys", [], ["a"]),
    ("v1 PersistentVolumeClaim", "spec.volumeAttributesClassName", "", "gold"),
    ("apps/v1 StatefulSet", "spec.minReadySeconds", 0, 5),
    ("apps/v1 StatefulSet", "spec.ordinals", {"start": 0}, {"start": 1}),
    ("apps/v1 DaemonSet", "spec.updateStrategy.rollingUpdate.maxSurge", "0%", "10%"),
    ("batch/v1 CronJob", "spec.jobTemplate.spec.managedBy", "kubernetes.io/job-controller", "a.test/b"),
    ("policy/v1 PodDisruptionBudget", "spec.unhealthyPodEvictionPolicy", "IfHealthyBudget", "AlwaysAllow"),
    ("discovery.k8s.io/v1 EndpointSlice", "endpoints[0].conditions.serving", True, False),
    ("discovery.k8s.io/v1 EndpointSlice", "endpoints[0].conditions.terminating", False, True),
    ("flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration", "spec.limited.lendablePercent", 0, 5),
    (
        "flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration",
        "spec.exempt",
        {"lendablePercent": 0, "nominalConcurrencyShares": 0},
        {"lendablePercent": 5},
    ),
    (
        "admissionregistration.k8s.io/v1 MutatingWebhookConfiguration",
        "webhooks[0].matchConditions",
        [],
        [{"name": "a"}],
    ),
]


@pytest.mark.parametrize(("gvk", "path", "default", "other"), [*DEFAULTS, *UNSET])
def test_a_default_means_nothing_new_and_another_value_does(catalog, gvk, path, default, other):
    spec = {"containers": [{"securityContext": {}}], "jobTemplate": {"spec": {}}, "securityContext": {}}
    manifest = {"spec": spec, "endpoints": [{"conditions": {}}]}
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
    populator = {"apiGroup": "a.test", "kind": "Populator", "name": "a"}
    assert not neutral(catalog, "v1 PersistentVolumeClaim", path, populator, {"spec": {"dataSource": populator}})


def test_the_name_of_a_node_is_in_the_topology_too(catalog):
    gvk, path = "discovery.k8s.io/v1beta1 EndpointSlice", "endpoints[0].nodeName"
    slice_ = {"endpoints": [{"topology": {"kubernetes.io/hostname": "a"}}]}
    assert neutral(catalog, gvk, path, "a", slice_)
    assert not neutral(catalog, gvk, path, "b", slice_)
    assert not neutral(catalog, gvk, path, "a", {"endpoints": [{}]})


def test_an_endpoint_serves_if_it_is_ready(catalog):
    path, gvk = "endpoints[0].conditions.serving", "discovery.k8s.io/v1 EndpointSlice"
    for ready in (True, False):
        slice_ = {"endpoints": [{"conditions": {"ready": ready}}]}
        assert neutral(catalog, gvk, path, ready, slice_)
        assert not neutral(catalog, gvk, path, not ready, slice_)


def test_numbers_and_booleans_are_not_the_same(catalog):
    assert not neutral(catalog, "batch/v1 Job", "spec.suspend", 0)
    assert not neutral(catalog, "apps/v1 DaemonSet", "spec.updateStrategy.rollingUpdate.maxSurge", False)


def test_a_field_that_nobody_knows_is_never_a_default(catalog):
    assert not neutral(catalog, "batch/v1 Job", "spec.nothing", False)
    assert not neutral(catalog, "example.com/v1 Job", "spec.suspend", False)
    assert not neutral(catalog, "batch/v1 Job", "", False)
