"""Reads the annotations of a converted Work: source versions, conversion data, losses.

Anyone can edit annotations: what cannot be read counts as absent. `converter.works.annotation_changes` writes them.
"""

from __future__ import annotations

from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Raw

from converter.conversion import ConversionData
from converter.errors import ManifestError
from converter.karmada.names import (
    CONVERSION_DATA_ANNOTATION,
    CONVERSION_DATA_REF_ANNOTATION,
    LOSSES_ANNOTATION,
    LOSSES_TEXT_ANNOTATION,
    SOURCES_ANNOTATION,
)
from converter.kube import canonical_json
from converter.losses.model import Loss, ManifestId, UnstoredData, manifest_id_of_head
from converter.losses.record import NO_LOSSES, LossRecord

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from converter.kube import Manifest
    from converter.kube.partial_object import PartialObject

OWN_ANNOTATIONS: Final = (
    SOURCES_ANNOTATION,
    CONVERSION_DATA_ANNOTATION,
    CONVERSION_DATA_REF_ANNOTATION,
    LOSSES_ANNOTATION,
    LOSSES_TEXT_ANNOTATION,
)

NULL: Final = b"null"
"""The conversion data of a manifest that has none, in the list of all."""


class SourceVersion(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The version that a converted manifest was sent in, and the one that it was converted to.

    The fields are in the order of their names in JSON, and written in this order.

    Attributes:
        source: the apiVersion it was sent in.
        source_digest: identifies what was sent (`manifest_digest`); empty if the release that wrote it stored none.
        kind: its kind.
        name: its name.
        namespace: its namespace; empty for cluster-scoped objects.
        target: the apiVersion it has now.
        target_digest: identifies what it was converted to; empty if the release that wrote it stored none.
    """

    source: str = msgspec.field(name="from")
    source_digest: str = msgspec.field(name="fromDigest", default="")
    kind: str
    name: str
    namespace: str = ""
    target: str = msgspec.field(name="to")
    target_digest: str = msgspec.field(name="toDigest", default="")

    @classmethod
    def of(cls, head: PartialObject, source: tuple[str, str], target: tuple[str, str]) -> SourceVersion:
        """Make the entry of a manifest.

        Args:
            head: what names it.
            source: the apiVersion it was sent in, and the digest of what was sent.
            target: the apiVersion it is converted to, and the digest of the result.
        """
        return cls(
            source=source[0],
            source_digest=source[1],
            kind=head.kind,
            name=_own_name(head),
            namespace=head.namespace,
            target=target[0],
            target_digest=target[1],
        )

    def is_of(self, head: PartialObject) -> bool:
        """Whether this is the entry of that manifest."""
        return self.kind == head.kind and self.name == _own_name(head) and self.namespace == head.namespace

    @property
    def manifest(self) -> ManifestId:
        """The manifest's identity."""
        group, slash, _ = self.source.rpartition("/")
        return ManifestId(group if slash else "", self.kind, self.namespace, self.name)


def manifest_digest(manifest: Manifest) -> str:
    """Identify what users write of a manifest.

    Karmada's own webhook on Works adds a label to each manifest of a new Work, and removes what servers write
    (pkg/webhook/work/mutating.go). So the status and Karmada's labels and annotations do not count, and of the metadata
    only names, labels and annotations. Equal manifests have equal digests in whatever order their fields are.
    """
    written = manifest.copy()
    written.pop("status", None)
    metadata = manifest.get("metadata")
    if isinstance(metadata, dict):
        written["metadata"] = _of_users(metadata)
    return sha256(canonical_json(written)).hexdigest()[:16]


def _of_users(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out of the metadata what users do not write."""
    found = {name: metadata[name] for name in ("name", "namespace") if name in metadata}
    for name in ("labels", "annotations"):
        values = metadata.get(name)
        if isinstance(values, dict):
            values = {
                key: value
                for key, value in values.items()
                if ".karmada.io/" not in key and not key.startswith("karmada.io/")
            }
        if values:
            found[name] = values
    return found


def _own_name(head: PartialObject) -> str:
    return (head.metadata.name or "") if head.metadata is not None else ""


_entries = msgspec.json.Decoder(list[SourceVersion | None])
_lists = msgspec.json.Decoder(list[Raw])


class ManifestRecord(msgspec.Struct, frozen=True):
    """What a Work's annotations store about one manifest.

    Attributes:
        entry: its versions; None if it is as it was sent.
        data: its conversion data as JSON; None if there is none.
        in_overflow: whether its conversion data is in the overflow object, which only the controller reads.
        losses: what it loses.
        unstored: its conversion data is too large to store; None if it is stored.
    """

    entry: SourceVersion | None = None
    data: bytes | None = None
    in_overflow: bool = False
    losses: tuple[Loss, ...] = ()
    unstored: UnstoredData | None = None

    def conversion_data(self) -> ConversionData:
        """Read the conversion data; empty if there is none or it cannot be read."""
        assert self.entry is not None
        nothing = ConversionData(self.entry.source)
        if self.data is None:
            return nothing
        try:
            data = ConversionData.from_json(self.data)
        except ManifestError:
            return nothing
        return data if data.source == self.entry.source else nothing


UNCONVERTED: Final = ManifestRecord()


class StoredRecord(msgspec.Struct, frozen=True, dict=True):
    """What a Work's annotations store, of an earlier conversion or of none.

    Attributes:
        entries: the versions, one entry for each manifest.
        data: the conversion data, one item for each manifest, as far as it is at hand.
        losses: the losses that were let pass.
        in_overflow: whether the conversion data is in the overflow object and not at hand.
    """

    entries: Sequence[SourceVersion | None] = ()
    data: Sequence[Raw] = ()
    losses: LossRecord = NO_LOSSES
    in_overflow: bool = False

    @classmethod
    def read(cls, annotations: Mapping[str, str | None], overflow: bytes | None = None) -> StoredRecord:
        """Read a Work's annotations.

        Args:
            annotations: the Work's annotations.
            overflow: the conversion data in its overflow object or carrier; None if that is not at hand.
        """
        losses = LossRecord.read(annotations.get(LOSSES_ANNOTATION))
        sources = annotations.get(SOURCES_ANNOTATION)
        if not sources:
            return cls(losses=losses) if losses is not NO_LOSSES else NO_RECORD
        try:
            entries = _entries.decode(sources)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return cls(losses=losses)
        text = annotations.get(CONVERSION_DATA_ANNOTATION) if overflow is None else overflow
        try:
            data = _lists.decode(text or "[]")
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            data = []
        return cls(entries, data, losses, overflow is None and CONVERSION_DATA_REF_ANNOTATION in annotations)

    def find(self, index: int, head: PartialObject) -> ManifestRecord:
        """Find the record of a manifest: at its index or, if the manifests have moved, elsewhere.

        Args:
            index: its index now.
            head: the manifest.
        """
        entries = self.entries
        if not entries:
            return UNCONVERTED
        entry = entries[index] if index < len(entries) else None
        if entry is None or not entry.is_of(head):
            moved = self._moved.get((head.kind, head.namespace, _own_name(head)))
            if moved is None:
                return UNCONVERTED
            index, entry = moved
        stored = bytes(self.data[index]) if index < len(self.data) else NULL
        data = None if stored == NULL else stored
        in_overflow = data is None and self.in_overflow
        if self.losses is NO_LOSSES:
            return ManifestRecord(entry, data, in_overflow)
        unstored = self.losses.unstored_of(entry.manifest)
        losses = self.losses.of_conversion(manifest_id_of_head(head, entry.source))
        return ManifestRecord(entry, data, in_overflow, losses, unstored)

    @cached_property
    def _moved(self) -> dict[tuple[str, str, str], tuple[int, SourceVersion]]:
        """The first entry of each manifest, with its index."""
        listed = [(index, entry) for index, entry in enumerate(self.entries) if entry is not None]
        return {(entry.kind, entry.namespace, entry.name): (index, entry) for index, entry in reversed(listed)}

    def was_lossy(self, head: PartialObject) -> bool:
        """Whether the cluster's release lost a value of a manifest when this was stored, and probably still does."""
        return self.losses.release is not None and (head.kind, head.namespace, head.name) in self._lossy

    @cached_property
    def _lossy(self) -> frozenset[tuple[str, str, str]]:
        return frozenset(loss.manifest[1:] for loss in self.losses.losses if loss.by_release is not None)


NO_RECORD: Final = StoredRecord()
