"""Checks rules against CRDs: the fields that steps name, and a proof that no field of either version is forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from converter.errors import ProblemCode
from converter.kube import GroupVersionKind
from converter.rules.check_fields import unknown_names
from converter.rules.lens import Side
from converter.rules.proof import prove
from converter.rules.proof_findings import Gap

if TYPE_CHECKING:
    from collections.abc import Iterable

    from converter.rules.crds import CrdSchemas
    from converter.rules.rule import Rule, RuleFinding


class CrdReport(NamedTuple):
    """The result of `check_crds`.

    Attributes:
        problems: what is wrong with the rules.
        compared: how often two versions of a kind were compared.
        skipped: what was not compared, because no CRD has it: the rule, and its kind in the versions that are missing.
    """

    problems: list[RuleFinding]
    compared: int
    skipped: list[tuple[Rule, list[GroupVersionKind]]]


def check_crds(rules: Iterable[Rule], crds: CrdSchemas) -> CrdReport:
    """Check the rules for kinds of some CRDs; other rules are left out.

    A rule that cannot convert is not compared, nor is one with a version that no CRD has.
    """
    rules = list(rules)
    problems = list(unknown_names(rules, crds))
    compared = 0
    skipped: list[tuple[Rule, list[GroupVersionKind]]] = []
    for rule in rules:
        for kind in () if rule.unconvertible else rule.kinds:
            gvks = {side: GroupVersionKind.of(rule.version(side), kind) for side in Side}
            missing = [gvk for gvk in gvks.values() if not crds.has(gvk)]
            if missing:
                skipped.append((rule, missing))
                continue
            compared += 1
            for finding in prove(rule, kind, {side: crds.document(gvk) for side, gvk in gvks.items()}):
                code = ProblemCode.UNMAPPED_FIELD if finding.gap is Gap.UNMAPPED else ProblemCode.DIFFERENT_FIELD
                problems.append(rule.problem(code, str(finding), finding.hint))
    return CrdReport(problems, compared, skipped)
