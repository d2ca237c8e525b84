"""The steps ``listOfOne`` and ``mapList``: a value with another shape in the other version."""

import pytest

from converter.errors import ManifestError, RefusedError
from tests.stepkit import across, both_ways, converted

ONE = "listOfOne: {list: spec.issuers, item: spec.issuer, side: left}"
SAME_PLACE = "listOfOne: {list: spec.ref, item: spec.ref, side: right}"
REFUSING = "listOfOne: {list: spec.issuers, item: spec.issuer, side: left, more: refuse}"
PARAMS = "mapList: {map: spec.params, list: spec.params, key: name, value: value, side: left}"
KEYED = "mapList: {map: spec.disks, list: spec.diskList, key: id, side: right}"
CONDITIONS = "mapList: {map: status.conditions, list: status.conditions, key: type, keep: true, side: left}"


@pytest.mark.parametrize(
    ("step", "left", "right"),
    [
        (ONE, {"spec": {"issuers": [{"name": "a"}]}}, {"spec": {"issuer": {"name": "a"}}}),
        (ONE, {"spec": {}}, {"spec": {}}),
        (SAME_PLACE, {"spec": {"ref": "x"}}, {"spec": {"ref": ["x"]}}),
        (PARAMS, {"spec": {"params": {"a": "1", "b": [2]}}},
         {"spec": {"params": [{"name": "a", "value": "1"}, {"name": "b", "value": [2]}]}}),
        (PARAMS, {"spec": {"params": {}}}, {"spec": {"params": []}}),
        (PARAMS, {"spec": {"params": {"a": None}}}, {"spec": {"params": [{"name": "a"}]}}),
        (KEYED, {"spec": {"diskList": [{"id": "a", "size": 1}, {"id": "b"}]}},
         {"spec": {"disks": {"a": {"size": 1}, "b": {}}}}),
        (CONDITIONS, {"status": {"conditions": {"Ready": {"type": "Ready", "status": "True"}}}},
         {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}),
    ],
)  # fmt: skip
def test_a_shape_goes_there_and_back(step, left, right):
    both_ways(step, left, right)


def test_the_second_item_is_lost_with_a_report():
    found = converted(ONE, "right", {"spec": {"issuers": [{"a": 1}, {"b": 2}]}}, ["spec.issuers[1]"])
    assert found == {"spec": {"issuer": {"a": 1}}}


def test_a_rule_can_refuse_a_second_item():
    with pytest.raises(RefusedError) as caught:
        converted(REFUSING, "right", {"spec": {"issuers": [{"a": 1}, {"b": 2}]}})
    assert caught.value.path == "spec.issuers"


def test_an_empty_list_comes_back():
    assert converted(ONE, "right", {"spec": {"issuers": []}}) == {"spec": {}}


def test_the_order_of_a_list_is_stored_and_is_not_a_loss():
    given = {"spec": {"params": [{"name": "b", "value": "1"}, {"name": "a", "value": "2"}]}}
    made, found = across(PARAMS, "left", given)
    assert (found, made.losses) == ({"spec": {"params": {"b": "1", "a": "2"}}}, ())
    assert made.conversion_data.values


def test_the_order_of_a_list_inside_a_list_is_not_a_loss():
    step = f"{{in: ['spec.tasks[*]'], steps: [{{{PARAMS.replace('spec.', '')}}}]}}"
    params = [{"name": "b", "value": "1"}, {"name": "a", "value": "2"}]
    converted(step, "left", {"spec": {"tasks": [{"name": "t", "params": params}, {"name": "u"}]}})


def test_what_a_reordered_list_cannot_carry_is_still_reported():
    items = [{"name": "b", "value": "1", "extra": "x"}, {"name": "a", "value": "2"}]
    converted(PARAMS, "left", {"spec": {"params": items}}, ["spec.params[0].extra"])


def test_the_map_is_listed_by_key_whatever_its_order():
    made, found = across(PARAMS, "right", {"spec": {"params": {"b": 1, "a": 2}}})
    assert found == {"spec": {"params": [{"name": "a", "value": 2}, {"name": "b", "value": 1}]}}
    assert made.losses == ()


def test_the_last_of_two_items_with_one_key_counts():
    items = [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}]
    found = converted(PARAMS, "left", {"spec": {"params": items}}, ["spec.params[0]"])
    assert found == {"spec": {"params": {"a": "2"}}}


def test_a_key_inside_an_object_that_says_something_else_is_lost_with_a_report():
    given = {"status": {"conditions": {"Ready": {"type": "Other", "status": "True"}}}}
    found = converted(CONDITIONS, "right", given, ["status.conditions.Ready.type"])
    assert found == {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}


def test_the_other_version_s_field_is_dropped_with_a_report():
    given = {"spec": {"issuers": [{"a": 1}], "issuer": {"b": 1}}}
    assert converted(ONE, "right", given, ["spec.issuer"]) == {"spec": {"issuer": {"a": 1}}}


@pytest.mark.parametrize(
    ("step", "toward", "fields", "path"),
    [
        (ONE, "right", {"spec": {"issuers": {"a": 1}}}, "spec.issuers"),
        (ONE, "right", {"spec": {"issuers": [None]}}, "spec.issuers[0]"),
        (ONE, "right", {"spec": {"issuers": [[1]]}}, "spec.issuers[0]"),
        (ONE, "left", {"spec": {"issuer": [1]}}, "spec.issuer"),
        (PARAMS, "right", {"spec": {"params": [1]}}, "spec.params"),
        (PARAMS, "left", {"spec": {"params": {"a": 1}}}, "spec.params"),
        (PARAMS, "left", {"spec": {"params": ["a"]}}, "spec.params[0]"),
        (PARAMS, "left", {"spec": {"params": [{"name": "a"}, {"value": 1}]}}, "spec.params[1].name"),
        (PARAMS, "left", {"spec": {"params": [{"name": 3}]}}, "spec.params[0].name"),
        (KEYED, "left", {"spec": {"disks": {"a": "b"}}}, "spec.disks.a"),
    ],
)
def test_a_wrong_shape_is_reported_with_its_path(step, toward, fields, path):
    with pytest.raises(ManifestError) as caught:
        converted(step, toward, fields)
    assert caught.value.path == path


TRUSTING = "mapList: {map: status.conditions, list: status.conditions, key: type, keep: true, trust: items, side: left}"


def test_a_trusted_object_says_its_key():
    given = {"status": {"conditions": {"B": {"type": "A"}, "A": {"type": "C"}, "": {"status": "x"}}}}
    found = converted(TRUSTING, "right", given, ["status.conditions.A", "status.conditions.B"])
    assert found == {"status": {"conditions": [{"status": "x"}, {"type": "A"}, {"type": "C"}]}}


def test_a_trusted_item_without_a_key_goes_there_and_back():
    both_ways(TRUSTING, {"status": {"conditions": {"": {"status": "x"}, "A": {"type": "A"}}}},
              {"status": {"conditions": [{"status": "x"}, {"type": "A"}]}})  # fmt: skip
