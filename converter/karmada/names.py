"""Labels, annotations and other names on objects of the control plane: those of the converter, and those of Karmada.

The names of the converter are on Works and bindings, not on manifests, so they never reach a member cluster.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

GROUP: Final = "apiconverter.dev"

CONVERTED_LABEL: Final = f"{GROUP}/converted"
"""On a Work that holds at least one converted manifest; the value is ``true``."""

ANCHOR_LABEL: Final = f"{GROUP}/anchor"
"""On an anchor; the value is ``true``."""

SOURCES_ANNOTATION: Final = f"{GROUP}/source-versions"
"""On a converted Work: a JSON list with one entry per manifest: null if it was not converted, otherwise
``{"kind": …, "name": …, "from": apiVersion, "to": apiVersion}``."""

CONVERSION_DATA_ANNOTATION: Final = f"{GROUP}/conversion-data"
"""On a converted Work: a JSON list with one entry per manifest: null, or its conversion data
(`converter.conversion.ConversionData`)."""

CONVERSION_DATA_REF_ANNOTATION: Final = f"{GROUP}/conversion-data-ref"
"""On a converted Work whose conversion data does not fit into annotations: the digest of the data in an overflow object
(`converter.works.overflow`)."""

EXECUTION_FINALIZER: Final = "karmada.io/execution-controller"
"""Karmada's finalizer on a Work, until the objects are deleted on the member (pkg/util/constants.go)."""

SUSPENDED_BEFORE_ANNOTATION: Final = f"{GROUP}/suspended-before"
"""On a Work that is not dispatched until its conversion data is stored: the JSON of ``spec.suspendDispatching`` before
that, or ``absent``."""

OVERFLOW_LABEL: Final = f"{GROUP}/overflow"
"""On an overflow object, which stores conversion data of a Work; the value is ``true``."""

LOSSES_LABEL: Final = f"{GROUP}/losses"
"""On a Work that is not converted and has the annotation of the same name, so that a watch can select these Works; the
value is ``true``."""

LOSSES_ANNOTATION: Final = f"{GROUP}/losses"
"""On a Work that loses fields on its way to its cluster: the losses as JSON (`converter.losses.record`)."""

LOSSES_TEXT_ANNOTATION: Final = f"{GROUP}/losses-text"
"""On a Work with that annotation: one line for each loss, for people. Nothing reads it back."""

EXCLUDED_ANNOTATION: Final = f"{GROUP}/excluded-clusters"
"""On a binding: the clusters that cannot get its object in any version, and why."""

EXCLUDED_LABEL: Final = f"{GROUP}/excluded"
"""On a binding with that annotation, so that a watch can select these bindings; the value is ``true``."""

SCHEDULER_LABEL: Final = f"{GROUP}/scheduler"
"""On a binding that the converter gave to its own scheduler; the value is the name of that scheduler."""

SCHEDULER_BEFORE_ANNOTATION: Final = f"{GROUP}/scheduler-before"
"""On a binding with that label: the name of the scheduler before, which is ``default-scheduler`` or empty."""

CRDS_LABEL: Final = f"{GROUP}/crds"
"""On a Work that holds a CRD, so that a watch can select these Works; the value is ``true``."""

MEMBER_SCHEMAS_LABEL: Final = f"{GROUP}/member-schemas"
"""On a ConfigMap that says what the schemas of a cluster lack; the value is ``true``."""

FEATURE_GATES_ANNOTATION: Final = f"{GROUP}/feature-gates"
"""On a Cluster: the feature gates that its API server sets otherwise than its release does, as ``--feature-gates``
takes them: ``CronJobTimeZone=true,AllBeta=false``."""

TOKEN_ISSUED_ANNOTATION: Final = f"{GROUP}/token-issued-at"
"""On a Secret of the host cluster with a token: when the token was issued, in RFC 3339."""

TOKEN_EXPIRES_ANNOTATION: Final = f"{GROUP}/token-expires-at"
"""On a Secret of the host cluster with a token: when the token ends, in RFC 3339, as the API server granted it."""

DISCOVERY_LABEL: Final = f"{GROUP}/discovery"
"""On each APIService that leads to the discovery server; the value is ``true``."""

RESOURCES_ANNOTATION: Final = f"{GROUP}/resources"
"""On such an APIService: the resources of its version, as JSON (`converter.discovery.registered`)."""

WORK_REFUSED: Final = f"{GROUP}/WorkRefused"
"""The type of a binding's condition that admission refused one of its Works. It is True, or absent."""

MIRROR_LABEL: Final = f"{GROUP}/mirror"
"""On a ResourceInterpreterCustomization that the controller made from a user's; the value is ``true``."""

MIRROR_OF_ANNOTATION: Final = f"{GROUP}/mirror-of"
"""On such a mirror: the name of the user's customization."""

YIELDS_ANNOTATION: Final = f"{GROUP}/yields"
"""On a ResourceInterpreterCustomization: the operations to leave to another one for the members' version,
``retention,healthInterpretation``, or ``*``. One of the installation does not have them, and one of a user is not
mirrored for them. Administrators set it."""

EXECUTION_SPACE_PREFIX: Final = "karmada-es-"
"""Prefix of an execution namespace, which holds the Works of the cluster named after it (pkg/util/names/names.go)."""

BINDING_LABEL: Final = "resourcebinding.karmada.io/permanent-id"
"""On a Work made for a ResourceBinding (pkg/apis/work/v1alpha2/well_known_constants.go)."""

CLUSTER_BINDING_LABEL: Final = "clusterresourcebinding.karmada.io/permanent-id"
"""On a Work made for a ClusterResourceBinding (same file)."""

BINDING_LABELS: Final = (BINDING_LABEL, CLUSTER_BINDING_LABEL)

WORK_API_VERSION: Final = "work.karmada.io/v1alpha1"
"""The apiVersion of Works."""

ANCHOR_OF_ANNOTATION: Final = f"{GROUP}/anchor-of"
"""On an anchor: the name of its converted Work."""

STATUS_MARKER: Final = f"{GROUP}/status:"
"""Prefix of the message of an anchor's Applied condition that carries the status of a converted Work."""


def cluster_of(namespace: str) -> str | None:
    """Name the cluster of an execution namespace; None if the namespace is another one."""
    return namespace.removeprefix(EXECUTION_SPACE_PREFIX) if namespace.startswith(EXECUTION_SPACE_PREFIX) else None


def anchor_name(work_name: str) -> str:
    """Name the anchor of a Work.

    Names that Karmada generates end in a hash without vowels (pkg/util/names/names.go), so none of them is the name of
    an anchor. A name that is too long for the suffix is cut, and gets a digest.
    """
    suffix = "-anchor"
    if len(work_name) + len(suffix) <= LONGEST_NAME:
        return work_name + suffix
    digest = hashlib.sha256(work_name.encode()).hexdigest()[:16]
    return f"{work_name[: LONGEST_NAME - len(suffix) - len(digest) - 1].rstrip('.-')}-{digest}{suffix}"


LONGEST_NAME: Final = 253
"""The longest name of an object in Kubernetes (a DNS subdomain)."""


def anchor_reference(metadata: dict[str, Any]) -> dict[str, Any] | None:
    """Find the owner reference to the anchor in the metadata of a Work; None if the Work is not anchored."""
    wanted = anchor_name(metadata.get("name") or "")
    references = metadata.get("ownerReferences")
    if not isinstance(references, list):
        return None
    for reference in references:
        if (
            isinstance(reference, dict)
            and reference.get("kind") == "Work"
            and reference.get("apiVersion") == WORK_API_VERSION
            and reference.get("name") == wanted
        ):
            return reference
    return None
