"""What stands on a converted Work: where each manifest came from, what was kept of it, and what it lost.

Written deterministically and read forgivingly: annotations can be edited by anyone, and what cannot be read is
treated as not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Raw

from converter.conversion import ConversionData
from converter.errors import ManifestError
from converter.karmada.names import (
    CONVERSION_DATA_ANNOTATION,
    CONVERSION_DATA_REF_ANNOTATION,
    CONVERTED_LABEL,
    LOSSES_ANNOTATION,
    LOSSES_LABEL,
    SOURCES_ANNOTATION,
    SUSPENDED_BEFORE_ANNOTATION,
)
from converter.losses.record import LIMIT as LOSSES_LIMIT
from converter.losses.record import read_lines, write_lines
from converter.works.overflow import OVERFLOW_LIMIT, digest_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from converter.kube.partial_object import NamedHead

OURS: Final = (SOURCES_ANNOTATION, CONVERSION_DATA_ANNOTATION, CONVERSION_DATA_REF_ANNOTATION, LOSSES_ANNOTATION)

ANNOTATIONS_LIMIT: Final = 240 << 10
"""Bytes of all annotations' names and values that a Work is brought to; the API server takes 256 KiB
(TotalAnnotationSizeLimitB in apimachinery/pkg/api/validation/objectmeta.go), and others add some too."""

_NOTHING: Final = b"null"

_ON_SHELF: Final = b""
"""Stands for what is kept where it is not at hand: on the shelf, which only the controller can read."""


class SourceVersion(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Where a converted manifest came from, and what it became.

    The fields stand in the order of their names in JSON, so that they are written in it.

    Attributes:
        source: the apiVersion it was sent in.
        kind: its kind.
        name: its name.
        namespace: its namespace; empty for cluster-scoped objects.
        target: the apiVersion it has now.
    """

    source: str = msgspec.field(name="from")
    kind: str
    name: str
    namespace: str = ""
    target: str = msgspec.field(name="to")

    @classmethod
    def of(cls, head: NamedHead, source: str, target: str) -> SourceVersion:
        """Make the entry of a manifest."""
        return cls(source=source, kind=head.kind, name=_own_name(head), namespace=head.namespace, target=target)

    def is_of(self, head: NamedHead) -> bool:
        """Whether this speaks of that manifest."""
        return self.kind == head.kind and self.name == _own_name(head) and self.namespace == head.namespace

    @property
    def label(self) -> str:
        """What people call the manifest: ``CronJob demo/report``."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}".rstrip()


def _own_name(head: NamedHead) -> str:
    return (head.metadata.name or "") if head.metadata is not None else ""


_encode = msgspec.json.encode
_entries = msgspec.json.Decoder(list[SourceVersion | None])
_kept = msgspec.json.Decoder(list[Raw])


class Note(msgspec.Struct, frozen=True):
    """The bookkeeping of one manifest.

    Attributes:
        entry: where it came from; None where it is as it was sent.
        kept: what was kept of it, as JSON; ``null`` where nothing was, empty where it is on the shelf.
        losses: lines for people.
    """

    entry: SourceVersion | None = None
    kept: bytes = _NOTHING
    losses: tuple[str, ...] = ()

    @property
    def in_overflow(self) -> bool:
        """Whether what was kept of it has to be fetched first."""
        return self.kept == _ON_SHELF

    def read_kept(self) -> ConversionData:
        """Read what was kept; nothing where there is nothing that can be read."""
        assert self.entry is not None
        nothing = ConversionData(self.entry.source)
        if self.kept in {_NOTHING, _ON_SHELF}:
            return nothing
        try:
            kept = ConversionData.from_json(self.kept)
        except ManifestError:
            return nothing
        return kept if kept.source == self.entry.source else nothing


UNCONVERTED: Final = Note()


class StoredRecord(msgspec.Struct, frozen=True):
    """What stands on a Work, of an earlier conversion or of none.

    Attributes:
        entries: one a manifest.
        kept: what was kept, one a manifest, as far as it is at hand.
        lines: what people are told.
        more: how many more values conversions lost than there was room to tell.
        in_overflow: whether what is not at hand is on the shelf.
    """

    entries: Sequence[SourceVersion | None] = ()
    kept: Sequence[Raw] = ()
    lines: Sequence[str] = ()
    more: int = 0
    in_overflow: bool = False

    @classmethod
    def read(cls, annotations: Mapping[str, str | None], overflow: bytes | None = None) -> StoredRecord:
        """Read a Work's annotations.

        Args:
            annotations: the Work's.
            overflow: what its shelf holds, or its carrier; None where that is not at hand.
        """
        sources = annotations.get(SOURCES_ANNOTATION)
        lines, more = read_lines(annotations.get(LOSSES_ANNOTATION))
        if not sources:
            return cls(lines=lines) if lines else NO_RECORD
        try:
            entries = _entries.decode(sources)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return cls(lines=lines)
        text = annotations.get(CONVERSION_DATA_ANNOTATION) if overflow is None else overflow
        try:
            kept = _kept.decode(text or "[]")
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            kept = []
        return cls(entries, kept, lines, more, overflow is None and CONVERSION_DATA_REF_ANNOTATION in annotations)

    def find(self, index: int, head: NamedHead) -> Note:
        """Find what is noted of a manifest: at its place, or, if the manifests have moved, elsewhere.

        Args:
            index: its place now.
            head: the manifest.
        """
        entries = self.entries
        if not entries:
            return UNCONVERTED
        if not (index < len(entries) and (entry := entries[index]) is not None and entry.is_of(head)):
            places = (i for i, other in enumerate(entries) if other is not None and other.is_of(head))
            index = next(places, -1)
            if index < 0:
                return UNCONVERTED
        kept = bytes(self.kept[index]) if index < len(self.kept) else _NOTHING
        if kept == _NOTHING and self.in_overflow:
            kept = _ON_SHELF
        start = f"{head.label}: "
        return Note(entries[index], kept, tuple(line for line in self.lines if line.startswith(start)))


NO_RECORD: Final = StoredRecord()


class AnnotationChanges(msgspec.Struct):
    """What should stand on a Work.

    Attributes:
        labels: the changes to its labels; None removes one.
        annotations: the changes to its annotations; None removes one.
        warnings: for the user.
        carried: what is kept and has yet to be brought to the shelf, as the JSON of a list; None where nothing has.
    """

    labels: dict[str, str | None] = {}
    annotations: dict[str, str | None] = {}
    warnings: list[str] = []
    carried: bytes | None = None

    def keep(
        self,
        notes: Sequence[Note],
        told: list[list[str]],
        wanted: dict[str, str | None],
        stored: Mapping[str, str | None],
        *,
        has_overflow_store: bool,
    ) -> None:
        """Write down what was kept: as an annotation, on the shelf if that is too small, and if need be not at all.

        Args:
            notes: one for each manifest.
            told: the lines about each, to which is added what is not kept.
            wanted: takes our annotations.
            stored: the Work's annotations.
            has_overflow_store: whether there are shelves.
        """
        kept = [note.kept for note in notes]
        overflow_object = None
        if _ON_SHELF in kept:  # it stays there, and the shelf is named as before
            overflow_object = wanted[CONVERSION_DATA_REF_ANNOTATION] = stored.get(CONVERSION_DATA_REF_ANNOTATION)
            kept = [_NOTHING if item == _ON_SHELF else item for item in kept]
        if all(item == _NOTHING for item in kept):
            return
        room = self._room(wanted, stored)
        text = _joined(kept)
        if len(text) > room and has_overflow_store and len(text) <= OVERFLOW_LIMIT and overflow_object is None:
            digest = digest_of(text)
            if stored.get(CONVERSION_DATA_REF_ANNOTATION) == digest:
                wanted[CONVERSION_DATA_REF_ANNOTATION] = digest
            else:
                self.carried = text
            return
        while len(text) > room:
            largest = max(range(len(kept)), key=lambda index: len(kept[index]))
            entry = notes[largest].entry
            assert entry is not None
            line = (
                f"{entry.label}: what {entry.target} cannot hold is not kept "
                f"({len(kept[largest])} bytes, and {_holds(has_overflow_store=has_overflow_store)}): "
                "a conversion back will not restore it"
            )
            self.warnings.append(line)
            told[largest].append(line)
            kept[largest] = _NOTHING
            text = _joined(kept)
        if any(item != _NOTHING for item in kept):
            wanted[CONVERSION_DATA_ANNOTATION] = text.decode()

    def _room(self, wanted: Mapping[str, str | None], stored: Mapping[str, str | None]) -> int:
        """How many bytes of what is kept fit into the annotations, beside all others and what people are told."""
        others = sum(_size(name, value) for name, value in stored.items() if name not in _NOT_OTHERS)
        ours = sum(_size(name, value) for name, value in wanted.items())
        return ANNOTATIONS_LIMIT - others - ours - LOSSES_LIMIT - len(CONVERSION_DATA_ANNOTATION)


def settle(
    notes: Sequence[Note],
    labels: Mapping[str, str | None],
    stored: Mapping[str, str | None],
    *,
    more: int = 0,
    has_overflow_store: bool = False,
) -> AnnotationChanges:
    """Work out the changes that lead from what stands on a Work to what should.

    Args:
        notes: one for each manifest.
        labels: the Work's labels.
        stored: the Work's annotations.
        more: how many more values than the lines tell an earlier conversion lost, that still stands.
        has_overflow_store: whether what does not fit into annotations can be stored elsewhere.
    """
    books = AnnotationChanges()
    wanted: dict[str, str | None] = {}
    entries: list[SourceVersion | None] = []
    told: list[list[str]] = []
    converted = keeps = False
    for note in notes:
        entries.append(note.entry)
        told.append([*note.losses])
        converted = converted or note.entry is not None
        keeps = keeps or note.kept != _NOTHING
    if converted:
        wanted[SOURCES_ANNOTATION] = _encode(entries).decode()
        if keeps:
            books.keep(notes, told, wanted, stored, has_overflow_store=has_overflow_store)
    # Sorted, since what the API server has stored has its fields in another order than what was just converted.
    lines = [line for one in told for line in sorted(one)]
    if lines or more:
        wanted[LOSSES_ANNOTATION] = write_lines(lines, more)
    for name, holds in ((CONVERTED_LABEL, converted), (LOSSES_LABEL, bool(lines) and not converted)):
        if holds and labels.get(name) != "true":
            books.labels[name] = "true"
        elif not holds and name in labels:
            books.labels[name] = None
    for name in OURS:
        value = wanted.get(name)
        if stored.get(name) != value or (value is None and name in stored):
            books.annotations[name] = value
    return books


_NOT_OTHERS: Final = frozenset({*OURS, SUSPENDED_BEFORE_ANNOTATION})


def _holds(*, has_overflow_store: bool) -> str:
    if has_overflow_store:
        return f"an object of its own holds {OVERFLOW_LIMIT >> 10} KiB"
    return f"a Work's annotations have {ANNOTATIONS_LIMIT >> 10} KiB together"


def _joined(kept: Sequence[bytes]) -> bytes:
    """Write what is kept of each manifest as one list."""
    return b"[%b]" % b",".join(kept)


def _size(name: str, value: str | None) -> int:
    return len(name.encode()) + len((value or "").encode())
