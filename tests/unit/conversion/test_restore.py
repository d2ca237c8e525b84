import copy

from hypothesis import given
from hypothesis import strategies as st

from converter.conversion.conversion_data import ConversionData
from converter.conversion.preserve import preserve
from converter.conversion.restore import Reason, put_back
from converter.kube import canonical_json

LEAF = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "x" * 80])
NAMED = st.fixed_dictionaries({"name": st.sampled_from("ab]")}, optional={"v": LEAF})
JSON = st.recursive(
    LEAF | NAMED,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b.c/d", "name", '"']), inner),
    max_leaves=12,
)
OBJECT = st.dictionaries(st.sampled_from(["spec", "metadata", "a.b"]), JSON)


VARIANTS = st.fixed_dictionaries(
    {"type": st.sampled_from("AB")},
    optional={"name": st.sampled_from("xy"), "exec": LEAF, "grpc": LEAF, "url": LEAF, "service": LEAF},
)
ALIKE = st.fixed_dictionaries({"spec": VARIANTS | st.lists(VARIANTS, max_size=4)})
"""Objects that differ little: unions, and lists of them in any order."""


def through_json(values):
    return ConversionData.from_json(ConversionData("v1", values).to_json()).values


@given(OBJECT, OBJECT)
def test_what_was_preserved_gives_the_original_exactly(original, returned):
    restored = copy.deepcopy(returned)
    put_back(restored, through_json(preserve(original, returned)))
    assert canonical_json(restored) == canonical_json(original)


@given(OBJECT)
def test_nothing_is_preserved_if_nothing_differs(value):
    assert preserve(value, copy.deepcopy(value)) == ()


@given(ALIKE, ALIKE)
def test_unions_and_lists_of_them_come_back_exactly(original, returned):
    restored = copy.deepcopy(returned)
    assert put_back(restored, through_json(preserve(original, returned))) == ()
    assert canonical_json(restored) == canonical_json(original)


@given(ALIKE, ALIKE, ALIKE)
def test_no_item_is_a_mixture_of_two_versions(original, returned, edited):
    """Lists of items without a name: each item is one of the original's, or one of the edited."""
    restored = copy.deepcopy(edited)
    put_back(restored, through_json(preserve(original, returned)))
    if isinstance(restored["spec"], list) and isinstance(edited["spec"], list):
        written = [*edited["spec"], *(original["spec"] if isinstance(original["spec"], list) else ())]
        assert all(item in written for item in restored["spec"] if "name" not in item)  # may be empty


def restore(original, returned, edited):
    """Restore an edited manifest; the result, and why each of the places that are left is left."""
    restored = copy.deepcopy(edited)
    unrestored = put_back(restored, through_json(preserve(original, returned)))
    return restored, {value.path: value.reason for value in unrestored}


def test_an_edited_place_stays_edited_and_is_reported():
    assert restore({"a": 1, "b": 2}, {"a": 9, "b": 8}, {"a": 7, "b": 8}) == ({"a": 7, "b": 2}, {"a": Reason.CHANGED})


def test_an_edit_to_the_original_value_is_not_reported():
    assert restore({"a": 1}, {"a": 9}, {"a": 1}) == ({"a": 1}, {})


def test_a_lost_value_does_not_replace_a_new_one():
    assert restore({"zone": "eu"}, {}, {"zone": "us"}) == ({"zone": "us"}, {"zone": Reason.CHANGED})


def test_an_edited_default_stays_and_nothing_of_the_original_is_missing():
    assert restore({}, {"limit": 3}, {"limit": 9}) == ({"limit": 9}, {})
    assert restore({}, {"limit": 3}, {"limit": 3}) == ({}, {})


def test_items_with_a_name_are_found_again_in_another_order():
    before = {"c": [{"name": "a", "x": 1}, {"name": "b", "x": 2}]}
    turned = {"c": [{"name": "b"}, {"name": "a", "edited": True}]}
    assert restore(before, {"c": [{"name": "a"}, {"name": "b"}]}, turned) == (
        {"c": [{"name": "b", "x": 2}, {"name": "a", "edited": True, "x": 1}]},
        {},
    )


def test_an_item_that_was_removed_is_not_made_again_but_reported():
    one = {"c": [{"name": "a", "x": 1}]}
    assert restore(one, {"c": [{"name": "a"}]}, {"c": []}) == ({"c": []}, {"c[name=a].x": Reason.REMOVED})


def test_items_without_a_name_are_restored_whole_wherever_they_are_now():
    original = {"c": [{"p": 1, "x": 1}, {"p": 2, "x": 2}, {"p": 3, "x": 3}]}
    returned = {"c": [{"p": 1}, {"p": 2}, {"p": 3}]}
    edited = {"c": [{"p": 3}, {"p": 2, "y": 0}, {"p": 4}]}
    assert restore(original, returned, edited) == (
        {"c": [{"p": 3, "x": 3}, {"p": 2, "y": 0}, {"p": 4}]},
        {"c[0]": Reason.CHANGED, "c[1]": Reason.CHANGED},
    )


def test_equal_items_are_restored_only_while_all_of_them_are_there():
    original, returned = {"c": [{"x": 1}, {"x": 2}]}, {"c": [{}, {}]}
    assert restore(original, returned, {"c": [{}, {"p": 0}, {}]}) == ({"c": [{"x": 1}, {"p": 0}, {"x": 2}]}, {})
    assert restore(original, returned, {"c": [{}]}) == (
        {"c": [{}]},
        {"c[0]": Reason.AMBIGUOUS, "c[1]": Reason.AMBIGUOUS},
    )


def test_a_list_that_comes_back_in_another_order_is_restored_whole_or_not_at_all():
    cpu, pods = {"type": "Resource", "resource": 70}, {"type": "Pods", "pods": 1}
    original, returned = {"m": [cpu, pods]}, {"m": [pods, cpu]}
    assert restore(original, returned, returned) == (original, {})
    edited = {"m": [pods, {"type": "Resource", "resource": 99}]}
    assert restore(original, returned, edited) == (edited, {"m": Reason.CHANGED})
    assert restore(original, returned, {"m": [pods]}) == ({"m": [pods]}, {"m": Reason.CHANGED})


def test_a_member_of_a_union_is_not_added_to_another_that_an_edit_set():
    original, returned = {"b": {"resource": "bucket"}}, {"b": {}}
    edited = {"b": {"service": "web"}}
    assert restore(original, returned, edited) == (edited, {"b.resource": Reason.EXCLUDED})


def test_a_field_is_not_added_to_an_object_that_an_edit_gave_another_type():
    original, returned = {"s": {"type": "Rolling", "parts": 3}}, {"s": {"type": "Rolling"}}
    assert restore(original, returned, {"s": {"type": "Recreate"}}) == (
        {"s": {"type": "Recreate"}},
        {"s.parts": Reason.EXCLUDED},
    )
    assert restore(original, returned, {"s": {"type": "Rolling", "new": 1}}) == (
        {"s": {"type": "Rolling", "new": 1, "parts": 3}},
        {},
    )


def test_an_object_that_comes_back_as_another_member_of_its_union_is_restored_whole_or_not_at_all():
    original, returned = {"m": {"type": "Pods", "pods": 1}}, {"m": {"type": "Object", "object": 2}}
    assert restore(original, returned, returned) == (original, {})
    edited = {"m": {"type": "Object", "object": 3}}
    assert restore(original, returned, edited) == (edited, {"m": Reason.CHANGED})


def test_fields_of_an_object_that_nothing_came_back_of_are_restored_next_to_edited_ones():
    original = {"s": {"a": 1, "b": {"c": 2, "d": 3}}}
    assert restore(original, {}, {"s": {"new": 0, "b": {"c": 9}}}) == (
        {"s": {"new": 0, "b": {"c": 9, "d": 3}, "a": 1}},
        {"s.b.c": Reason.CHANGED},
    )


def test_a_union_that_nothing_came_back_of_is_not_mixed_with_an_edited_one():
    edited = {"b": {"service": "web"}}
    assert restore({"b": {"resource": "r"}}, {}, edited) == (edited, {"b.resource": Reason.EXCLUDED})
    typed = {"m": {"type": "A", "a": 1}}
    assert restore({"m": {"type": "B", "b": 2}}, {}, typed) == (typed, {"m": Reason.CHANGED})


def test_long_values_that_only_need_comparing_are_stored_short():
    assert len(ConversionData("v1", preserve({}, {"a": "x" * 1000})).to_json()) < 120


def test_items_that_were_renamed_are_found_by_the_names_they_had():
    original = {"subjects": [{"name": "*", "kind": "User", "group": "x"}, {"name": "a", "kind": "Group"}]}
    returned = {"subjects": [{"name": "a", "kind": "Group"}, {"name": "*", "kind": "Group"}]}
    restored = copy.deepcopy(returned)
    put_back(restored, through_json(preserve(original, returned)))
    assert restored == original
