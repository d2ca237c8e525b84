"""Files of cases: what they say, and every problem with its line."""

import json

import pytest

from converter.errors import ProblemCode
from converter.rules.cases import parse_cases

HEAD = "apiVersion: apiconverter.dev/v1alpha1\nkind: ConversionCases\n"
GIVEN = {"apiVersion": "a.example/v1", "kind": "Thing", "spec": {"a": 1}}


def parsed(file="cases.yaml", **case):
    case = {"name": "one", "given": GIVEN, "to": "a.example/v2", **case}
    text = HEAD + f"cases:\n  - {json.dumps({key: value for key, value in case.items() if value is not ...})}\n"
    return parse_cases(str(file), text)


def test_a_case_says_what_must_come_out():
    [case], problems = parsed(want={"spec": {"b": 1}}, losses=["spec.x"])
    assert problems == []
    assert case.want == {"apiVersion": "a.example/v2", "kind": "Thing", "spec": {"b": 1}}
    assert (case.given, case.to, case.losses, case.line) == (GIVEN, "a.example/v2", ("spec.x",), 4)


def test_a_case_can_expect_a_refusal_or_no_route():
    [case], _ = parsed(refused="spec.a")
    assert (case.refused, case.want, case.losses) == ("spec.a", None, None)
    [case], _ = parsed(unconvertible=True)
    assert case.unconvertible


def test_a_manifest_can_be_in_a_file_next_to_the_cases(tmp_path):
    (tmp_path / "given.yaml").write_text(json.dumps(GIVEN))
    [case], problems = parsed(tmp_path / "cases.yaml", given="given.yaml", want={})
    assert (case.given, problems) == (GIVEN, [])
    (tmp_path / "two.yaml").write_text("a: 1\n---\nb: 1\n")
    (tmp_path / "bad.yaml").write_text("a: [")
    for name, code in (("two.yaml", ProblemCode.INVALID), ("bad.yaml", ProblemCode.UNREADABLE),
                       ("none.yaml", ProblemCode.UNREADABLE), ("..", ProblemCode.UNREADABLE)):  # fmt: skip
        cases, [problem] = parsed(tmp_path / "cases.yaml", given=name, want={})
        assert (cases, problem.line, problem.code) == ([], 4, code)


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ({}, ProblemCode.CONFLICT),
        ({"want": {}, "refused": "a"}, ProblemCode.CONFLICT),
        ({"want": 3}, ProblemCode.WRONG_TYPE),
        ({"want": {}, "given": ...}, ProblemCode.MISSING),
        ({"want": {}, "given": {"kind": "Thing"}}, ProblemCode.INVALID),
        ({"want": {}, "to": ...}, ProblemCode.MISSING),
        ({"want": {}, "to": "a/b/c"}, ProblemCode.INVALID),
        ({"want": {}, "name": ...}, ProblemCode.MISSING),
        ({"want": {}, "losses": "spec.a"}, ProblemCode.WRONG_TYPE),
        ({"want": {}, "losses": [1]}, ProblemCode.WRONG_TYPE),
        ({"want": {}, "looses": []}, ProblemCode.UNKNOWN_KEY),
        ({"unconvertible": False}, ProblemCode.WRONG_TYPE),
    ],
)
def test_a_problem_is_reported_with_its_line(case, code):
    cases, problems = parsed(**case)
    assert cases == []
    assert (4, code) in [(problem.line, problem.code) for problem in problems]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("- 1", ProblemCode.WRONG_TYPE),
        ("kind: Pod", ProblemCode.UNKNOWN_DOCUMENT),
        (HEAD, ProblemCode.MISSING),
        (HEAD + "cases: 3", ProblemCode.WRONG_TYPE),
        (HEAD + "cases: [3]", ProblemCode.WRONG_TYPE),
        (HEAD + "cases: [", ProblemCode.SYNTAX),
    ],
)
def test_what_is_not_a_file_of_cases_is_reported(text, code):
    cases, [problem] = parse_cases("c.yaml", text)
    assert (cases, problem.code) == ([], code)
