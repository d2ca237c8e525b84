"""The webhook on bindings, as patches."""

import base64
import json

import jsonpatch
import pytest

from converter.admission.bindings import PlacementWebhook
from converter.karmada.names import EXCLUDED_ANNOTATION, EXCLUDED_LABEL
from converter.placement.exclusions import Unavailable

UNREACHABLE = {("gateway.example/v1", "Gateway"): {"old": Unavailable("no rule leads to v1alpha1")}}
UNKNOWN = {("gateway.example/v1", "Gateway"): {"old": Unavailable("not known", certain=False)}}
APPLIED = [{"clusterName": "old", "applied": True}]


def binding(placement, *, kind="Gateway", clusters=(), applied=(), **metadata):
    return {
        "apiVersion": "work.karmada.io/v1alpha2",
        "kind": "ResourceBinding",
        "metadata": {"name": "b", "namespace": "demo", **metadata},
        "spec": {
            "resource": {"apiVersion": "gateway.example/v1", "kind": kind},
            "clusters": [{"name": name} for name in clusters],
            **({"placement": placement} if placement is not None else {}),
        },
        **({"status": {"aggregatedStatus": list(applied)}} if applied else {}),
    }


def answered(thing, operation="CREATE", sub="", unreachable=UNREACHABLE, old=None):
    request = {"uid": "u", "operation": operation, "subResource": sub, "object": thing, "oldObject": old}
    body = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
    webhook = PlacementWebhook(lambda version, kind: unreachable.get((version, kind), {}))
    response = json.loads(webhook.answer(json.dumps(body).encode()))["response"]
    assert response["allowed"] is True
    if "patch" not in response:
        return thing
    return jsonpatch.apply_patch(thing, json.loads(base64.b64decode(response["patch"])))


@pytest.mark.parametrize("operation", ["CREATE", "UPDATE"])
@pytest.mark.parametrize("labels", [{}, {"labels": {"a": "b"}, "annotations": {"c": "d"}}, {"labels": {}}])
def test_an_unreachable_cluster_is_excluded_with_the_reason(operation, labels):
    result = answered(binding({}, **labels), operation)
    assert result["spec"]["placement"] == {"clusterAffinity": {"exclude": ["old"]}}
    assert json.loads(result["metadata"]["annotations"][EXCLUDED_ANNOTATION]) == {
        "old": {"why": "no rule leads to v1alpha1", "in": ["clusterAffinity"]}
    }
    assert result["metadata"]["labels"][EXCLUDED_LABEL] == "true"
    assert answered(result, "UPDATE") == result


def test_it_is_taken_back_when_the_cluster_can_be_reached():
    excluded = answered(binding({"spreadConstraints": []}, labels={"a": "b"}))
    result = answered(excluded, "UPDATE", unreachable={})
    assert result["spec"]["placement"] == {"spreadConstraints": []}
    assert result["metadata"]["labels"] == {"a": "b"}
    assert result["metadata"]["annotations"] == {}


@pytest.mark.parametrize(
    ("thing", "operation", "sub"),
    [
        (binding({}, kind="Service"), "CREATE", ""),
        (binding({}, clusters=["old"], applied=APPLIED), "UPDATE", ""),
        (binding(None), "CREATE", ""),
        (binding({}), "UPDATE", "status"),
        (binding({}), "DELETE", ""),
        (binding({}, deletionTimestamp="2026-01-01T00:00:00Z"), "UPDATE", ""),
        ({"spec": {"placement": []}}, "CREATE", ""),
        ({"spec": {"clusters": 1}}, "CREATE", ""),
        (None, "DELETE", ""),
    ],
)
def test_everything_else_passes_as_it_is(thing, operation, sub):
    assert answered(thing, operation, sub) == thing


def test_a_cluster_that_joins_is_excluded_until_its_apis_are_known():
    joining = answered(binding({}), unreachable=UNKNOWN)
    assert joining["spec"]["placement"] == {"clusterAffinity": {"exclude": ["old"]}}
    assert answered(joining, "UPDATE", unreachable=UNREACHABLE)["spec"] == joining["spec"]
    assert answered(joining, "UPDATE", unreachable={})["spec"]["placement"] == {}


def test_a_cluster_that_was_scheduled_while_its_apis_were_unknown_is_excluded_once_they_are_known():
    scheduled = binding({}, clusters=["old"])
    assert answered(scheduled, "UPDATE", unreachable=UNKNOWN) == scheduled
    known = answered(scheduled, "UPDATE", unreachable=UNREACHABLE)
    assert known["spec"]["placement"] == {"clusterAffinity": {"exclude": ["old"]}}


def test_the_stored_status_counts_where_a_write_leaves_the_status_out():
    stored, written = binding({}, clusters=["old"], applied=APPLIED), binding({}, clusters=["old"])
    assert answered(written, "UPDATE", old=stored) == written
    lied = answered(stored, "UPDATE", old=written)
    assert lied["spec"]["placement"] == {"clusterAffinity": {"exclude": ["old"]}}


def test_a_replica_that_does_not_know_the_clusters_yet_takes_no_exclusion_back():
    excluded = answered(binding({}))
    request = {"uid": "u", "operation": "UPDATE", "object": excluded}
    body = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
    response = json.loads(PlacementWebhook(lambda *_: None).answer(json.dumps(body).encode()))["response"]
    assert (response["allowed"], "patch" in response) == (True, False)
    assert response["warnings"]


MISSHAPEN = [
    {"clusterAffinity": {"clusterNames": True}},
    {"clusterAffinity": {"exclude": 1}},
    {"clusterAffinities": ["a"]},
    {"clusterAffinities": [{"overflowAffinities": [7]}]},
    {"clusterAffinities": {"a": {}}},
]


@pytest.mark.parametrize("placement", MISSHAPEN)
def test_a_misshapen_placement_is_allowed_with_a_warning(placement):
    thing = binding(placement)
    request = {"uid": "u", "operation": "CREATE", "object": thing}
    body = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
    answer = PlacementWebhook(lambda *_: UNREACHABLE["gateway.example/v1", "Gateway"]).answer(json.dumps(body).encode())
    response = json.loads(answer)["response"]
    assert (response["allowed"], "patch" in response) == (True, False)
    assert "spec.placement" in response["warnings"][0]


@pytest.mark.parametrize("metadata", [{"labels": 5}, {"annotations": []}, {"labels": {"a": 1}}])
def test_misshapen_metadata_is_allowed_as_it_is(metadata):
    thing = binding({}, **metadata)
    assert answered(thing) == thing
