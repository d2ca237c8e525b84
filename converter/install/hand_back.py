"""Computes how a Work is handed back to Karmada: as Karmada sent it, with nothing of the converter. No requests.

A converted Work gets its original manifests, its binding label and its suspension back, and loses its owner, the
anchor, in one patch. So at every moment it is labelled or owned, and the garbage collector never takes a live Work.
The statuses that Karmada collected are given in the original version, so that the binding continues to show them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec import Raw

from converter.errors import ConverterError
from converter.karmada.conditions import APPLIED, ConditionState, condition_index, with_state
from converter.karmada.names import (
    BINDING_LABELS,
    GROUP,
    SUSPENDED_BEFORE_ANNOTATION,
    anchor_reference,
    cluster_of,
)
from converter.kube.partial_object import read_partial_object
from converter.works.annotations import StoredRecord
from converter.works.collected_status import belongs_to, converted_back
from converter.works.overflow import Suspension, is_carrier, read_carrier

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from converter.engine import Engine
    from converter.kube import Manifest


class OverflowMissingError(ConverterError):
    """The conversion data of a Work is in its overflow object, which has not been passed or is gone."""


class UnsynchronizedObject(NamedTuple):
    """An object that stays on its member as it is, because Karmada cannot change it there without the converter.

    Attributes:
        cluster: the member.
        kind: the object's kind.
        namespace: its namespace; empty for cluster-scoped objects.
        name: its name.
        version: the apiVersion that the member has it in.
        source: the apiVersion that Karmada sends, and the member does not serve.
        work: the Work, as ``namespace/name``.
    """

    cluster: str
    kind: str
    namespace: str
    name: str
    version: str
    source: str
    work: str


class HandBack(NamedTuple):
    """What changes when a Work is handed back.

    Attributes:
        patch: the merge patch of the Work, without preconditions; None if it has nothing of the converter.
        statuses: ``status.manifestStatuses`` in the original versions; None if they stay as they are.
        unsynchronized: the objects that Karmada can no longer change.
    """

    patch: Manifest | None
    statuses: list[Any] | None
    unsynchronized: tuple[UnsynchronizedObject, ...]


def hand_back(
    work: Manifest, engine: Engine, anchor: Manifest | None = None, overflow: bytes | None = None
) -> HandBack:
    """Compute how to hand a Work back. Pure, and idempotent: what it makes needs no second pass.

    Args:
        work: the Work as it is stored.
        engine: the rules that converted it.
        anchor: the Work's anchor; None without one.
        overflow: the conversion data in the Work's overflow object; None without one.

    Raises:
        OverflowMissingError: the conversion data is in the overflow object, and that is not here.
        ConverterError: a manifest cannot be converted back; its rules are missing, or it was edited.
    """
    manifests, carried = _split(work)
    metadata = work["metadata"]
    annotations = metadata.get("annotations") or {}
    record = StoredRecord.read(annotations, carried if carried is not None else overflow)
    restored, objects = [], []
    for index, manifest in enumerate(manifests):
        source, original = _restored(index, manifest, record, engine)
        restored.append(original)
        if source and source != manifest.get("apiVersion"):
            objects.append(_object(work, manifest, str(manifest["apiVersion"]), source))
        elif source:  # Karmada has sent the original again
            entry = record.find(index, read_partial_object(Raw(msgspec.json.encode(manifest)))).entry
            objects.append(_object(work, manifest, entry.target if entry else source, source))
    changes: dict[str, Any] = {}
    spec: dict[str, Any] = {}
    if restored != manifests or carried is not None:
        spec["workload"] = {"manifests": restored}
    if SUSPENDED_BEFORE_ANNOTATION in annotations:
        spec["suspendDispatching"] = Suspension.parse(annotations[SUSPENDED_BEFORE_ANNOTATION]).json
    labels = _labels(work, anchor)
    if labels:
        changes["labels"] = labels
    gone = own_names(annotations)
    if gone:
        changes["annotations"] = gone
    reference = anchor_reference(metadata)
    if reference is not None:
        others = [item for item in metadata["ownerReferences"] if item is not reference]
        changes["ownerReferences"] = others or None
    patch = {**({"metadata": changes} if changes else {}), **({"spec": spec} if spec else {})}
    return HandBack(patch or None, _statuses(work, manifests, restored, engine), tuple(objects))


def not_applied(work: Manifest, objects: Sequence[UnsynchronizedObject], now: str) -> list[Any] | None:
    """Return the conditions of a Work that say that its cluster cannot have it; None if they say so already.

    They are stored before the Work is handed back. Karmada starts an informer for each version of a Work that is
    applied. A version that the cluster does not serve never syncs: for two minutes (--cluster-cache-sync-timeout) the
    work status controller holds the lock of the cluster's informers, and no Work of the cluster is applied
    (`registerInformersAndStart` in pkg/controllers/status/work_status_controller.go, `waitForCacheSync` in
    pkg/util/fedinformer/genericmanager/single-cluster-manager.go). Meanwhile the binding would still say that all is
    applied. Then Karmada tries to apply it, and writes the same condition with its own message.

    Args:
        work: the Work as it is stored.
        objects: those that Karmada can no longer change.
        now: the present as RFC 3339.
    """
    conditions: list[dict[str, Any]] = (work.get("status") or {}).get("conditions") or []
    index = condition_index(conditions, APPLIED)
    if not objects or index is None or conditions[index].get("status") != "True":
        return None
    versions = ", ".join(sorted({item.source for item in objects}))
    state = ConditionState("False", "AppliedFailed", f"the cluster does not serve {versions}")
    changed = with_state(conditions[index], state, None, now)
    return [*conditions[:index], changed, *conditions[index + 1 :]]


def own_names(names: Mapping[str, Any]) -> dict[str, None]:
    """Return a merge patch that removes the converter's labels or annotations from those of a Work or a binding."""
    return dict.fromkeys(name for name in names if name.startswith(f"{GROUP}/"))


def _split(work: Manifest) -> tuple[list[Manifest], bytes | None]:
    """Split off the carrier of conversion data."""
    manifests: list[Manifest] = ((work.get("spec") or {}).get("workload") or {}).get("manifests") or []
    if manifests and is_carrier(manifests[-1]):
        carried = read_carrier(msgspec.json.encode(manifests[-1]))
        if carried is not None:
            return manifests[:-1], carried
    return manifests, None


def _restored(index: int, manifest: Manifest, record: StoredRecord, engine: Engine) -> tuple[str, Manifest]:
    """Convert one manifest back; return the version it was sent in too, empty if it was not converted."""
    found = record.find(index, read_partial_object(Raw(msgspec.json.encode(manifest))))
    entry = found.entry
    if entry is None:
        return "", manifest
    if entry.target != manifest.get("apiVersion"):
        return (entry.source if entry.source == manifest.get("apiVersion") else ""), manifest
    if found.in_overflow:
        raise OverflowMissingError(
            f"the conversion data of {entry.kind} {entry.name} is in an overflow object that is gone; "
            "make Karmada send the Work again: change the template, and run it again"
        )
    return entry.source, engine.restore(manifest, found.conversion_data()).manifest


def _object(work: Manifest, manifest: Manifest, version: str, source: str) -> UnsynchronizedObject:
    metadata, mine = work["metadata"], manifest.get("metadata") or {}
    return UnsynchronizedObject(
        cluster=cluster_of(metadata["namespace"]) or "",
        kind=str(manifest.get("kind") or ""),
        namespace=str(mine.get("namespace") or ""),
        name=str(mine.get("name") or ""),
        version=version,
        source=source,
        work=f"{metadata['namespace']}/{metadata['name']}",
    )


def _labels(work: Manifest, anchor: Manifest | None) -> dict[str, str | None]:
    """Return the changes of the labels: ours go, and those of the binding come back."""
    labels: Mapping[str, str] = work["metadata"].get("labels") or {}
    changes: dict[str, str | None] = {**own_names(labels)}
    if anchor_reference(work["metadata"]) is None or any(name in labels for name in BINDING_LABELS):
        return changes
    manifests, _ = _split(work)
    sources = [anchor or {}, *manifests[:1]]  # Karmada sets the label on the first manifest too
    for source in sources:
        found = (source.get("metadata") or {}).get("labels") or {}
        ties = {name: found[name] for name in BINDING_LABELS if name in found}
        if ties:
            return changes | ties
    return changes


def _statuses(work: Manifest, manifests: list[Manifest], restored: list[Manifest], engine: Engine) -> list[Any] | None:
    """Give the collected statuses in the versions of the restored manifests; None if nothing changes."""
    collected: list[Any] = (work.get("status") or {}).get("manifestStatuses") or []
    result = [_status(item, manifests, restored, engine) for item in collected]
    return result if result != collected else None


def _status(item: Manifest, manifests: list[Manifest], restored: list[Manifest], engine: Engine) -> Manifest:
    identifier = item.get("identifier") or {}
    index = identifier.get("ordinal", 0)
    if not isinstance(index, int) or not 0 <= index < len(manifests) or not belongs_to(identifier, manifests[index]):
        return item
    source = str(restored[index]["apiVersion"])
    if source == manifests[index]["apiVersion"]:
        return item
    group, _, version = source.rpartition("/")
    changed = {**item, "identifier": {**identifier, "group": group, "version": version}}
    status, _why = converted_back(item.get("status", msgspec.UNSET), manifests[index], source, engine)
    if status is msgspec.UNSET:
        changed.pop("status", None)
    else:
        changed["status"] = status
    return changed
