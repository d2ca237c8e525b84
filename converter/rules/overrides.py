"""Overrides: a rule that says so takes the place of earlier rules, pair of versions by pair of versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.errors import ProblemCode, RuleProblem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from converter.rules.rule import Rule


def apply_overrides(rules: Iterable[Rule]) -> tuple[list[Rule], list[RuleProblem]]:
    """Leave out the rules that later ones override.

    Args:
        rules: the rules, in the order of their files.

    Returns:
        The rules that stay, in their order; and the overrides that name no earlier rule, or do not replace all of it.
    """
    kept: dict[int, Rule] = {}
    problems: list[RuleProblem] = []
    for index, rule in enumerate(rules):
        earlier = {other.name: number for number, other in reversed(kept.items())}
        found = {name: kept[earlier[name]] for name in rule.overrides if name in earlier}
        mistakes = [*override_problems(rule, found)]
        problems += mistakes
        if not mistakes:
            for name in rule.overrides:
                del kept[earlier[name]]
        kept[index] = rule
    return list(kept.values()), problems


def override_problems(rule: Rule, earlier: Mapping[str, Rule]) -> Iterator[RuleProblem]:
    """Find what is wrong with the overrides of a rule.

    Args:
        rule: the rule.
        earlier: the earlier rules by name; others cannot be overridden.
    """
    pairs = set(rule.pairs())
    for name in rule.overrides:
        other = earlier.get(name)
        if other is None:
            text, hint = f"it overrides {name!r}, which no earlier rule is called", "`converter rules graph` lists them"
            yield rule.problem(ProblemCode.MISSING, text, hint)
            continue
        for kind, versions in other.pairs():
            if (kind, versions) not in pairs:
                between = " and ".join(sorted(versions))
                text = f"it overrides {name!r}, but does not convert {kind} between {between}"
                yield rule.problem(ProblemCode.CONFLICT, text, "a rule replaces another one as a whole")
