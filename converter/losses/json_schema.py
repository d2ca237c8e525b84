"""The JSON Schemas of loss policies and of tables of weights, for editors and for the API server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from converter.losses import policy, severity
from converter.losses.policy import REFUSED, Action
from converter.losses.severity import Severity
from converter.rules.json_schema import OVERRIDES, about, body_of, list_of, one_of, text

if TYPE_CHECKING:
    from converter.rules.json_schema import Schema


def loss_schemas() -> dict[str, Schema]:
    """Make the schemas of the specs, by kind."""
    return {severity.KIND: _weights(), policy.KIND: _policy()}


def _weights() -> Schema:
    entry = body_of(
        "weight fields",
        weight=one_of("how much the loss of the fields matters", *Severity),
        why=text("what happens without the field; shown with the loss"),
        kinds=list_of("the kinds that the entry applies to; all if it is missing", text("a kind")),
        fields={**list_of("the fields, with everything below them; ** matches any parents", text("a field, such as "
                          "spec.trafficDistribution or **.hostUsers")), "minItems": 1},
        clusters=list_of("the clusters; * matches any characters; all if it is missing", text("a name")),
        namespaces=list_of("the namespaces of the objects; * matches any characters", text("a name")),
    )  # fmt: skip
    return body_of(
        "weights",
        description=text("what it is about"),
        weights=list_of("the entries; later matching entries override earlier ones", about("one entry", entry)),
    )


def _policy() -> Schema:
    rule = body_of(
        "actions",
        clusters=list_of("the clusters that the rule applies to; * matches any characters", text("a name")),
        clusterLabels={"type": "object", "additionalProperties": {"type": "string", "description": "the value"},
                       "description": "labels that the clusters must have, all of them"},
        namespaces=list_of("the namespaces of the objects; * matches any characters", text("a name")),
        actions=_actions("what to do there; a missing severity keeps its action"),
    )  # fmt: skip
    return body_of(
        "",
        default=_actions("what to do about a loss (default: dangerous and degrading warn, harmless ignore)"),
        rules=list_of("exceptions; later matching rules override earlier ones", about("one rule", rule)),
        objectsMayLoosen=list_of(
            "for what an object's annotation can select a milder action (default: none)",
            one_of("a severity, or refused", *Severity, REFUSED),
        ),
        overrides=OVERRIDES,
    )


def _actions(description: str) -> dict[str, Any]:
    words = [*Action]
    actions = {
        str(weight): one_of(f"what to do about a loss that is {weight}: deny the Work, warn, or ignore it", *words)
        for weight in Severity
    }
    refused = one_of("what to do with a manifest that the cluster refuses, whatever its severity", *words)
    return {**body_of("", **actions, **{REFUSED: refused}), "description": description}
