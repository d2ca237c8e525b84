"""The metrics of a HorizontalPodAutoscaler: flat in v2beta1 and in v1's annotations, structured from v2beta2 on.

Sources: k8s.io/api autoscaling/{v1,v2beta1,v2beta2,v2}/types.go (the fields, in the order of the v1 types) and
kubernetes/pkg/apis/autoscaling/{v1,v2beta1}/conversion.go (which becomes which, and the target's type).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from converter.rules.functions.go_json import (
    Field,
    Struct,
    int32,
    is_zero,
    list_of,
    quantity,
    text,
    texts_by_name,
)
from converter.rules.lens import Notes, drop_foreign, wrong_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from converter.kube import Json, Path

_REQUIREMENT = Struct((Field("key", text, ""), Field("operator", text, ""), Field("values", list_of(text), empty=True)))
_SELECTOR = Struct(
    (
        Field("matchLabels", texts_by_name, empty=True),
        Field("matchExpressions", list_of(_REQUIREMENT.write), empty=True),
    )
)
_REFERENCE = Struct((Field("kind", text, ""), Field("name", text, ""), Field("apiVersion", text, empty=True)))
_NO_REFERENCE: Json = {"kind": "", "name": ""}

_NAME = Field("name", text, "")
_METRIC = Field("metricName", text, "", ("metric", "name"))
_SELECTS = Field("selector", _SELECTOR.write, place=("metric", "selector"))
_EXTERNAL_SELECTS = Field("metricSelector", _SELECTOR.write, place=("metric", "selector"))
_OBJECT = Field("target", _REFERENCE.write, _NO_REFERENCE, ("describedObject",))
_CONTAINER = Field("container", text, "")


def _target(name: str, place: str, **zero: Json) -> Field:
    return Field(name, int32 if place == "averageUtilization" else quantity, place=("target", place), **zero)


def _current(name: str, place: str, **zero: Json) -> Field:
    return Field(name, int32 if place == "averageUtilization" else quantity, place=("current", place), **zero)


_UTILIZATION = _target("targetAverageUtilization", "averageUtilization")
_USED = _current("currentAverageUtilization", "averageUtilization")
_AVERAGE = _target("targetAverageValue", "averageValue")
_IS_AVERAGE = _current("currentAverageValue", "averageValue", zero="0")


class Source(NamedTuple):
    """One sort of metric.

    Attributes:
        struct: its flat fields, and the place of each in the structured form.
        target_type: says the type of a structured target, which the flat form does not have; None for a status.
    """

    struct: Struct
    target_type: Callable[[dict[str, Any]], str] | None = None


def _by_average(target: dict[str, Any]) -> str:
    return "Value" if target.get("averageValue") is None else "AverageValue"


def _by_value(target: dict[str, Any]) -> str:
    return "AverageValue" if target.get("value") is None else "Value"


def _by_utilization(target: dict[str, Any]) -> str:
    return "AverageValue" if target.get("averageUtilization") is None else "Utilization"


def _average(_target: dict[str, Any]) -> str:
    return "AverageValue"


_SPECS = {
    "object": Source(
        Struct(
            (
                _OBJECT,
                _METRIC,
                _target("targetValue", "value", zero="0"),
                _SELECTS,
                _target("averageValue", "averageValue"),
            )
        ),
        _by_average,
    ),
    "pods": Source(
        Struct((_METRIC, _target("targetAverageValue", "averageValue", zero="0"), _SELECTS)),
        _average,
    ),
    "resource": Source(Struct((_NAME, _UTILIZATION, _AVERAGE)), _by_utilization),
    # v2beta1's own conversion forgets the container (conversion.go); its type has it, so it is carried over.
    "containerResource": Source(Struct((_NAME, _UTILIZATION, _AVERAGE, _CONTAINER)), _by_utilization),
    "external": Source(Struct((_METRIC, _EXTERNAL_SELECTS, _target("targetValue", "value"), _AVERAGE)), _by_value),
}
_STATUSES = {
    "object": Source(
        Struct(
            (
                _OBJECT,
                _METRIC,
                _current("currentValue", "value", zero="0"),
                _SELECTS,
                _current("averageValue", "averageValue"),
            )
        )
    ),
    "pods": Source(Struct((_METRIC, _IS_AVERAGE, _SELECTS))),
    "resource": Source(Struct((_NAME, _USED, _IS_AVERAGE))),
    "containerResource": Source(Struct((_NAME, _USED, _IS_AVERAGE, _CONTAINER))),
    "external": Source(
        Struct(
            (
                _METRIC,
                _EXTERNAL_SELECTS,
                _current("currentValue", "value", zero="0"),
                _current("currentAverageValue", "averageValue"),
            )
        )
    ),
}


class Metrics:
    """Translates one list of metrics, those of a spec or those of a status."""

    def __init__(self, sources: dict[str, Source], holder: str) -> None:
        """Take the sorts of metric, and the field of the structured form that holds the numbers."""
        self._sources = sources
        self._holder = holder

    def write(self, metric: Json, path: Path) -> Json:
        """Make the JSON of an annotation of one structured metric: known fields only, in Go's order.

        Raises:
            LensError: something in it has a wrong type.
        """
        written: dict[str, Json] = {"type": text(_object(metric, path).get("type") or "", (*path, "type"))}
        for name, source in self._sources.items():
            if metric.get(name) is not None:
                written[name] = source.struct.write(metric[name], (*path, name))
        return written

    def read(self, metric: Json, path: Path, *, zero_is_none: bool) -> Json:
        """Make a structured metric of an annotation's JSON.

        Args:
            metric: what the annotation holds.
            path: its place, for errors.
            zero_is_none: read a zero value next to an average value as no value; the flat form cannot leave it out.

        Raises:
            LensError: Go could not read it either.
        """
        made: dict[str, Json] = {"type": text(_object(metric, path).get("type") or "", (*path, "type"))}
        for name, source in self._sources.items():
            if metric.get(name) is None:
                continue
            inner = made[name] = source.struct.read(metric[name], (*path, name))
            numbers = inner.get(self._holder, {})
            if zero_is_none and numbers.get("averageValue") is not None and is_zero(numbers.get("value", 1)):
                del numbers["value"]
            self._add_type(source, inner)
        return made

    def flatten(self, metric: Json, path: Path, notes: Notes) -> None:
        """Make a structured metric of a manifest flat, in place; unknown fields pass, but not those of the flat form.

        Raises:
            LensError: something in it has a wrong type.
        """
        for name, source in self._sources.items():
            given = _object(metric, path).get(name)
            if given is None:
                continue
            flat = source.struct.write(given, (*path, name))
            structured = {field.path[0] for field in source.struct.fields} | {self._holder}
            for key in [key for key in given if key in flat and key not in structured]:
                drop_foreign(given, key, (*path, name, key), notes)
            for key, value in given.items():
                if key not in structured:
                    flat[key] = value
            metric[name] = flat

    def structure(self, metric: Json, path: Path, notes: Notes) -> None:
        """Make a flat metric of a manifest structured, in place; unknown fields pass, but not those of that form.

        Raises:
            LensError: something in it has a wrong type.
        """
        for name, source in self._sources.items():
            given = _object(metric, path).get(name)
            if given is not None:
                inner = metric[name] = source.struct.move(given, (*path, name), notes)
                self._add_type(source, inner)

    def _add_type(self, source: Source, inner: dict[str, Any]) -> None:
        numbers = inner.setdefault(self._holder, {})
        if source.target_type is not None:
            numbers["type"] = source.target_type(numbers)


def _object(value: Json, path: Path) -> dict[str, Any]:
    if type(value) is not dict:
        raise wrong_type(path, "an object", value)
    return value


SPEC_METRICS = Metrics(_SPECS, "target")
STATUS_METRICS = Metrics(_STATUSES, "current")
