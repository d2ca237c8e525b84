import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.conversion.conversion_data import ConversionData, difference, put_back
from converter.errors import ManifestError
from converter.kube import canonical_json

LEAF = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "x" * 80])
NAMED = st.fixed_dictionaries({"name": st.sampled_from("ab]")}, optional={"v": LEAF})
JSON = st.recursive(
    LEAF | NAMED,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b.c/d", "name", '"']), inner),
    max_leaves=12,
)
OBJECT = st.dictionaries(st.sampled_from(["spec", "metadata", "a.b"]), JSON)


def through_json(values):
    return ConversionData.from_json(ConversionData("v1", values).to_json())


@given(OBJECT, OBJECT)
def test_what_was_kept_gives_the_original_exactly(original, returned):
    restored = copy.deepcopy(returned)
    put_back(restored, through_json(difference(original, returned)))
    assert canonical_json(restored) == canonical_json(original)


@given(OBJECT)
def test_nothing_is_kept_where_nothing_differs(value):
    assert difference(value, copy.deepcopy(value)) == ()


def test_a_place_that_was_edited_since_stays_edited():
    kept = ConversionData("v1", difference({"a": 1, "b": 2}, {"a": 9, "b": 8}))
    edited = {"a": 7, "b": 8}
    put_back(edited, kept)
    assert edited == {"a": 7, "b": 2}


def test_a_removed_value_does_not_replace_a_new_one():
    kept = ConversionData("v1", difference({"zone": "eu"}, {}))
    edited = {"zone": "us"}
    put_back(edited, kept)
    assert edited == {"zone": "us"}


def test_items_with_a_name_are_found_again_in_another_order():
    before = {"c": [{"name": "a", "x": 1}, {"name": "b", "x": 2}]}
    kept = ConversionData("v1", difference(before, {"c": [{"name": "a"}, {"name": "b"}]}))
    turned = {"c": [{"name": "b"}, {"name": "a"}]}
    put_back(turned, kept)
    assert turned == {"c": [{"name": "b", "x": 2}, {"name": "a", "x": 1}]}


def test_an_item_that_is_gone_is_not_made_anew():
    kept = ConversionData("v1", difference({"c": [{"name": "a", "x": 1}]}, {"c": [{"name": "a"}]}))
    empty = {"c": []}
    put_back(empty, kept)
    assert empty == {"c": []}


def test_long_values_that_only_need_comparing_are_kept_short():
    kept = ConversionData("v1", difference({}, {"a": "x" * 1000}))
    assert len(kept.to_json()) < 120


@pytest.mark.parametrize("data", ["", "[]", "{}", '{"source": 1}', "{" * 100_000])
def test_what_is_no_record_is_refused(data):
    with pytest.raises(ManifestError):
        ConversionData.from_json(data)


def test_items_that_were_renamed_are_found_by_the_names_they_had():
    original = {"subjects": [{"name": "*", "kind": "User", "group": "x"}, {"name": "a", "kind": "Group"}]}
    returned = {"subjects": [{"name": "a", "kind": "Group"}, {"name": "*", "kind": "Group"}]}
    restored = copy.deepcopy(returned)
    put_back(restored, through_json(difference(original, returned)))
    assert restored == original
