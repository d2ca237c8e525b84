"""Values that mean the same as leaving a field out.

Servers do not fill these in, so they are not in Kubernetes' defaulting functions; the comment of each field in its Go
type says what happens without it. A release without the field does just that, so the value is not lost there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from converter.catalog.types import FieldType
    from converter.kube import Json

_VALUES: Final[Mapping[tuple[str, str], Json]] = {
    # staging/src/k8s.io/api/core/v1/types.go
    ("ConfigMap", "immutable"): False,
    ("Secret", "immutable"): False,
    ("PodSpec", "hostUsers"): True,
    ("PodSpec", "setHostnameAsFQDN"): False,
    ("PodSecurityContext", "fsGroupChangePolicy"): "Always",
    ("PodSecurityContext", "seLinuxChangePolicy"): "Recursive",  # what kubelets do that do not know the field
    ("PodSecurityContext", "supplementalGroupsPolicy"): "Merge",
    ("WindowsSecurityContextOptions", "hostProcess"): False,
    ("EphemeralVolumeSource", "readOnly"): False,
    ("VolumeMount", "recursiveReadOnly"): "Disabled",
    ("TopologySpreadConstraint", "minDomains"): 1,
    ("TopologySpreadConstraint", "nodeAffinityPolicy"): "Honor",
    ("TopologySpreadConstraint", "nodeTaintsPolicy"): "Ignore",
    ("PersistentVolumeClaimSpec", "volumeAttributesClassName"): "",
    ("PersistentVolumeSpec", "volumeAttributesClassName"): "",
    # staging/src/k8s.io/api/apps/v1/types.go
    ("StatefulSetSpec", "minReadySeconds"): 0,
    ("StatefulSetSpec", "ordinals"): {},
    ("StatefulSetOrdinals", "start"): 0,
    ("RollingUpdateDaemonSet", "maxSurge"): "0%",
    # staging/src/k8s.io/api/batch/v1/types.go, JobControllerName
    ("JobSpec", "managedBy"): "kubernetes.io/job-controller",
    # staging/src/k8s.io/api/policy/v1/types.go
    ("PodDisruptionBudgetSpec", "unhealthyPodEvictionPolicy"): "IfHealthyBudget",
    # staging/src/k8s.io/api/storage/v1/types.go
    ("CSIDriverSpec", "serviceAccountTokenInSecrets"): False,
    # staging/src/k8s.io/api/discovery/v1/types.go
    ("EndpointConditions", "terminating"): False,
    # staging/src/k8s.io/api/flowcontrol/v1/types.go
    ("PriorityLevelConfigurationSpec", "exempt"): {},
    ("ExemptPriorityLevelConfiguration", "nominalConcurrencyShares"): 0,
    ("ExemptPriorityLevelConfiguration", "lendablePercent"): 0,
    ("LimitedPriorityLevelConfiguration", "lendablePercent"): 0,
    # staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1/types.go and types_jsonschema.go
    ("V1CustomResourceDefinitionSpec", "preserveUnknownFields"): False,  # v1beta1 has another default
    ("CustomResourceDefinitionVersion", "deprecated"): False,
    ("JSONSchemaProps", "x-kubernetes-list-type"): "atomic",
    ("JSONSchemaProps", "x-kubernetes-map-type"): "granular",
    ("ValidationRule", "optionalOldSelf"): False,
    ("ValidationRule", "reason"): "FieldValueInvalid",
}
"""By the type, mostly without its version, and the field. An empty object means one of such values only."""

NO_VALUE: Final[Any] = object()


def unset_value(type_name: str, base: str, name: str) -> Any:
    """Return the value that means the same as leaving a field out; `NO_VALUE` if none is known.

    Args:
        type_name: the object's type.
        base: the type without its version.
        name: the field.
    """
    return _VALUES.get((type_name, name), _VALUES.get((base, name), NO_VALUE))


def is_collection(field: FieldType) -> bool:
    """Whether a field of Kubernetes' own kinds is a list or a map: empty, it is not stored.

    Protocol buffers, in which API servers store these kinds, cannot tell an empty list or map from none.
    """
    return field.kind in {"list", "map"}
