"""A count and its noun agree."""

import pytest

from converter.cli.counting import counted


@pytest.mark.parametrize(("number", "text"), [(0, "0 rules"), (1, "1 rule"), (2, "2 rules")])
def test_one_is_singular(number, text):
    assert counted(number, "rule") == text
