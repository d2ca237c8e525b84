"""Paths that touch a path: the same one, those above it and those below it."""

from hypothesis import given
from hypothesis import strategies as st

from converter.conversion.path_tree import PathTree

PATHS = st.lists(st.lists(st.sampled_from("ab"), max_size=4).map(tuple), max_size=12)


def touches(one, two):
    shorter = min(len(one), len(two))
    return one[:shorter] == two[:shorter]


def tree(paths):
    made = PathTree()
    for path in paths:
        made.add(path, path)
    return made


@given(PATHS, st.lists(st.sampled_from("ab"), max_size=4).map(tuple))
def test_what_touches_a_path_is_found_and_taken_once(paths, path):
    found = tree(paths)
    expected = sorted(other for other in paths if touches(other, path))
    assert found.touches(path) is bool(expected)
    assert sorted(found.take(path)) == expected
    assert found.take(path) == []
    rest = sorted(other for other in paths if not touches(other, path))
    assert sorted(found.take(())) == rest
