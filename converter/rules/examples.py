"""Runs the examples of rules: each one tests its rule, in the directions that it names."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from converter.errors import ProblemCode, RuleProblem
from converter.kube import canonical_json, copy_json
from converter.rules.differences import differences
from converter.rules.lens import LensError, Side

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.rules.rule import Example, Rule

_SHOWN: Final = 3
"""Differences that the problem of an example lists."""


def failing_examples(rule: Rule) -> Iterator[RuleProblem]:
    """Run every example of a rule; a problem lists the first differences of an example that fails."""
    for example in rule.examples:
        for toward in example.toward:
            failure = run_example(rule, example, toward)
            if failure:
                finding = f"the example fails toward {rule.version(toward)}: {failure}"
                yield rule.problem(ProblemCode.EXAMPLE_FAILED, finding, "fix the steps or the example", example.line)


def run_example(rule: Rule, example: Example, toward: Side) -> str:
    """Run one example in one direction; returns the first differences, or nothing if it holds."""
    given, wanted = (example.left, example.right) if toward is Side.RIGHT else (example.right, example.left)
    got = copy_json(given)
    try:
        rule.lens(toward)(got, [])
    except LensError as error:
        return str(error.public())
    got["apiVersion"] = rule.version(toward)
    if canonical_json(got) == canonical_json(wanted):
        return ""
    return "; ".join(str(each) for each in islice(differences(got, wanted), _SHOWN))
