"""The reference of the steps has each step and each named function, and its examples run in both directions."""

import re
from pathlib import Path

import pytest

from converter.cli import FINDINGS, OK, main
from converter.rules import limits
from converter.rules.functions import FUNCTIONS
from converter.rules.lens import Side
from converter.rules.parse_steps import STEP_WORDS
from converter.rules.step_notes import NOTES
from converter.yaml import load_all
from tests.nonempty import some
from tests.rulekit import book, rule_text

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "steps.md").read_text("utf-8")
RULES, CASES = (str(ROOT / "docs" / "examples" / "steps" / name) for name in ("rules", "cases"))


#: Bounds, as the page of the language writes them.
LIMITS = {
    "a rule file": f"{limits.MAX_FILE >> 20} MiB",
    "all rule files together": f"{limits.MAX_FILES:,} files, {limits.MAX_TOTAL >> 20} MiB",
    "a name, path or reason": f"{limits.MAX_TEXT:,} characters",
    "`[*]` in one path, with those of the `in` around it": str(limits.MAX_LISTS),
    "segments of such a path": str(limits.MAX_SEGMENTS),
    "places that a rule handles": str(limits.MAX_PLACES),
    "`**` in one pattern": str(limits.MAX_PARENTS),
    "problems that are reported of a file": str(limits.MAX_PROBLEMS),
}


@pytest.mark.parametrize("what", LIMITS)
def test_the_page_of_the_language_has_the_limits_of_the_code(what):
    page = (ROOT / "docs" / "reference" / "rules.md").read_text("utf-8")
    (row,) = [line for line in page.splitlines() if line.startswith(f"| {what}")]
    assert row.split(" | ")[1].removesuffix(" |").startswith(LIMITS[what])


def section(word):
    return PAGE.partition(f"\n## {word}\n")[2].partition("\n## ")[0]


def blocks(text):
    """The blocks that are rules without their heads."""
    return re.findall(r"```yaml\n(steps:\n.*?)```", text, re.DOTALL)


def words_of(steps):
    """The keywords of steps, of those inside of `in` too."""
    for step in steps:
        yield from step.keys() - {"steps", "when"}
        yield from words_of(step.get("steps", ()))


def test_the_list_of_functions_is_the_registers():
    assert re.findall(r"^\| `(\S+)` \| ", section("call").partition("| Function |")[2], re.MULTILINE) == sorted(
        FUNCTIONS
    )


def test_every_step_has_notes():
    assert tuple(sorted(NOTES)) == tuple(sorted(STEP_WORDS))


@pytest.mark.parametrize("word", STEP_WORDS)
def test_a_step_has_a_rule_on_the_page_that_uses_it_and_holds(word):
    """Loading the rule runs its examples."""
    (block,) = blocks(section(word))
    ((document,),) = [load_all(block)]
    assert word in words_of(document["steps"])
    (rule,) = book(rule_text(block)).rules
    assert {toward for example in rule.examples for toward in example.toward} == set(Side)


def test_the_rules_of_the_examples_have_no_problem(capsys):
    assert main(["rules", "lint", "--alone", RULES]) == OK


def test_the_examples_and_cases_hold_in_both_directions(capsys):
    """A case converts its manifest back, too, which must give the same again."""
    assert main(["rules", "test", RULES, "--cases", CASES]) == OK


def test_a_wrong_case_would_be_found(tmp_path, capsys):
    wrong = (
        (Path(CASES) / "duration.yaml").read_text("utf-8").replace("drainTimeoutSeconds: 1", "drainTimeoutSeconds: 2")
    )
    (tmp_path / "duration.yaml").write_text(wrong, "utf-8")
    assert main(["rules", "test", RULES, "--cases", str(tmp_path)]) == FINDINGS


def test_every_file_belongs_to_a_step():
    files = {path.stem for folder in some((RULES, CASES)) for path in Path(folder).iterdir()}
    assert files == set(STEP_WORDS)
