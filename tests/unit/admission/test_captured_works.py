"""Every review of a Work that a real Karmada sent, answered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from converter.catalog import Release, load_catalog
from converter.clusters import Cluster
from converter.karmada.names import CONVERSION_DATA_ANNOTATION, CONVERTED_LABEL, LOSSES_ANNOTATION, SOURCES_ANNOTATION
from tests.reviewkit import CAPTURED, DATA, ask, webhook

if TYPE_CHECKING:
    from converter.engine import Engine

CLUSTERS = {
    name: Cluster.from_karmada(json.loads((DATA / f"clusters/{name}.json").read_bytes())) for name in ("old", "new")
}
RELEASES = ["v1.16", "v1.20", "v1.24", "v1.36"]


def without_ours(metadata: dict) -> dict:
    """Metadata without our bookkeeping; empty maps count as none.

    Nor with finalizers: in one of the reviews Karmada removes its own, from a Work in a version that v1.20 lacks.
    """
    left = {**metadata, "finalizers": []}
    for field in ("labels", "annotations"):
        left[field] = {
            key: value for key, value in (metadata.get(field) or {}).items() if "apiconverter.dev" not in key
        }
    return left


def test_there_are_captured_reviews():
    assert len(CAPTURED) == 14


@pytest.mark.parametrize("path", CAPTURED, ids=lambda path: path.stem)
def test_manifests_come_out_in_versions_that_the_cluster_serves(path, shipped: Engine):
    body = path.read_bytes()
    review = json.loads(body)
    cluster = CLUSTERS["new" if "-new-" in path.name else "old"]
    hook = webhook(shipped, *CLUSTERS.values())
    answer = ask(hook, review)
    work = review["request"]["object"]
    stored = answer.applied(work)
    (before,), (after,) = work["spec"]["workload"]["manifests"], stored["spec"]["workload"]["manifests"]
    assert answer.allowed
    assert cluster.serves(after["apiVersion"], after["kind"])
    if cluster.serves(before["apiVersion"], before["kind"]):
        assert "patch" not in answer.response
        assert not answer.warnings
        return
    assert cluster.name == "old"
    _only_ours_differs(work, stored)
    deleting = "deletionTimestamp" in work["metadata"]
    assert stored["metadata"]["labels"].get(CONVERTED_LABEL) == (None if deleting else "true")
    entry = json.loads(stored["metadata"]["annotations"][SOURCES_ANNOTATION])[0]
    assert (entry["from"], entry["to"]) == (before["apiVersion"], after["apiVersion"])
    assert hook.answer(body) == hook.answer(body)
    again = json.loads(body)
    again["request"]["object"] = {**stored, "metadata": {**stored["metadata"], "finalizers": []}}
    assert "patch" not in ask(hook, again).response


def _only_ours_differs(work: dict, stored: dict) -> None:
    """Everything of the Work stays but what a conversion is allowed to change."""
    assert {**stored, "metadata": 0, "spec": 0} == {**work, "metadata": 0, "spec": 0}
    assert {**stored["spec"], "workload": 0} == {**work["spec"], "workload": 0}
    assert without_ours(stored["metadata"]) == without_ours(work["metadata"])
    (before,), (after,) = work["spec"]["workload"]["manifests"], stored["spec"]["workload"]["manifests"]
    kept = without_ours(after["metadata"])
    if after["kind"] == "HorizontalPodAutoscaler":  # keeps in annotations what autoscaling/v1 has no fields for
        kept["annotations"] = {
            key: value for key, value in kept["annotations"].items() if "autoscaling.alpha" not in key
        }
    assert kept == without_ours(before["metadata"])
    assert after["kind"] == before["kind"]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("path", [path for path in CAPTURED if "-old-" in path.name], ids=lambda path: path.stem)
def test_every_release_gets_what_it_serves_and_the_source_comes_back(path, release, shipped: Engine):
    """As if the cluster were of that release; once it is new again, the very manifest that was sent is back."""
    review = json.loads(path.read_bytes())
    cluster = Cluster.from_release("old", Release.parse(release), load_catalog())
    answer = ask(webhook(shipped, cluster, policy="warn"), review)  # v1.20 refuses the autoscaler's metrics
    work = review["request"]["object"]
    (before,) = work["spec"]["workload"]["manifests"]
    if not cluster.versions_of(before["kind"]):
        assert not ask(webhook(shipped, cluster), review).allowed
        return
    stored = answer.applied(work)
    (manifest,) = stored["spec"]["workload"]["manifests"]
    assert cluster.serves(manifest["apiVersion"], manifest["kind"])
    newest = Cluster.from_release("old", Release.parse("v1.36"), load_catalog())
    review["request"]["object"] = stored
    upgraded = ask(webhook(shipped, newest), review).applied(stored)
    assert upgraded["spec"] == work["spec"]
    assert without_ours(upgraded["metadata"]) == without_ours(work["metadata"])
    for name in (SOURCES_ANNOTATION, CONVERSION_DATA_ANNOTATION, LOSSES_ANNOTATION):
        assert name not in upgraded["metadata"]["annotations"]
    assert CONVERTED_LABEL not in upgraded["metadata"]["labels"]
