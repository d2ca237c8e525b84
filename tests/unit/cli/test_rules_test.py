"""`converter rules test` with cases in files of their own, and as JUnit XML."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from converter.cli import FAILED, FINDINGS, OK, main
from tests.rulekit import rule_text

RULE = rule_text(
    """
    steps:
      - rename: {spec.a: spec.b}
      - drop: {path: spec.gone, side: left, why: v2 lacks it}
      - refuse: {path: spec.hard, side: left, why: v2 is soft}
    examples: [{left: {spec: {a: 1}}, right: {spec: {b: 1}}}]
    """
)
HEAD = "apiVersion: apiconverter.dev/v1alpha1\nkind: ConversionCases\ncases:\n"
GOOD = """\
  - name: moves
    given: {apiVersion: a.example/v1, kind: Thing, spec: {a: 1}}
    to: a.example/v2
    want: {spec: {b: 1}}
    losses: []
  - name: loses
    given: {apiVersion: a.example/v1, kind: Thing, spec: {gone: 1}}
    to: a.example/v2
    want: {spec: {}}
    losses: [spec.gone]
  - name: refuses
    given: {apiVersion: a.example/v1, kind: Thing, spec: {hard: 1}}
    to: a.example/v2
    refused: spec.hard
  - name: nowhere
    given: {apiVersion: a.example/v1, kind: Thing}
    to: a.example/v9
    unconvertible: true
  - name: a file
    given: thing.yaml
    to: a.example/v2
    want: {spec: {b: 2}}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "cases").mkdir()
    (tmp_path / "rules" / "thing.yaml").write_text(RULE)
    (tmp_path / "cases" / "cases.yaml").write_text(HEAD + GOOD)
    (tmp_path / "cases" / "thing.yaml").write_text("apiVersion: a.example/v1\nkind: Thing\nspec: {a: 2}\n")
    return tmp_path


def run(folder, *arguments):
    return main(["rules", "test", str(folder / "rules"), "--cases", str(folder / "cases"), *arguments])


def test_cases_that_hold_pass(capsys, folder):
    assert run(folder) == OK
    assert re.findall(r"\d+", capsys.readouterr().out) == ["1", "2", "5"]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("want: {spec: {b: 1}}", "want: {spec: {b: 2}}", 4),
        ("losses: []", "losses: [spec.a]", 4),
        ("losses: [spec.gone]", "losses: []", 9),
        ("refused: spec.hard", "refused: spec.soft", 14),
        ("refused: spec.hard", "want: {}", 14),
        ("want: {spec: {b: 1}}", "refused: spec.a", 4),
        ("want: {spec: {b: 1}}", "unconvertible: true", 4),
        ("unconvertible: true", "want: {}", 18),
    ],
)
def test_a_case_that_fails_is_reported_with_its_place(capsys, folder, old, new, line):
    text = HEAD + GOOD.replace(old, new, 1)
    if new.startswith(("refused: spec.a", "unconvertible")):
        text = text.replace("    losses: []\n", "", 1)
    file = folder / "cases" / "cases.yaml"
    file.write_text(text)
    assert run(folder) == FINDINGS
    assert re.findall(rf"{re.escape(str(file))}:(\d+): ", capsys.readouterr().err) == [str(line)]


def test_a_wrong_type_in_a_manifest_fails_its_case(capsys, folder):
    file = folder / "cases" / "cases.yaml"
    file.write_text(HEAD + GOOD.replace("spec: {a: 1}", "spec: 1"))
    assert run(folder) == FINDINGS
    assert f"{file}:4: " in capsys.readouterr().err


def test_the_report_for_ci_systems_has_each_example_and_case(capsys, folder):
    file = folder / "cases" / "cases.yaml"
    file.write_text(HEAD + GOOD.replace("b: 2", "b: 3"))
    assert run(folder, "-o", "junit") == FINDINGS
    root = ET.fromstring(capsys.readouterr().out)
    suites = {suite.get("name"): (suite.get("tests"), suite.get("failures")) for suite in root}
    assert suites == {"thing": ("2", "0"), str(file): ("5", "1")}
    (failed,) = [case for case in root.iter("testcase") if case.find("failure") is not None]
    assert (failed.get("name"), failed.get("file"), failed.get("line")) == ("a file", str(file), "22")


def test_a_failing_example_and_a_missing_one_are_in_the_report(capsys, tmp_path):
    (tmp_path / "a.yaml").write_text(RULE.replace("{b: 1}", "{b: 2}"))
    (tmp_path / "b.yaml").write_text(
        rule_text("steps: [{rename: {spec.a: spec.b}}]", name="other", left="b.example/v1")
    )
    assert main(["rules", "test", str(tmp_path), "-o", "junit"]) == FINDINGS
    root = ET.fromstring(capsys.readouterr().out)
    assert {suite.get("name"): suite.get("failures") for suite in root} == {"thing": "2", "other": "1"}


@pytest.mark.parametrize("text", ["kind: ConversionCases\n", HEAD + "  - {}\n", "apiVersion: v1\nkind: Pod\n", ""])
def test_broken_cases_are_reported(capsys, folder, text):
    for file in (folder / "cases").iterdir():
        file.unlink()
    (folder / "cases" / "cases.yaml").write_text(text)
    assert run(folder) == FAILED
    assert str(folder / "cases") in capsys.readouterr().err


def test_the_case_of_the_reference_is_one(tmp_path):
    page = (Path(__file__).parents[3] / "docs" / "reference" / "rules.md").read_text("utf-8")
    (block,) = re.findall(r"```yaml\n([^`]*?kind: ConversionCases.*?)```", page, re.DOTALL)
    (tmp_path / "cases.yaml").write_text(block)
    (tmp_path / "rule.yaml").write_text(
        rule_text(
            """
            steps:
              - rename: {spec.size: spec.dimensions}
              - drop: {path: spec.finish, side: left, why: gone}
              - refuse: {path: spec.mode, side: left, why: never}
            examples: [{left: {spec: {size: 1}}, right: {spec: {dimensions: 1}}}]
            """,
            left="acme.io/v1",
            right="acme.io/v1beta1",
        ).replace("Thing", "Widget")
    )
    assert main(["rules", "test", str(tmp_path / "rule.yaml"), "--cases", str(tmp_path / "cases.yaml")]) == OK
