"""Makers of HorizontalPodAutoscalers: structured and flat metrics, and v1's annotations, readable or not."""

from __future__ import annotations

import json

from tests.generators.hand_written_parts import (
    INT32,
    NAMES,
    QUANTITIES,
    STATUSES,
    TEXTS,
    TIMES,
    Json,
    Maker,
    any_of,
    conditions,
    fields,
    manifest,
    metadata,
    nullable,
    one_of,
    selector,
    several,
)

ALPHA = "autoscaling.alpha.kubernetes.io/"
_SOURCES = {
    "Object": "object",
    "Pods": "pods",
    "Resource": "resource",
    "ContainerResource": "containerResource",
    "External": "external",
}
_REFERENCE = fields({"apiVersion": TEXTS}, need={"kind": NAMES, "name": NAMES})
_RESOURCES = one_of("cpu", "cpu", "memory")
_UTILIZATION = one_of(1, 55, 80)


def _structured(holder: str) -> Maker:
    numbers = {"value": QUANTITIES, "averageValue": QUANTITIES, "averageUtilization": nullable(_UTILIZATION)}
    if holder == "target":
        numbers["type"] = one_of("Value", "AverageValue", "Utilization")
    inner: dict[str, Json] = {holder: nullable(fields(numbers))}
    metric = fields({"selector": nullable(selector())}, need={"name": NAMES})
    return _metric(
        {
            "object": fields({**inner, "metric": metric, "describedObject": _REFERENCE}),
            "pods": fields({**inner, "metric": metric}),
            "resource": fields(inner, need={"name": _RESOURCES}),
            "containerResource": fields({**inner, "container": NAMES}, need={"name": _RESOURCES}),
            "external": fields({**inner, "metric": metric}),
        }
    )


def _flat(prefix: str) -> Maker:
    """Flat metrics; ``prefix`` is target (of a spec) or current (of a status)."""
    value, average, share = f"{prefix}Value", f"{prefix}AverageValue", f"{prefix}AverageUtilization"
    named = {"metricName": NAMES}
    shares = {share: nullable(_UTILIZATION), average: QUANTITIES}
    return _metric(
        {
            "object": fields(
                {value: QUANTITIES, "averageValue": QUANTITIES, "selector": nullable(selector())},
                need={**named, "target": _REFERENCE},
            ),
            "pods": fields({average: QUANTITIES, "selector": selector()}, need=named),
            "resource": fields(shares, need={"name": _RESOURCES}),
            "containerResource": fields({**shares, "container": NAMES}, need={"name": _RESOURCES}),
            "external": fields({value: QUANTITIES, average: QUANTITIES, "metricSelector": selector()}, need=named),
        }
    )


def _metric(sources: dict[str, Maker]) -> Maker:
    kinds = [fields({}, need={"type": one_of(kind), name: nullable(sources[name])}) for kind, name in _SOURCES.items()]
    return any_of(*kinds)


def _rules(case: str) -> Maker:
    """Scaling rules; ``case`` turns a field's name into the one used."""
    named = str if case == "manifest" else lambda name: name[0].upper() + name[1:]
    policy = fields(
        {named("value"): INT32, named("periodSeconds"): INT32}, need={named("type"): one_of("Pods", "Percent")}
    )
    return fields(
        {
            named("stabilizationWindowSeconds"): nullable(INT32),
            named("selectPolicy"): one_of("Max", "Min", "Disabled"),
            named("policies"): nullable(several(policy)),
            named("tolerance"): QUANTITIES,
        }
    )


def _behavior(case: str) -> Maker:
    up, down = ("scaleUp", "scaleDown") if case == "manifest" else ("ScaleUp", "ScaleDown")
    return fields({up: nullable(_rules(case)), down: nullable(_rules(case))})


_BROKEN = ("", "null", "{", "[1]", '{"a":NaN}', "[" * 3000, '"\\ud800"', '[{"type":5}]', "[]", "{}")


def _text(inner: Maker) -> Maker:
    """An annotation's text: JSON, now and then of something else, or no JSON at all."""
    return lambda rng: rng.choice(_BROKEN) if rng.random() < 1 / 5 else json.dumps(inner(rng))


_CONDITION = fields(
    {"lastTransitionTime": nullable(TIMES), "reason": TEXTS, "message": TEXTS},
    need={"type": NAMES, "status": STATUSES},
)
_METADATA = metadata(
    {
        f"{ALPHA}metrics": _text(several(_flat("target"))),
        f"{ALPHA}current-metrics": _text(several(_flat("current"))),
        f"{ALPHA}conditions": _text(several(_CONDITION)),
        f"{ALPHA}behavior": _text(_behavior("go")),
        f"{ALPHA}scale-up-tolerance": TEXTS,
    }
)


def autoscalers(version: str) -> Maker:
    """HorizontalPodAutoscalers of a version."""
    spec: dict[str, Json] = {"minReplicas": INT32, "maxReplicas": INT32, "scaleTargetRef": _REFERENCE}
    status: dict[str, Json] = {"currentReplicas": INT32, "desiredReplicas": INT32}
    if version == "autoscaling/v1":
        spec["targetCPUUtilizationPercentage"] = nullable(_UTILIZATION)
        status["currentCPUUtilizationPercentage"] = nullable(_UTILIZATION)
    else:
        flat = version == "autoscaling/v2beta1"
        spec["metrics"] = nullable(several(_flat("target") if flat else _structured("target"), 3))
        status["currentMetrics"] = nullable(several(_flat("current") if flat else _structured("current")))
        status["conditions"] = nullable(conditions("AbleToScale"))
        if not flat:
            spec["behavior"] = nullable(_behavior("manifest"))
    return manifest(version, "HorizontalPodAutoscaler", fields(spec), fields(status), meta=_METADATA)
