"""Which of Kubernetes' own kinds API servers store: only those can be in a Work, so only those need conversion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from converter.kube import GroupVersionKind

_NEVER_STORED: Final = frozenset(
    {
        ("", "Binding"),
        ("", "ComponentStatus"),
        ("apps", "DeploymentRollback"),
        ("apps", "Scale"),
        ("authentication.k8s.io", "SelfSubjectReview"),
        ("authentication.k8s.io", "TokenRequest"),
        ("authentication.k8s.io", "TokenReview"),
        ("authorization.k8s.io", "LocalSubjectAccessReview"),
        ("authorization.k8s.io", "SelfSubjectAccessReview"),
        ("authorization.k8s.io", "SelfSubjectRulesReview"),
        ("authorization.k8s.io", "SubjectAccessReview"),
        ("autoscaling", "Scale"),
        ("extensions", "DeploymentRollback"),
        ("extensions", "Scale"),
        ("policy", "Eviction"),
    }
)
"""Group and kind of each object that exists only in a request and its answer: no API server can delete one.

Source: the operations that Kubernetes publishes for each kind (``delete`` is missing), in all releases of the catalog.
"""


def is_stored(gvk: GroupVersionKind) -> bool:
    """Whether API servers store objects of a kind; true for every kind that is not Kubernetes' own."""
    return (gvk.group, gvk.kind) not in _NEVER_STORED
