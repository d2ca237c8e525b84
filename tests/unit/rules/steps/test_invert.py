"""The step ``invert``: a boolean that means the opposite, and what it means if it is missing."""

import pytest

from converter.errors import ManifestError
from tests.stepkit import across, both_ways, converted

STEP = "invert: {left: spec.disable, right: spec.enable, absent: {left: false, right: false}}"
POINTERS = "invert: {left: spec.disable, right: spec.enable, absent: {left: null, right: null}}"
OPPOSED = "invert: {left: spec.disable, right: spec.enable, absent: {left: false, right: true}}"
ELSEWHERE = "invert: {left: spec.a.disable, right: spec.b.enable, absent: {left: false, right: false}}"
IN_LISTS = "invert: {left: 'spec.l[*].off', right: 'spec.l[*].on', absent: {left: false, right: false}}"
SAME_NAME = "invert: {left: spec.flag, right: spec.flag, absent: {left: null, right: null}}"


@pytest.mark.parametrize(
    ("step", "left", "right"),
    [
        (STEP, {"spec": {}}, {"spec": {"enable": True}}),
        (STEP, {"spec": {"disable": True}}, {"spec": {}}),
        (POINTERS, {"spec": {}}, {"spec": {}}),
        (POINTERS, {"spec": {"disable": True}}, {"spec": {"enable": False}}),
        (POINTERS, {"spec": {"disable": False}}, {"spec": {"enable": True}}),
        (OPPOSED, {"spec": {}}, {"spec": {}}),
        (OPPOSED, {"spec": {"disable": True}}, {"spec": {"enable": False}}),
        (ELSEWHERE, {"spec": {"a": {"disable": True}}}, {"spec": {"b": {"enable": False}}}),
        (ELSEWHERE, {"spec": {"a": {"k": 1}}}, {"spec": {"a": {"k": 1}, "b": {"enable": True}}}),
        (ELSEWHERE, {"spec": {}}, {"spec": {}}),
        (IN_LISTS, {"spec": {"l": [{}, {"off": True}]}}, {"spec": {"l": [{"on": True}, {}]}}),
        (SAME_NAME, {"spec": {"flag": True}}, {"spec": {"flag": False}}),
        (STEP, {}, {}),
    ],
)
def test_a_boolean_becomes_its_opposite_and_back(step, left, right):
    both_ways(step, left, right)


def test_a_value_that_a_missing_field_means_is_not_written_and_not_lost():
    made, found = across(STEP, "right", {"spec": {"disable": False}})
    assert (found, made.losses) == ({"spec": {"enable": True}}, ())
    made, found = across(OPPOSED, "left", {"spec": {"enable": True}})
    assert (found, made.losses) == ({"spec": {}}, ())


def test_the_other_version_s_field_is_dropped_with_a_report():
    assert converted(STEP, "right", {"spec": {"enable": True, "disable": True}}, ["spec.enable"]) == {"spec": {}}


@pytest.mark.parametrize("value", ["true", 1, {}, []])
def test_a_wrong_type_is_reported_with_its_path(value):
    with pytest.raises(ManifestError) as caught:
        converted(STEP, "right", {"spec": {"disable": value}})
    assert caught.value.path == "spec.disable"
