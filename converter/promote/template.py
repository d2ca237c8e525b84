"""Makes a template of an object that runs on a member: without what belongs to that member alone.

The same fields as `karmadactl promote` removes (RemoveIrrelevantFields in
pkg/resourceinterpreter/default/native/prune/prune.go in Karmada).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from converter.kube import copy_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from converter.kube import Manifest

CONFLICT_RESOLUTION: Final = "work.karmada.io/conflict-resolution"
"""Karmada's annotation: what to do with an object that a member has already (pkg/apis/work/v1alpha2)."""

OVERWRITE: Final = "overwrite"

MANAGED_LABEL: Final = "karmada.io/managed"
"""On an object on a member that Karmada manages (pkg/util/constants.go)."""

MANAGED: Final = "Karmada manages it already"
"""Why an object is not promoted that was promoted before."""

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

_OF_A_SERVER = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generation",
    "managedFields",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
)
"""Fields of metadata that a server sets, or that name other objects of that server."""

_OF_A_MEMBER = {
    "Deployment": ("deployment.kubernetes.io/revision", "deployment.kubernetes.io/revision-history"),
    "DaemonSet": ("deprecated.daemonset.template.generation",),
    "PersistentVolumeClaim": ("volume.kubernetes.io/selected-node",),
}
"""Annotations that controllers of a member set, by kind."""

_JOB_LABELS = (
    "controller-uid",
    "job-name",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name",
)

SKIPPED_SECRETS: Final = {
    "kubernetes.io/service-account-token": "a token of the member",
    "bootstrap.kubernetes.io/token": "a token of the member",
    "helm.sh/release.v1": "a record of Helm on the member",
}
"""Types of Secrets that are not promoted, and why."""

_SKIPPED_NAMES = {
    ("ServiceAccount", "default"): "every namespace has its own",
    ("ConfigMap", "kube-root-ca.crt"): "every namespace has its own",
    ("Service", "kubernetes"): "the address of the member itself",
}

SKIPPED_KINDS: Final = frozenset(
    {
        "Binding",
        "ControllerRevision",
        "CSIStorageCapacity",
        "EndpointSlice",
        "Endpoints",
        "Event",
        "Lease",
        "LocalSubjectAccessReview",
        "Pod",
        "PodMetrics",
        "PodTemplate",
    }
)
"""Kinds that servers and controllers of a member write themselves; a whole namespace is promoted without them."""


def why_not(manifest: Manifest) -> str:
    """Say why an object of a member is not promoted; empty if it can be."""
    metadata = manifest.get("metadata") or {}
    if (metadata.get("labels") or {}).get(MANAGED_LABEL) == "true":
        return MANAGED
    if metadata.get("deletionTimestamp"):
        return "it is being deleted"
    for owner in metadata.get("ownerReferences") or ():
        if owner.get("controller"):
            return f"{owner.get('kind')} {owner.get('name')} controls it"
    if manifest.get("kind") == "Secret" and manifest.get("type") in SKIPPED_SECRETS:
        return SKIPPED_SECRETS[manifest["type"]]
    return _SKIPPED_NAMES.get((str(manifest.get("kind")), str(metadata.get("name"))), "")


def make_template(manifest: Manifest) -> Manifest:
    """Return an object without what belongs to its member, and with Karmada's annotation to adopt it.

    The object given is not changed.
    """
    template: Manifest = copy_json(manifest)
    template.pop("status", None)
    metadata = template["metadata"]
    for field in _OF_A_SERVER:
        metadata.pop(field, None)
    annotations = metadata.setdefault("annotations", {})
    for name in _OF_A_MEMBER.get(template["kind"], ()):
        annotations.pop(name, None)
    annotations[CONFLICT_RESOLUTION] = OVERWRITE
    prune = _PRUNERS.get(template["kind"])
    if prune is not None:
        prune(template)
    return template


def forget_last_applied(template: Manifest) -> None:
    """Remove the record of `kubectl apply`: it is in the version that the template was converted from."""
    template["metadata"].get("annotations", {}).pop(_LAST_APPLIED, None)


def compared(template: Manifest) -> Manifest:
    """Return a template without the annotations that one made by hand does not have or need."""
    metadata = template["metadata"]
    ignored = {CONFLICT_RESOLUTION, _LAST_APPLIED}
    annotations = {name: value for name, value in (metadata.get("annotations") or {}).items() if name not in ignored}
    others = {name: value for name, value in metadata.items() if name != "annotations"}
    return {**template, "metadata": others | ({"annotations": annotations} if annotations else {})}


def _prune_job(job: Manifest) -> None:
    spec = job.get("spec") or {}
    if spec.get("manualSelector"):
        return
    template = spec.get("template") or {}
    for labels in ((spec.get("selector") or {}).get("matchLabels"), (template.get("metadata") or {}).get("labels")):
        for name in _JOB_LABELS:
            (labels or {}).pop(name, None)


def _prune_cron_job(cron_job: Manifest) -> None:
    _prune_job((cron_job.get("spec") or {}).get("jobTemplate") or {})


def _prune_service(service: Manifest) -> None:
    spec: dict[str, Any] = service.get("spec") or {}
    if spec.get("clusterIP") != "None":
        spec.pop("clusterIP", None)
        spec.pop("clusterIPs", None)
    spec.pop("healthCheckNodePort", None)


def _prune_account(account: Manifest) -> None:
    prefix = f"{account['metadata']['name']}-token-"
    secrets = account.get("secrets")
    if isinstance(secrets, list):
        account["secrets"] = [item for item in secrets if not str(item.get("name", "")).startswith(prefix)]


_PRUNERS: dict[str, Callable[[Manifest], None]] = {
    "CronJob": _prune_cron_job,
    "Job": _prune_job,
    "Service": _prune_service,
    "ServiceAccount": _prune_account,
}
