"""Ties HorizontalPodAutoscalers: a metric, its source and its target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.generators.parts import object_at

if TYPE_CHECKING:
    import random

    from tests.generators.parts import Json, Tie


def _hpa(rng: random.Random, manifest: Json) -> None:
    """A metric has the source that its type names, and values that controllers and validation agree with."""
    spec = object_at(manifest, "spec")
    spec.setdefault("maxReplicas", 10)
    spec.setdefault("scaleTargetRef", {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"})
    if spec.get("metrics") == []:
        del spec["metrics"]
    for metric in spec.get("metrics") or ():
        field = _one_source(rng, metric)
        if manifest["apiVersion"] == "autoscaling/v2beta1":
            _hpa_flat_target(rng, field, metric[field])
        else:
            _hpa_target(rng, field, metric[field])
    for metrics in (spec.get("metrics"), (manifest.get("status") or {}).get("currentMetrics")):
        # v1 has a field of its own for the CPU, and puts it behind the others on the way back.
        if metrics:
            metrics.sort(key=lambda metric: (metric.get("resource") or {}).get("name") == "cpu")
    for metric in (manifest.get("status") or {}).get("currentMetrics") or ():
        field = _one_source(rng, metric)
        if manifest["apiVersion"] != "autoscaling/v2beta1":
            _hpa_current(rng, field, metric[field])
        elif field in ("resource", "containerResource", "pods"):
            metric[field].setdefault("currentAverageValue", "5")
        else:
            metric[field].setdefault("currentValue", "5")


_SOURCES = {
    "Resource": "resource",
    "Pods": "pods",
    "Object": "object",
    "External": "external",
    "ContainerResource": "containerResource",
}


def _one_source(rng: random.Random, metric: Json) -> str:
    there = [name for name in _SOURCES.values() if metric.get(name)]
    named = _SOURCES.get(str(metric.get("type")))
    field = named if named in there else there[0] if there else "resource"
    for name in there:
        if name != field:
            del metric[name]
    metric["type"] = next(kind for kind, name in _SOURCES.items() if name == field)
    source = object_at(metric, field)
    if field in ("resource", "containerResource"):
        source.setdefault("name", rng.choice(("cpu", "memory")))
    return field


def _hpa_target(rng: random.Random, field: str, source: Json) -> None:
    target = object_at(source, "target")
    kinds = {"pods": ("AverageValue",), "object": ("Value", "AverageValue"), "external": ("Value", "AverageValue")}
    kind = target.get("type")
    if kind not in kinds.get(field, ("Utilization", "AverageValue")):
        kind = rng.choice(kinds.get(field, ("Utilization", "AverageValue")))
    name = {"Utilization": "averageUtilization", "Value": "value", "AverageValue": "averageValue"}[kind]
    value = target.get(name) or (rng.choice((50, 80)) if kind == "Utilization" else rng.choice(("5", "100m", "1Gi")))
    target.clear()
    target.update({"type": kind, name: value})


def _hpa_flat_target(rng: random.Random, field: str, source: Json) -> None:
    """In v2beta1 the target's values stand in the metric itself."""
    value = rng.choice(("5", "100m", "1Gi"))
    if field == "object":
        source.setdefault("target", {"kind": "Service", "name": "web", "apiVersion": "v1"})
        source.setdefault("targetValue", value)
        return
    first, second = {
        "pods": ("targetAverageValue", "targetAverageValue"),
        "external": ("targetValue", "targetAverageValue"),
    }.get(field, ("targetAverageUtilization", "targetAverageValue"))
    if source.get(first):
        if first != second:
            source.pop(second, None)
    elif not source.get(second):
        source[second] = value


def _hpa_current(rng: random.Random, field: str, source: Json) -> None:
    current = object_at(source, "current")
    if field in ("object", "external"):
        current.setdefault("value", rng.choice(("5", "1500m")))
        current.pop("averageUtilization", None)
        return
    current.setdefault("averageValue", rng.choice(("5", "1500m")))
    current.pop("value", None)
    if field == "pods":
        current.pop("averageUtilization", None)


TIES: dict[str, Tie] = {
    "HorizontalPodAutoscaler": _hpa,
}
