"""Autoscalers, CronJobs, certificate requests and Events: what the validation of their groups demands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from converter.catalog import Release
from converter.refusals.checks import equal_to, field, items, missing, naming, present, viewed, where
from converter.refusals.model import Refusal, RefusalReason, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.kube import Manifest
    from converter.refusals.model import Place, Server

_HPA: Final = ("HorizontalPodAutoscaler",)
_HPA_VERSIONS: Final = tuple(f"autoscaling/{version}" for version in ("v1", "v2", "v2beta1", "v2beta2"))
_HPA_SOURCE: Final = "pkg/apis/autoscaling/validation/validation.go"
_ZONE: Final = naming(b"TZ")
_GATE: Final = "HPAScaleToZero"
_METRICS_ANNOTATION: Final = "autoscaling.alpha.kubernetes.io/metrics"

_ZERO_QUANTITY: Final = re.compile(r"[+-]?(0+\.?0*|\.0+)([a-zA-Z]{1,2}|[eE][+-]?\d+)?")


class _Target(Struct, gc=False):
    value: Any = None


class _ObjectMetric(Struct, gc=False, rename="camel"):
    target: _Target | None = None
    target_value: Any = None


class _Metric(Struct, gc=False):
    object: _ObjectMetric | None = None


class _AutoscalerSpec(Struct, gc=False, rename="camel"):
    min_replicas: Any = None
    metrics: list[_Metric] | None = None


class _Autoscaler(Struct, gc=False):
    """What the checks look at, in every version."""

    spec: _AutoscalerSpec


_CSR: Final = ("CertificateSigningRequest",)
_CSR_SOURCE: Final = "pkg/apis/certificates/validation/validation.go"

_EVENT, _EVENTS_V1 = ("Event",), ("events.k8s.io/v1",)
_EVENT_SOURCE: Final = "pkg/apis/core/validation/events.go: ValidateEventCreate"


def _scales_to_zero(manifest: Manifest) -> bool:
    return type(field(manifest, "spec", "minReplicas")) is int and field(manifest, "spec", "minReplicas") == 0


def _zero_replicas(manifest: Manifest, server: Server) -> Iterator[Place]:
    if _scales_to_zero(manifest) and not server.has_on(_GATE):
        yield ("spec", "minReplicas"), 0


def _zero_without_metric(manifest: Manifest, server: Server) -> Iterator[Place]:
    if not _scales_to_zero(manifest) or not server.has_on(_GATE):
        return
    kinds = {field(metric, "type") for metric in items(manifest, "spec", "metrics") if isinstance(metric, dict)}
    kept = field(manifest, "metadata", "annotations", _METRICS_ANNOTATION)
    if not kinds & {"Object", "External"} and not (isinstance(kept, str) and re.search('"(Object|External)"', kept)):
        yield ("spec", "minReplicas"), 0


def _is_zero(value: object) -> bool:
    return (isinstance(value, str) and _ZERO_QUANTITY.fullmatch(value) is not None) or (
        type(value) is int and value == 0
    )


def _is_wrong(autoscaler: _Autoscaler) -> bool:
    """Whether a check may find something."""
    spec = autoscaler.spec
    if spec.min_replicas == 0:
        return True
    for metric in spec.metrics or ():
        found = metric.object
        if found is None:
            continue
        if _is_zero(found.target_value) or (found.target is not None and _is_zero(found.target.value)):
            return True
    return False


_UNSOUND: Final = viewed(_Autoscaler, _is_wrong)


def _zone_in_schedule(value: object) -> bool:
    return isinstance(value, str) and "TZ" in value


def _zone_twice(manifest: Manifest, server: Server) -> Iterator[Place]:
    schedule = field(manifest, "spec", "schedule")
    if (
        server.has_on("CronJobTimeZone")
        and _zone_in_schedule(schedule)
        and field(manifest, "spec", "timeZone") is not None
    ):
        yield ("spec", "schedule"), schedule


_DEPRECATED: Final = ("deprecatedFirstTimestamp", "deprecatedLastTimestamp", "deprecatedCount", "deprecatedSource")

RULES: Final = (
    Rule(
        Refusal(
            RefusalReason.SCALE_TO_ZERO,
            f"minReplicas: 0 needs the feature gate {_GATE}, which is off up to v1.36 by default",
            "set it to 1 for this cluster with an OverridePolicy, or switch the gate on",
        ),
        _HPA, _HPA_VERSIONS, _zero_replicas, f"{_HPA_SOURCE}: MinReplicasLowerBound", suspects=_UNSOUND,
    ),
    Rule(
        Refusal(
            RefusalReason.SCALE_TO_ZERO_METRIC,
            "minReplicas: 0 needs a metric of type Object or External",
            "add one, or set minReplicas to 1",
        ),
        _HPA, _HPA_VERSIONS, _zero_without_metric, f"{_HPA_SOURCE}: validateMetrics", suspects=_UNSOUND,
    ),
    *(
        Rule(
            Refusal(
                RefusalReason.METRIC_VALUE,
                "the value of an object metric must be positive; autoscaling/v1 shows 0 for a missing one",
                "take it out if there is an average",
            ),
            _HPA, versions, where(f"spec.metrics[*].object.{name}", _is_zero), f"{_HPA_SOURCE}: validateMetricTarget",
            suspects=_UNSOUND,
        )
        for name, versions in (
            ("target.value", ("autoscaling/v2", "autoscaling/v2beta2")),
            ("targetValue", ("autoscaling/v2beta1",)),
        )
    ),
    Rule(
        Refusal(
            RefusalReason.ZONE_IN_SCHEDULE,
            "since v1.29 a schedule cannot name a zone with TZ or CRON_TZ",
            "move the zone to timeZone",
        ),
        ("CronJob",), ("batch/v1",), where("spec.schedule", _zone_in_schedule),
        "pkg/apis/batch/validation/validation.go: validateScheduleFormat", since=Release(1, 29),
        suspects=_ZONE,
    ),
    Rule(
        Refusal(
            RefusalReason.ZONE_IN_SCHEDULE,
            "a zone can be in timeZone or in the schedule, not in both",
            "take it out of the schedule",
        ),
        ("CronJob",), ("batch/v1", "batch/v1beta1"), _zone_twice,
        "pkg/apis/batch/validation/validation.go: validateScheduleFormat", since=Release(1, 24), until=Release(1, 28),
        suspects=_ZONE,
    ),
    Rule(
        Refusal(
            RefusalReason.SIGNER_NAME,
            "v1 does not create requests for kubernetes.io/legacy-unknown, which v1beta1 fills in",
            "name the signer",
        ),
        _CSR, ("certificates.k8s.io/v1",), equal_to("spec.signerName", "kubernetes.io/legacy-unknown"),
        f"{_CSR_SOURCE}: allowLegacySignerName",
    ),
    Rule(
        Refusal(RefusalReason.SIGNER_NAME, "v1 demands a signerName", "name the signer"),
        _CSR, ("certificates.k8s.io/v1",), missing("spec.signerName"),
        f"{_CSR_SOURCE}: validateCertificateSigningRequest",
    ),
    Rule(
        Refusal(RefusalReason.KEY_USAGES, "a request names at least one usage", "list the usages of the key"),
        _CSR, ("certificates.k8s.io/v1",), missing("spec.usages"), f"{_CSR_SOURCE}: validateCertificateSigningRequest",
    ),
    Rule(
        Refusal(
            RefusalReason.EVENT_TIME,
            "events.k8s.io/v1 demands the eventTime of every new event",
            "set it, or leave Events where they were made",
        ),
        _EVENT, _EVENTS_V1, missing("eventTime"), _EVENT_SOURCE,
    ),
    *(
        Rule(
            Refusal(
                RefusalReason.DEPRECATED_EVENT_FIELD,
                f"events.k8s.io/v1 does not create events with {name}",
                "leave Events where they were made",
            ),
            _EVENT, _EVENTS_V1, present(name), _EVENT_SOURCE,
        )
        for name in _DEPRECATED
    ),
)  # fmt: skip
