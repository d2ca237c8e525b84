"""Values worth trying in role bindings, priority levels, resource slices, workloads and pod groups.

`any_values.AnyValues` makes manifests of the catalog's types. These words make the interesting ones frequent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_GROUP = "rbac.authorization.k8s.io"
_SHARES = (0, 0, 5, None)
_SUBJECTS = {
    "subjects[*].kind": ("User", "Group", "ServiceAccount", "Robot", None),
    "subjects[*].name": ("jane", "*"),
    "subjects[*].apiGroup": (_GROUP, "", None, "other.example"),
    "subjects[*].apiVersion": (f"{_GROUP}/v1alpha1", "v1", "", None, "other.example/v1", "a/b/c"),
}
_DISRUPTION = ("Pod", "PodGroup", {"single": {}}, {"all": {}}, None)
WORDS: Mapping[str, Mapping[str, Sequence[Any]]] = {
    "PriorityLevelConfiguration": {
        'metadata.annotations["flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares"]': ("", "x"),
        "spec.limited.nominalConcurrencyShares": _SHARES,
        "spec.limited.assuredConcurrencyShares": _SHARES,
    },
    "RoleBinding": _SUBJECTS,
    "ClusterRoleBinding": _SUBJECTS,
    "ResourceSlice": {"spec.allNodes": (True, False, None), "spec.nodeName": ("", "n1", None)},
    "PodGroup": {"spec.disruptionMode": _DISRUPTION, "spec.parentCompositePodGroupName": (None, None, "a")},
    "Workload": {
        "spec.podGroupTemplates[*].disruptionMode": _DISRUPTION,
        "spec.compositePodGroupTemplates": (None, None, [{"name": "a"}]),
    },
}
