"""Types that the published clients lose, put back: what was a quantity, bytes, a number or a name, a schema.

The clients write ``str`` for a quantity (which also takes a number), ``object`` for a number or a name, and
``object`` for the places of a CRD's schema that hold a schema or something simpler. Which fields those are is
said by the Kubernetes OpenAPI documents (``api/openapi-spec/swagger.json`` of each release: references to
``…intstr.IntOrString``, ``…resource.Quantity``, ``…JSONSchemaPropsOr…``, ``format: byte``).
"""

from __future__ import annotations

import re

_BASE = re.compile(r"[A-Za-z]*?V\d+(?:(?:alpha|beta)\d+)?(?P<base>[A-Z]\w*)")

_INT_OR_STRING = {
    "HTTPGetAction": "port",
    "IngressBackend": "servicePort",
    "NetworkPolicyPort": "port",
    "PodDisruptionBudgetSpec": "maxUnavailable minAvailable",
    "RollingUpdateDaemonSet": "maxSurge maxUnavailable",
    "RollingUpdateDeployment": "maxSurge maxUnavailable",
    "RollingUpdateStatefulSetStrategy": "maxUnavailable",
    "ServicePort": "targetPort",
    "TCPSocketAction": "port",
}
_QUANTITY = {
    "BasicDevice": "capacity",
    "CSIStorageCapacity": "capacity maximumVolumeSize",
    "CapacityRequestPolicy": "default validValues",
    "CapacityRequestPolicyRange": "max min step",
    "CapacityRequirements": "requests",
    "ContainerResourceMetricSource": "targetAverageValue",
    "ContainerResourceMetricStatus": "currentAverageValue",
    "ContainerStatus": "allocatedResources",
    "Counter": "value",
    "DeviceCapacity": "value",
    "DeviceRequestAllocationResult": "consumedCapacity",
    "EmptyDirVolumeSource": "sizeLimit",
    "ExternalMetricSource": "targetAverageValue targetValue",
    "ExternalMetricStatus": "currentAverageValue currentValue",
    "HPAScalingRules": "tolerance",
    "LimitRangeItem": "default defaultRequest max maxLimitRequestRatio min",
    "MetricTarget": "averageValue value",
    "MetricValueStatus": "averageValue value",
    "NamedResourcesAttribute": "quantity",
    "NodeAllocatableResourceClaimStatus": "resources",
    "NodeAllocatableResourceMapping": "allocationMultiplier",
    "NodeAllocatableMappedResources": "quantity",
    "NodeAllocatableMapping": "capacityMultiplier deviceMultiplier",
    "NodeAllocatableOverhead": "perContainer perPod",
    "NodeAllocatableOverheadResources": "perContainer perPod",
    "NodeStatus": "allocatable capacity",
    "ObjectMetricSource": "averageValue targetValue",
    "ObjectMetricStatus": "averageValue currentValue",
    "Overhead": "podFixed",
    "PersistentVolumeClaimStatus": "allocatedResources capacity",
    "PersistentVolumeSpec": "capacity",
    "PodSpec": "overhead",
    "PodStatus": "allocatedResources",
    "PodsMetricSource": "targetAverageValue",
    "PodsMetricStatus": "currentAverageValue",
    "ResourceFieldSelector": "divisor",
    "ResourceMetricSource": "targetAverageValue",
    "ResourceMetricStatus": "currentAverageValue",
    "ResourceQuotaSpec": "hard",
    "ResourceQuotaStatus": "hard used",
    "ResourceRequirements": "limits requests",
    "ShareableCapacityStatus": "available consumed total",
    "VolumeResourceRequirements": "limits requests",
}
_BYTES = {
    "APIServiceSpec": "caBundle",
    "CertificateSigningRequestSpec": "request",
    "CertificateSigningRequestStatus": "certificate",
    "ConfigMap": "binaryData",
    "PodCertificateRequestSpec": "pkixPublicKey proofOfPossession stubPKCS10Request",
    "Secret": "data",
    "WebhookClientConfig": "caBundle",
}
_SCHEMA = {"JSONSchemaProps": "additionalItems additionalProperties dependencies items"}


def restored_type(class_name: str, field: str, text: str) -> str:
    """Put back the type of one field, given in the catalog's notation, where the client lost it.

    ``~#Name`` is a type that other JSON values can replace: JSONSchemaPropsOrBool, …OrArray, …OrStringArray.
    """
    base = _BASE.fullmatch(class_name)
    name = base["base"] if base else class_name
    if text == "any" and field in _INT_OR_STRING.get(name, "").split():
        return "int-or-string"
    if text.endswith("any") and field in _SCHEMA.get(name, "").split():
        return text.replace("any", f"~#{class_name}")
    for table, scalar in ((_QUANTITY, "quantity"), (_BYTES, "bytes")):
        if text.endswith("string") and field in table.get(name, "").split():
            return text.replace("string", scalar)
    return text
