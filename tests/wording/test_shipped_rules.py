"""What refusals by the shipped rules, and by their functions, say."""

from __future__ import annotations

import pytest

from converter.errors import ConverterError
from tests.rules.test_autoscaling import hpa
from tests.rules.test_flowcontrol import ZERO, level
from tests.rules.test_networking import BETA, V1, ingress


def refusal(shipped, given, to):
    with pytest.raises(ConverterError) as caught:
        shipped.convert(given, to=to)
    return str(caught.value)


def manifest(version, kind, **fields):
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "a"}, **fields}


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        ("x", "spec.metrics: must be a list"),
        ([5], "spec.metrics[0]: must be an object"),
        ([{"type": 5}], "spec.metrics[0].type: must be a string"),
        ([{"type": "Pods", "pods": {"target": {"averageValue": "much"}}}], "averageValue: must be a quantity"),
        ([{"type": "Resource", "resource": {"name": "x", "target": {"averageUtilization": 2**31}}}], "32 bits"),
    ],
)
def test_metrics_of_a_wrong_type(shipped, metrics, words):
    assert words in refusal(shipped, hpa("v2", spec={"metrics": metrics}), "autoscaling/v1")


@pytest.mark.parametrize(
    ("backend", "words"),
    [
        ("web", "paths[0].backend: must be an object, not string"),
        ({"service": {"port": {"number": "80"}}}, "port.number: must be an integer"),
        ({"service": {"port": {"name": 80}}}, "port.name: must be a string"),
    ],
)
def test_backends_of_a_wrong_type(shipped, backend, words):
    assert words in refusal(shipped, ingress(V1, backend=backend), BETA)


@pytest.mark.parametrize(
    ("given", "to", "words"),
    [
        (manifest("node.k8s.io/v1alpha1", "RuntimeClass", spec="kata"), "node.k8s.io/v1", "spec: must be an object"),
        (
            manifest("scheduling.k8s.io/v1beta1", "Workload", spec={"compositePodGroupTemplates": [{"name": "a"}]}),
            "scheduling.k8s.io/v1alpha2",
            "groups of groups",
        ),
        (
            manifest("scheduling.k8s.io/v1beta1", "Workload"),
            "scheduling.k8s.io/v1alpha1",
            "every group is a PodGroup object of its own",
        ),
        (
            level("v1beta3", {"nominalConcurrencyShares": 0}, **{ZERO: ""}),
            "flowcontrol.apiserver.k8s.io/v1beta2",
            "read as the default, 30",
        ),
        (
            manifest("resource.k8s.io/v1alpha2", "ResourceClaim", status={"allocation": {"resourceHandles": [{}, {}]}}),
            "resource.k8s.io/v1alpha1",
            "one handle for a claim",
        ),
        (
            manifest("storagemigration.k8s.io/v1", "StorageVersionMigration", spec={"resource": {"resource": "jobs"}}),
            "storagemigration.k8s.io/v1alpha1",
            "v1alpha1 requires the version of the resource",
        ),
        (
            level("v1", {"nominalConcurrencyShares": "30"}),
            "flowcontrol.apiserver.k8s.io/v1beta3",
            "spec.limited.nominalConcurrencyShares: must be an integer",
        ),
        (
            manifest("rbac.authorization.k8s.io/v1", "RoleBinding", subjects=["jane"]),
            "rbac.authorization.k8s.io/v1alpha1",
            "subjects[0]: must be an object",
        ),
        (
            manifest("policy/v1", "PodDisruptionBudget", spec={"selector": "all"}),
            "policy/v1beta1",
            "spec.selector: must be an object, not string",
        ),
        (
            manifest("resource.k8s.io/v1alpha2", "ResourceClaim"),
            "resource.k8s.io/v1",
            "no rule converts ResourceClaim from resource.k8s.io/v1alpha2 to resource.k8s.io/v1: ",
        ),
        (
            manifest("resource.k8s.io/v1alpha1", "ResourceClaim"),
            "resource.k8s.io/v1",
            "names one ResourceClass",
        ),
    ],
)
def test_the_reason_of_a_refusal(shipped, given, to, words):
    assert words in refusal(shipped, given, to)
