"""Runs the examples inside rules: each is a test of its rule, in the directions it holds in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.errors import RuleProblem
from converter.kube import Json, canonical_json, copy_json
from converter.rules.lens import LensError, Side
from converter.rules.steps.blocks import compile_steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.rules.rule import Example, Rule


def failing_examples(rule: Rule) -> Iterator[RuleProblem]:
    """Run every example of a rule; each one that fails is a problem that shows the first differences."""
    for example in rule.examples:
        for toward in example.toward:
            failure = _run(rule, example, toward)
            if failure:
                text = f"rule {rule.name}: the example does not hold toward {rule.version(toward)}: {failure}"
                yield RuleProblem(rule.file, example.line, text, "mend the steps or the example")


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
    """Tell where two JSON values differ, one line a place, in sorted order."""
    if isinstance(got, dict) and isinstance(wanted, dict):
        for key in sorted({*got, *wanted}):
            below = f"{path}.{key}" if path else key
            if key not in got:
                yield f"{below} is missing, wanted {canonical_json(wanted[key]).decode()}"
            elif key not in wanted:
                yield f"{below} is {canonical_json(got[key]).decode()}, not wanted"
            else:
                yield from differences(got[key], wanted[key], below)
    elif isinstance(got, list) and isinstance(wanted, list) and len(got) == len(wanted):
        for index, pair in enumerate(zip(got, wanted, strict=True)):
            yield from differences(*pair, f"{path}[{index}]")
    elif canonical_json(got) != canonical_json(wanted):
        yield f"{path} is {canonical_json(got).decode()}, wanted {canonical_json(wanted).decode()}"
