"""Names that stand on objects in the control plane: our own, and those of Karmada that we read.

Ours never reach a member cluster: they stand on Works and bindings, not on manifests.
"""

from __future__ import annotations

from typing import Final

GROUP: Final = "apiconverter.dev"

CONVERTED_LABEL: Final = f"{GROUP}/converted"
"""On a Work that holds at least one converted manifest; the value is ``true``."""

ANCHOR_LABEL: Final = f"{GROUP}/anchor"
"""On an anchor; the value is ``true``."""

SOURCES_ANNOTATION: Final = f"{GROUP}/source-versions"
"""On a converted Work: a JSON list with one entry a manifest, null where it was left as it is, else
``{"kind": …, "name": …, "from": apiVersion, "to": apiVersion}``."""

KEPT_ANNOTATION: Final = f"{GROUP}/kept"
"""On a converted Work: a JSON list with one entry a manifest, null or what `converter.conversion.Kept` holds."""

LOSSES_ANNOTATION: Final = f"{GROUP}/losses"
"""On a Work some of whose fields its cluster cannot hold: one line a field, for people to read."""

POLICY_ANNOTATION: Final = f"{GROUP}/policy"
"""On a Work, or on the template: ``deny``, ``warn`` or ``ignore`` what cannot be converted."""

EXCLUDED_ANNOTATION: Final = f"{GROUP}/excluded-clusters"
"""On a binding: which clusters no conversion can reach, and why."""

EXECUTION_SPACE_PREFIX: Final = "karmada-es-"
"""A namespace with this prefix holds the Works of the cluster whose name follows (pkg/util/names/names.go)."""

BINDING_LABEL: Final = "resourcebinding.karmada.io/permanent-id"
"""On a Work made for a ResourceBinding (pkg/apis/work/v1alpha2/well_known_constants.go)."""

CLUSTER_BINDING_LABEL: Final = "clusterresourcebinding.karmada.io/permanent-id"
"""On a Work made for a ClusterResourceBinding (same file)."""

BINDING_LABELS: Final = (BINDING_LABEL, CLUSTER_BINDING_LABEL)

WORK_API_VERSION: Final = "work.karmada.io/v1alpha1"
"""The apiVersion of Works."""

STATUS_MARKER: Final = f"{GROUP}/status:"
"""Starts the message of an anchor's Applied condition that carries a converted Work's status."""


def cluster_of(namespace: str) -> str | None:
    """Name the cluster whose execution space a namespace is; None where it is no execution space."""
    return namespace.removeprefix(EXECUTION_SPACE_PREFIX) if namespace.startswith(EXECUTION_SPACE_PREFIX) else None
