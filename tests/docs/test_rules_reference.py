"""The reference of the rule language lists every step and every named function."""

import re
from pathlib import Path

import pytest

from converter.rules.functions import FUNCTIONS
from converter.rules.parse_steps import STEP_WORDS

DOCS = Path(__file__).parents[2] / "docs" / "reference" / "rules.md"
BEGIN, END = "<!-- functions: checked by tests/docs/test_rules_reference.py -->\n", "<!-- end of functions -->\n"


def test_the_list_of_functions_is_the_registers():
    listed = DOCS.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    assert re.findall(r"^- `(\S+)`: ", listed, re.MULTILINE) == sorted(FUNCTIONS)


@pytest.mark.parametrize("word", STEP_WORDS)
def test_every_step_has_its_section(word):
    assert f"\n### {word}\n" in DOCS.read_text(encoding="utf-8")
