"""What the rules do otherwise than the projects' own code, on purpose. docs/reference/ecosystem.md says why."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

Way = tuple[str, str, str]
"""A kind, the version converted from, and the version converted to."""

_CERT, _GATEWAY, _KYVERNO = "cert-manager.io", "gateway.networking.k8s.io", "kyverno.io"
_SECRETS, _SNAPSHOT = "external-secrets.io", "snapshot.storage.k8s.io"

REFUSED: Final[frozenset[Way]] = frozenset(
    {
        ("Certificate", f"{_CERT}/v1", f"{_CERT}/v1beta1"),
        ("ClusterSecretStore", f"{_SECRETS}/v1beta1", f"{_SECRETS}/v1alpha1"),
        ("ExternalSecret", f"{_SECRETS}/v1beta1", f"{_SECRETS}/v1alpha1"),
        ("SecretStore", f"{_SECRETS}/v1beta1", f"{_SECRETS}/v1alpha1"),
        ("ClusterPolicy", f"{_KYVERNO}/v1", f"{_KYVERNO}/v2beta1"),
        ("Policy", f"{_KYVERNO}/v1", f"{_KYVERNO}/v2beta1"),
        ("UpdateRequest", f"{_KYVERNO}/v2", f"{_KYVERNO}/v1beta1"),
    }
)
"""Ways on which some objects are refused, because their meaning would change."""

_ALPHA, _BETA = f"{_SECRETS}/v1alpha1", f"{_SECRETS}/v1beta1"
_MOVED = {
    "ExternalSecret": re.compile(r"^spec\.dataFrom\[\d+\]\.(extract\.)?conversionStrategy$"),
    "ClusterSecretStore": re.compile(r"^spec\.provider\.kubernetes\.auth(\.serviceAccount(\..+)?)?$"),
    "SecretStore": re.compile(r"^spec\.provider\.kubernetes\.auth(\.serviceAccount(\..+)?)?$"),
}
KEPT: Final[Mapping[Way, re.Pattern[str]]] = {
    (kind, source, target): pattern
    for kind, pattern in _MOVED.items()
    for source, target in ((_ALPHA, _BETA), (_BETA, _ALPHA))
}
"""Fields that both versions have in different places, and that the project's own code loses: the rules move them."""

_PRECONDITIONS = re.compile(r"^spec\.rules\[\d+\]\.preconditions(\.|$)")
UNKNOWN: Final[Mapping[Way, re.Pattern[str]]] = {
    (kind, f"{_KYVERNO}/v1", f"{_KYVERNO}/v2beta1"): _PRECONDITIONS for kind in ("ClusterPolicy", "Policy")
}
"""Objects that may have any fields in one version, and only named ones in the other. No rule can name the rest."""

REQUIRED: Final[Mapping[Way, re.Pattern[str]]] = {
    (kind, f"{group}/{source}", f"{group}/{target}"): re.compile(reason)
    for kind, group, source, target, reason in (
        ("TLSRoute", _GATEWAY, "v1alpha2", "v1", r"spec\.hostnames: Required value"),
        ("TLSRoute", _GATEWAY, "v1alpha2", "v1alpha3", r"spec\.hostnames: Required value"),
        ("BGPPeer", "metallb.io", "v1beta2", "v1beta1", r"spec\.\S+: Required value"),
        ("VolumeSnapshot", _SNAPSHOT, "v1beta1", "v1", "exactly one of"),
        ("VolumeSnapshotContent", _SNAPSHOT, "v1beta1", "v1", "exactly one of|must be set"),
        ("Issuer", _CERT, "v1alpha3", "v1beta1", "spec: Required value"),
        ("ClusterIssuer", _CERT, "v1alpha3", "v1beta1", "spec: Required value"),
        ("ExternalSecret", _SECRETS, "v1beta1", "v1alpha1", r"secretStoreRef: Required value|at most 1 item"),
        ("SecretStore", _SECRETS, "v1beta1", "v1alpha1", r"spec\.provider\.\S+: Required value"),
        ("ClusterSecretStore", _SECRETS, "v1beta1", "v1alpha1", r"spec\.provider\.\S+: Required value"),
        ("SecretStore", _SECRETS, "v1alpha1", "v1beta1", r"serviceAccount\.name: Required value"),
        ("ClusterSecretStore", _SECRETS, "v1alpha1", "v1beta1", r"serviceAccount\.name: Required value"),
        ("Policy", _KYVERNO, "v1", "v2beta1", "strict decoding error"),
        ("ClusterPolicy", _KYVERNO, "v1", "v2beta1", "strict decoding error"),
    )
}
"""Fields that a version requires, that the other one lets out, and that no rule can fill in."""
