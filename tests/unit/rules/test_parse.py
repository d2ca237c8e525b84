"""Broken rule files: every problem is told with its file, line and a hint."""

import pytest

from converter.config import Configuration, RuleFile
from converter.errors import RuleBookError
from tests.rulekit import book, rule_text


def problems(text):
    with pytest.raises(RuleBookError) as caught:
        Configuration.read([RuleFile("my.yaml", text)])
    return caught.value.problems


def only(text):
    (problem,) = problems(text)
    return problem


@pytest.mark.parametrize(
    ("body", "line", "told"),
    [
        ("steps: [{jump: {}}]", 7, "a step is one of rename, nest"),
        ("steps:\n  - rename: {a.b: c}\n  - rename: {x: 'a b'}", 9, "not a path"),
        ("steps: [{rename: {a: a}}]", 7, "two different fields"),
        ("steps: [{rename: {'l[*].a': 'm[*].a'}}]", 7, "same list"),
        ("steps: [{default: {path: a}}]", 7, "a default must have a value"),
        ("steps: [{default: {path: a, value: 1}}]", 7, "side is missing"),
        ("steps: [{drop: {path: a, side: middle, why: x}}]", 7, "'middle' is not one of left, right"),
        ("steps: [{drop: {path: a, side: left}}]", 7, "why is missing"),
        ("steps: [{values: {path: a, pairs: [{left: 1}]}}]", 7, "a pair must have a 'left' and a 'right'"),
        ("steps: [{call: magic}]", 7, "unknown function 'magic'"),
        ("steps: [{in: [a]}]", 7, "'in' must have 'steps'"),
        ("steps: [{rename: {a: b}, when: {c: 1}}]", 7, "'when' belongs to the step 'in'"),
        ("steps: [{annotation: {field: 'l[*].a', name: x/y, side: left}}]", 7, r"\[\*\] is not allowed here"),
        ("steps: [{nest: {into: a, fields: [1], side: left}}]", 7, "must be a field's name, not integer"),
        ("steps: text", 7, "must be a list, not string"),
        ("steps: []\nunconvertible: no", 8, "must be a non-empty string"),
        ("step: []", 7, "a rule's spec has no key 'step'"),
        ("steps: []\nexamples: [{left: {}}]", 8, "must be a manifest"),
    ],
)
def test_a_problem_is_told_with_its_line(body, line, told):
    found = problems(rule_text(body))
    assert any(problem.line == line and told.replace("\\", "") in problem.problem for problem in found), found


def test_all_problems_of_all_files_are_told_at_once():
    one = rule_text("steps: [{rename: {a: b, c: 'd e'}}, {drop: {path: x, side: up, why: z}}]")
    with pytest.raises(RuleBookError) as caught:
        Configuration.read([RuleFile("b.yaml", one), RuleFile("a.yaml", "kind: Pod"), RuleFile("c.yaml", "a: [")])
    assert [(problem.file, problem.line) for problem in caught.value.problems] == [
        ("a.yaml", 1), ("b.yaml", 7), ("b.yaml", 7), ("c.yaml", 2),
    ]  # fmt: skip
    assert "4 problems in the rule book" in str(caught.value)


def test_a_document_that_is_no_rule_is_told_how_to_start():
    problem = only("apiVersion: v1\nkind: Pod\n")
    assert "apiconverter.dev/v1alpha1" in problem.hint


def test_a_duplicate_key_is_told():
    assert "more than once" in only(rule_text("steps: []\nsteps: []")).problem


def test_syntax_errors_are_told_with_their_line():
    assert only("a: 1\nb: [\n").line == 3


@pytest.mark.parametrize("text", ["- 1", "text", "5"])
def test_a_document_of_another_shape_is_told(text):
    assert "must be a mapping" in only(text).problem


@pytest.mark.parametrize("text", ["", "---\n---\n", "# nothing"])
def test_an_empty_file_is_an_empty_book(text):
    assert Configuration.read([RuleFile("my.yaml", text)]).book.rules == ()


def test_two_rules_of_one_name_are_told():
    text = rule_text("steps: []") + "\n---\n" + rule_text("steps: []", right="a.example/v3")
    assert "already has this name" in only(text).problem


def test_two_rules_for_one_pair_contradict_each_other():
    turned = rule_text("steps: []", name="other", left="a.example/v2", right="a.example/v1")
    problem = only(rule_text("steps: []") + "\n---\n" + turned)
    assert "rule thing (" in problem.problem
    assert "contradict" in problem.hint


def test_two_steps_that_take_one_field_are_told():
    problem, *_ = problems(rule_text("steps:\n  - rename: {a: b}\n  - rename: {a: c}"))
    assert problem.line == 9
    assert "step in line 8 also handles" in problem.problem


def test_an_example_that_fails_is_told_with_the_difference():
    body = """
    steps: [{rename: {spec.a: spec.b}}]
    examples:
      - left: {spec: {a: 1}}
        right: {spec: {b: 2}}
    """
    found = problems(rule_text(body))
    assert {problem.line for problem in found} == {10}
    assert "spec.b is 1, expected 2" in found[0].problem


def test_an_example_can_hold_in_one_direction():
    book(
        rule_text(
            """
            steps: [{default: {path: spec.a, side: right, value: 1}}]
            examples:
              - toward: left
                left: {spec: {a: 1}}
                right: {spec: {}}
            """
        )
    )


def test_a_rule_says_why_there_is_no_conversion():
    text = rule_text("unconvertible: v2 is another thing altogether")
    assert book(text).unconvertible[("Thing", "a.example/v1", "a.example/v2")] == "v2 is another thing altogether"


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [1]\nb: *a\n",
        "a: &a {b: *a}\n",
        "a: &a [x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: &d [*c,*c]\ne: [*d,*d]\n",
    ],
)
def test_an_alias_is_told_and_does_not_grow(text):
    assert any("alias" in problem.problem for problem in problems(text))
