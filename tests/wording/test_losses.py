"""What the texts about losses say: which release would do, and what happens otherwise."""

from __future__ import annotations

from converter.catalog import Release
from converter.conversion import LostValue
from converter.karmada.names import LOSSES_TEXT_ANNOTATION
from converter.kube import WHOLE_MANIFEST, GroupVersionKind
from converter.losses.messages import annotation_text
from tests.unit.losses.test_decide import JOB, cluster, cron, told, work
from tests.unit.losses.test_record import BY_RELEASE, lost


def the_loss(shipped, api_version, kind, manifest, release):
    (loss,) = shipped.losses.of_release(manifest, GroupVersionKind.of(api_version, kind), release)
    return loss


def test_a_refused_value_with_the_release_that_would_do(shipped):
    job = {"spec": {"podFailurePolicy": {"rules": [{"action": "Ignore"}, {"action": "FailIndex"}]}}}
    assert str(the_loss(shipped, "batch/v1", "Job", job, Release(1, 27))) == (
        'spec.podFailurePolicy.rules[1].action = "FailIndex": Kubernetes v1.27 does not know the value "FailIndex" and '
        "refuses it; v1.29 would do (dangerous)"
    )


def test_a_value_that_went(shipped):
    loss = the_loss(shipped, "discovery.k8s.io/v1beta1", "EndpointSlice", {"addressType": "IP"}, Release(1, 20))
    assert loss.why == 'Kubernetes v1.20 does not know the value "IP" and refuses it; the last to know it was v1.19'


def test_a_value_that_only_another_version_of_the_kind_came_to_know(shipped):
    pod = {"spec": {"template": {"spec": {"tolerations": [{"operator": "Gt"}]}}}}
    loss = the_loss(shipped, "extensions/v1beta1", "Deployment", pod, Release(1, 16))
    assert "; v1.35 would do, in apps/v1" in loss.why


def test_more_losses_than_are_named(shipped):
    manifest = {"spec": {f"x{number}": 1 for number in range(20)}}
    gvk = GroupVersionKind.of("batch/v1", "Job")
    (loss,) = shipped.losses.of_release(manifest, gvk, Release(1, 27), limit=10)
    assert str(loss) == "it has more fields that Kubernetes v1.27 does not store than can be named (dangerous)"
    (loss,) = shipped.losses.of_conversion([LostValue(WHOLE_MANIFEST, None, "batch/v1beta1")], gvk)
    assert str(loss) == "it has more values that batch/v1beta1 cannot hold than can be named (dangerous)"


LINE = (
    'CronJob demo/report: spec.timeZone = "Europe/Berlin": Kubernetes v1.22 does not know it and drops it silently; '
    "v1.25 would do; it runs at other times than specified (dangerous)"
)
REFUSED = (
    'Job demo/import: spec.podFailurePolicy.rules[0].action = "FailIndex": Kubernetes v1.27 does not know the value '
    '"FailIndex" and refuses it; v1.29 would do (dangerous)'
)


def test_a_dropped_field(shipped):
    outcome = told(work(cron()), cluster("v1.22"), shipped)
    assert outcome.warnings == (f"cluster old: {LINE}",)
    assert outcome.annotations[LOSSES_TEXT_ANNOTATION] == LINE


def test_a_field_that_is_dropped_after_a_conversion(shipped):
    outcome = told(work(cron()), cluster("v1.20"), shipped)
    line = LINE.replace("v1.22", "v1.20").replace("would do", "would do, in batch/v1")
    assert outcome.annotations[LOSSES_TEXT_ANNOTATION] == line


def test_a_refused_value(shipped):
    outcome = told(work(JOB), cluster("v1.27"), shipped, "warn")
    assert outcome.warnings == (f"cluster old: {REFUSED}",)


def test_how_many_lines_are_left_out():
    *lines, last = annotation_text([*lost(1000, BY_RELEASE), *lost(2)], [], carried=7).splitlines()
    assert lines[2] == "and 7 more that conversions lost"
    assert last == f"and {1000 - (len(lines) - 3)} more"


def test_a_manifest_that_the_validation_refuses(shipped):
    hooks = {"webhooks": [{"name": "a", "admissionReviewVersions": ["v1"]}]}
    gvk = GroupVersionKind.of("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration")
    (loss,) = shipped.losses.refused_by(hooks, gvk, Release(1, 24))
    assert str(loss) == (
        "webhooks[0].sideEffects is missing: Kubernetes v1.24 refuses it: v1 demands sideEffects: None or NoneOnDryRun "
        "of every new webhook; set it if that is true of the webhook (dangerous)"
    )


def test_a_dropped_field_without_which_the_manifest_is_refused(shipped):
    pod = {"spec": {"containers": [{"name": "a", "livenessProbe": {"grpc": {"port": 1}}}]}}
    loss = the_loss(shipped, "v1", "Pod", pod, Release(1, 20))
    assert str(loss) == (
        'spec.containers[0].livenessProbe.grpc = {"port":1}: Kubernetes v1.20 refuses it: it drops grpc, and demands a '
        "handler; v1.23 would do; use another handler for this cluster (dangerous)"
    )
    stateful = {"spec": {"template": pod}}
    loss = the_loss(shipped, "apps/v1", "StatefulSet", stateful, Release(1, 20))
    assert loss.why.startswith("Kubernetes v1.20 takes it and refuses its Pods: it drops grpc")
