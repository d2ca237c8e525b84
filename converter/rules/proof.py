"""Proves a rule: pushes one version's schema through it, and compares what comes out with the other version's schema.

Every field of a version is identical in the other one, or a step moves it or drops it. What is neither is a finding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.rules.lens import Side
from converter.rules.proof_comparison import Comparison, Place
from converter.rules.schema import IDENTITY, read_schema
from converter.rules.schema_push import push_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from converter.kube import Json
    from converter.rules.proof_findings import Finding
    from converter.rules.rule import Rule


def prove(rule: Rule, kind: str, schemas: Mapping[Side, Json]) -> list[Finding]:
    """Prove a rule for one kind, in both directions.

    Args:
        rule: the rule.
        kind: one of its kinds.
        schemas: the ``openAPIV3Schema`` of both versions.

    Returns:
        Every field that is neither mapped, dropped nor identical: those of the left version first.

    Raises:
        SchemaError: a schema cannot be read.
    """
    findings: dict[Finding, None] = {}
    for toward in (Side.RIGHT, Side.LEFT):
        target = read_schema(schemas[toward])
        stored, sent = (read_schema(schemas[toward.other], stored=is_stored) for is_stored in (True, False))
        for schema in (target, stored, sent):
            for name in IDENTITY:
                schema.fields.pop(name, None)
        for schema in (stored, sent):
            push_schema(schema, rule.steps, toward)
        comparison = Comparison(kind, rule.version(toward.other), rule.version(toward))
        for schema in (stored, sent):
            findings.update(dict.fromkeys(comparison.lapses(schema)))
        findings.update(dict.fromkeys(comparison.compare(Place((), stored, sent, target, None))))
    return list(findings)
