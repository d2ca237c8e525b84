"""Bindings as Karmada and careless clients write them."""

import json

import pytest

from converter.errors import ManifestError
from converter.karmada.binding import Binding, decode_binding, read_binding

SPEC = {
    "resource": {"apiVersion": "batch/v1", "kind": "CronJob", "namespace": "demo", "name": "report", "uid": "u"},
    "placement": {"clusterAffinity": {"clusterNames": ["a"], "labelSelector": {}}, "spreadConstraints": []},
    "clusters": [{"name": "a", "replicas": 2}],
    "requiredBy": [{"namespace": "demo", "name": "other", "clusters": [{"name": "b"}]}, {"name": "unscheduled"}],
    "gracefulEvictionTasks": [
        {"fromCluster": "c", "purgeMode": "Gracefully"},
        {"fromCluster": "d", "purgeMode": "Directly"},
        {"fromCluster": "e", "purgeMode": "Immediately"},
    ],
}


def both_ways(document) -> Binding:
    """Read a binding from bytes and from decoded JSON; both give the same."""
    binding = decode_binding(json.dumps(document).encode())
    assert binding == read_binding(document)
    return binding


def test_the_fields_that_placement_and_status_need_are_read():
    spec = both_ways({"spec": SPEC}).spec
    assert (spec.resource.api_version, spec.resource.kind) == ("batch/v1", "CronJob")
    assert spec.checked_placement() == SPEC["placement"]
    assert spec.scheduled_clusters() == {"a"}
    assert spec.existing_clusters() == {"a", "b", "c"}


@pytest.mark.parametrize("empty", [{}, {"spec": {}}, {"spec": {"clusters": None, "placement": None}}])
def test_absent_fields_are_empty(empty):
    spec = both_ways(empty).spec
    assert spec.checked_placement() is None
    assert spec.scheduled_clusters() == spec.existing_clusters() == frozenset()


@pytest.mark.parametrize(
    ("items", "fully"),
    [
        ([("a", True), ("b", True), ("c", True)], True),
        ([("a", True), ("b", True)], False),
        ([("a", True), ("b", True), ("c", "True")], False),
        ([("a", True), ("b", True), ("elsewhere", True)], False),
    ],
)
def test_a_binding_is_fully_applied_once_every_existing_cluster_has_applied_it(items, fully):
    items = [{"clusterName": name, "applied": applied} for name, applied in items]
    assert both_ways({"spec": SPEC, "status": {"aggregatedStatus": items}}).is_fully_applied() is fully


@pytest.mark.parametrize(
    "misshapen",
    [
        {"metadata": {"labels": 5}},
        {"metadata": {"annotations": {"a": {}}}},
        {"metadata": []},
        {"spec": {"clusters": 1}},
        {"spec": {"clusters": [None]}},
        {"spec": {"clusters": [{"name": 1}]}},
        {"spec": {"resource": "batch/v1"}},
        {"status": {"conditions": {}}},
        {"status": {"aggregatedStatus": ["a"]}},
    ],
)
def test_a_misshapen_binding_is_a_manifest_error(misshapen):
    for read in (read_binding, lambda document: decode_binding(json.dumps(document).encode())):
        with pytest.raises(ManifestError):
            read(misshapen)


@pytest.mark.parametrize(
    "placement",
    [
        [],
        "all",
        {"clusterAffinity": []},
        {"clusterAffinity": {"clusterNames": True}},
        {"clusterAffinity": {"exclude": "old"}},
        {"clusterAffinity": {"exclude": [1]}},
        {"clusterAffinities": {"a": 1}},
        {"clusterAffinities": ["a"]},
        {"clusterAffinities": [{"affinityName": 7}]},
        {"clusterAffinities": [{"overflowAffinities": [{"exclude": {}}]}]},
        {"clusterAffinities": [{"overflowAffinities": True}]},
    ],
)
def test_a_misshapen_placement_is_a_manifest_error(placement):
    spec = both_ways({"spec": {"placement": placement}}).spec
    with pytest.raises(ManifestError) as caught:
        spec.checked_placement()
    assert caught.value.path == "spec.placement"
