"""The step ``annotation``: a field of one version is an annotation of the other."""

import pytest

from tests.rulekit import converter, rule_text, thing
from tests.stepkit import both_ways, converted

V1, V2 = "a.example/v1", "a.example/v2"


def test_an_annotation_that_does_not_read_as_the_field_stays_one():
    rules = converter(rule_text("steps: [{annotation: {field: spec.n, name: x.y/n, as: integer, side: right}}]"))
    given = thing(V1, metadata={"annotations": {"x.y/n": "many"}})
    assert rules.convert(given, to=V2).manifest == {**given, "apiVersion": V2}


def test_a_stray_annotation_is_taken_away_reported_and_restored():
    rules = converter(rule_text("steps: [{annotation: {field: spec.n, name: x.y/n, as: integer, side: left}}]"))
    given = thing(V1, metadata={"annotations": {"x.y/n": "7"}})
    result = rules.convert(given, to=V2)
    assert result.manifest == thing(V2)
    assert [loss.path for loss in result.losses] == ['metadata.annotations["x.y/n"]']
    assert rules.convert(result.manifest, to=V1, conversion_data=result.conversion_data).manifest == given


@pytest.mark.parametrize("toward", ["left", "right"])
@pytest.mark.parametrize(("encoding", "text"), [
    ("integer", "1_000"), ("integer", " 7"), ("integer", "\N{ARABIC-INDIC DIGIT SEVEN}"),
    ("integer", "9223372036854775808"), ("integer", "1.5"),
    ("integer", "9" * 5000), ("boolean", "True"), ("json", "NaN"), ("json", "{"), ("json", "null"),
    ("json", "[" * 9000),
])  # fmt: skip
def test_a_text_that_go_does_not_read_as_the_field_stays_an_annotation_in_both_directions(toward, encoding, text):
    step = f"annotation: {{field: spec.f, name: x.y/n, as: {encoding}, side: left}}"
    given = {"metadata": {"annotations": {"x.y/n": text}}}
    assert converted(step, toward, given, []) == given


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63), 0])
def test_every_integer_of_kubernetes_becomes_an_annotation_and_back(number):
    step = "annotation: {field: spec.f, name: x.y/n, as: integer, side: left}"
    both_ways(step, {"spec": {"f": number}}, {"metadata": {"annotations": {"x.y/n": str(number)}}})
