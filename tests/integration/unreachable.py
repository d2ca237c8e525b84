"""Answers that do not follow from the given form; docs/reference/unreachable.md proves each by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec import UNSET

from converter.kube import canonical_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.misses import Miss


@dataclass(frozen=True)
class Unreachable:
    """A difference that no conversion can avoid.

    Attributes:
        name: its heading in docs/reference/unreachable.md.
        kinds: of what.
        test: whether a miss is of this sort.
        releases: of which servers; empty for all.
    """

    name: str
    kinds: tuple[str, ...]
    test: Callable[[Miss], bool]
    releases: tuple[str, ...] = ()

    def explains(self, release: str, kind: str, miss: Miss) -> bool:
        """Whether a miss is of this sort."""
        return kind in self.kinds and (not self.releases or release in self.releases) and self.test(miss)


_INVALID = 422
_OLD_APPS = ("extensions/v1beta1", "apps/v1beta1")
_BEHAVIOR = "autoscaling.alpha.kubernetes.io/behavior"
_METRIC = r"spec\.metrics\[\d+\]"
_CURRENT = r"status\.currentMetrics\[\d+\]\.\w+\.current"


def _written(miss: Miss, target: str = "") -> bool:
    """A manifest as a person writes it, converted to a version."""
    return not miss.way.defaulted and not miss.way.original and target in ("", miss.way.target)


def _read(miss: Miss, source: str, target: str) -> bool:
    """A manifest as a server returns it, converted from a version to another."""
    return miss.way.defaulted and not miss.way.back and (miss.way.source, miss.way.target) == (source, target)


def _invalid(miss: Miss) -> bool:
    return miss.refusal is not None and miss.refusal.status == _INVALID


def _caused(miss: Miss, field: str, reason: str) -> bool:
    """The server refuses a field, given by the end of its path, for a reason."""
    return any(at.endswith(field) and why == reason for at, why in miss.causes)


def _place(miss: Miss, pattern: str) -> bool:
    return miss.difference is not None and re.fullmatch(pattern, miss.difference.path) is not None


def _missing(miss: Miss, pattern: str, wanted: str) -> bool:
    found = miss.difference
    return _place(miss, pattern) and found is not None and found.missing and found.wanted == wanted


def _unexpected(miss: Miss, pattern: str, *values: object) -> bool:
    found = miss.difference
    return _place(miss, pattern) and found is not None and found.unexpected and (not values or found.got in values)


def _labels(miss: Miss) -> bool:
    old = miss.way.source in _OLD_APPS or miss.way.target in _OLD_APPS
    return _written(miss) and old and _unexpected(miss, r"metadata\.labels")


def _series_state(miss: Miss) -> bool:
    return _read(miss, "v1", "events.k8s.io/v1beta1") and _missing(miss, r"series\.state", "")


def _refused_in(target: str) -> Callable[[Miss], bool]:
    return lambda miss: _written(miss, target) and _invalid(miss)


def _schema_default(miss: Miss) -> bool:
    return _written(miss, "apiextensions.k8s.io/v1beta1") and _caused(miss, "default", "FieldValueForbidden")


def _side_effects(miss: Miss) -> bool:
    target = "admissionregistration.k8s.io/v1"
    return _written(miss, target) and _caused(miss, "sideEffects", "FieldValueNotSupported")


def _shared_names(miss: Miss) -> bool:
    target = "admissionregistration.k8s.io/v1"
    return _written(miss, target) and _caused(miss, "name", "FieldValueDuplicate")


def _unknown_signer(miss: Miss) -> bool:
    signer = miss.sent is not None and miss.sent["spec"].get("signerName") == "kubernetes.io/legacy-unknown"
    return _written(miss, "certificates.k8s.io/v1") and signer and _caused(miss, "signerName", "FieldValueInvalid")


def _topology(miss: Miss) -> bool:
    return _written(miss) and _place(miss, r"endpoints\[\d+\]\.(deprecatedTopology|topology.*)")


def _object_value(miss: Miss) -> bool:
    place = r"spec\.metrics\[\d+\]\.object\.target\.value"
    refused = _written(miss) and _caused(miss, "object.target.value", "FieldValueInvalid")
    return refused or (_read(miss, "autoscaling/v1", "autoscaling/v2") and _missing(miss, place, "0"))


def _averages(miss: Miss) -> bool:
    zeros = ({"averageValue": "0"}, {"value": "0"})
    return _read(miss, "autoscaling/v1", "autoscaling/v2") and (
        _unexpected(miss, _CURRENT + r"\.(averageValue|value)", "0")
        or _unexpected(miss, _CURRENT, *zeros)
        or _missing(miss, _CURRENT + r"\.value", "0")
    )


def _from_v1(miss: Miss) -> bool:
    return miss.way.source == "autoscaling/v1" and not miss.way.back


def _cpu_place(miss: Miss) -> bool:
    """Of two metrics that change places, one is the CPU; the other is any."""
    found = miss.difference
    if found is None or not _from_v1(miss) or not _place(miss, _METRIC + r"\.\w+"):
        return False
    name = found.path.rpartition(".")[2]
    values = [value for value in (found.got, found.wanted) if value is not UNSET]
    if name == "type":
        return "Resource" in values
    if name == "resource":
        return any(value["name"] == "cpu" for value in values)
    return len(values) == 1


def _target_type(miss: Miss) -> bool:
    found = miss.difference
    kinds = {"Utilization", "Value", "AverageValue"}
    target = _from_v1(miss) and _place(miss, _METRIC + r"\.\w+\.target\.type")
    return target and found is not None and {found.got, found.wanted} <= kinds


def _null_tolerance(miss: Miss) -> bool:
    read, found = _read(miss, "autoscaling/v2", "autoscaling/v1"), miss.difference
    at = _place(miss, r".*/behavior") and found is not None
    return read and at and isinstance(found.wanted, str) and '"Tolerance":null' in found.wanted


def _early_behavior(miss: Miss) -> bool:
    if miss.difference is None:
        return miss.sent is not None and _BEHAVIOR in canonical_json(miss.sent).decode()
    path, *values = miss.difference
    held = [_BEHAVIOR in canonical_json(value).decode() for value in values if value is not UNSET]
    return path.startswith("spec.behavior") or _BEHAVIOR in path or any(held)


def _everyone(miss: Miss) -> bool:
    alpha = "rbac.authorization.k8s.io/v1alpha1" in (miss.way.source, miss.way.target)
    changes = [("kind", "Group", "User"), ("name", "system:authenticated", "*")]
    found = miss.difference
    if found is None or not _place(miss, r"subjects\[\d+\]\.\w+"):
        return False
    return alpha and (found.path.rpartition(".")[2], found.got, found.wanted) in changes


_APPS = ("Deployment", "DaemonSet", "ReplicaSet", "StatefulSet")
_CRD, _HPA = ("CustomResourceDefinition",), ("HorizontalPodAutoscaler",)

UNREACHABLE = (
    Unreachable("Labels that old workloads get when they are written", _APPS, _labels),
    Unreachable("The state of an event's series, v1.16", ("Event",), _series_state, ("1.16",)),
    Unreachable("New events in events.k8s.io/v1", ("Event",), _refused_in("events.k8s.io/v1")),
    Unreachable("What only CRDs in v1beta1 may be", _CRD, _refused_in("apiextensions.k8s.io/v1")),
    Unreachable("Defaults in the schemas of CRDs in v1beta1", _CRD, _schema_default),
    Unreachable(
        "Webhooks that do not tell their side effects",
        ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"),
        _side_effects,
    ),
    Unreachable(
        "Webhooks that share a name",
        ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"),
        _shared_names,
    ),
    Unreachable("Certificate requests for the signer of unknown", ("CertificateSigningRequest",), _unknown_signer),
    Unreachable("Deprecated topology of endpoints", ("EndpointSlice",), _topology),
    Unreachable("What only Ingresses in v1beta1 may be", ("Ingress",), _refused_in("networking.k8s.io/v1")),
    Unreachable("Object metrics with an average, where autoscalers are stored in v1", _HPA, _object_value),
    Unreachable("Averages that an autoscaler's status does not have", _HPA, _averages),
    Unreachable("The CPU's place among an autoscaler's metrics", _HPA, _cpu_place),
    Unreachable("A target of another type than its value", _HPA, _target_type),
    Unreachable("Tolerances that are null, since v1.33", _HPA, _null_tolerance, ("1.36",)),
    Unreachable("Behavior before there was behavior, v1.16", _HPA, _early_behavior, ("1.16",)),
    Unreachable("The user * in rbac v1alpha1", ("RoleBinding", "ClusterRoleBinding"), _everyone),
)


def explained(release: str, kind: str, miss: Miss) -> Unreachable | None:
    """Return the sort of a miss that no conversion can avoid; None for one that a rule should."""
    return next((sort for sort in UNREACHABLE if sort.explains(release, kind, miss)), None)
