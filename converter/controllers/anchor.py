"""What an anchor is, and what ties a Work to it: desired states and patches, without any request.

An anchor is a small Work beside a converted one. To Karmada's binding logic it is the Work: it has the binding's
labels and a manifest in the template's version, and is never dispatched. The converted Work is owned by it instead.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import msgspec

from converter.client import Collection
from converter.karmada.names import (
    ANCHOR_LABEL,
    ANCHOR_OF_ANNOTATION,
    BINDING_LABELS,
    CONVERTED_LABEL,
    SOURCES_ANNOTATION,
    WORK_API_VERSION,
    anchor_name,
    anchor_reference,
)
from converter.works.overflow import is_carrier

if TYPE_CHECKING:
    from converter.kube import Manifest

WORKS = Collection("/apis/work.karmada.io/v1alpha1", "works")

APPLIED = "Applied"
"""The type of the condition that says whether a Work has been applied (pkg/apis/work/v1alpha1)."""

ADOPTED_ANNOTATION = "apiconverter.dev/adopted-for"
"""On an anchor that was found rather than made: the Work, and its version, that it was found for. It changes with
each adoption, so that a former leader, which decided to delete the anchor before, no longer can."""

_BINDING_ANNOTATIONS = (
    "resourcebinding.karmada.io/namespace",
    "resourcebinding.karmada.io/name",
    "clusterresourcebinding.karmada.io/name",
)
"""Lead from a Work to its binding (pkg/apis/work/v1alpha2/well_known_constants.go)."""


def is_converted(work: Manifest) -> bool:
    """Whether a Work carries the label of converted ones."""
    return CONVERTED_LABEL in (work["metadata"].get("labels") or {})


def manifests_of(work: Manifest) -> list[Manifest]:
    """The manifests of a Work that are meant for its cluster."""
    manifests: list[Manifest] = ((work.get("spec") or {}).get("workload") or {}).get("manifests") or []
    return manifests[:-1] if manifests and is_carrier(manifests[-1]) else manifests


def source_versions(work: Manifest) -> list[str]:
    """The apiVersion that each manifest had before it was converted; its own where it was not."""
    text = (work["metadata"].get("annotations") or {}).get(SOURCES_ANNOTATION)
    try:
        sources = msgspec.json.decode(text) if text else []
    except (msgspec.MsgspecError, UnicodeError):
        sources = []
    manifests = manifests_of(work)
    entries = sources if isinstance(sources, list) else []
    return [
        _source(entries[index] if index < len(entries) else None, str(manifest.get("apiVersion", "")))
        for index, manifest in enumerate(manifests)
    ]


def _source(entry: Any, own: str) -> str:
    if isinstance(entry, dict) and entry.get("to") == own and isinstance(entry.get("from"), str):
        source: str = entry["from"]
        return source
    return own


def own_binding_labels(work: Manifest) -> dict[str, str]:
    """The binding labels that stand on a Work itself."""
    labels = work["metadata"].get("labels") or {}
    return {label: labels[label] for label in BINDING_LABELS if label in labels}


def binding_labels(work: Manifest) -> dict[str, str]:
    """The labels that tie a Work to its binding, from the Work, or else from its first manifest.

    Karmada puts the binding's label on both (`mergeLabel` in pkg/controllers/binding/common.go); off an anchored
    Work the webhook takes it again, so there the manifest tells.
    """
    own = own_binding_labels(work)
    if own:
        return own
    for manifest in manifests_of(work)[:1]:
        labels = (manifest.get("metadata") or {}).get("labels") or {}
        return {label: labels[label] for label in BINDING_LABELS if label in labels}
    return {}


def desired_anchor(work: Manifest, labels: dict[str, str]) -> Manifest:
    """Make the anchor that a Work should have.

    Args:
        work: the converted Work.
        labels: the labels that tie it to its binding.
    """
    metadata = work["metadata"]
    annotations = metadata.get("annotations") or {}
    return {
        "apiVersion": WORK_API_VERSION,
        "kind": "Work",
        "metadata": {
            "name": anchor_name(metadata["name"]),
            "namespace": metadata["namespace"],
            "labels": {**labels, ANCHOR_LABEL: "true"},
            "annotations": {
                **{name: annotations[name] for name in _BINDING_ANNOTATIONS if name in annotations},
                ANCHOR_OF_ANNOTATION: metadata["name"],
            },
        },
        "spec": {
            "suspendDispatching": True,
            "workload": {
                "manifests": [
                    _stub(manifest, version)
                    for manifest, version in zip(manifests_of(work), source_versions(work), strict=True)
                ]
            },
        },
    }


def _stub(manifest: Manifest, version: str) -> Manifest:
    metadata = manifest.get("metadata") or {}
    names = {field: metadata[field] for field in ("name", "namespace") if metadata.get(field)}
    return {"apiVersion": version, "kind": manifest.get("kind"), "metadata": names}


def is_current(anchor: Manifest, wanted: Manifest) -> bool:
    """Whether an anchor already is as wanted; what Karmada's own webhook adds to it does not count."""
    have, want = anchor["metadata"], wanted["metadata"]
    labels, annotations = have.get("labels") or {}, have.get("annotations") or {}
    ties = {label: labels[label] for label in (*BINDING_LABELS, ANCHOR_LABEL) if label in labels}
    return (
        ties == want["labels"]
        and {name: annotations.get(name) for name in want["annotations"]} == want["annotations"]
        and (anchor.get("spec") or {}).get("suspendDispatching") is True
        and [_identity(item) for item in manifests_of(anchor)] == [_identity(item) for item in manifests_of(wanted)]
    )


def _identity(manifest: Manifest) -> tuple[Any, ...]:
    metadata = manifest.get("metadata") or {}
    return manifest.get("apiVersion"), manifest.get("kind"), metadata.get("namespace") or "", metadata.get("name")


def update_patch(anchor: Manifest, wanted: Manifest, adopted_for: str = "") -> Manifest:
    """Make the merge patch that turns an anchor into the one wanted, if nobody has changed it since."""
    labels: dict[str, str | None] = dict(wanted["metadata"]["labels"])
    for label in BINDING_LABELS:
        if label in (anchor["metadata"].get("labels") or {}) and label not in labels:
            labels[label] = None
    annotations = dict(wanted["metadata"]["annotations"])
    if adopted_for:
        annotations[ADOPTED_ANNOTATION] = adopted_for
    return {
        "metadata": {**same_version(anchor), "labels": labels, "annotations": annotations},
        "spec": wanted["spec"],
    }


def adopt_patch(work: Manifest, anchor: Manifest) -> Manifest:
    """Make the one patch that hands a Work over to its anchor: owner on, binding label off."""
    reference = {
        "apiVersion": WORK_API_VERSION,
        "kind": "Work",
        "name": anchor["metadata"]["name"],
        "uid": anchor["metadata"]["uid"],
    }
    others = _other_owners(work)
    off: dict[str, None] = dict.fromkeys(own_binding_labels(work))
    return {"metadata": {**same_version(work), "ownerReferences": [*others, reference], "labels": off}}


def release(work: Manifest, anchor: Manifest) -> Manifest:
    """Make the one patch that takes a Work back from its anchor: owner off, binding label on."""
    labels = {
        label: value for label, value in (anchor["metadata"].get("labels") or {}).items() if label in BINDING_LABELS
    }
    return {"metadata": {**same_version(work), "ownerReferences": _other_owners(work) or None, "labels": labels}}


def _other_owners(work: Manifest) -> list[Manifest]:
    ours = anchor_reference(work["metadata"])
    return [item for item in work["metadata"].get("ownerReferences") or () if item is not ours]


def same_version(thing: Manifest) -> dict[str, str]:
    """The preconditions of a patch: this very object, as it was read."""
    return {"uid": thing["metadata"]["uid"], "resourceVersion": thing["metadata"]["resourceVersion"]}


def applied_condition(thing: Manifest) -> Manifest | None:
    """The ``Applied`` condition of a Work or an anchor."""
    conditions = (thing.get("status") or {}).get("conditions") or []
    return next((item for item in conditions if item.get("type") == APPLIED), None)


def status_patch(anchor: Manifest, message: str) -> Manifest | None:
    """Make the patch that writes a message into the anchor's condition; None where it stands there already.

    The condition is never True: then Karmada would look for the object, in the version of the stub, on a member
    that does not serve it.
    """
    condition = {"type": APPLIED, "status": "False", "reason": "Converted", "message": message}
    known = applied_condition(anchor)
    if known is not None and all(known.get(field) == value for field, value in condition.items()):
        return None
    same_status = known is not None and known.get("status") == "False"
    condition["lastTransitionTime"] = known["lastTransitionTime"] if known is not None and same_status else _now()
    others = [item for item in (anchor.get("status") or {}).get("conditions") or () if item.get("type") != APPLIED]
    return {"metadata": same_version(anchor), "status": {"conditions": [*others, condition]}}


def _now() -> str:
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
