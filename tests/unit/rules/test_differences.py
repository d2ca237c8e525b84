"""Where two JSON values differ, as data."""

import pytest

from converter.rules.differences import Difference, differences


@pytest.mark.parametrize(
    ("got", "wanted", "found"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 1.5}, [Difference("a", 1, 1.5)]),
        ({"a": {"b": None}}, {"a": {}}, [Difference("a.b", got=None)]),
        ({}, {"z": 1, "a": []}, [Difference("a", wanted=[]), Difference("z", wanted=1)]),
        ([{"a": 1}, 2], [{"a": 2}, 2], [Difference("[0].a", 1, 2)]),
        ({"l": [1]}, {"l": [1, 2]}, [Difference("l", [1], [1, 2])]),
        ({"a": True}, {"a": 1}, [Difference("a", True, 1)]),
        ({"a": {}}, {"a": []}, [Difference("a", {}, [])]),
    ],
)
def test_each_place_comes_once_in_sorted_order(got, wanted, found):
    assert list(differences(got, wanted)) == found


def test_missing_and_unexpected_are_not_null():
    missing, unexpected = differences({"b": None}, {"a": None})
    assert (missing.path, missing.missing, missing.unexpected) == ("a", True, False)
    assert (unexpected.path, unexpected.missing, unexpected.unexpected) == ("b", False, True)
