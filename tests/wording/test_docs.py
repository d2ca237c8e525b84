"""What the reference says about functions is what the functions say about themselves."""

from __future__ import annotations

from converter.rules.functions import FUNCTIONS
from tests.docs.test_rules_reference import BEGIN, DOCS, END


def test_the_list_of_functions_is_in_their_own_words():
    listed = DOCS.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    lines = [f"- `{name}`: {FUNCTIONS[name].summary}\n" for name in sorted(FUNCTIONS)]
    assert listed == "".join(lines), "put these lines between the two comments of docs/reference/rules.md"
