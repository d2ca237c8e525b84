from __future__ import annotations

import pytest

from converter.config import Configuration, RuleFile
from converter.errors import ProblemCode, RuleBookError
from tests.nonempty import some

RULE = """
apiVersion: apiconverter.dev/v1alpha1
kind: ConversionRule
metadata: {{name: {name}}}
spec:
  kinds: {kinds}
  between: [example.com/v1, example.com/v2]
  steps: {steps}
  overrides: {overrides}
"""
POLICY = """
apiVersion: apiconverter.dev/v1alpha1
kind: LossPolicy
metadata: {{name: {name}}}
spec: {{default: {{dangerous: {action}}}, overrides: {overrides}}}
"""


def rule(name, *, kinds="[Apple, Pear]", steps="[]", overrides="[]"):
    return RuleFile(f"{name}.yaml", RULE.format(name=name, kinds=kinds, steps=steps, overrides=overrides))


def policy(name, action, overrides="[]"):
    return RuleFile(f"{name}.yaml", POLICY.format(name=name, action=action, overrides=overrides))


def names(*files):
    return {one.name for one in Configuration.read(files).book.rules}


def codes(*files):
    with pytest.raises(RuleBookError) as caught:
        Configuration.read(files)
    return {(problem.file, problem.code) for problem in some(caught.value.problems)}


def test_a_later_rule_takes_the_place_of_an_earlier_one():
    assert names(rule("one"), rule("two", overrides="[one]")) == {"two"}


def test_it_may_have_the_same_name():
    later = RuleFile("later.yaml", rule("one", overrides="[one]").text)
    assert names(rule("one"), later) == {"one"}


def test_overrides_follow_one_another():
    assert names(rule("one"), rule("two", overrides="[one]"), rule("three", overrides="[two]")) == {"three"}


def test_without_the_word_it_is_a_mistake():
    assert codes(rule("one"), rule("two")) == {("two.yaml", ProblemCode.DUPLICATE)}


def test_a_rule_that_comes_later_cannot_be_overridden():
    assert ("one.yaml", ProblemCode.MISSING) in codes(rule("one", overrides="[two]"), rule("two"))


def test_it_replaces_all_that_the_other_one_converts():
    assert ("two.yaml", ProblemCode.CONFLICT) in codes(rule("one"), rule("two", kinds="[Pear]", overrides="[one]"))


@pytest.mark.parametrize("overrides", ["7", "[7]", '[""]', "[one, one]", f"[{'a' * 2000}]"])
def test_names_are_checked(overrides):
    assert {file for file, _ in codes(rule("one"), rule("two", overrides=overrides))} == {"two.yaml"}


def test_a_policy_overrides_another_one_by_its_name():
    found = Configuration.read([policy("one", "deny"), policy("two", "warn", "[one]")]).loss_policy
    assert found is not None
    assert found.name == "two"


@pytest.mark.parametrize(("overrides", "code"), [("[]", ProblemCode.DUPLICATE), ("[three]", ProblemCode.MISSING)])
def test_two_policies_are_a_mistake_otherwise(overrides, code):
    assert codes(policy("one", "deny"), policy("two", "warn", overrides)) == {("two.yaml", code)}
