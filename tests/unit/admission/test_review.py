"""Reviews read with their objects left as bytes, and the answers."""

from __future__ import annotations

import base64
import json

import pytest

from converter.admission.review import (
    ALL_WARNINGS,
    LONGEST_DENIAL,
    LONGEST_WARNING,
    ReviewError,
    ReviewProblem,
    allow,
    bounded,
    decode_review,
    deny,
    patched,
)
from converter.kube.json_patch import Operation, pointer
from tests.reviewkit import review, work


def read(**request):
    return decode_review(json.dumps(review(work(), **request)).encode())


def test_objects_stay_bytes_and_null_is_none():
    given = read(oldObject=None)
    assert given.request.object is not None
    assert json.loads(bytes(given.request.object)) == work()
    assert given.request.old_object is None
    assert decode_review(b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u"}}')


def test_the_answers_as_the_api_server_wants_them():
    given = read()
    uid = given.request.uid
    head = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}
    assert json.loads(allow(given)) == {**head, "response": {"uid": uid, "allowed": True}}
    assert json.loads(allow(given, ["w"]))["response"] == {"uid": uid, "allowed": True, "warnings": ["w"]}
    refused = json.loads(deny(given, "no"))["response"]
    status = {"status": "Failure", "message": "no", "reason": "Invalid", "code": 422}
    assert refused == {"uid": uid, "allowed": False, "status": status}
    changed = json.loads(patched(given, [Operation("remove", "/a"), {"op": "add", "path": "/b", "value": None}]))
    assert (
        changed["response"].pop("patch")
        == base64.b64encode(b'[{"op":"remove","path":"/a"},{"op":"add","path":"/b","value":null}]').decode()
    )
    assert changed["response"] == {"uid": uid, "allowed": True, "patchType": "JSONPatch"}


def test_a_uid_is_escaped():
    given = decode_review(
        json.dumps(
            {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {"uid": 'a"\n'}}
        ).encode()
    )
    assert json.loads(allow(given))["response"]["uid"] == 'a"\n'


def test_an_old_api_version_is_refused():
    body = json.dumps({**review(work()), "apiVersion": "admission.k8s.io/v1beta1"}).encode()
    with pytest.raises(ReviewError) as caught:
        decode_review(body)
    assert caught.value.code is ReviewProblem.VERSION


def test_pointers_are_escaped():
    assert pointer("a/b", 0, "~c", "") == "/a~1b/0/~0c/"
    assert pointer() == ""


def test_warnings_are_bounded():
    assert bounded(["short"]) == ["short"]
    (cut,) = bounded(["x" * 1000])
    assert len(cut) == LONGEST_WARNING
    assert cut.endswith("…")
    many = bounded(["y" * 200] * 100)
    assert sum(map(len, many)) <= ALL_WARNINGS
    assert str(100 - len(many) + 1) in many[-1]


def test_a_long_denial_is_cut():
    message = json.loads(deny(read(), "x" * (LONGEST_DENIAL + 1)))["response"]["status"]["message"]
    assert len(message) == LONGEST_DENIAL
