"""The named functions for Flux: one list of values files, one list of patches, digests with an algorithm."""

import json

import pytest

from converter.errors import ManifestError
from tests.stepkit import across, both_ways, converted

FILES = "in: [spec.chart]\n    steps: [{call: flux-values-file}]"
PATCHES = "in: [spec]\n    steps: [{call: flux-patches}]"
ARTIFACT = "in: [status.artifact]\n    steps: [{call: flux-artifact-checksum}]"


@pytest.mark.parametrize(
    ("old", "files"),
    [
        ({"valuesFile": "a"}, ["a"]),
        ({"valuesFile": "a", "valuesFiles": ["b", "c"]}, ["a", "b", "c"]),
        ({"valuesFile": "a", "valuesFiles": None}, ["a"]),
        ({"valuesFiles": ["b"]}, ["b"]),
    ],
)
def test_the_one_file_comes_first_and_nothing_is_lost(old, files):
    assert converted(FILES, "left", {"spec": {"chart": old}}) == {"spec": {"chart": {"valuesFiles": files}}}


def test_an_empty_file_says_nothing():
    assert converted(FILES, "left", {"spec": {"chart": {"valuesFile": "", "chart": "web"}}}) == {
        "spec": {"chart": {"chart": "web"}}
    }


def test_files_of_the_newer_version_stay_as_they_are():
    both_ways(FILES, {"spec": {"chart": {"valuesFiles": ["a"]}}}, {"spec": {"chart": {"valuesFiles": ["a"]}}})


def test_a_file_that_the_newer_version_does_not_know_is_lost_with_a_report():
    given = {"spec": {"chart": {"valuesFile": "a", "valuesFiles": ["b"]}}}
    found = converted(FILES, "right", given, ["spec.chart.valuesFile"])
    assert found == {"spec": {"chart": {"valuesFiles": ["b"]}}}


def test_patches_become_texts_in_the_order_of_kustomize():
    target = {"kind": "Deployment"}
    merge, operation = {"kind": "Deployment", "spec": {"replicas": 2}}, {"op": "remove", "path": "/a"}
    given = {
        "spec": {
            "patchesJson6902": [{"patch": [operation], "target": target}],
            "patches": [{"patch": "x"}],
            "patchesStrategicMerge": [merge],
        }
    }
    made, found = across(PATCHES, "left", given)
    first, second, third = found["spec"].pop("patches")
    assert found == {"spec": {}}
    assert (json.loads(first["patch"]), second) == (merge, {"patch": "x"})
    assert (json.loads(third["patch"]), third["target"]) == ([operation], target)
    assert not made.losses


def test_plain_patches_stay_as_they_are():
    both_ways(PATCHES, {"spec": {"patches": [{"patch": "x"}]}}, {"spec": {"patches": [{"patch": "x"}]}})


def test_a_checksum_is_a_digest():
    both_ways(ARTIFACT, {"status": {"artifact": {"digest": "sha256:ab"}}}, {"status": {"artifact": {"checksum": "ab"}}})


def test_a_digest_of_another_algorithm_is_lost_with_a_report():
    given = {"status": {"artifact": {"digest": "sha512:ab", "path": "p"}}}
    assert converted(ARTIFACT, "right", given, ["status.artifact.digest"]) == {"status": {"artifact": {"path": "p"}}}


@pytest.mark.parametrize(
    ("step", "toward", "fields", "path"),
    [
        (FILES, "left", {"spec": {"chart": {"valuesFile": 1}}}, "spec.chart.valuesFile"),
        (FILES, "left", {"spec": {"chart": {"valuesFile": "a", "valuesFiles": "b"}}}, "spec.chart.valuesFiles"),
        (PATCHES, "left", {"spec": {"patchesJson6902": ["x"]}}, "spec.patchesJson6902[0]"),
        (ARTIFACT, "left", {"status": {"artifact": {"checksum": 1}}}, "status.artifact.checksum"),
        (ARTIFACT, "right", {"status": {"artifact": {"digest": 1}}}, "status.artifact.digest"),
    ],
)
def test_a_value_of_another_type_is_refused_with_its_place(step, toward, fields, path):
    with pytest.raises(ManifestError) as error:
        converted(step, toward, fields)
    assert error.value.path == path
