"""What generated parts of the reference say is what the code says."""

from __future__ import annotations

from pathlib import Path

from converter.coverage.page import render
from tests.shipped import shipped_matrix
from tools.step_reference.page import PAGE, made

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def test_the_page_of_steps_is_what_the_code_makes():
    """From the schemas, the notes and the examples of the steps, and the summaries of the functions."""
    assert PAGE.read_text("utf-8") == made(), "run `python -m tools.step_reference`"


def test_the_coverage_page_has_the_reasons_of_the_rule_book():
    written = (REFERENCE / "coverage.html").read_text(encoding="utf-8")
    page = render(shipped_matrix())
    assert written == page, "run `converter coverage --html docs/reference/coverage.html`"
