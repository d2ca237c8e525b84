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
