"""The step ``annotation``: a field of one version is an annotation of the other, written as text."""

import pytest

from converter.errors import ManifestError
from tests.rulekit import converter, rule_text, thing

V1, V2 = "a.example/v1", "a.example/v2"


@pytest.mark.parametrize(
    ("encoding", "value", "text"),
    [
        ("boolean", True, "true"),
        ("boolean", False, "false"),
        ("intOrString", 5, "5"),
        ("intOrString", "5%", "5%"),
        ("intOrString", -5, "-5"),
    ],
)
def test_an_annotation_can_hold_a_boolean_or_an_integer_or_a_text(encoding, value, text):
    rules = converter(rule_text(f"steps: [{{annotation: {{field: spec.n, name: x.y/n, as: {encoding}, side: left}}}}]"))
    given = thing(V1, spec={"n": value})
    made = rules.convert(given, to=V2)
    assert made.manifest["metadata"]["annotations"] == {"x.y/n": text}
    assert rules.convert(made.manifest, to=V1).manifest == given


@pytest.mark.parametrize(
    ("encoding", "value"), [("boolean", "true"), ("boolean", 1), ("intOrString", True), ("intOrString", 1.5)]
)
def test_a_wrong_type_for_an_annotation_is_reported_with_its_path(encoding, value):
    rules = converter(rule_text(f"steps: [{{annotation: {{field: spec.n, name: x.y/n, as: {encoding}, side: left}}}}]"))
    with pytest.raises(ManifestError) as caught:
        rules.convert(thing(V1, spec={"n": value}), to=V2)
    assert caught.value.path == "spec.n"


def test_a_text_that_is_no_boolean_stays_an_annotation():
    rules = converter(rule_text("steps: [{annotation: {field: spec.n, name: x.y/n, as: boolean, side: right}}]"))
    given = thing(V1, metadata={"annotations": {"x.y/n": "yes"}})
    assert rules.convert(given, to=V2).manifest["metadata"]["annotations"] == {"x.y/n": "yes"}


def test_a_text_that_looks_like_an_integer_is_not_lost():
    rules = converter(rule_text("steps: [{annotation: {field: spec.n, name: x.y/n, as: intOrString, side: left}}]"))
    given = thing(V1, spec={"n": "5"})
    made = rules.convert(given, to=V2)
    assert made.losses == ()
    assert rules.convert(made.manifest, V1, made.conversion_data).manifest == given


def test_an_annotation_next_to_the_field_that_says_the_same_is_not_lost():
    rules = converter(rule_text("steps: [{annotation: {field: spec.n, name: x.y/n, as: integer, side: left}}]"))
    given = thing(V1, metadata={"annotations": {"x.y/n": "7"}}, spec={"n": 7})
    made = rules.convert(given, to=V2)
    assert made.losses == ()
    assert made.manifest["metadata"]["annotations"] == {"x.y/n": "7"}
    assert rules.convert(made.manifest, V1, made.conversion_data).manifest == given
