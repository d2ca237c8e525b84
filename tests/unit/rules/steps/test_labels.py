"""The step ``label``: a field of one version is a label of the other."""

import pytest

from converter.errors import ManifestError
from tests.stepkit import both_ways, converted

STEP = "label: {field: spec.custom.version, name: a.b/version, side: left}"


def test_a_field_becomes_a_label_and_back():
    both_ways(STEP, {"spec": {"custom": {"version": "v1.0"}}}, {"metadata": {"labels": {"a.b/version": "v1.0"}}})


@pytest.mark.parametrize(
    ("encoding", "value", "text"),
    [("integer", 7, "7"), ("integer", 0, "0"), ("boolean", True, "true"), ("boolean", False, "false"),
     ("string", "", "")],
)  # fmt: skip
def test_other_types_are_written_as_text(encoding, value, text):
    step = f"label: {{field: spec.x, name: tier, as: {encoding}, side: right}}"
    both_ways(
        step,
        {"metadata": {"labels": {"tier": text, "o": "k"}}},
        {"metadata": {"labels": {"o": "k"}}, "spec": {"x": value}},
    )


def test_labels_of_a_template_are_labels_too():
    step = "label: {field: spec.version, name: tier, side: left, labels: spec.template.metadata.labels}"
    both_ways(step, {"spec": {"version": "a"}}, {"spec": {"template": {"metadata": {"labels": {"tier": "a"}}}}})


def test_a_label_in_a_block_belongs_to_the_object_there():
    step = "{in: ['spec.templates[*]'], steps: [{label: {field: version, name: tier, side: left}}]}"
    both_ways(
        step,
        {"spec": {"templates": [{"version": "a"}]}},
        {"spec": {"templates": [{"metadata": {"labels": {"tier": "a"}}}]}},
    )


@pytest.mark.parametrize("value", ["two words", "-x", "x" * 64, "ü"])
def test_a_value_that_cannot_be_a_label_is_lost_with_a_report(value):
    found = converted(STEP, "right", {"spec": {"custom": {"version": value}}}, ["spec.custom.version"])
    assert found == {}


@pytest.mark.parametrize("text", ["many", "1.5", "1" * 19, "", "+1"])
def test_a_label_that_is_not_such_a_value_stays_a_label(text):
    step = "label: {field: spec.x, name: tier, as: integer, side: right}"
    given = {"metadata": {"labels": {"tier": text}}}
    assert converted(step, "right", given) == given


def test_a_stray_label_is_dropped_where_it_would_become_a_field():
    given = {"metadata": {"labels": {"a.b/version": "v1"}}}
    assert converted(STEP, "right", given, ['metadata.labels["a.b/version"]']) == {}


def test_a_label_next_to_the_field_that_says_the_same_is_not_lost():
    given = {"metadata": {"labels": {"a.b/version": "v1"}}, "spec": {"custom": {"version": "v1"}}}
    assert converted(STEP, "right", given, []) == {"metadata": {"labels": {"a.b/version": "v1"}}}


def test_a_stray_field_is_dropped_where_the_label_would_become_one():
    given = {"metadata": {"labels": {"a.b/version": "v1"}}, "spec": {"custom": {"version": "v2"}}}
    found = converted(STEP, "left", given, ["spec.custom.version"])
    assert found == {"spec": {"custom": {"version": "v1"}}}


@pytest.mark.parametrize(("fields", "path"), [({"spec": {"x": "1"}}, "spec.x"), ({"spec": {"x": True}}, "spec.x"),
                                             ({"metadata": {"labels": [1]}}, "metadata.labels")])  # fmt: skip
def test_a_wrong_type_is_reported_with_its_path(fields, path):
    with pytest.raises(ManifestError) as caught:
        converted("label: {field: spec.x, name: tier, as: integer, side: left}", "right", fields)
    assert caught.value.path == path
