"""omitZero: one version leaves a zero out, the other writes it."""

import pytest

from converter.errors import ManifestError
from tests.rulekit import converter, rule_text, thing

V1, V2 = "a.example/v1", "a.example/v2"
RULES = converter(rule_text("steps:\n- omitZero: {path: status.n, side: left}"))
FALSE = converter(rule_text('steps:\n- omitZero: {path: "l[*].on", zero: false, side: right}'))


@pytest.mark.parametrize(
    ("left", "right"),
    [({}, {"n": 0}), ({"n": 3}, {"n": 3}), ({"x": 1}, {"x": 1, "n": 0}), ({"n": False}, {"n": False})],
)
def test_there_and_back(left, right):
    assert RULES.convert(thing(V1, status=left), to=V2).manifest == thing(V2, status=right)
    assert RULES.convert(thing(V2, status=right), to=V1).manifest == thing(V1, status=left)


def test_nothing_is_written_where_the_object_is_missing():
    for fields in ({}, {"status": None}):
        assert RULES.convert(thing(V1, **fields), to=V2).manifest == thing(V2, **fields)


def test_another_zero_in_a_list():
    made = FALSE.convert(thing(V2, l=[{}, {"on": True}]), to=V1)
    assert made.manifest == thing(V1, l=[{"on": False}, {"on": True}])
    assert FALSE.convert(made.manifest, to=V2).manifest == thing(V2, l=[{}, {"on": True}])


def test_a_zero_that_was_not_there_is_not_there_on_the_way_back():
    made = RULES.convert(thing(V2, status={"x": 1}), to=V1)
    assert not made.losses
    assert RULES.convert(made.manifest, to=V2, conversion_data=made.conversion_data).manifest == thing(
        V2, status={"x": 1}
    )


def test_an_object_that_is_none():
    with pytest.raises(ManifestError) as caught:
        RULES.convert(thing(V1, status=5), to=V2)
    assert caught.value.path == "status"


BOTH = converter(rule_text("steps:\n- omitZero: {path: spec.on, zero: false, side: both}"))


@pytest.mark.parametrize(("source", "target"), [(V1, V2), (V2, V1)])
def test_a_zero_that_no_version_writes_is_not_a_loss(source, target):
    made = BOTH.convert(thing(source, spec={"on": False}), to=target)
    assert (made.manifest, made.losses) == (thing(target, spec={}), ())
    back = BOTH.convert(made.manifest, to=source, conversion_data=made.conversion_data)
    assert back.manifest == thing(source, spec={"on": False})


EMPTY = converter(rule_text('steps:\n- omitEmpty: {fields: [spec.a, spec.a.b, "spec.l[*].c"], side: left}'))


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"a": {"b": {}}}, {}),
        ({"a": {"b": {"x": 0}}}, {"a": {"b": {"x": 0}}}),
        ({"a": {"b": []}, "l": [{"c": {}}, {"c": False}], "x": {}}, {"l": [{}, {"c": False}], "x": {}}),
        ({"a": None, "l": None}, {"l": None}),
    ],
)
def test_what_is_empty_is_left_out_toward_one_side(given, wanted):
    made = EMPTY.convert(thing(V2, spec=given), to=V1)
    assert (made.manifest, made.losses) == (thing(V1, spec=wanted), ())
    assert EMPTY.convert(made.manifest, to=V2, conversion_data=made.conversion_data).manifest == thing(V2, spec=given)
    assert EMPTY.convert(thing(V1, spec=given), to=V2).manifest == thing(V2, spec=given)
