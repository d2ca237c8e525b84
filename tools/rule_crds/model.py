"""The CustomResourceDefinitions: structural schemas, CEL rules, printer columns and the status.

A structural schema says the type of every field, and cannot refer to itself. So the steps inside of a step ``in`` are
written out to a depth, and are free-form below.

Unknown keys are preserved. Otherwise the API server would drop them without an error, and a misspelled key would change
what a rule means. As it is, the webhook refuses them, and the status shows them.
"""

from __future__ import annotations

from typing import Any, Final

from converter.losses.json_schema import loss_schemas
from converter.rules.json_schema import SUMMARIES, Schema, rules_schema, spec_schema
from converter.rules.limits import MAX_PLACES

GROUP: Final = "apiconverter.dev"
VERSION: Final = "v1alpha1"

_DEPTH: Final = 1
"""How many levels of ``in`` inside of ``in`` the schema describes."""

_PRESERVE: Final = "x-kubernetes-preserve-unknown-fields"
_MAX_ITEMS: Final = MAX_PLACES
_LIMITS: Final = ("minLength", "maxLength", "minItems", "maxItems", "required")

_RULE_CEL: Final = [
    ("has(self.kind) != has(self.kinds)",
     "a rule must have either 'kind', or a list of 'kinds' that share a schema"),
    ("has(self.steps) != has(self.unconvertible)", "a rule must have either 'steps' or 'unconvertible'"),
    ("self.between[0] != self.between[1]", "between must name two different apiVersions"),
    ("!has(self.resource) || has(self.kind)", "'resource' is the resource of one kind; write one rule for each kind"),
]  # fmt: skip

_CONDITION: Final = '.status.conditions[?(@.type=="{}")].{}'
_STATE_COLUMNS: Final = [
    ("Accepted", "string", "Whether the spec is in use.", _CONDITION.format("Accepted", "status"), 0),
    ("Conflicts", "string", "Whether it contradicts another rule.", _CONDITION.format("Conflicts", "status"), 0),
    ("Age", "date", "When it was created.", ".metadata.creationTimestamp", 0),
    ("Message", "string", "Why it is not in use.", _CONDITION.format("Accepted", "message"), 1),
]  # fmt: skip


def crds() -> list[dict[str, Any]]:
    """Make all of them."""
    rule = structural(spec_schema(), 0)
    rule["x-kubernetes-validations"] = [{"rule": expression, "message": message} for expression, message in _RULE_CEL]
    weights, policy = (structural(loss_schemas()[kind], 0) for kind in ("FieldWeights", "LossPolicy"))
    return [
        _crd(
            ("ConversionRule", "conversionrules", "cvr"),
            "A ConversionRule converts a kind between two of its apiVersions, in both directions, field by field. The "
            "converter takes it into use within two seconds, and rewrites Works for clusters that serve the other "
            "version. See docs/reference/rules.md.",
            rule,
            [("Kind", "string", "The kind that it converts.", ".spec.kind", 0),
             ("Left", "string", "The left version.", ".spec.between[0]", 0),
             ("Right", "string", "The right version.", ".spec.between[1]", 0),
             ("Kinds", "string", "The kinds that it converts.", ".spec.kinds", 1),
             ("Proved", "string", "Whether it covers the CRD's fields.", _CONDITION.format("Proved", "status"), 0)],
        ),
        _crd(
            ("FieldWeights", "fieldweights", "fw"),
            "A FieldWeights says how much the loss of fields matters when a cluster cannot hold them. Later matching "
            "entries override earlier ones: those of files, then those of objects in the order of their names. See "
            "docs/reference/losses.md.",
            weights, [],
        ),
        _crd(
            ("LossPolicy", "losspolicies", "lp"),
            "A LossPolicy says what to do about losses, by severity, cluster and namespace. One policy is in use. See "
            "docs/reference/losses.md.",
            policy, [("Dangerous", "string", "What happens to dangerous losses.", ".spec.default.dangerous", 0)],
        ),
    ]  # fmt: skip


def structural(given: Schema, depth: int) -> dict[str, Any]:
    """Turn a JSON Schema into a structural one.

    Args:
        given: the schema.
        depth: how many ``in`` it is inside of.
    """
    if "$ref" in given:
        return _steps(depth)
    described = {"description": _sentence(given["description"])} if "description" in given else {}
    kind = given.get("type")
    if isinstance(kind, list) and "null" in kind:
        return {**described, "type": next(each for each in kind if each != "null"), "nullable": True}
    if kind is None and "enum" in given:
        return {**described, "type": "string", "enum": given["enum"]}
    if not isinstance(kind, str):
        return {**described, "nullable": True, _PRESERVE: True}
    found: dict[str, Any] = {**described, "type": kind}
    found |= {name: given[name] for name in _LIMITS if given.get(name)}
    if kind == "array":
        found.setdefault("maxItems", _MAX_ITEMS)
        found["items"] = structural(given["items"], depth)
    elif isinstance(given.get("additionalProperties"), dict):
        found["additionalProperties"] = structural(given["additionalProperties"], depth)
    elif kind == "object":
        if "properties" in given:
            found["properties"] = {name: structural(each, depth) for name, each in given["properties"].items()}
        found[_PRESERVE] = True
    return found


def _steps(depth: int) -> dict[str, Any]:
    """Make the schema of a list of steps: each step is a mapping with one of the keywords."""
    about = "The steps, in the order from left to right; each has one keyword. Toward the left they run backwards."
    if depth > _DEPTH:
        return {"description": about, "type": "array", "maxItems": _MAX_ITEMS,
                "items": {"type": "object", "description": "One step.", _PRESERVE: True}}  # fmt: skip
    step: dict[str, Any] = {"type": "object", "description": "One step.", "properties": {}, _PRESERVE: True}
    for variant in rules_schema()["$defs"]["steps"]["items"]["oneOf"]:
        for name, schema in variant["properties"].items():
            made = structural(schema, depth + 1)
            if name in SUMMARIES:
                made["description"] = SUMMARIES[name]
            step["properties"][name] = made
    if depth == 0:
        words = ", ".join(f"has(self.{word})" for word in SUMMARIES if "type" in step["properties"][word])
        step["x-kubernetes-validations"] = [
            {"rule": f"[{words}].filter(x, x).size() <= 1", "message": "a step has one keyword"}
        ]
    return {"description": about, "type": "array", "maxItems": _MAX_ITEMS, "items": step}


def _sentence(text: str) -> str:
    text = text[0].upper() + text[1:]
    return text if text.endswith(".") else f"{text}."


def _crd(names: tuple[str, str, str], about: str, spec: dict[str, Any], columns: list[Any]) -> dict[str, Any]:
    kind, plural, short = names
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Cluster",
            "names": {
                "kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower(),
                "shortNames": [short], "categories": ["apiconverter"],
            },
            "versions": [{
                "name": VERSION, "served": True, "storage": True,
                "subresources": {"status": {}},
                "additionalPrinterColumns": [_column(*each) for each in (*columns, *_STATE_COLUMNS)],
                "schema": {"openAPIV3Schema": {
                    "description": about, "type": "object", "required": ["spec"],
                    "properties": {
                        "apiVersion": {"type": "string", "description": f"{GROUP}/{VERSION}, as in rule files."},
                        "kind": {"type": "string", "description": f"{kind}, as in rule files."},
                        "metadata": {"type": "object"},
                        "spec": {**spec, "description": "What it says: the same as in a rule file."},
                        "status": _status(),
                    },
                }},
            }],
        },
    }  # fmt: skip


def _column(name: str, kind: str, about: str, path: str, priority: int) -> dict[str, Any]:
    column: dict[str, Any] = {"name": name, "type": kind, "description": about, "jsonPath": path}
    return {**column, "priority": priority} if priority else column


def _status() -> dict[str, Any]:
    words = {
        "type": "Accepted, Compiled, Conflicts or Proved.",
        "status": "True, False or Unknown.",
        "reason": "Why, in one word.",
        "message": "Why, for people: each problem with its place in the spec.",
    }
    condition: dict[str, Any] = {
        name: {"type": "string", "description": about, "maxLength": 32_768 if name == "message" else 316}
        for name, about in words.items()
    }
    condition["observedGeneration"] = {"type": "integer", "format": "int64", "description": "The generation meant."}
    condition["lastTransitionTime"] = {
        "type": "string", "format": "date-time", "description": "When the status of the condition last changed.",
    }  # fmt: skip
    return {
        "type": "object",
        "description": "What became of it. The controller writes it.",
        "properties": {
            "observedGeneration": {"type": "integer", "format": "int64", "description": "The generation checked last."},
            "conditions": {
                "type": "array",
                "description": (
                    "Accepted: the spec is in use. Compiled: it is valid on its own, and its examples hold. Conflicts: "
                    "it contradicts another rule. Proved, for a ConversionRule: each field of the CRD in the control "
                    "plane is mapped, dropped or identical; False only warns."
                ),
                "maxItems": 16,
                "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"],
                "items": {"type": "object", "required": ["type", "status"], "properties": condition,
                          "description": "One condition."},
            },
            "accepted": {
                "type": "object",
                "description": (
                    "The spec in use: an earlier one while a later one is broken. A process that starts reads it."
                ),
                "required": ["generation", "spec"],
                "properties": {
                    "generation": {"type": "integer", "format": "int64", "description": "Its generation."},
                    "spec": {"type": "object", "description": "What it says.", _PRESERVE: True},
                },
            },
        },
    }  # fmt: skip
