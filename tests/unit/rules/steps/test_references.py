"""The steps ``apiGroup`` and ``implied``: what a version says about an object that it refers to."""

import pytest

from converter.errors import ManifestError
from tests.stepkit import across, both_ways, converted

GROUP = "apiGroup: {group: spec.ref.apiGroup, apiVersion: spec.ref.apiVersion, version: v1, side: left}"
EACH = 'apiGroup: {group: "spec.refs[*].group", apiVersion: "spec.refs[*].apiVersion", version: v1beta1, side: right}'
KIND = "implied: {path: spec.ref.kind, side: right, value: Node, why: only Nodes}"
NAMESPACE = 'implied: {path: "spec.refs[*].in.namespace", side: right, copy: metadata.namespace, why: its own only}'
TIMEOUT = "implied: {path: spec.join.timeout, side: left, copy: spec.init.timeout, why: one for both, always: true}"


@pytest.mark.parametrize(
    ("step", "left", "right"),
    [
        (GROUP, {"spec": {"ref": {"apiGroup": "a.io", "name": "x"}}},
         {"spec": {"ref": {"apiVersion": "a.io/v1", "name": "x"}}}),
        (GROUP, {"spec": {}}, {"spec": {}}),
        (EACH, {"spec": {"refs": [{"apiVersion": "a.io/v1beta1"}, {}]}}, {"spec": {"refs": [{"group": "a.io"}, {}]}}),
        (KIND, {"spec": {"ref": {"name": "x"}}}, {"spec": {"ref": {"name": "x", "kind": "Node"}}}),
        (KIND, {"spec": {"ref": None}}, {"spec": {"ref": None}}),
        (NAMESPACE, {"metadata": {"namespace": "n"}, "spec": {"refs": [{"in": {}}, {}, None]}},
         {"metadata": {"namespace": "n"}, "spec": {"refs": [{"in": {"namespace": "n"}}, {}, None]}}),
        (NAMESPACE, {"metadata": {"namespace": "n"}, "spec": {"refs": {"a": {"in": {}}}}},
         {"metadata": {"namespace": "n"}, "spec": {"refs": {"a": {"in": {"namespace": "n"}}}}}),
        (NAMESPACE, {"spec": {"refs": [{"in": {}}]}}, {"spec": {"refs": [{"in": {}}]}}),
        (TIMEOUT, {"spec": {"init": {"timeout": 5}, "join": {"timeout": 5}}}, {"spec": {"init": {"timeout": 5}}}),
        (TIMEOUT, {"spec": {"init": {}}}, {"spec": {"init": {}}}),
    ],
)  # fmt: skip
def test_it_goes_there_and_back(step, left, right):
    both_ways(step, left, right)


def test_the_version_of_a_reference_is_stored_and_is_not_a_loss():
    made, found = across(GROUP, "left", {"spec": {"ref": {"apiVersion": "a.io/v7"}}})
    assert (found, made.losses) == ({"spec": {"ref": {"apiGroup": "a.io"}}}, ())
    assert made.conversion_data.values


def test_an_object_of_the_core_group_has_no_group():
    found = converted(GROUP, "left", {"spec": {"ref": {"apiVersion": "v1"}}}, ["spec.ref.apiVersion"])
    assert found == {"spec": {"ref": {}}}


@pytest.mark.parametrize("text", ["a/b/c", "a.io/", "/v1", 5])
def test_what_is_no_api_version(text):
    with pytest.raises(ManifestError) as caught:
        converted(GROUP, "left", {"spec": {"ref": {"apiVersion": text}}})
    assert caught.value.path == "spec.ref.apiVersion"


def test_another_value_than_the_implied_one_is_lost_with_a_report():
    given = {"metadata": {"namespace": "n"}, "spec": {"refs": [{"in": {"namespace": "other"}}]}}
    found = converted(NAMESPACE, "left", given, ["spec.refs[0].in.namespace"])
    assert found == {"metadata": {"namespace": "n"}, "spec": {"refs": [{"in": {}}]}}


def test_a_field_that_the_other_version_does_not_know_is_not_activated():
    given = {"metadata": {"namespace": "n"}, "spec": {"refs": [{"in": {"namespace": "other"}}]}}
    found = converted(NAMESPACE, "right", given, ["spec.refs[0].in.namespace"])
    assert found == {"metadata": {"namespace": "n"}, "spec": {"refs": [{"in": {"namespace": "n"}}]}}


@pytest.mark.parametrize("fields", [{"refs": 5}, {"refs": [5]}, {"refs": [{"in": 5}]}])
def test_a_value_of_the_wrong_type_on_the_way(fields):
    with pytest.raises(ManifestError) as caught:
        converted(NAMESPACE, "right", {"metadata": {"namespace": "n"}, "spec": fields})
    assert caught.value.path.startswith("spec.refs")
