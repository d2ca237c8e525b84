"""HorizontalPodAutoscaler: what autoscaling/v1 keeps in annotations, and v2beta1's flat metrics.

Source: kubernetes/pkg/apis/autoscaling/{v1,v2beta1}/conversion.go, annotations.go and helpers.go.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from converter.rules.functions.autoscaling_metrics import SPEC_METRICS, STATUS_METRICS
from converter.rules.functions.go_json import OMIT, Check, Field, Struct, dump, int32, list_of, load, quantity, text
from converter.rules.functions.registry import register
from converter.rules.lens import (
    LensError,
    Note,
    Notes,
    drop_foreign,
    ensure_object,
    get_object,
    prune_empty,
    wrong_type,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from converter.kube import Json, Path

_ANNOTATIONS = ("metadata", "annotations")
_ALPHA = "autoscaling.alpha.kubernetes.io/"
_METRICS = f"{_ALPHA}metrics"
_CURRENT_METRICS = f"{_ALPHA}current-metrics"
_CONDITIONS = f"{_ALPHA}conditions"
_BEHAVIOR = f"{_ALPHA}behavior"
_ALL = (
    _METRICS,
    _CURRENT_METRICS,
    _CONDITIONS,
    _BEHAVIOR,
    f"{_ALPHA}scale-down-tolerance",
    f"{_ALPHA}scale-up-tolerance",
)
_STRAY = "is only an annotation in this version, and every server drops it"
_UNREADABLE = "is not what Kubernetes writes there, so that every server drops it"

_CPU = "targetCPUUtilizationPercentage"
_CPU_NOW = "currentCPUUtilizationPercentage"

_CONDITION = Struct(
    (
        Field("type", text, ""),
        Field("status", text, ""),
        Field("lastTransitionTime", text, None),
        Field("reason", text, empty=True),
        Field("message", text, empty=True),
    )
)
# Kubernetes marshals its internal type here, which has no JSON names: Go's own, and null for what is not there.
_POLICY = Struct(
    (
        Field("Type", text, "", ("type",)),
        Field("Value", int32, 0, ("value",)),
        Field("PeriodSeconds", int32, 0, ("periodSeconds",)),
    )
)
_RULES = Struct(
    (
        Field("StabilizationWindowSeconds", int32, None, ("stabilizationWindowSeconds",)),
        Field("SelectPolicy", text, None, ("selectPolicy",)),
        Field("Policies", list_of(_POLICY.write), None, ("policies",), reading=list_of(_POLICY.read)),
    )
)
_TOLERANT = Struct((*_RULES.fields, Field("Tolerance", quantity, None, ("tolerance",))))


def _behavior(rules: Struct) -> Struct:
    return Struct(
        (
            Field("ScaleUp", rules.write, None, ("scaleUp",), reading=rules.read),
            Field("ScaleDown", rules.write, None, ("scaleDown",), reading=rules.read),
        )
    )


_PLAIN_BEHAVIOR, _TOLERANT_BEHAVIOR = _behavior(_RULES), _behavior(_TOLERANT)


def _write_behavior(behavior: Json) -> str:
    """Write the annotation; with the tolerance, which came in v1.33, only where one is set."""
    path = ("spec", "behavior")
    written = _TOLERANT_BEHAVIOR.write(behavior, path)
    if any(rules and rules["Tolerance"] is not None for rules in written.values()):
        return dump(written)
    return dump(_PLAIN_BEHAVIOR.write(behavior, path))


def _take(node: dict[str, Any], name: str, check: Check, notes: Notes) -> Json:
    """Take an annotation away and read it; `OMIT` where it is not there, or cannot be read."""
    annotations = get_object(node, _ANNOTATIONS)
    if annotations is None or name not in annotations:
        return OMIT
    given = annotations.pop(name)
    prune_empty(node, _ANNOTATIONS)
    try:
        return check(load(text(given, ())), ())
    except (ValueError, LensError):
        notes.append(Note((*_ANNOTATIONS, name), given, _UNREADABLE))
        return OMIT


def _clear(node: dict[str, Any], names: tuple[str, ...], notes: Notes) -> None:
    annotations = get_object(node, _ANNOTATIONS)
    if annotations is None:
        return
    for name in names:
        if name in annotations:
            notes.append(Note((*_ANNOTATIONS, name), annotations.pop(name), _STRAY))
    prune_empty(node, _ANNOTATIONS)


def _null_or(check: Check) -> Check:
    return lambda value, path: None if value is None else check(value, path)


def _drop_known(holder: dict[str, Any], place: str, names: tuple[str, ...], notes: Notes) -> None:
    for name in names:
        drop_foreign(holder, name, (place, name), notes)


def _items(holder: dict[str, Any], place: str, name: str) -> list[Any]:
    """Take a list out of an object; empty where it is missing or null."""
    found = holder.pop(name, None)
    if found is None:
        return []
    if type(found) is not list:
        raise wrong_type((place, name), "a list", found)
    return found


def _cpu_share(metric: Json, holder: str) -> Json:
    """The average utilization of a CPU resource metric; None for any other metric."""
    if type(metric) is not dict or metric.get("type") != "Resource":
        return None
    resource = metric.get("resource")
    if type(resource) is not dict or resource.get("name") != "cpu":
        return None
    numbers = resource.get(holder)
    return numbers.get("averageUtilization") if type(numbers) is dict else None


def _to_v1(node: dict[str, Any], notes: Notes) -> None:
    _clear(node, _ALL, notes)
    made: dict[str, str] = {}
    spec, status = get_object(node, ("spec",)), get_object(node, ("status",))
    if spec is not None:
        _spec_to_v1(spec, made, notes)
    if status is not None:
        _status_to_v1(status, made, notes)
    if made:
        ensure_object(node, _ANNOTATIONS).update(made)


def _spec_to_v1(spec: dict[str, Any], made: dict[str, str], notes: Notes) -> None:
    _drop_known(spec, "spec", (_CPU,), notes)
    metrics = _items(spec, "spec", "metrics")
    others = []
    for index, metric in enumerate(metrics):
        path: Path = ("spec", "metrics", index)
        share = _cpu_share(metric, "target")
        if share is None:
            others.append(SPEC_METRICS.write(metric, path))
        elif _CPU in spec:
            notes.append(Note(path, metric, "autoscaling/v1 has one CPU utilization, and the first is it"))
        else:
            spec[_CPU] = int32(share, (*path, "resource", "target", "averageUtilization"))
    if others:
        made[_METRICS] = dump(others)
        if _CPU in spec and _cpu_share(metrics[-1], "target") is None:
            notes.append(
                Note(("spec", "metrics"), metrics, "autoscaling/v1 puts the CPU last; the order means nothing")
            )
    behavior = spec.pop("behavior", None)
    if behavior is not None:
        made[_BEHAVIOR] = _write_behavior(behavior)


def _status_to_v1(status: dict[str, Any], made: dict[str, str], notes: Notes) -> None:
    _drop_known(status, "status", (_CPU_NOW,), notes)
    metrics = _items(status, "status", "currentMetrics")
    for index, metric in enumerate(metrics):
        share = _cpu_share(metric, "current")
        if share is not None:  # here the last one counts
            path = ("status", "currentMetrics", index, "resource", "current", "averageUtilization")
            status[_CPU_NOW] = int32(share, path)
    if metrics:
        written = [STATUS_METRICS.write(metric, ("status", "currentMetrics", at)) for at, metric in enumerate(metrics)]
        made[_CURRENT_METRICS] = dump(written)
    conditions = _items(status, "status", "conditions")
    if conditions:
        made[_CONDITIONS] = dump(list_of(_CONDITION.write)(conditions, ("status", "conditions")))


def _from_v1(node: dict[str, Any], notes: Notes, *, zero_is_none: bool) -> None:
    spec, status = get_object(node, ("spec",)) or {}, get_object(node, ("status",)) or {}
    _drop_known(spec, "spec", ("metrics", "behavior"), notes)
    _drop_known(status, "status", ("currentMetrics", "conditions"), notes)
    made: dict[str, Json] = {}
    current: dict[str, Json] = {}
    metrics = _take(node, _METRICS, _null_or(list_of(partial(SPEC_METRICS.read, zero_is_none=zero_is_none))), notes)
    metrics = [] if metrics is OMIT or metrics is None else metrics
    share = spec.pop(_CPU, None)
    if share is not None:
        metrics.append(_cpu_metric("target", {"type": "Utilization", "averageUtilization": share}))
    if metrics:
        made["metrics"] = metrics
    behavior = _take(node, _BEHAVIOR, _null_or(_TOLERANT_BEHAVIOR.read), notes)
    if behavior is not OMIT and behavior:
        made["behavior"] = behavior
    share = status.pop(_CPU_NOW, None)
    read = _take(
        node, _CURRENT_METRICS, _null_or(list_of(partial(STATUS_METRICS.read, zero_is_none=zero_is_none))), notes
    )
    if read is not OMIT:
        current["currentMetrics"] = read
    elif share is not None:
        current["currentMetrics"] = [_cpu_metric("current", {"averageUtilization": share})]
    conditions = _take(node, _CONDITIONS, _null_or(list_of(_CONDITION.read)), notes)
    if conditions is not OMIT:
        current["conditions"] = conditions
    _clear(node, _ALL, notes)
    for place, found in (("spec", made), ("status", current)):
        if any(found.values()):
            ensure_object(node, (place,)).update((name, value) for name, value in found.items() if value)


def _cpu_metric(holder: str, numbers: dict[str, Json]) -> Json:
    return {"type": "Resource", "resource": {"name": "cpu", holder: numbers}}


def _each(
    node: dict[str, Any], place: str, name: str, change: Callable[[Json, Path, Notes], None], notes: Notes
) -> None:
    holder = get_object(node, (place,))
    found = None if holder is None else holder.get(name)
    if found is None:
        return
    if type(found) is not list:
        raise wrong_type((place, name), "a list", found)
    for index, metric in enumerate(found):
        if metric is not None:
            change(metric, (place, name, index), notes)


def _to_v2beta1(node: dict[str, Any], notes: Notes) -> None:
    _clear(node, (_BEHAVIOR,), notes)
    _each(node, "spec", "metrics", SPEC_METRICS.flatten, notes)
    _each(node, "status", "currentMetrics", STATUS_METRICS.flatten, notes)
    spec = get_object(node, ("spec",))
    behavior = None if spec is None else spec.pop("behavior", None)
    if behavior is not None:
        ensure_object(node, _ANNOTATIONS)[_BEHAVIOR] = _write_behavior(behavior)


def _from_v2beta1(node: dict[str, Any], notes: Notes) -> None:
    _drop_known(get_object(node, ("spec",)) or {}, "spec", ("behavior",), notes)
    _each(node, "spec", "metrics", SPEC_METRICS.structure, notes)
    _each(node, "status", "currentMetrics", STATUS_METRICS.structure, notes)
    behavior = _take(node, _BEHAVIOR, _null_or(_TOLERANT_BEHAVIOR.read), notes)
    if behavior is not OMIT and behavior:
        ensure_object(node, ("spec",))["behavior"] = behavior


_KEPT_IN_V1 = (
    "autoscaling/v1 has a field for the CPU utilization alone; other metrics, current metrics, conditions and the "
    "behavior are annotations there, as JSON"
)
_FIELDS = ("spec.metrics", "spec.behavior", "status.currentMetrics", "status.conditions")

register(
    "horizontalpodautoscaler-v1",
    f"{_KEPT_IN_V1}; a zero value next to an average is dropped, because v1 cannot omit it",
    to_right=_to_v1,
    to_left=partial(_from_v1, zero_is_none=True),
    left_fields=_FIELDS,
    right_fields=(f"spec.{_CPU}", f"status.{_CPU_NOW}"),
    losses_right=3,  # the place of the CPU among the metrics, in spec and status: v2beta2, where served, keeps it
)
register(
    "horizontalpodautoscaler-v1-zeros",
    f"{_KEPT_IN_V1}; a zero value next to an average stays",
    to_right=_to_v1,
    to_left=partial(_from_v1, zero_is_none=False),
    left_fields=_FIELDS,
    right_fields=(f"spec.{_CPU}", f"status.{_CPU_NOW}"),
    losses_right=3,
    losses_left=2,  # the two tolerances, which v1 can hold: else the way from v2 to v2beta2 would lead through v1
)
register(
    "horizontalpodautoscaler-v2beta1",
    "each metric's describedObject, metric, target and current are flat in v2beta1, and the behavior is an annotation",
    to_right=_to_v2beta1,
    to_left=_from_v2beta1,
    left_fields=("spec.metrics", "spec.behavior", "status.currentMetrics"),
    right_fields=("spec.metrics", "status.currentMetrics"),
)
