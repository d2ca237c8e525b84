"""Anchors: their desired state, and the patches that tie a Work to its anchor. No requests.

An anchor is a small Work next to a converted one. Karmada's binding logic takes it for the Work: it has the binding's
labels and a manifest in the template's version. It is never dispatched, and it owns the converted Work.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec

from converter.client.clock import timestamp
from converter.controllers.objects import annotation, same_version
from converter.karmada.conditions import APPLIED, find_condition
from converter.karmada.names import (
    ANCHOR_LABEL,
    ANCHOR_OF_ANNOTATION,
    BINDING_LABELS,
    CONVERTED_LABEL,
    GROUP,
    LOSSES_ANNOTATION,
    SOURCES_ANNOTATION,
    WORK_API_VERSION,
    anchor_name,
    anchor_reference,
)
from converter.kube import canonical_json
from converter.works.overflow import is_carrier

if TYPE_CHECKING:
    import datetime as dt

    from converter.kube import Manifest

ADOPTED_ANNOTATION = f"{GROUP}/adopted-for"
"""On an anchor that existed before its Work: the Work, and its version, that adopted it. Each adoption changes it, so
that a former leader that decided to delete the anchor no longer can."""

CONVERSION_ANNOTATION = f"{GROUP}/observed-conversion"
"""On an anchor: a digest of the conversion that Events were last recorded for (`conversion_digest`)."""

_BINDING_ANNOTATIONS = (
    "resourcebinding.karmada.io/namespace",
    "resourcebinding.karmada.io/name",
    "clusterresourcebinding.karmada.io/name",
)
"""The names of a Work's binding (pkg/apis/work/v1alpha2/well_known_constants.go)."""


def is_converted(work: Manifest) -> bool:
    """Whether a Work has the label of converted Works."""
    return CONVERTED_LABEL in (work["metadata"].get("labels") or {})


def manifests_of(work: Manifest) -> list[Manifest]:
    """Return the manifests of a Work that are meant for its cluster."""
    manifests: list[Manifest] = ((work.get("spec") or {}).get("workload") or {}).get("manifests") or []
    return manifests[:-1] if manifests and is_carrier(manifests[-1]) else manifests


def source_versions(work: Manifest) -> list[str]:
    """Return the apiVersion of each manifest before conversion; its own if it was not converted."""
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
    """Return the binding labels of a Work itself."""
    labels = work["metadata"].get("labels") or {}
    return {label: labels[label] for label in BINDING_LABELS if label in labels}


def binding_labels(work: Manifest) -> dict[str, str]:
    """Return the labels that tie a Work to its binding, from the Work or else from its first manifest.

    Karmada sets the binding's label on both (`mergeLabel` in pkg/controllers/binding/common.go). The webhook removes
    it from an anchored Work; the manifest keeps it.
    """
    own = own_binding_labels(work)
    if own:
        return own
    for manifest in manifests_of(work)[:1]:
        labels = (manifest.get("metadata") or {}).get("labels") or {}
        return {label: labels[label] for label in BINDING_LABELS if label in labels}
    return {}


def desired_anchor(work: Manifest, labels: dict[str, str]) -> Manifest:
    """Make the anchor of a converted Work.

    Args:
        work: the converted Work.
        labels: the labels that tie the Work to its binding.
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
                CONVERSION_ANNOTATION: conversion_digest(work),
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


def conversion_digest(work: Manifest) -> str:
    """Identify what Events report of a converted Work: the manifests, their versions, and their losses."""
    versions = [
        [manifest.get("kind"), _stub(manifest, source)["metadata"], source, manifest.get("apiVersion")]
        for manifest, source in zip(manifests_of(work), source_versions(work), strict=True)
    ]
    reported = [versions, annotation(work, LOSSES_ANNOTATION)]
    return hashlib.sha256(canonical_json(reported)).hexdigest()[:32]


def records_same_conversion(anchor: Manifest, other: Manifest) -> bool:
    """Whether Events were recorded for the same conversion."""
    return annotation(anchor, CONVERSION_ANNOTATION) == annotation(other, CONVERSION_ANNOTATION)


def _stub(manifest: Manifest, version: str) -> Manifest:
    metadata = manifest.get("metadata") or {}
    names = {field: metadata[field] for field in ("name", "namespace") if metadata.get(field)}
    return {"apiVersion": version, "kind": manifest.get("kind"), "metadata": names}


def is_current(anchor: Manifest, wanted: Manifest) -> bool:
    """Whether an anchor is as wanted, apart from what Karmada's own webhook adds to it."""
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
    """Make the merge patch that turns an anchor into the wanted one, unless it has changed since it was read."""
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
    """Make the patch that ties a Work to its anchor: it sets the owner and removes the binding label."""
    reference = {
        "apiVersion": WORK_API_VERSION,
        "kind": "Work",
        "name": anchor["metadata"]["name"],
        "uid": anchor["metadata"]["uid"],
    }
    others = _other_owners(work)
    off: dict[str, None] = dict.fromkeys(own_binding_labels(work))
    return {"metadata": {**same_version(work), "ownerReferences": [*others, reference], "labels": off}}


def orphan_patch(work: Manifest, anchor: Manifest) -> Manifest:
    """Make the patch that unties a Work from its anchor: it removes the owner and sets the binding label."""
    labels = {
        label: value for label, value in (anchor["metadata"].get("labels") or {}).items() if label in BINDING_LABELS
    }
    return {"metadata": {**same_version(work), "ownerReferences": _other_owners(work) or None, "labels": labels}}


def _other_owners(work: Manifest) -> list[Manifest]:
    ours = anchor_reference(work["metadata"])
    return [item for item in work["metadata"].get("ownerReferences") or () if item is not ours]


def applied_condition(thing: Manifest) -> Manifest | None:
    """Return the ``Applied`` condition of a Work or an anchor."""
    return find_condition((thing.get("status") or {}).get("conditions"), APPLIED)


def status_patch(anchor: Manifest, message: str, now: dt.datetime) -> Manifest | None:
    """Make the patch that writes a message into the anchor's condition; None if the condition has it already.

    The condition is never True. If it were, Karmada would look for the object on the member in the version of the
    stub, which the member does not serve.
    """
    condition = {"type": APPLIED, "status": "False", "reason": "Converted", "message": message}
    known = applied_condition(anchor)
    if known is not None and all(known.get(field) == value for field, value in condition.items()):
        return None
    same_status = known is not None and known.get("status") == "False"
    condition["lastTransitionTime"] = (
        known["lastTransitionTime"] if known is not None and same_status else timestamp(now)
    )
    others = [item for item in (anchor.get("status") or {}).get("conditions") or () if item.get("type") != APPLIED]
    return {"metadata": same_version(anchor), "status": {"conditions": [*others, condition]}}
