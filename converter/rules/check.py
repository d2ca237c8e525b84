"""Checks a set of rules: duplicate names and versions, overlapping steps, unknown fields, failing examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.errors import ProblemCode, RuleProblem
from converter.kube import Path, format_path
from converter.rules.check_fields import CatalogTypes, unknown_names
from converter.rules.examples import failing_examples
from converter.rules.lens import Side

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from converter.catalog import Catalog
    from converter.rules.rule import Rule
    from converter.rules.steps.base import Step


def check_rules(rules: Sequence[Rule], catalog: Catalog | None) -> list[RuleProblem]:
    """Find the problems of rules that were parsed without any."""
    problems = check_together(rules)
    known = CatalogTypes(catalog) if catalog is not None else None
    for rule in rules:
        problems += check_rule(rule, known)
    return problems


def check_together(rules: Sequence[Rule]) -> list[RuleProblem]:
    """Find the rules with a name, or a pair of versions of a kind, that an earlier one has."""
    return [*_same_names(rules), *_same_edges(rules)]


def check_rule(rule: Rule, known: CatalogTypes | None) -> list[RuleProblem]:
    """Find the problems of one rule that need no other rule: overlapping steps, failing examples, unknown names."""
    problems = [*_overlaps(rule), *failing_examples(rule)]
    if known is not None:
        problems += unknown_names((rule,), known)
    return problems


def _same_names(rules: Iterable[Rule]) -> Iterator[RuleProblem]:
    seen: dict[str, Rule] = {}
    for rule in rules:
        other = seen.setdefault(rule.name, rule)
        if other is not rule:
            problem = f"{other.whereabouts} already has this name"
            yield rule.problem(ProblemCode.DUPLICATE, problem, "choose another name")


def _same_edges(rules: Iterable[Rule]) -> Iterator[RuleProblem]:
    seen: dict[tuple[str, frozenset[str]], Rule] = {}
    for rule in rules:
        for kind, versions in rule.pairs():
            other = seen.setdefault((kind, versions), rule)
            if other is not rule:
                yield rule.problem(
                    ProblemCode.DUPLICATE,
                    f"rule {other.name} ({other.whereabouts}) already converts "
                    f"{kind} between {rule.left} and {rule.right}",
                    "two rules for one pair of versions would contradict each other; keep one, "
                    f"or write 'overrides: [{other.name}]' into the spec of this one",
                )


def _overlaps(rule: Rule) -> Iterator[RuleProblem]:
    for side in Side:
        taken: dict[tuple[Path, bool], Step] = {}  # one step can move a field, and another change its value
        for step in rule.steps:
            for path in step.owned_fields(side):
                other = taken.setdefault((path, step.stays), step)
                if other is not step:
                    yield rule.problem(
                        ProblemCode.OVERLAP,
                        f"the step in {rule.at(other.line)} also handles {format_path(path)} in {rule.version(side)}",
                        "handle each field in one step only",
                        step.line,
                    )
