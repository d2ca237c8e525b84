"""Broken rule files: every problem is told with its file, line and a hint."""

import re

import pytest

from converter.config import Configuration, RuleFile
from converter.errors import ProblemCode, RuleBookError
from converter.rules.parse_steps import STEP_WORDS
from tests.nonempty import some
from tests.rulekit import book, rule_text

KEYED = [word for word in STEP_WORDS if word not in {"in", "call"}]
NO_MAPPINGS = ["text", "7", "[]", "[{path: a}]", "true"]


def problems(text):
    with pytest.raises(RuleBookError) as caught:
        Configuration.read([RuleFile("my.yaml", text)])
    return caught.value.problems


def only(text):
    (problem,) = problems(text)
    return problem


@pytest.mark.parametrize(
    ("body", "line", "code"),
    [
        ("steps: [{jump: {}}]", 7, ProblemCode.UNKNOWN_STEP),
        ("steps:\n  - rename: {a.b: c}\n  - rename: {x: 'a b'}", 9, ProblemCode.INVALID),
        ("steps: [{rename: {a: a}}]", 7, ProblemCode.CONFLICT),
        ("steps: [{rename: {'l[*].a': 'm[*].a'}}]", 7, ProblemCode.CONFLICT),
        ("steps: [{default: {path: a}}]", 7, ProblemCode.MISSING),
        ("steps: [{default: {path: a, value: 1}}]", 7, ProblemCode.MISSING),
        ("steps: [{drop: {path: a, side: middle, why: x}}]", 7, ProblemCode.INVALID),
        ("steps: [{drop: {path: a, side: left}}]", 7, ProblemCode.MISSING),
        ("steps: [{values: {path: a, pairs: [{left: 1}]}}]", 7, ProblemCode.MISSING),
        ("steps: [{call: magic}]", 7, ProblemCode.UNKNOWN_FUNCTION),
        ("steps: [{in: [a]}]", 7, ProblemCode.MISSING),
        ("steps: [{rename: {a: b}, when: {c: 1}}]", 7, ProblemCode.CONFLICT),
        ("steps: [{annotation: {field: 'l[*].a', name: x/y, side: left}}]", 7, ProblemCode.INVALID),
        ("steps: [{nest: {into: a, fields: [1], side: left}}]", 7, ProblemCode.WRONG_TYPE),
        ("steps: text", 7, ProblemCode.WRONG_TYPE),
        ("steps: []\nunconvertible: no", 8, ProblemCode.WRONG_TYPE),
        ("step: []", 7, ProblemCode.UNKNOWN_KEY),
        ("steps: []\nexamples: [{left: {}}]", 8, ProblemCode.WRONG_TYPE),
        *((f"steps: [{{{word}: {body}}}]", 7, ProblemCode.WRONG_TYPE) for word in KEYED for body in NO_MAPPINGS),
        *((f"steps: [{{{word}: }}]", 7, ProblemCode.WRONG_TYPE) for word in STEP_WORDS),
        ("steps: [{intOrString: {into: a, number: b, string: c, neither: true}}]", 7, ProblemCode.WRONG_TYPE),
        ('steps: [{default: {path: a, left: !!int "", right: 1}}]', 7, ProblemCode.SYNTAX),
        ("steps: [{default: {path: a, left: !!float x, right: 1}}]", 7, ProblemCode.SYNTAX),
        ("steps: [] # \x07", 7, ProblemCode.SYNTAX),
    ],
)
def test_a_problem_is_reported_with_its_line(body, line, code):
    found = problems(rule_text(body))
    assert (line, code) in [(problem.line, problem.code) for problem in found], found


def test_all_problems_of_all_files_are_reported_at_once():
    one = rule_text("steps: [{rename: {a: b, c: 'd e'}}, {drop: {path: x, side: up, why: z}}]")
    with pytest.raises(RuleBookError) as caught:
        Configuration.read([RuleFile("b.yaml", one), RuleFile("a.yaml", "kind: Pod"), RuleFile("c.yaml", "a: [")])
    assert [(problem.file, problem.line, problem.code) for problem in caught.value.problems] == [
        ("a.yaml", 1, ProblemCode.UNKNOWN_DOCUMENT),
        ("b.yaml", 7, ProblemCode.INVALID),
        ("b.yaml", 7, ProblemCode.INVALID),
        ("c.yaml", 2, ProblemCode.SYNTAX),
    ]
    assert all(str(problem) in str(caught.value) for problem in some(caught.value.problems))


def test_a_document_that_is_not_a_rule_gets_advice():
    problem = only("apiVersion: v1\nkind: Pod\n")
    assert "apiconverter.dev/v1alpha1" in problem.hint


def test_a_duplicate_key_is_reported():
    problem = only(rule_text("steps: []\nsteps: []"))
    assert (problem.code, problem.line) == (ProblemCode.DUPLICATE_KEY, 8)


def test_syntax_errors_are_reported_with_their_line():
    problem = only("a: 1\nb: [\n")
    assert (problem.code, problem.line) == (ProblemCode.SYNTAX, 3)


@pytest.mark.parametrize("text", ["- 1", "text", "5"])
def test_a_document_of_another_shape_is_reported(text):
    assert only(text).code is ProblemCode.WRONG_TYPE


@pytest.mark.parametrize("text", ["", "---\n---\n", "# nothing"])
def test_an_empty_file_is_an_empty_book(text):
    assert Configuration.read([RuleFile("my.yaml", text)]).book.rules == ()


def test_two_rules_of_one_name_are_reported():
    text = rule_text("steps: []") + "\n---\n" + rule_text("steps: []", right="a.example/v3")
    problem = only(text)
    assert problem.code is ProblemCode.DUPLICATE
    assert "my.yaml:1" in problem.problem  # the place of the other rule


def test_two_rules_for_one_pair_contradict_each_other():
    turned = rule_text("steps: []", name="other", left="a.example/v2", right="a.example/v1")
    problem = only(rule_text("steps: []") + "\n---\n" + turned)
    assert problem.code is ProblemCode.DUPLICATE
    assert " thing (my.yaml:1)" in problem.problem


def test_two_steps_that_take_one_field_are_reported():
    problem, *_ = problems(rule_text("steps:\n  - rename: {a: b}\n  - rename: {a: c}"))
    assert (problem.code, problem.line) == (ProblemCode.OVERLAP, 9)
    assert re.search(r"\b8\b", problem.problem)  # the line of the other step


def test_an_example_that_fails_is_reported_with_the_difference():
    body = """
    steps: [{rename: {spec.a: spec.b}}]
    examples:
      - left: {spec: {a: 1}}
        right: {spec: {b: 2}}
    """
    found = problems(rule_text(body))
    assert {(problem.code, problem.line) for problem in found} == {(ProblemCode.EXAMPLE_FAILED, 10)}
    assert re.search(r"spec\.b \w+ 1, \w+ 2$", found[0].problem)


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
def test_an_alias_is_reported_and_does_not_grow(text):
    assert any(problem.code is ProblemCode.ALIAS for problem in problems(text))


@pytest.mark.parametrize(
    ("kinds", "code"),
    [
        ("kinds: [A, A]", ProblemCode.DUPLICATE),
        ("kinds: [A, B, A]", ProblemCode.DUPLICATE),
        ("kinds: []", ProblemCode.MISSING),
        ("kinds: ['']", ProblemCode.INVALID),
        ("kinds: [a/b]", ProblemCode.INVALID),
        ("kinds: [7]", ProblemCode.WRONG_TYPE),
        ("kind: 'A B'", ProblemCode.INVALID),
        ("kind: ", ProblemCode.WRONG_TYPE),
    ],
)
def test_kinds_are_names_and_listed_once(kinds, code):
    problem = only(rule_text("steps: []").replace("kind: Thing", kinds))
    assert (problem.line, problem.code) == (5, code)


def test_a_secret_is_never_converted():
    text = rule_text("steps: []", left="v1").replace("kind: Thing", "kind: Secret")
    assert only(text).code is ProblemCode.INVALID
    assert book(rule_text("steps: []").replace("kind: Thing", "kind: Secret")).rules  # of another group
