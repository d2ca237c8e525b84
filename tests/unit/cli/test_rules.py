"""`converter rules lint`, `test` and `list` as an admin runs them."""

import re

import pytest

from converter.catalog import load_catalog
from converter.cli import FAILED, FINDINGS, OK, main
from converter.config import SHIPPED_RULES, Configuration, parse_rules, read_rule_files
from converter.errors import ProblemCode, RuleBookError
from converter.rules.examples import failing_examples
from tests.rulekit import rule_text


@pytest.fixture
def rules(tmp_path):
    def write(text, name="my.yaml"):
        (tmp_path / name).write_text(text)
        return str(tmp_path)

    return write


def reported(capsys):
    """The place of each line on standard error that begins with one: ``FILE:LINE``."""
    matches = (re.match(r"\S+:[0-9]+(?=: )", line) for line in capsys.readouterr().err.splitlines())
    return [match.group() for match in matches if match]


def problems_of(roots):
    """The problems that the lint of these paths prints."""
    with pytest.raises(RuleBookError) as caught:
        Configuration.read(read_rule_files(roots), load_catalog())
    return caught.value.problems


GOOD = rule_text(
    """
    steps: [{rename: {spec.a: spec.b}}]
    examples: [{left: {spec: {a: 1}}, right: {spec: {b: 1}}}]
    """
)


@pytest.mark.parametrize("verb", ["lint", "test"])
def test_the_shipped_book_is_good(capsys, verb):
    assert main(["rules", verb]) == OK
    assert str(len(parse_rules(read_rule_files([SHIPPED_RULES])))) in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["lint", "test"])
def test_an_admin_s_good_rules_pass(capsys, rules, verb):
    assert main(["rules", verb, rules(GOOD)]) == OK


def test_a_problem_is_reported_with_file_and_line(capsys, rules):
    folder = rules(rule_text("steps: [{jump: {}}]"))
    assert main(["rules", "lint", folder]) == FINDINGS
    assert reported(capsys) == [f"{folder}/my.yaml:7"]


CONTRADICTION = (
    GOOD.replace("Thing", "CronJob").replace("a.example/v1", "batch/v1").replace("a.example/v2", "batch/v1beta1")
)


def test_a_contradiction_with_the_shipped_book_is_reported(capsys, rules):
    folder = rules(CONTRADICTION)
    assert main(["rules", "lint", folder]) == FINDINGS
    assert f"{folder}/my.yaml:1" in reported(capsys)
    assert main(["rules", "lint", "--alone", folder]) == FINDINGS  # the types of Kubernetes have no spec.a
    alone = problems_of([folder])
    both = problems_of([SHIPPED_RULES, folder])
    assert ProblemCode.DUPLICATE not in {problem.code for problem in alone}
    assert [problem.line for problem in both if problem.code is ProblemCode.DUPLICATE] == [1]


def test_a_version_that_no_release_has_is_reported(capsys, rules):
    text = rule_text("steps: [{rename: {spec.nonsense: spec.schedule}}]", left="batch/v9", right="batch/v1").replace(
        "Thing", "CronJob"
    )
    folder = rules(text)
    assert main(["rules", "lint", folder]) == FINDINGS
    assert f"{folder}/my.yaml:1" in reported(capsys)
    assert ProblemCode.UNKNOWN_KIND in {problem.code for problem in problems_of([SHIPPED_RULES, folder])}


FAILING = GOOD.replace("{b: 1}", "{b: 2}")


def test_an_example_that_fails_is_reported(capsys, rules):
    folder = rules(FAILING)
    assert main(["rules", "test", folder]) == FINDINGS
    places = reported(capsys)
    found = [failed for rule in parse_rules(read_rule_files([folder])) for failed in failing_examples(rule)]
    assert {problem.code for problem in found} == {ProblemCode.EXAMPLE_FAILED}
    assert places == [f"{folder}/my.yaml:{problem.line}" for problem in found]


WITHOUT_EXAMPLE = rule_text("steps: [{rename: {spec.a: spec.b}}]")


def test_a_rule_without_an_example_is_a_finding(capsys, rules):
    folder = rules(WITHOUT_EXAMPLE)
    assert main(["rules", "test", folder]) == FINDINGS
    assert reported(capsys) == [f"{folder}/my.yaml:1"]


@pytest.mark.parametrize("verb", ["lint", "test"])
def test_a_path_that_does_not_exist_is_reported(capsys, verb):
    assert main(["rules", verb, "no/such/place"]) == FAILED
    assert "no/such/place" in capsys.readouterr().err
    with pytest.raises(RuleBookError) as caught:
        read_rule_files(["no/such/place"])
    assert [problem.code for problem in caught.value.problems] == [ProblemCode.UNREADABLE]


@pytest.mark.parametrize("verb", ["lint", "test"])
def test_a_directory_without_a_rule_file_is_reported(capsys, tmp_path, verb):
    """It passed, whatever was wrong with the rules in `my.yaml.txt` or one directory beside it."""
    (tmp_path / "my.yaml.txt").write_text(GOOD, "utf-8")
    assert main(["rules", verb, str(tmp_path)]) == FAILED
    assert str(tmp_path) in capsys.readouterr().err
    assert read_rule_files([tmp_path]) == []
    with pytest.raises(RuleBookError) as caught:
        read_rule_files([tmp_path], may_be_empty=False)
    assert [problem.code for problem in caught.value.problems] == [ProblemCode.MISSING]


def test_the_list_names_rules_and_functions(capsys):
    assert main(["rules", "list"]) == OK
    out = capsys.readouterr().out
    assert "ingress-v1-v1beta1: Ingress: networking.k8s.io/v1 <-> networking.k8s.io/v1beta1" in out
    assert "horizontalpodautoscaler-v1:" in {word for line in out.splitlines() for word in line.split(" ")[1:2]}
