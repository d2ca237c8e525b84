"""What the webhook's denials, warnings and errors say."""

from __future__ import annotations

import json
import re

import pytest

from converter.admission.review import ReviewError, bounded
from converter.clusters import FleetView
from converter.karmada.names import LOSSES_TEXT_ANNOTATION, STATUS_MARKER
from converter.kube.partial_object import POLICY_ANNOTATION
from converter.works.policy import Action, Policy
from tests.reviewkit import ask, config_map, cronjob, review, webhook, work
from tests.rulekit import converter, rule_text
from tests.unit.admission import test_binding_status as binding_statuses
from tests.unit.admission.test_works import SERVED_NOWHERE
from tests.unit.admission.test_works_losses import LESSER, THING, ZONED
from tests.unit.admission.test_works_malformed import DEEP, OLD_REVIEW, body_with

A_REVIEW = json.dumps(review(work(cronjob()))).encode()


@pytest.fixture
def hook(shipped):
    return webhook(shipped)


def test_an_unknown_cluster(hook):
    answer = ask(hook, review(work(cronjob(), cluster="brand-new")))
    assert answer.warnings == ["cluster brand-new is not known to the API version converter; the Work passes as it is"]


def test_until_the_clusters_are_known(hook):
    hook._fleet = FleetView()
    assert "try again" in ask(hook, review(work(cronjob()))).message


def test_a_kind_that_the_cluster_lacks(hook):
    message = ask(hook, review(work(config_map(), SERVED_NOWHERE, cronjob("batch/v2")))).message
    for words in (
        "cluster old",
        "Widget demo/w (acme.example/v1): the cluster does not serve acme.example/v1 Widget, nor any other version",
        "CronJob demo/report (batch/v2): the cluster does not serve batch/v2 CronJob, but batch/v1beta1",
    ):
        assert words in message


def test_a_kind_that_the_cluster_lacks_under_warn(shipped):
    answer = ask(webhook(shipped, policy="warn"), review(work(cronjob(), SERVED_NOWHERE)))
    assert answer.warnings == [
        (
            "cluster old: Widget demo/w (acme.example/v1): the cluster does not serve acme.example/v1 Widget, "
            "nor any other version of that kind"
        )
    ]


def test_an_annotation_that_is_not_a_policy(hook):
    answer = ask(hook, review(work(SERVED_NOWHERE, annotations={POLICY_ANNOTATION: "maybe"})))
    assert "is not one of: deny, warn, ignore" in answer.warnings[0]


def test_incomplete_enablements(hook):
    answer = ask(hook, review(work(cronjob(), SERVED_NOWHERE, cluster="vague")))
    assert "whether the cluster serves acme.example/v1 Widget is not known" in answer.warnings[0]


def test_losses():
    given = work(config_map(), THING)
    answer = ask(webhook(converter(ZONED), LESSER), review(given))
    line = 'Thing t: spec.zone = "Mars": v2 knows no zones (degrading)'
    assert answer.warnings == [f"cluster old: {line}"]
    assert answer.applied(given)["metadata"]["annotations"][LOSSES_TEXT_ANNOTATION] == line


def test_denied_losses():
    denied = ask(webhook(converter(ZONED), LESSER, policy=Policy(losses=Action.DENY)), review(work(THING)))
    assert 'would lose values on the way from a.example/v1 to a.example/v2: spec.zone = "Mars"' in denied.message


def test_a_refused_value():
    rules = converter(rule_text("steps:\n  - refuse: {path: spec.zone, side: left, why: v2 has one zone}"))
    answer = ask(webhook(rules, LESSER), review(work(THING)))
    assert "Thing t (a.example/v1) cannot be converted: spec.zone: v2 has one zone" in answer.message


def test_what_does_not_fit_into_annotations():
    given = work({**THING, "spec": {"zone": "x" * (300 << 10)}})
    answer = ask(webhook(converter(ZONED), LESSER), review(given))
    assert any("is not kept" in warning for warning in answer.warnings)
    text = answer.applied(given)["metadata"]["annotations"][LOSSES_TEXT_ANNOTATION]
    assert "Thing t: what a.example/v2 cannot hold is not kept" in text


def test_too_many_warnings():
    given = work(*({**THING, "metadata": {"name": f"thing-{number}"}} for number in range(200)))
    answer = ask(webhook(converter(ZONED), LESSER), review(given))
    assert re.fullmatch(r"and \d+ more; see the object's annotations", answer.warnings[-1])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "the body is empty"),
        (b"{}", "its kind is ''"),
        (OLD_REVIEW, "set admissionReviewVersions: [v1] in the webhook configuration"),
        (b'{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}', "it has no request"),
        (A_REVIEW.replace(b"report", b"rep\xffort"), "is not UTF-8"),
        (body_with(b'{"apiVersion":"v1","kind":"ConfigMap","x":' + DEEP + b"}"), "nested deeper"),
    ],
)
def test_what_is_not_a_review(hook, body, words):
    with pytest.raises(ReviewError) as caught:
        hook.answer(body)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (b"{}", "spec.workload.manifests[0] is not a manifest: apiVersion: is missing"),
        (b'{"apiVersion":"batch/v1"}', "spec.workload.manifests[0] is not a manifest: kind: is missing"),
        (b'{"apiVersion":"batch/v1","kind":""}', "manifests[0] is not a manifest: kind: is missing or empty"),
        (b'{"apiVersion":"a/b/c","kind":"CronJob"}', "CronJob (a/b/c): the cluster does not serve"),
        (
            b'{"apiVersion":"networking.k8s.io/v1","kind":"Ingress","spec":{"rules":"none"}}',
            "spec.rules: must be a list",
        ),
        (
            b'{"apiVersion":"batch/v1","kind":"CronJob","spec":{"jobTemplate":{"spec":{"a":1,"a":2}}}}',
            "spec.jobTemplate.spec.a: this key is set more than once",
        ),
        (b'{"apiVersion":"batch/v1","kind":"CronJob","spec":{"a":[0,1e400]}}', "spec.a[1]: a number is too large"),
        (
            b'{"apiVersion":"batch/v1","kind":"CronJob","spec":{"a":' + b"9" * 5000 + b"}}",
            "spec.a: a number is too large",
        ),
    ],
)
def test_a_bad_manifest(hook, manifest, words):
    assert words in ask(hook, body_with(manifest)).message


def test_a_review_of_an_old_version(hook):
    body = json.dumps({**review(work(cronjob())), "apiVersion": "admission.k8s.io/v1beta1"}).encode()
    with pytest.raises(ReviewError, match=r"'admission\.k8s\.io/v1beta1'; set admissionReviewVersions: \[v1\]"):
        hook.answer(body)


def test_warnings_that_were_left_out():
    many = bounded(["y" * 200] * 100)
    assert many[-1] == f"and {100 - len(many) + 1} more; see the object's annotations"


def test_a_status_that_cannot_be_read():
    items = [{"clusterName": "old", "appliedMessage": f"{STATUS_MARKER}nonsense", "health": "Unknown"}]
    _, response = binding_statuses.answered(
        binding_statuses.review(binding_statuses.binding(items, [binding_statuses.condition("False")]))
    )
    assert response["warnings"][0].startswith("status of cluster old: does not carry a readable status: ")
