"""Strategies for HorizontalPodAutoscalers: structured and flat metrics, and v1's annotations, readable or not."""

from __future__ import annotations

import json

from hypothesis import strategies as st

from tests.fuzz.strategies import (
    INT32,
    NAMES,
    QUANTITIES,
    STATUSES,
    TEXTS,
    TIMES,
    Json,
    Strategy,
    conditions,
    fields,
    manifest,
    metadata,
    nullable,
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
_RESOURCES = st.sampled_from(["cpu", "cpu", "memory"])
_UTILIZATION = st.sampled_from([1, 55, 80])


def _structured(holder: str) -> Strategy:
    numbers = {"value": QUANTITIES, "averageValue": QUANTITIES, "averageUtilization": nullable(_UTILIZATION)}
    if holder == "target":
        numbers["type"] = st.sampled_from(["Value", "AverageValue", "Utilization"])
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


def _flat(prefix: str) -> Strategy:
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


def _metric(sources: dict[str, Strategy]) -> Strategy:
    return (
        st.one_of(fields({name: sources[name]}, need={"type": st.just(kind)}) for kind, name in _SOURCES.items())
        | st.none()
    )


def _rules(case: str) -> Strategy:
    """Scaling rules; ``case`` turns a field's name into the one used."""
    named = str if case == "manifest" else lambda name: name[0].upper() + name[1:]
    policy = st.fixed_dictionaries(
        {
            named("type"): st.sampled_from(["Pods", "Percent"]),
            named("value"): INT32,
            named("periodSeconds"): INT32,
        }
    )
    return fields(
        {
            named("stabilizationWindowSeconds"): nullable(INT32),
            named("selectPolicy"): st.sampled_from(["Max", "Min", "Disabled"]),
            named("policies"): nullable(several(policy)),
            named("tolerance"): QUANTITIES,
        }
    )


def _behavior(case: str) -> Strategy:
    up, down = ("scaleUp", "scaleDown") if case == "manifest" else ("ScaleUp", "ScaleDown")
    return fields({up: nullable(_rules(case)), down: nullable(_rules(case))})


def _text(inner: Strategy) -> Strategy:
    """An annotation's text: JSON, now and then with a stray value, or no JSON at all."""
    broken = st.sampled_from(["", "null", "{", "[1]", '{"a":NaN}', "[" * 3000, '"\\ud800"', '[{"type":5}]', "[]", "{}"])
    return inner.map(json.dumps) | broken


_CONDITION = fields(
    {"lastTransitionTime": nullable(TIMES), "reason": TEXTS, "message": TEXTS},
    need={"type": NAMES, "status": STATUSES},
)
_METADATA = metadata(
    **{
        f"{ALPHA}metrics": _text(several(_flat("target"))),
        f"{ALPHA}current-metrics": _text(several(_flat("current"))),
        f"{ALPHA}conditions": _text(several(_CONDITION)),
        f"{ALPHA}behavior": _text(_behavior("go")),
        f"{ALPHA}scale-up-tolerance": TEXTS,
    }
)


def autoscalers(version: str) -> Strategy:
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
