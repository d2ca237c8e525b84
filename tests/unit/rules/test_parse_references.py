"""Broken steps for references: each mistake is reported with its place."""

import pytest

from converter.errors import ProblemCode, RuleBookError
from tests.rulekit import book, rule_text


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ("apiGroup: {group: a, apiVersion: b, side: left}", ProblemCode.MISSING),
        ("apiGroup: {group: a, apiVersion: b, version: x/v1, side: left}", ProblemCode.CONFLICT),
        ("apiGroup: {group: 'l[*].a', apiVersion: b, version: v1, side: left}", ProblemCode.CONFLICT),
        ("apiGroup: {group: a, apiVersion: apiVersion, version: v1, side: left}", ProblemCode.IDENTITY),
        ("implied: {path: a, side: left, why: x}", ProblemCode.CONFLICT),
        ("implied: {path: a, side: left, value: 1, copy: b, why: x}", ProblemCode.CONFLICT),
        ("implied: {path: a, side: left, value: 1}", ProblemCode.MISSING),
        ("implied: {path: a, side: left, copy: 'l[*].b', why: x}", ProblemCode.INVALID),
        ("implied: {path: metadata.namespace, side: left, value: a, why: x}", ProblemCode.IDENTITY),
        ("implied: {path: a, side: left, value: 1, always: 1, why: x}", ProblemCode.WRONG_TYPE),
        ("omitEmpty: {fields: [], side: left}", ProblemCode.TOO_LARGE),
        (f"omitEmpty: {{fields: {[f'f{number}' for number in range(101)]}, side: left}}", ProblemCode.TOO_LARGE),
        ("omitEmpty: {fields: ['l[*]'], side: left}", ProblemCode.INVALID),
        ("omitEmpty: {fields: [5], side: left}", ProblemCode.WRONG_TYPE),
        ("omitEmpty: {fields: [metadata], side: left}", ProblemCode.IDENTITY),
        ("omitEmpty: {fields: [a], side: both}", ProblemCode.INVALID),
        ("omitZero: {path: a, side: neither}", ProblemCode.INVALID),
    ],
)
def test_a_broken_step_is_reported_with_its_line(step, code):
    with pytest.raises(RuleBookError) as caught:
        book(rule_text(f"steps:\n  - {step}"))
    assert (8, code) in [(problem.line, problem.code) for problem in caught.value.problems]
