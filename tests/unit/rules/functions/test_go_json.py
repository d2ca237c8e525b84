"""JSON as Go writes and reads it: escapes, quantities, order of fields, names in any case."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.rules.functions.go_json import (
    Field,
    Struct,
    dump,
    int32,
    is_zero,
    list_of,
    load,
    quantity,
    text,
    texts_by_name,
)
from converter.rules.lens import LensError

THING = Struct(
    (
        Field("b", text, ""),
        Field("a", int32, place=("deep", "er")),
        Field("Pointer", text, None, ("pointer",)),
        Field("list", list_of(text), empty=True),
    )
)


def test_fields_stand_in_the_structs_order_with_their_zeros():
    assert dump(THING.write({"deep": {"er": 1}, "b": "<", "zz": 1, "list": []}, ())) == (
        '{"b":"\\u003c","a":1,"Pointer":null}'
    )
    assert THING.write({}, ()) == {"b": "", "Pointer": None}


def test_reading_minds_no_case_and_no_unknown_fields():
    assert THING.read({"B": "x", "A": 1, "pointer": "p", "zz": [], "list": None}) == {
        "b": "x",
        "deep": {"er": 1},
        "pointer": "p",
    }
    assert THING.read({"b": "exact", "B": "other"}) == {"b": "exact"}


@pytest.mark.parametrize(
    ("value", "place"), [({"deep": 5}, ("x", "deep")), ({"deep": {"er": "1"}}, ("x", "deep", "er")), (5, ("x",))]
)
def test_writing_reports_where_a_wrong_type_is(value, place):
    with pytest.raises(LensError) as caught:
        THING.write(value, ("x",))
    assert caught.value.path == place


@pytest.mark.parametrize("good", ["0", "100m", "1.5Gi", ".5", "5.", "2e3", "-1E-6", "+3k", 7, 0.5])
def test_quantities(good):
    assert quantity(good, ()) == good


@pytest.mark.parametrize("bad", ["", "much", "1 Gi", "1KiB", "m", "1e", "5.5.5", True, [], {}])
def test_no_quantities(bad):
    with pytest.raises(LensError):
        quantity(bad, ())


@pytest.mark.parametrize(
    ("value", "zero"),
    [("0", True), ("0.00", True), ("-0m", True), (0, True), ("1m", False), ("10", False), (0.5, False)],
)
def test_zero_quantities(value, zero):
    assert is_zero(value) is zero


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1, True, 1.0, "1"])
def test_no_int32(value):
    with pytest.raises(LensError):
        int32(value, ())


def test_maps_are_sorted_by_name():
    assert list(texts_by_name({"b": "1", "a": None}, ())) == ["a", "b"]


@pytest.mark.parametrize("broken", ["", "{", "NaN", "[Infinity]", "[" * 100_000])
def test_what_is_not_a_json(broken):
    with pytest.raises(ValueError, match=r"\w"):
        load(broken)


def test_half_a_surrogate_pair_is_replaced():
    assert load('{"\\ud800":["x\\uDC00","\\ud83d\\ude00"]}') == {"\ufffd": ["x\ufffd", "\U0001f600"]}


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=8))
def test_what_is_written_reads_the_same(value):
    written = dump(value)
    assert json.loads(written) == value
    assert not {"<", ">", "&", "\u2028", "\u2029"} & set(written)
