"""Broken steps that give values another shape: each mistake is reported with its place."""

import pytest

from converter.config import Configuration, RuleFile
from converter.errors import ProblemCode, RuleBookError
from tests.rulekit import book, rule_text

ENUM = "enum: {field: a, fields: [b, c], side: left, values: [%s]}"


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ("label: {field: 'l[*].a', name: x, side: left}", ProblemCode.INVALID),
        ("label: {field: a, name: x, as: json, side: left}", ProblemCode.INVALID),
        ("label: {field: a, name: karmada.io/x, side: left}", ProblemCode.IDENTITY),
        ("label: {field: metadata.name, name: x, side: left}", ProblemCode.IDENTITY),
        ("label: {field: a, side: left}", ProblemCode.MISSING),
        ("enum: {field: a, side: left, values: [{field: 1, fields: []}]}", ProblemCode.WRONG_TYPE),
        ("enum: {field: a, fields: [], side: left, values: []}", ProblemCode.CONFLICT),
        ("enum: {field: a, fields: [b, b], side: left, values: [{field: 1, fields: [1, 2]}]}", ProblemCode.DUPLICATE),
        ("enum: {field: 'l[*].a', fields: [b], side: left, values: [{field: 1, fields: [1]}]}", ProblemCode.CONFLICT),
        (ENUM % "", ProblemCode.MISSING),
        (ENUM % "{field: 1}", ProblemCode.MISSING),
        (ENUM % "{field: 1, fields: 2}", ProblemCode.WRONG_TYPE),
        (ENUM % "{field: 1, fields: [2]}", ProblemCode.CONFLICT),
        (ENUM % "{field: null, fields: [null, null]}", ProblemCode.CONFLICT),
        (ENUM % "{field: 1, fields: [2, 3]}, {field: 1, fields: [2, 3]}", ProblemCode.DUPLICATE),
        (ENUM % "{field: 1, fields: [2, 3], why: x}", ProblemCode.UNKNOWN_KEY),
        ("invert: {left: a, right: b}", ProblemCode.MISSING),
        ("invert: {left: a, right: b, absent: false}", ProblemCode.WRONG_TYPE),
        ("invert: {left: a, right: b, absent: {left: false}}", ProblemCode.MISSING),
        ("invert: {left: a, right: b, absent: {left: 0, right: null}}", ProblemCode.WRONG_TYPE),
        ("invert: {left: 'l[*].a', right: b, absent: {left: null, right: null}}", ProblemCode.CONFLICT),
        ("listOfOne: {list: a, item: b, side: left, more: maybe}", ProblemCode.INVALID),
        ("listOfOne: {list: a, side: left}", ProblemCode.MISSING),
        ("listOfOne: {list: 'a[*]', item: b, side: left}", ProblemCode.INVALID),
        ("mapList: {map: a, list: b, side: left}", ProblemCode.MISSING),
        ("mapList: {map: a, list: b, key: k, value: k, side: left}", ProblemCode.CONFLICT),
        ("mapList: {map: a, list: b, key: k, value: v, keep: true, side: left}", ProblemCode.CONFLICT),
        ("mapList: {map: a, list: b, key: k, keep: 1, side: left}", ProblemCode.WRONG_TYPE),
        ("duration: {text: a, number: b, side: left}", ProblemCode.MISSING),
        ("duration: {text: a, number: b, unit: Mi, side: left}", ProblemCode.INVALID),
        ("duration: {text: a, number: b, unit: [s], side: left}", ProblemCode.INVALID),
        ("quantity: {text: a, number: b, unit: s, side: left}", ProblemCode.INVALID),
        ("quantity: {text: 'a[0]', number: b, unit: k, side: left}", ProblemCode.INVALID),
    ],
)
def test_a_broken_step_is_reported_with_its_line(step, code):
    with pytest.raises(RuleBookError) as caught:
        book(rule_text(f"steps:\n  - {step}"))
    assert (8, code) in [(problem.line, problem.code) for problem in caught.value.problems]


def test_two_steps_cannot_handle_one_field():
    first, second = "listOfOne: {list: a, item: b, side: left}", "rename: {c: b}"
    with pytest.raises(RuleBookError) as caught:
        book(rule_text(f"steps:\n  - {first}\n  - {second}"))
    assert [(problem.line, problem.code) for problem in caught.value.problems] == [(9, ProblemCode.OVERLAP)]


def test_an_empty_unit_is_the_number_itself():
    text = rule_text("steps:\n  - quantity: {text: a, number: b, unit: '', side: left}")
    assert Configuration.read([RuleFile("r.yaml", text)]).book.rules
