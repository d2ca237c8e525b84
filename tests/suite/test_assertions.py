"""No assertion of the suite can pass without having compared anything."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.nonempty import some
from tests.suite.vacuous import vacuous

TESTS = Path(__file__).parents[1]


def test_no_test_passes_over_nothing():
    files = sorted(TESTS.rglob("*.py"))
    found = [
        f"{file.relative_to(TESTS.parent)}:{one.line}: {one.why}"
        for file in some(files)
        for one in vacuous(file.read_text())
    ]
    assert not found, "wrap the collection in tests.nonempty.some:\n" + "\n".join(found)


def findings(body: str) -> list[str]:
    source = "NAMES = ['a']\n\ndef test_it(given):\n" + textwrap.indent(textwrap.dedent(body), "    ")
    return [one.why for one in vacuous(source)]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("for one in given:\n    assert one", "may see no item"),
        ("for one in given:\n    if one:\n        assert one == 1", "may see no item"),
        ("for one in given:\n    with pytest.raises(ValueError):\n        one()", "may see no item"),
        ("for one in [two for two in NAMES if two]:\n    assert one", "may see no item"),
        ("for one in zip(NAMES, given):\n    assert one", "may see no item"),
        ("seen = 0\nfor one in given:\n    seen += 1\n    assert one\nassert seen < 3", "may see no item"),
        ("assert all(one for one in given)", "is true of no item"),
        ("assert given\nassert all(one for one in given if one != 2)", "is true of no item"),
        ("assert False == False", "compares a value with itself"),
        ("assert given.name == given.name", "compares a value with itself"),
        ("assert not []", "is a constant"),
        ("assert (given, 'a message')", "is a constant"),
    ],
)
def test_what_may_prove_nothing_is_found(body, why):
    (found,) = findings(body)
    assert why in found


@pytest.mark.parametrize(
    "body",
    [
        "for one in some(given):\n    assert one",
        "for one in NAMES:\n    assert one",
        "for one in sorted({*NAMES, 'b'}):\n    assert one",
        "for one in given:\n    one.close()",
        "for one in given:  # may be empty\n    assert one",
        "assert given\nfor one in given:\n    assert one",
        "assert len(given) >= 3\nfor one in given:\n    assert one",
        "seen = 0\nfor one in given:\n    seen += 1\n    assert one\nassert seen > 3",
        "assert all(one for one in some(given))",
        "assert given() == given()",
    ],
)
def test_what_proves_something_is_let_be(body):
    assert findings(body) == []


def test_some_gives_every_item_and_refuses_none():
    assert list(some(iter("ab"))) == ["a", "b"]
    with pytest.raises(AssertionError, match="no item"):
        list(some([]))
