"""The recipes show what the converter says today, and their steps settle what they show."""

from __future__ import annotations

import contextlib
import re
import textwrap
from pathlib import Path

from converter.cli import FINDINGS, OK, main
from converter.yaml import load_all
from tests.nonempty import some
from tests.wording.shown_outputs import FOLDER, PAGE, SYMPTOMS, filled, run

TEXT = PAGE.read_text("utf-8")
#: Each difference: what the linter finds, and the steps that settle it.
DIFFERENCES = re.findall(r"^<!-- finding -->\n```text\n(.*?)```\n\n```yaml\n(.*?)```", TEXT, re.DOTALL | re.MULTILINE)


def findings():
    """What the linter says about the rule without steps, without the place and the hint."""
    with contextlib.chdir(FOLDER):
        lines = run("converter rules lint start --crd crds").splitlines()
    return [
        found[1]
        for line in lines
        if (found := re.fullmatch(r"\S+: rule \S+: (.*?)(?:; no step names it)? \(.*\)", line))
    ]


def test_the_outputs_are_those_of_today():
    assert filled(TEXT) == TEXT, "run `python -m tests.wording.shown_outputs`, and read the difference"


def test_the_page_shows_every_symptom_and_many_commands():
    assert set(re.findall(r"<!-- symptom: (.*) -->", TEXT)) == set(SYMPTOMS)
    assert TEXT.count("```console\n$ converter ") > 10


def test_the_page_has_every_finding_once():
    shown = [line for block, _ in some(DIFFERENCES) for line in block.splitlines()]
    assert sorted(shown) == sorted(findings())


def test_the_steps_of_the_page_are_the_rule_that_settles_all():
    (rule,) = load_all((FOLDER / "rules" / "server.yaml").read_text("utf-8"))
    steps = [step for _, block in some(DIFFERENCES) for step in load_all(block)[0]]
    assert steps == rule["spec"]["steps"]


def test_the_mended_example_of_the_page_holds(tmp_path):
    (mended,) = re.findall(r"```yaml\n(examples:\n.*?)```", TEXT, re.DOTALL)
    rule = (FOLDER / "mistakes" / "example.yaml").read_text("utf-8").partition("  examples:\n")[0]
    (tmp_path / "rule.yaml").write_text(rule + textwrap.indent(mended, "  "), "utf-8")
    assert main(["rules", "test", str(tmp_path)]) == OK


def test_the_files_of_the_examples_do_what_the_page_says(monkeypatch, capsys):
    monkeypatch.chdir(FOLDER)
    assert main(["rules", "lint", "rules", "--crd", "crds", "--alone"]) == OK
    assert main(["rules", "test", "rules"]) == OK
    assert main(["rules", "lint", "start", "--crd", "crds"]) == FINDINGS
    assert main(["rules", "fmt", "--check", "rules", "start", "two", "cases"]) == OK
    assert Path("older/servers.yaml").exists()
