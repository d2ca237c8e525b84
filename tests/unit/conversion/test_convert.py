import pytest

from converter.conversion.conversion_data import MOST_PLACES, ConversionData, PreservedValue
from converter.errors import ManifestError
from tests.rulekit import converter, rule_text, thing

A, B, C = (f"a.example/v{n}" for n in (1, 2, 3))


def test_the_manifest_given_is_never_changed():
    given = thing(A, spec={"a": {"b": [1]}})
    result = converter(rule_text("steps: [{rename: {spec.a: spec.c}}]")).convert(given, to=B)
    result.manifest["spec"]["c"]["b"].append(2)
    assert given == thing(A, spec={"a": {"b": [1]}})


def test_converting_to_its_own_version_gives_an_equal_manifest():
    given = thing(A, spec={"a": [1]})
    result = converter(rule_text("steps: []")).convert(given, to=A)
    assert result.manifest == given
    assert result.manifest is not given
    assert result.route is None


def test_a_loss_two_rules_away_is_reported_where_it_stood_at_the_start():
    rules = converter(
        rule_text("steps: [{rename: {spec.a: spec.b}}]", name="ab", left=A, right=B),
        rule_text("steps: [{drop: {path: spec.b, side: left, why: gone}}]", name="bc", left=B, right=C),
    )
    given = thing(A, spec={"a": 1})
    result = rules.convert(given, to=C)
    assert [loss.path for loss in result.losses] == ["spec.a"]
    assert rules.convert(result.manifest, to=A, conversion_data=result.conversion_data).manifest == given


def test_equal_values_lost_two_rules_away_are_each_reported_once_with_their_own_reason():
    nest = 'steps: [{nest: {into: "spec.items[*].own", fields: [a, b], side: right}}]'
    steps = """\
    steps:
      - in: ["spec.items[*].own"]
        steps:
          - drop: {path: a, side: left, why: no a}
          - drop: {path: b, side: left, why: no b}
    """
    rules = converter(
        rule_text(nest, name="ab", left=A, right=B),
        rule_text(steps, name="bc", left=B, right=C),
    )
    given = thing(A, spec={"items": [{"a": ["x"]}, {"a": ["x"], "b": ["x"]}, {"b": {"deep": {}}}]})
    told = {loss.path: loss.why for loss in rules.convert(given, to=C).losses}
    assert len(told) == len(rules.convert(given, to=C).losses)
    assert told == {
        "spec.items[0].a": "no a",
        "spec.items[1].a": "no a",
        "spec.items[1].b": "no b",
        "spec.items[2].b.deep": "no b",
    }


def test_an_unknown_field_passes_unchanged():
    result = converter(rule_text("steps: [{rename: {spec.a: spec.b}}]")).convert(thing(A, spec={"odd": 1}), to=B)
    assert result.manifest == thing(B, spec={"odd": 1})
    assert not result.losses


def deep(levels):
    value = {}
    for _ in range(levels):
        value = {"x": value}
    return value


@pytest.mark.parametrize("levels", [600, 10_000, 100_000])
def test_what_is_nested_too_deep_is_reported_and_nothing_more(levels):
    with pytest.raises(ManifestError):
        converter(rule_text("steps: []")).convert(thing(A, spec=deep(levels)), to=B)


def test_going_on_from_a_converted_manifest_starts_at_the_original():
    rules = converter(
        rule_text("steps: [{drop: {path: spec.x, side: left, why: gone}}]", name="ab", left=A, right=B),
        rule_text("steps: []", name="ac", left=A, right=C),
    )
    first = rules.convert(thing(A, spec={"x": 1}), to=B)
    assert rules.convert(first.manifest, to=C, conversion_data=first.conversion_data).manifest == thing(
        C, spec={"x": 1}
    )


def test_more_places_than_are_restored_one_by_one_are_preserved_whole():
    rules = converter(rule_text('steps: [{in: ["spec.items[*]"], steps: [{drop: {path: a, side: left, why: gone}}]}]'))
    for count in (MOST_PLACES, MOST_PLACES + 1):
        given = thing(A, spec={"items": [{"name": f"n{number}", "a": number + 1} for number in range(count)]})
        result = rules.convert(given, to=B)
        assert (result.conversion_data.whole is None) is (count == MOST_PLACES)
        assert rules.convert(result.manifest, to=A, conversion_data=result.conversion_data).manifest == given


def test_conversion_data_with_more_places_is_not_read():
    value = PreservedValue("spec.a", value=1)
    assert ConversionData.from_json(ConversionData(A, (value,) * MOST_PLACES).to_json()).values
    with pytest.raises(ManifestError):
        ConversionData.from_json(ConversionData(A, (value,) * (MOST_PLACES + 1)).to_json())
