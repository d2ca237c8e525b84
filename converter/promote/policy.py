"""Makes the policy that propagates promoted templates to the member that they come from."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from converter.kube import Manifest

API_VERSION: Final = "policy.karmada.io/v1alpha1"

_LONGEST = 253
_DIGEST = 8


def policy_name(kind: str, name: str) -> str:
    """Name the policy for one object, or for all of a namespace: ``promote-cronjob-report``."""
    full = f"promote-{kind.lower()}-{name}"
    if len(full) <= _LONGEST:
        return full
    digest = hashlib.sha256(full.encode()).hexdigest()[:_DIGEST]
    return f"{full[: _LONGEST - _DIGEST - 1].rstrip('.-')}-{digest}"


def make_policy(name: str, namespace: str, cluster: str, templates: Iterable[Manifest]) -> Manifest:
    """Make a PropagationPolicy, or without a namespace a ClusterPropagationPolicy.

    Karmada overwrites the objects that the member has, so that it adopts them. If the templates are deleted, the member
    keeps its objects, as with `karmadactl promote`.

    Args:
        name: the policy's.
        namespace: the namespace of the templates; empty for cluster-scoped templates.
        cluster: the member.
        templates: what to propagate.
    """
    metadata: dict[str, Any] = {"name": name} | ({"namespace": namespace} if namespace else {})
    selectors = [
        {"apiVersion": item["apiVersion"], "kind": item["kind"], "name": item["metadata"]["name"]} for item in templates
    ]
    return {
        "apiVersion": API_VERSION,
        "kind": "PropagationPolicy" if namespace else "ClusterPropagationPolicy",
        "metadata": metadata,
        "spec": {
            "resourceSelectors": selectors,
            "placement": {"clusterAffinity": {"clusterNames": [cluster]}},
            "conflictResolution": "Overwrite",
            "preserveResourcesOnDeletion": True,
        },
    }
