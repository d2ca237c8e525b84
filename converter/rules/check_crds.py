"""Checks rules against CRDs: the fields that steps name, and a proof that no field of either version is forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from converter.errors import ProblemCode, RuleProblem
from converter.kube import GroupVersionKind
from converter.rules.check_fields import unknown_names
from converter.rules.lens import Side
from converter.rules.proof import Gap, prove

if TYPE_CHECKING:
    from collections.abc import Iterable

    from converter.rules.crds import CrdSchemas
    from converter.rules.rule import Rule


class CrdReport(NamedTuple):
    """The result of `check_crds`.

    Attributes:
        problems: what is wrong with the rules.
        compared: how often two versions of a kind were compared.
    """

    problems: list[RuleProblem]
    compared: int


def check_crds(rules: Iterable[Rule], crds: CrdSchemas) -> CrdReport:
    """Check the rules for kinds of some CRDs; other rules are left out.

    A rule that cannot convert is not compared, nor is one with a version that no CRD has.
    """
    rules = list(rules)
    problems = list(unknown_names(rules, crds))
    compared = 0
    for rule in rules:
        for kind in () if rule.unconvertible else rule.kinds:
            gvks = {side: GroupVersionKind.of(rule.version(side), kind) for side in Side}
            if not all(crds.has(gvk) for gvk in gvks.values()):
                continue
            compared += 1
            for finding in prove(rule, kind, {side: crds.document(gvk) for side, gvk in gvks.items()}):
                code = ProblemCode.UNMAPPED_FIELD if finding.gap is Gap.UNMAPPED else ProblemCode.DIFFERENT_FIELD
                text = f"rule {rule.name}: {finding}"
                problems.append(RuleProblem(rule.file, rule.line, text, finding.hint, code))
    return CrdReport(problems, compared)
