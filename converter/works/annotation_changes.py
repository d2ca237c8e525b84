"""Works out the changes of a Work's labels and annotations; equal plans give equal bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from converter.karmada.names import (
    CONVERSION_DATA_ANNOTATION,
    CONVERSION_DATA_REF_ANNOTATION,
    CONVERTED_LABEL,
    CRDS_LABEL,
    LOSSES_ANNOTATION,
    LOSSES_LABEL,
    LOSSES_TEXT_ANNOTATION,
    SOURCES_ANNOTATION,
    SUSPENDED_BEFORE_ANNOTATION,
)
from converter.losses.messages import TEXT_LIMIT, annotation_text
from converter.losses.model import Loss, Origin, UnstoredData
from converter.losses.record import NO_LOSSES, RECORD_LIMIT, LossRecord, fit
from converter.works.annotations import NULL, OWN_ANNOTATIONS
from converter.works.overflow import OVERFLOW_LIMIT, digest_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from converter.catalog import Release
    from converter.losses.digests import DigestedLosses
    from converter.works.annotations import ManifestRecord

ANNOTATIONS_LIMIT: Final = 240 << 10
"""Bytes of all annotations' names and values that a Work is brought to; the API server takes 256 KiB
(TotalAnnotationSizeLimitB in apimachinery/pkg/api/validation/objectmeta.go), and others add some too."""


class AnnotationChanges(msgspec.Struct):
    """The changes that lead from a Work's present labels and annotations to the planned ones.

    Attributes:
        labels: the changes to its labels; None removes one.
        annotations: the changes to its annotations; None removes one.
        unstored: the conversion data that this plan finds too large to store, by the index of its manifest.
        carried: the conversion data that a carrier has to bring to the overflow object; None if nothing has to.
        losses: the losses that the Work stores.
    """

    labels: dict[str, str | None] = {}
    annotations: dict[str, str | None] = {}
    unstored: dict[int, UnstoredData] = {}
    carried: bytes | None = None
    losses: LossRecord = NO_LOSSES


class Bookkeeping(msgspec.Struct, frozen=True):
    """What a plan reads of the present Work to write its annotations.

    Attributes:
        labels: the Work's labels.
        annotations: the Work's annotations.
        losses: the losses that they store.
        release: the cluster's release; None if it is unknown.
        keeps_conversions: whether a manifest stays as an earlier conversion left it, so that losses that are stored
            as digests still hold.
        has_overflow_store: whether a controller stores what annotations cannot hold.
        holds_crds: whether the Work holds a CRD.
    """

    labels: Mapping[str, str | None]
    annotations: Mapping[str, str | None]
    losses: LossRecord = NO_LOSSES
    release: Release | None = None
    keeps_conversions: bool = False
    has_overflow_store: bool = False
    holds_crds: bool = False


def changes_for(records: Sequence[ManifestRecord], present: Bookkeeping) -> AnnotationChanges:
    """Work out the changes of a Work's labels and annotations.

    Args:
        records: what to store about each manifest.
        present: the Work as it is.
    """
    changes = AnnotationChanges()
    wanted: dict[str, str | None] = {}
    entries = [record.entry for record in records]
    converted = any(entries)
    if converted:
        wanted[SOURCES_ANNOTATION] = msgspec.json.encode(entries).decode()
        _store_data(records, present, wanted, changes)
    if present.losses is not NO_LOSSES or changes.unstored or _any_lossy(records):
        _store_losses(records, present, wanted, changes)
    lossy = LOSSES_ANNOTATION in wanted and not converted
    labels = present.labels
    for name, holds in ((CONVERTED_LABEL, converted), (LOSSES_LABEL, lossy), (CRDS_LABEL, present.holds_crds)):
        if holds:
            if labels.get(name) != "true":
                changes.labels[name] = "true"
        elif name in labels:
            changes.labels[name] = None
    _compare_annotations(present.annotations, wanted, changes)
    return changes


def _compare_annotations(
    present: Mapping[str, str | None], wanted: Mapping[str, str | None], changes: AnnotationChanges
) -> None:
    for name in OWN_ANNOTATIONS:
        value = wanted.get(name)
        if value is not None:
            if present.get(name) != value:
                changes.annotations[name] = value
        elif name in present:
            changes.annotations[name] = None


def _any_lossy(records: Sequence[ManifestRecord]) -> bool:
    for record in records:  # noqa: SIM110  a generator costs more than the whole loop
        if record.losses or record.unstored is not None:
            return True
    return False


def _store_losses(
    records: Sequence[ManifestRecord], present: Bookkeeping, wanted: dict[str, str | None], changes: AnnotationChanges
) -> None:
    """Write the losses as data and as text; both stay as they are if the data says the same.

    So a new wording, or a newer catalog that names another release in a hint, changes no Work.
    """
    # Sorted: the API server stores what was just converted with its fields in another order.
    losses = [loss for record in records for loss in _sorted(record.losses)]
    found = [changes.unstored.get(index, record.unstored) for index, record in enumerate(records)]
    unstored = [data for data in found if data is not None]
    carried = _carried(present.losses) if present.keeps_conversions else None
    if not losses and not unstored and carried is None:
        return
    changes.losses = fit(losses, present.release, unstored, carried)
    data, text = present.annotations.get(LOSSES_ANNOTATION), present.annotations.get(LOSSES_TEXT_ANNOTATION)
    if data is None or text is None or not present.losses.same_losses(changes.losses):
        data = changes.losses.to_json()
        text = annotation_text(losses, unstored, carried.count if carried is not None else 0)
    wanted[LOSSES_ANNOTATION], wanted[LOSSES_TEXT_ANNOTATION] = data, text


def _sorted(losses: Sequence[Loss]) -> Sequence[Loss]:
    return sorted(losses, key=_order) if len(losses) > 1 else losses


def _order(loss: Loss) -> tuple[str, bool, bool]:
    return loss.path, loss.by_release is not None, loss.refused


def _carried(losses: LossRecord) -> DigestedLosses | None:
    return next((more for more in losses.more if more.origin is Origin.CONVERSION), None)


def _store_data(
    records: Sequence[ManifestRecord], present: Bookkeeping, wanted: dict[str, str | None], changes: AnnotationChanges
) -> None:
    """Store the conversion data: in the annotation, else in an overflow object, else without the largest items.

    Args:
        records: what to store about each manifest.
        present: the Work as it is.
        wanted: takes the annotations.
        changes: takes the data for a carrier, and what is not stored.
    """
    items = [record.data or NULL for record in records]
    ref = None
    if True in [record.in_overflow for record in records]:  # it stays there, under the same reference
        ref = wanted[CONVERSION_DATA_REF_ANNOTATION] = present.annotations.get(CONVERSION_DATA_REF_ANNOTATION)
    if items.count(NULL) == len(items):
        return
    room = _room(wanted, present.annotations)
    text = _joined(items)
    if len(text) > room and present.has_overflow_store and len(text) <= OVERFLOW_LIMIT and ref is None:
        digest = digest_of(text)
        if present.annotations.get(CONVERSION_DATA_REF_ANNOTATION) == digest:
            wanted[CONVERSION_DATA_REF_ANNOTATION] = digest
        else:
            changes.carried = text
        return
    if len(text) > room:
        _leave_out(items, len(text) - room, records, present, changes)
        text = _joined(items)
    if items.count(NULL) < len(items):
        wanted[CONVERSION_DATA_ANNOTATION] = text.decode()


def _leave_out(
    items: list[bytes],
    excess: int,
    records: Sequence[ManifestRecord],
    present: Bookkeeping,
    changes: AnnotationChanges,
) -> None:
    """Replace the largest items by null until that many bytes are saved."""
    for index in sorted(range(len(items)), key=lambda index: -len(items[index])):
        if excess <= 0:
            break
        changes.unstored[index] = _unstored(records[index], len(items[index]), present)
        excess -= len(items[index]) - len(NULL)
        items[index] = NULL


def _unstored(record: ManifestRecord, size: int, present: Bookkeeping) -> UnstoredData:
    entry = record.entry
    assert entry is not None
    overflow = present.has_overflow_store
    return UnstoredData(entry.manifest, entry.target, size, OVERFLOW_LIMIT if overflow else ANNOTATIONS_LIMIT, overflow)


_NOT_OTHERS: Final = frozenset({*OWN_ANNOTATIONS, SUSPENDED_BEFORE_ANNOTATION})


def _room(wanted: Mapping[str, str | None], stored: Mapping[str, str | None]) -> int:
    """How many bytes of conversion data fit into the annotations, next to all others and the losses."""
    others = sum(_size(name, value) for name, value in stored.items() if name not in _NOT_OTHERS)
    ours = sum(_size(name, value) for name, value in wanted.items())
    return ANNOTATIONS_LIMIT - others - ours - RECORD_LIMIT - TEXT_LIMIT - len(CONVERSION_DATA_ANNOTATION)


def _joined(items: Sequence[bytes]) -> bytes:
    """Write the conversion data of all manifests as one list."""
    return b"[%b]" % b",".join(items)


def _size(name: str, value: str | None) -> int:
    return len(name.encode()) + len((value or "").encode())
