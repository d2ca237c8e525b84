"""A compiled lens does what its parts do in order, at any place and on any input."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.kube import EACH, Each
from converter.rules.codegen import CompiledLens, compile_lens, prefix_notes, scoped, sequence
from converter.rules.lens import LensError, Note, identity

KEYS = ["a", "b", 'c.d/"e"']
PATHS = st.lists(st.sampled_from([*KEYS, EACH]), max_size=4).map(tuple)
JSON = st.recursive(
    st.none() | st.integers(0, 3) | st.just("x"),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(KEYS), below, max_size=3),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.sampled_from(KEYS), JSON, max_size=3)


def marking(number):
    """A lens that leaves a mark, notes what it saw, and stops where it finds a text."""

    def lens(node, notes):
        if "x" in node.values():
            raise LensError((f"stopped by {number}",), "a text")
        node.setdefault("marks", [0]).append(number)
        notes.append(Note((f"seen by {number}",), number, "noted"))

    return lens


def plainly(node, path, lens, notes):
    """Go one step at a time: the reference for a compiled lens."""
    if not path:
        lens(node, notes)
        return
    head, *rest = path
    if isinstance(head, Each):
        items = list(node.items()) if isinstance(node, dict) else [((at,), item) for at, item in enumerate(node)]
    else:
        below = node.get(head)
        if below is None:
            return
        if not rest or not isinstance(rest[0], Each):
            _inside(below, (head,), "an object", rest, lens, notes)
            return
        if not isinstance(below, (dict, list)):
            raise LensError((head,), "a list")
        items = [((head, at), item) for at, item in (below.items() if isinstance(below, dict) else enumerate(below))]
        rest = rest[1:]
    for at, item in items:
        if item is not None:
            _inside(item, at if isinstance(at, tuple) else (at,), "an object", rest, lens, notes)


def test_items_of_lists_in_a_map_and_in_a_list_are_visited():
    seen = []
    lens = compile_lens([(("a", EACH, EACH), lambda node, _notes: seen.append(node["n"]))])
    lens({"a": {"k": [{"n": 1}, None], "l": None, "m": {"o": {"n": 2}}}}, [])
    lens({"a": [[{"n": 3}], {"o": {"n": 4}}]}, [])
    assert seen == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("value", "path"), [({"k": [1]}, ("a", "k", 0)), ({"k": "text"}, ("a", "k")), ([[{}], 5], ("a", 1))]
)
def test_what_is_not_an_object_in_a_list_of_lists_is_reported_with_its_place(value, path):
    with pytest.raises(LensError) as caught:
        compile_lens([(("a", EACH, EACH), lambda _node, _notes: None)])({"a": value}, [])
    assert caught.value.path == path


def _inside(item, place, wanted, rest, lens, notes):  # noqa: PLR0917
    if type(item) is not dict and not (type(item) is list and rest and isinstance(rest[0], Each)):
        raise LensError(place, wanted)
    before = len(notes)
    try:
        plainly(item, rest, lens, notes)
    except LensError as error:
        error.path = (*place, *error.path)
        raise
    prefix_notes(place, notes, before)


@given(st.lists(PATHS, min_size=1, max_size=4), OBJECTS)
def test_a_compiled_lens_applies_its_parts_in_order(paths, given_object):
    parts = [(path, marking(number)) for number, path in enumerate(paths)]
    one, two = copy.deepcopy(given_object), copy.deepcopy(given_object)
    notes, plain, stopped = [], [], False
    try:
        for path, lens in parts:
            plainly(one, path, lens, plain)
    except LensError:
        stopped = True
    if stopped:
        with pytest.raises(LensError) as caught:
            compile_lens(parts)(two, notes)
        assert resolves(two, caught.value.path)
        return
    compile_lens(parts)(two, notes)
    assert two == one
    assert sorted(notes, key=repr) == sorted(plain, key=repr)


def resolves(value, path):
    """Whether a path leads somewhere, but for the word of the lens that stopped."""
    for segment in path:
        if isinstance(segment, str) and segment.startswith("stopped by"):
            return "x" in value.values()
        value = value[segment]
    return True


def test_a_place_is_gone_to_once_for_lenses_that_follow_one_another():
    seen = []

    def noting(name):
        return lambda node, _notes: seen.append((name, node["n"]))

    lens = sequence([scoped(("a", EACH), noting("one")), scoped(("a", EACH), noting("two"))])
    lens({"a": [{"n": 1}, {"n": 2}]}, [])
    assert seen == [("one", 1), ("two", 1), ("one", 2), ("two", 2)]


def test_order_counts_where_another_place_is_between():
    seen = []
    lens = sequence(
        [
            scoped(("a",), lambda _node, _notes: seen.append(1)),
            lambda node, _notes: node.pop("a"),
            scoped(("a",), lambda _node, _notes: seen.append(2)),
        ]
    )
    lens({"a": {}}, [])
    assert seen == [1]


@pytest.mark.parametrize("key", ['"', "'", "\\", "a\nb", "{0}", "'); raise SystemExit #"])
def test_a_key_is_only_ever_a_key(key):
    node = {key: [{}]}
    scoped((key, EACH), marking(1))(node, [])
    assert node == {key: [{"marks": [0, 1]}]}


def test_what_does_nothing_is_left_out():
    assert sequence([]) is identity
    assert sequence([identity, identity]) is identity
    assert scoped(("a",), identity) is identity
    lens = marking(1)
    assert sequence([identity, lens]) is lens
    assert isinstance(scoped(("a",), lens), CompiledLens)
