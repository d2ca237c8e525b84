"""The step ``enum``: one field of one version is several of the other."""

import pytest

from converter.errors import ManifestError
from tests.stepkit import both_ways, converted

APART = (
    "enum: {field: spec.strategy.type, fields: [spec.mode, spec.inPlace], side: left, values: ["
    "{field: Recreate, fields: [Recreate, null]}, {field: InPlaceIfPossible, fields: [Update, Prefer]}, "
    "{field: InPlaceOnly, fields: [Update, Only]}]}"
)
SAME_PLACE = (
    "enum: {field: spec.type, fields: [spec.type, spec.hard], side: right, values: ["
    "{field: Hard, fields: [Lock, true]}, {field: Soft, fields: [Lock, false]}, {field: 3, fields: [Idle, null]}]}"
)
IN_LISTS = (
    "enum: {field: 'spec.l[*].type', fields: ['spec.l[*].mode', 'spec.l[*].hard'], side: left, "
    "values: [{field: A, fields: [B, 1]}]}"
)
ABSENT = (
    "enum: {field: spec.a.type, fields: [spec.b.x, spec.b.y], side: left, values: ["
    "{field: Plain, fields: [null, null]}, {field: null, fields: [X, null]}, {field: Both, fields: [X, 1]}]}"
)


@pytest.mark.parametrize(
    ("step", "left", "right"),
    [
        (APART, {"spec": {"strategy": {"type": "Recreate"}}}, {"spec": {"mode": "Recreate"}}),
        (APART, {"spec": {"strategy": {"type": "InPlaceOnly", "k": 1}}},
         {"spec": {"strategy": {"k": 1}, "mode": "Update", "inPlace": "Only"}}),
        (SAME_PLACE, {"spec": {"type": "Lock", "hard": False}}, {"spec": {"type": "Soft"}}),
        (SAME_PLACE, {"spec": {"type": "Idle"}}, {"spec": {"type": 3}}),
        (ABSENT, {"spec": {"a": {"type": "Plain"}}}, {"spec": {"b": {}}}),
        (ABSENT, {"spec": {"a": {}}}, {"spec": {"b": {"x": "X"}}}),
        (ABSENT, {"spec": {"a": {"type": "Both"}}}, {"spec": {"b": {"x": "X", "y": 1}}}),
        (ABSENT, {"spec": {}}, {"spec": {}}),
        (APART, {"spec": {"strategy": {}}}, {"spec": {"strategy": {}}}),
        (IN_LISTS, {"spec": {"l": [{"type": "A"}, {}]}}, {"spec": {"l": [{"mode": "B", "hard": 1}, {}]}}),
    ],
)  # fmt: skip
def test_each_row_goes_both_ways(step, left, right):
    both_ways(step, left, right)


@pytest.mark.parametrize(
    ("toward", "fields", "lost"),
    [
        ("right", {"spec": {"strategy": {"type": "New", "k": 1}}}, ["spec.strategy.type"]),
        ("right", {"spec": {"strategy": {"type": {"a": 1}, "k": 1}}}, ["spec.strategy.type"]),
        ("left", {"spec": {"mode": "Update", "inPlace": "Never"}}, ["spec.mode", "spec.inPlace"]),
        ("left", {"spec": {"inPlace": "Only"}}, ["spec.inPlace"]),
        ("right", {"spec": {"strategy": {"type": "Recreate"}, "mode": "Update"}}, ["spec.mode"]),
    ],
)
def test_what_no_row_has_is_lost_with_a_report(toward, fields, lost):
    converted(APART, toward, fields, lost)


def test_true_is_not_one():
    found = converted(SAME_PLACE, "right", {"spec": {"type": "Lock", "hard": 1}}, ["spec.type", "spec.hard"])
    assert found == {"spec": {}}


def test_a_wrong_type_is_reported_with_its_path():
    with pytest.raises(ManifestError) as caught:
        converted(APART, "right", {"spec": {"strategy": "Recreate"}})
    assert caught.value.path == "spec.strategy"


ALIASES = (
    "enum: {field: spec.op, fields: [spec.op, spec.regex], side: right, values: ["
    '{field: "=", fields: ["=", null]}, {field: "=~", fields: ["=~", null]}, {field: "=~", fields: [null, true]}, '
    '{field: "=", fields: [null, null]}, {field: "=", fields: ["=", true]}]}'
)


@pytest.mark.parametrize(
    ("left", "op"),
    [({"regex": True}, "=~"), ({"op": "=", "regex": True}, "="), ({"op": "=~"}, "=~"), ({"op": "="}, "=")],
)
def test_another_way_to_say_the_same_is_no_loss_and_comes_back(left, op):
    assert converted(ALIASES, "right", {"spec": {**left, "k": 1}}) == {"spec": {"op": op, "k": 1}}
