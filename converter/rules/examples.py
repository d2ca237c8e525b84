"""Runs the examples of rules: each one tests its rule, in the directions that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.errors import ProblemCode, RuleProblem
from converter.kube import Json, canonical_json, copy_json
from converter.rules.lens import LensError, Side
from converter.rules.steps.blocks import compile_steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.rules.rule import Example, Rule


def failing_examples(rule: Rule) -> Iterator[RuleProblem]:
    """Run every example of a rule; a problem lists the first differences of an example that fails."""
    for example in rule.examples:
        for toward in example.toward:
            failure = _run(rule, example, toward)
            if failure:
                text = f"rule {rule.name}: the example fails toward {rule.version(toward)}: {failure}"
                hint = "fix the steps or the example"
                yield RuleProblem(rule.file, example.line, text, hint, ProblemCode.EXAMPLE_FAILED)


def _run(rule: Rule, example: Example, toward: Side) -> str:
    given, wanted = (example.left, example.right) if toward is Side.RIGHT else (example.right, example.left)
    got = copy_json(given)
    try:
        compile_steps(rule.steps, toward)(got, []) if rule.steps else None
    except LensError as error:
        return str(error.public())
    got["apiVersion"] = rule.version(toward)
    if canonical_json(got) == canonical_json(wanted):
        return ""
    return "; ".join(_first(differences(got, wanted), 3))


def _first(found: Iterator[str], count: int) -> list[str]:
    return [text for text, _ in zip(found, range(count), strict=False)]


def differences(got: Json, wanted: Json, path: str = "") -> Iterator[str]:
    """List where two JSON values differ, one line for each place, in sorted order."""
    if isinstance(got, dict) and isinstance(wanted, dict):
        for key in sorted({*got, *wanted}):
            below = f"{path}.{key}" if path else key
            if key not in got:
                yield f"{below} is missing, expected {canonical_json(wanted[key]).decode()}"
            elif key not in wanted:
                yield f"{below} is {canonical_json(got[key]).decode()}, unexpected"
            else:
                yield from differences(got[key], wanted[key], below)
    elif isinstance(got, list) and isinstance(wanted, list) and len(got) == len(wanted):
        for index, pair in enumerate(zip(got, wanted, strict=True)):
            yield from differences(*pair, f"{path}[{index}]")
    elif canonical_json(got) != canonical_json(wanted):
        yield f"{path} is {canonical_json(got).decode()}, expected {canonical_json(wanted).decode()}"
