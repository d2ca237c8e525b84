"""The reference of the rule language lists every step and every named function."""

import re
from pathlib import Path

import pytest

from converter.rules.functions import FUNCTIONS
from converter.rules.lens import Side
from converter.rules.parse_steps import STEP_WORDS
from tests.nonempty import some
from tests.rulekit import book, rule_text

DOCS = Path(__file__).parents[2] / "docs" / "reference" / "rules.md"
BEGIN, END = "<!-- functions: checked by tests/docs/test_rules_reference.py -->\n", "<!-- end of functions -->\n"


def test_the_list_of_functions_is_the_registers():
    listed = DOCS.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    assert re.findall(r"^- `(\S+)`: ", listed, re.MULTILINE) == sorted(FUNCTIONS)


@pytest.mark.parametrize("word", STEP_WORDS)
def test_every_step_has_its_section(word):
    assert f"\n### {word}\n" in DOCS.read_text(encoding="utf-8")


def test_the_examples_of_steps_hold():
    """A block that begins with `steps:` is a rule without its head; loading it runs its examples."""
    blocks = re.findall(r"```yaml\n(steps:\n.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    for block in some(blocks):
        (rule,) = book(rule_text(block)).rules
        assert rule.examples
        assert {toward for example in rule.examples for toward in example.toward} == set(Side)


RUNNABLE = ("label", "enum", "invert", "listOfOne", "mapList", "duration", "quantity")


@pytest.mark.parametrize("word", RUNNABLE)
def test_a_step_has_an_example_that_runs(word):
    section = DOCS.read_text(encoding="utf-8").partition(f"\n### {word}\n")[2].partition("\n### ")[0]
    assert re.search(rf"```yaml\nsteps:\n  - {word}:.*\nexamples:\n", section, re.DOTALL)
