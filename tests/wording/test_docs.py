"""What generated parts of the reference say is what the code says."""

from __future__ import annotations

from converter.catalog import load_catalog
from converter.coverage import build_matrix
from converter.coverage.page import render
from converter.rules.functions import FUNCTIONS
from tests.docs.test_rules_reference import BEGIN, DOCS, END


def test_the_list_of_functions_is_in_their_own_words():
    listed = DOCS.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    lines = [f"- `{name}`: {FUNCTIONS[name].summary}\n" for name in sorted(FUNCTIONS)]
    assert listed == "".join(lines), "put these lines between the two comments of docs/reference/rules.md"


def test_the_coverage_page_has_the_reasons_of_the_rule_book(shipped):
    written = DOCS.with_name("coverage.html").read_text(encoding="utf-8")
    page = render(build_matrix(shipped.book, load_catalog()))
    assert written == page, "run `converter coverage --html docs/reference/coverage.html`"
