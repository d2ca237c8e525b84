"""Answers that do not follow from the given form; docs/reference/unreachable.md proves each by name."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Unreachable:
    """A difference that no conversion can avoid.

    Attributes:
        name: its heading in docs/reference/unreachable.md.
        kinds: of what.
        said: what a difference of this sort says, as a regular expression that matches from its start.
        releases: of which servers; empty for all.
    """

    name: str
    kinds: tuple[str, ...]
    said: str
    releases: tuple[str, ...] = ()

    def explains(self, release: str, kind: str, difference: str) -> bool:
        """Whether a difference is of this sort."""
        return (
            kind in self.kinds
            and (not self.releases or release in self.releases)
            and re.match(self.said, difference, re.DOTALL) is not None
        )


_APPS = ("Deployment", "DaemonSet", "ReplicaSet", "StatefulSet")

UNREACHABLE = (
    Unreachable(
        "Labels that old workloads get when they are written",
        _APPS,
        r"undefaulted (.* -> (extensions|apps)/v1beta1|(extensions|apps)/v1beta1 -> .*): metadata\.labels is .*,"
        r" unexpected",
    ),
    Unreachable(
        "The state of an event's series, v1.16",
        ("Event",),
        r'defaulted v1 -> events\.k8s\.io/v1beta1: series\.state is missing, expected ""',
        ("1.16",),
    ),
    Unreachable(
        "New events in events.k8s.io/v1",
        ("Event",),
        r"undefaulted .* -> events\.k8s\.io/v1: the conversion is refused: .* is invalid: ",
    ),
    Unreachable(
        "What only CRDs in v1beta1 may be",
        ("CustomResourceDefinition",),
        r"undefaulted .* -> apiextensions\.k8s\.io/v1: the conversion is refused: .* is invalid: ",
    ),
    Unreachable(
        "Defaults in the schemas of CRDs in v1beta1",
        ("CustomResourceDefinition",),
        r"undefaulted .* -> apiextensions\.k8s\.io/v1beta1: the conversion is refused: .*default: Forbidden: "
        r"must not be set",
    ),
    Unreachable(
        "Webhooks that do not tell their side effects",
        ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"),
        r'undefaulted .* -> admissionregistration\.k8s\.io/v1: .*sideEffects: Unsupported value: "(Unknown|Some)"',
    ),
    Unreachable(
        "Certificate requests for the signer of unknown",
        ("CertificateSigningRequest",),
        r"undefaulted .* -> certificates\.k8s\.io/v1: .*the legacy signerName is not allowed via this API version",
    ),
    Unreachable(
        "Deprecated topology of endpoints",
        ("EndpointSlice",),
        r"undefaulted .*: endpoints\[\d+\]\.(deprecatedTopology|topology\S*) is ",
    ),
    Unreachable(
        "What only Ingresses in v1beta1 may be",
        ("Ingress",),
        r"undefaulted .* -> networking\.k8s\.io/v1: the conversion is refused: .* is invalid: ",
    ),
    Unreachable(
        "Object metrics with an average, where autoscalers are stored in v1",
        ("HorizontalPodAutoscaler",),
        r"(undefaulted .*: the conversion is refused: .*object\.target\.value: .*must be positive"
        r"|defaulted autoscaling/v1 -> autoscaling/v2: spec\.metrics\[\d+\]\.object\.target\.value is missing,"
        r' expected "0")',
    ),
    Unreachable(
        "Averages that an autoscaler's status does not have",
        ("HorizontalPodAutoscaler",),
        r"defaulted autoscaling/v1 -> autoscaling/v2: status\.currentMetrics\[\d+\]\.\w+\.current"
        r'((\.(averageValue|value) is "0"| is \{"(averageValue|value)":"0"\}), unexpected'
        r'|\.value is missing, expected "0")',
    ),
    Unreachable(
        "Tolerances that are null, since v1.33",
        ("HorizontalPodAutoscaler",),
        r'defaulted autoscaling/v2 -> autoscaling/v1: .*/behavior is .*, expected .*\\"Tolerance\\":null',
        ("1.36",),
    ),
    Unreachable(
        "Behavior before there was behavior, v1.16",
        ("HorizontalPodAutoscaler",),
        r".*(autoscaling\.alpha\.kubernetes\.io/behavior|spec\.behavior)",
        ("1.16",),
    ),
    Unreachable(
        "The user * in rbac v1alpha1",
        ("RoleBinding", "ClusterRoleBinding"),
        r'(un)?defaulted .*rbac\S+/v1alpha1.*: subjects\[\d+\]\.(kind is "Group", expected "User"'
        r'|name is "system:authenticated", expected "\*")',
    ),
)


def explained(release: str, kind: str, difference: str) -> Unreachable | None:
    """Return the sort of a difference that no conversion can avoid; None for one that a rule should."""
    return next((sort for sort in UNREACHABLE if sort.explains(release, kind, difference)), None)
