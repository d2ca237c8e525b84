"""Reviews and Works of a wrong shape: an error with its reason, or a denial with its place."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from converter.admission.review import ReviewError, ReviewProblem
from converter.karmada.denial import denied_clusters
from converter.works.result import HINT, MISSHAPEN_HINT
from tests.reviewkit import ask, cronjob, review, untouched, webhook, work

if TYPE_CHECKING:
    from converter.admission.works import WorkWebhook
    from converter.engine import Engine

DEEP = b"[" * 10_000 + b"]" * 10_000
OLD_REVIEW = b'{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1beta1","request":{"uid":"u"}}'
BAD_UID = b'{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":7}}'


@pytest.fixture
def hook(shipped: Engine) -> WorkWebhook:
    return webhook(shipped)


def body_with(manifest: bytes) -> bytes:
    return json.dumps(review(work("HERE"))).encode().replace(b'"HERE"', manifest)


@pytest.mark.parametrize(
    ("body", "code", "fact"),
    [
        (b"", ReviewProblem.EMPTY, ""),
        (b"  \n", ReviewProblem.EMPTY, ""),
        (b"hello", ReviewProblem.MALFORMED, ""),
        (b"[]", ReviewProblem.MALFORMED, "array"),
        (b"null", ReviewProblem.MALFORMED, "null"),
        (b"{}", ReviewProblem.KIND, "''"),
        (OLD_REVIEW, ReviewProblem.VERSION, "v1beta1"),
        (b'{"kind":"Pod","apiVersion":"v1","request":{"uid":"u"}}', ReviewProblem.KIND, "'Pod'"),
        (b'{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}', ReviewProblem.NO_REQUEST, ""),
        (b'{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":null}', ReviewProblem.NO_REQUEST, ""),
        (BAD_UID, ReviewProblem.MALFORMED, "$.request.uid"),
        (json.dumps(review(work(cronjob()))).encode()[:-40], ReviewProblem.MALFORMED, ""),
        (json.dumps(review(work(cronjob()))).encode().replace(b"report", b"rep\xffort"), ReviewProblem.ENCODING, ""),
        (body_with(b'{"apiVersion":"batch/v1","kind":"CronJob","spec":NaN}'), ReviewProblem.MALFORMED, ""),
        (body_with(b'{"apiVersion":"batch/v1","kind":"CronJob","spec":{"a":"\\ud800"}}'), ReviewProblem.MALFORMED, ""),
        (body_with(b'{"apiVersion":"v1","kind":"ConfigMap","x":' + DEEP + b"}"), ReviewProblem.TOO_DEEP, ""),
    ],
)
def test_what_is_not_a_review_is_an_error_with_its_reason(hook, body, code, fact):
    with pytest.raises(ReviewError) as caught:
        hook.answer(body)
    assert caught.value.code is code
    assert fact in caught.value.problem


@pytest.mark.parametrize(
    ("manifest", "place"),
    [
        (b"{}", "spec.workload.manifests[0]"),
        (b'{"apiVersion":"batch/v1"}', "spec.workload.manifests[0]"),
        (b'{"apiVersion":"batch/v1","kind":""}', "spec.workload.manifests[0]"),
        (b"null", "$.request.object.spec.workload.manifests[0]"),
        (b'"text"', "$.request.object.spec.workload.manifests[0]"),
        (b'{"apiVersion":1,"kind":"CronJob"}', "$.request.object.spec.workload.manifests[0].apiVersion"),
        (b'{"apiVersion":"batch/v1","kind":["CronJob"]}', "$.request.object.spec.workload.manifests[0].kind"),
        (b'{"apiVersion":"a/b/c","kind":"CronJob"}', "CronJob (a/b/c)"),
        (b'{"apiVersion":"batch/v1","kind":"CronJob","metadata":[]}', "spec.workload.manifests[0]"),
        (b'{"apiVersion":"networking.k8s.io/v1","kind":"Ingress","spec":{"rules":"none"}}', " spec.rules: "),
        (b'{"apiVersion":"networking.k8s.io/v1","kind":"Ingress","spec":[]}', " spec: "),
        (
            b'{"apiVersion":"batch/v1","kind":"CronJob","spec":{"jobTemplate":{"spec":{"a":1,"a":2}}}}',
            " spec.jobTemplate.spec.a: ",
        ),
        (b'{"apiVersion":"batch/v1","kind":"CronJob","spec":{"a":[0,1e400]}}', " spec.a[1]: "),
        (b'{"apiVersion":"batch/v1","kind":"CronJob","spec":{"a":' + b"9" * 5000 + b"}}", " spec.a: "),
    ],
)
def test_a_bad_manifest_is_refused_with_its_place(hook, manifest, place):
    answer = ask(hook, body_with(manifest))
    assert not answer.allowed
    assert "patch" not in answer.response
    assert denied_clusters(answer.message) == {"old"}
    assert place in answer.message


@pytest.mark.parametrize("spec", ["text", [], {"workload": []}, {"workload": {"manifests": "all"}}])
def test_a_misshapen_work_is_refused_with_its_place(hook, spec):
    answer = ask(hook, review({**work(), "spec": spec}))
    assert not answer.allowed
    assert "$.request.object.spec" in answer.message
    assert untouched(ask(hook, review({**work(), "spec": spec}, subResource="status")))
    assert untouched(ask(hook, review({**work(), "spec": spec}, namespace="default")))


@pytest.mark.parametrize("depth", range(100, 1_200, 50))
def test_any_depth_is_converted_exactly_or_refused(hook, depth):
    manifest = b'{"apiVersion":"batch/v1","kind":"CronJob","spec":%b1%b}' % (b'{"a":' * depth, b"}" * depth)
    try:
        document = msgspec.json.decode(hook.answer(body_with(manifest)))
    except ReviewError as error:
        assert error.code is ReviewProblem.TOO_DEEP  # noqa: PT017  either way is right, at depths that Python decides on
        return
    response = document["response"]
    if response["allowed"]:
        (patched, *_) = msgspec.json.decode(base64.b64decode(response["patch"]), type=list[dict[str, msgspec.Raw]])
        assert bytes(patched["value"]) == manifest.replace(b"batch/v1", b"batch/v1beta1")
    else:
        assert denied_clusters(response["status"]["message"]) == {"old"}
        assert "CronJob" in response["status"]["message"]


def test_a_huge_integer_is_carried_over_unchanged(hook):
    given = work(cronjob(startingDeadlineSeconds=123456789012345678901234567890))
    stored = ask(hook, review(given)).applied(given)
    spec = stored["spec"]["workload"]["manifests"][0]["spec"]
    assert spec["startingDeadlineSeconds"] == 123456789012345678901234567890


def test_duplicate_keys_in_what_is_not_converted_are_not_looked_for(hook):
    assert untouched(ask(hook, body_with(b'{"apiVersion":"v1","kind":"ConfigMap","data":{"a":"1","a":"2"}}')))


@pytest.mark.parametrize(
    "manifest",
    [
        {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "a"}, "spec": []},
        {**cronjob("batch/v1"), "metadata": 5},
        {**cronjob("batch/v1"), "kind": ""},
    ],
)
def test_a_misshapen_manifest_is_not_answered_with_advice_about_clusters(hook: WorkWebhook, manifest: Any) -> None:
    answer = ask(hook, review(work(manifest)))
    assert not answer.allowed
    assert answer.message.endswith(MISSHAPEN_HINT)
    assert HINT not in answer.message
