"""What the texts about losses say: which release would do, and what happens otherwise."""

from __future__ import annotations

from converter.catalog import Release
from converter.kube import GroupVersionKind


def the_loss(shipped, api_version, kind, manifest, release):
    (loss,) = shipped.losses.of_release(manifest, GroupVersionKind.of(api_version, kind), release)
    return loss


def test_a_refused_value_with_the_release_that_would_do(shipped):
    job = {"spec": {"podFailurePolicy": {"rules": [{"action": "Ignore"}, {"action": "FailIndex"}]}}}
    assert str(the_loss(shipped, "batch/v1", "Job", job, Release(1, 27))) == (
        'spec.podFailurePolicy.rules[1].action = "FailIndex": Kubernetes v1.27 does not know the value "FailIndex" and '
        "refuses it; v1.28 would do (dangerous)"
    )


def test_a_value_that_went(shipped):
    loss = the_loss(shipped, "discovery.k8s.io/v1beta1", "EndpointSlice", {"addressType": "IP"}, Release(1, 20))
    assert loss.why == 'Kubernetes v1.20 does not know the value "IP" and refuses it; the last to know it was v1.19'


def test_a_value_that_only_another_version_of_the_kind_came_to_know(shipped):
    pod = {"spec": {"template": {"spec": {"tolerations": [{"operator": "Gt"}]}}}}
    loss = the_loss(shipped, "extensions/v1beta1", "Deployment", pod, Release(1, 16))
    assert "; v1.35 would do, in apps/v1" in loss.why
