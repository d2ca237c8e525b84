"""Field names of which an object of the Kubernetes API sets at most one, and fields that say which one is set.

The OpenAPI documents do not mark these unions, so they are listed here. The sources are the ``+union``,
``+unionMember`` and ``+k8s:unionMember`` markers, and the validation, of k8s.io/api and apiextensions-apiserver v1.36.
"""

from __future__ import annotations

from typing import Any, Final

DISCRIMINATORS: Final = ("type", "kind", "strategy", "patchType", "operator")
"""Fields whose value says which of the other fields of an object may be set."""

UNIONS: Final[tuple[frozenset[str], ...]] = tuple(
    frozenset(names.split())
    for names in (
        "resource pods object external containerResource",  # MetricSpec, MetricStatus
        "averageUtilization averageValue value",  # MetricTarget; only External and Object have a value
        "targetAverageUtilization targetAverageValue targetValue",  # metric sources of autoscaling/v2beta1
        "service resource",  # IngressBackend, networking.k8s.io/v1
        "serviceName resource",  # IngressBackend, v1beta1
        "ipBlock podSelector",  # NetworkPolicyPeer
        "ipBlock namespaceSelector",
        "minAvailable maxUnavailable",  # PodDisruptionBudgetSpec
        "exec httpGet tcpSocket grpc",  # probes
        "exec httpGet tcpSocket sleep",  # LifecycleHandler
        "url service",  # WebhookClientConfig
        "name selector",  # ParamRef
        "applyConfiguration jsonPatch",  # Mutation
        "onExitCodes onPodConditions",  # PodFailurePolicyRule
        "limited exempt",  # PriorityLevelConfigurationSpec
        "user group serviceAccount",  # Subject, flowcontrol.apiserver.k8s.io
        "exactly firstAvailable",  # DeviceRequest
        "nodeName nodeSelector allNodes perDeviceNodeSelection",  # ResourceSliceSpec
        "int bool string version",  # DeviceAttribute
        "resourceClaimName resourceClaimTemplateName",  # PodResourceClaim
        "configMapKeyRef secretKeyRef fieldRef resourceFieldRef fileKeyRef",  # EnvVarSource
    )
)


def rivals(field: str) -> frozenset[str]:
    """List the fields that may not be set together with a field."""
    return frozenset().union(*(union for union in UNIONS if field in union)) - {field}


def discriminators(holder: dict[str, Any]) -> dict[str, str]:
    """Return the discriminators that an object sets, with their values."""
    return {name: holder[name] for name in DISCRIMINATORS if isinstance(holder.get(name), str)}
