"""What generated parts of the reference say is what the code says."""

from __future__ import annotations

from converter.coverage.page import render
from converter.rules.functions import FUNCTIONS
from tests.docs.test_rules_reference import BEGIN, DOCS, END
from tests.shipped import shipped_matrix


def test_the_list_of_functions_is_in_their_own_words():
    listed = DOCS.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    lines = [f"- `{name}`: {FUNCTIONS[name].summary}\n" for name in sorted(FUNCTIONS)]
    assert listed == "".join(lines), "put these lines between the two comments of docs/reference/rules.md"


def test_the_coverage_page_has_the_reasons_of_the_rule_book():
    written = DOCS.with_name("coverage.html").read_text(encoding="utf-8")
    page = render(shipped_matrix())
    assert written == page, "run `converter coverage --html docs/reference/coverage.html`"
