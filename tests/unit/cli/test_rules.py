"""`converter rules lint`, `test` and `list` as an admin runs them."""

import pytest

from converter.cli import FAILED, FINDINGS, OK, main
from tests.rulekit import rule_text


@pytest.fixture
def rules(tmp_path):
    def write(text, name="my.yaml"):
        (tmp_path / name).write_text(text)
        return str(tmp_path)

    return write


GOOD = rule_text(
    """
    steps: [{rename: {spec.a: spec.b}}]
    examples: [{left: {spec: {a: 1}}, right: {spec: {b: 1}}}]
    """
)


@pytest.mark.parametrize("verb", ["lint", "test"])
def test_the_shipped_book_is_good(capsys, verb):
    assert main(["rules", verb]) == OK
    assert "rules" in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["lint", "test"])
def test_an_admin_s_good_rules_pass(capsys, rules, verb):
    assert main(["rules", verb, rules(GOOD)]) == OK


def test_a_problem_is_told_with_file_line_and_hint(capsys, rules):
    folder = rules(rule_text("steps: [{jump: {}}]"))
    assert main(["rules", "lint", folder]) == FINDINGS
    err = capsys.readouterr().err
    assert f"{folder}/my.yaml:7: a step is one of" in err
    assert "(docs/reference/rules.md describes each step)" in err


def test_a_contradiction_with_the_shipped_book_is_told(capsys, rules):
    text = GOOD.replace("Thing", "CronJob").replace("a.example/v1", "batch/v1").replace("a.example/v2", "batch/v1beta1")
    folder = rules(text)
    assert main(["rules", "lint", folder]) == FINDINGS
    assert "rule cronjob-v1-v1beta1" in capsys.readouterr().err


def test_a_field_that_no_release_has_is_told(capsys, rules):
    text = rule_text("steps: [{rename: {spec.nonsense: spec.schedule}}]", left="batch/v9", right="batch/v1").replace(
        "Thing", "CronJob"
    )
    assert main(["rules", "lint", rules(text)]) == FINDINGS
    assert "batch/v9" in capsys.readouterr().err


def test_an_example_that_fails_is_told(capsys, rules):
    assert main(["rules", "test", rules(GOOD.replace("{b: 1}", "{b: 2}"))]) == FINDINGS
    assert "spec.b is 1, expected 2" in capsys.readouterr().err


def test_a_rule_without_an_example_is_a_finding(capsys, rules):
    assert main(["rules", "test", rules(rule_text("steps: [{rename: {spec.a: spec.b}}]"))]) == FINDINGS
    assert "no example" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["lint", "test"])
def test_a_path_that_does_not_exist_is_told(capsys, verb):
    assert main(["rules", verb, "no/such/place"]) == FAILED
    assert "does not exist" in capsys.readouterr().err


def test_the_list_names_rules_and_functions(capsys):
    assert main(["rules", "list"]) == OK
    out = capsys.readouterr().out
    assert "ingress-v1-v1beta1: Ingress: networking.k8s.io/v1 <-> networking.k8s.io/v1beta1" in out
    assert "function horizontalpodautoscaler-v1:" in out
