"""The first field that differs from what was asked for."""

import pytest

from converter.kube import first_difference

CASES = [
    ({}, {"a": 1}, ""),
    ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, ""),
    ({"a": {"b": 1}}, {"a": {"b": 2}}, "a.b"),
    ({"a": {"b": 1}}, {}, "a"),
    ({"emptyDir": {}}, {}, "emptyDir"),
    ({"a": [{"b": 1}]}, {"a": [{"b": 1, "c": 2}]}, ""),
    ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, "a[0].b"),
    ({"a": [1]}, {"a": [1, 2]}, "a"),
    ({"a": None}, {}, ""),
    (1, 1, ""),
]


@pytest.mark.parametrize(("wanted", "found", "path"), CASES)
def test_the_first_field_that_differs(wanted, found, path):
    assert first_difference(wanted, found) == path
