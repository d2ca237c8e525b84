"""The page has a row for each key of a step, at any depth, and a block for each case."""

from __future__ import annotations

import re

import pytest

from converter.rules.json_schema import STEPS
from converter.rules.parse_steps import STEP_WORDS
from tools.step_reference.page import made

KEYS = {
    "rename": ["a path in the left version"],
    "values": ["path", "pairs", "pairs[*].left", "pairs[*].right", "else", "else.left", "else.right"],
    "invert": ["left", "right", "absent", "absent.left", "absent.right"],
    "in": ["in", "when", "recurse", "steps"],
    "call": ["call"],
}


def section(word):
    return made().partition(f"\n## {word}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("word", STEP_WORDS)
def test_each_key_has_a_row(word):
    table = section(word).partition("| --- | --- | --- |\n")[2].partition("\n\n")[0]
    keys = [line.split(" | ")[0].removeprefix("| ").strip("`") for line in table.splitlines()]
    expected = KEYS.get(word)
    assert keys == expected if expected else set(STEPS[word]["properties"]) <= set(keys)


def test_a_key_that_must_be_there_is_marked():
    assert re.search(r"^\| `path` \| text, required \|", section("drop"), re.MULTILINE)
    assert re.search(r"^\| `values` \| list \|", section("refuse"), re.MULTILINE)


def test_a_choice_lists_its_words():
    assert r"| `side` | `left` \| `right`, required |" in section("drop")
    assert r'| `""` |'.replace("| ", r"\| ").replace(" |", r" \|") in section("quantity")


def test_a_case_shows_what_goes_in_and_what_comes_out():
    shown = section("duration").rpartition("```yaml\n")[2].partition("```")[0]
    manifests = [line for line in shown.splitlines() if not line.startswith("#")]
    assert manifests == ['spec: {drainTimeout: "1500ms"}', "spec: {drainTimeoutSeconds: 1}"]
