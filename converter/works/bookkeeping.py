"""What stands on a converted Work: where each manifest came from, what was kept of it, and what it lost.

Written deterministically and read forgivingly: annotations can be edited by anyone, and what cannot be read is
treated as not there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Raw

from converter.conversion import Kept
from converter.errors import ManifestError
from converter.kube import canonical_json
from converter.kube.names import CONVERTED_LABEL, KEPT_ANNOTATION, LOSSES_ANNOTATION, SOURCES_ANNOTATION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from converter.works.work import NamedHead

OURS: Final = (SOURCES_ANNOTATION, KEPT_ANNOTATION, LOSSES_ANNOTATION)

ANNOTATIONS_LIMIT: Final = 240 << 10
"""Bytes of all annotations' names and values that a Work is brought to; the API server takes 256 KiB
(TotalAnnotationSizeLimitB in apimachinery/pkg/api/validation/objectmeta.go), and others add some too."""

LOSSES_LIMIT: Final = 16 << 10
"""Characters of the annotation for people."""

_NOTHING: Final = b"null"


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a converted manifest came from, and what it became.

    Attributes:
        kind: its kind.
        name: its name.
        source: the apiVersion it was sent in.
        target: the apiVersion it has now.
        namespace: its namespace; empty for cluster-scoped objects.
    """

    kind: str
    name: str
    source: str = msgspec.field(name="from")
    target: str = msgspec.field(name="to")
    namespace: str = ""

    def is_of(self, head: NamedHead) -> bool:
        """Whether this speaks of that manifest."""
        metadata = head.metadata
        name = (metadata.name or "") if metadata is not None else ""
        namespace = (metadata.namespace or "") if metadata is not None else ""
        return self.kind == head.kind and self.name == name and self.namespace == namespace


_entries = msgspec.json.Decoder(list[Entry | None])
_kept = msgspec.json.Decoder(list[Raw])


@dataclass(frozen=True, slots=True)
class Note:
    """The bookkeeping of one manifest.

    Attributes:
        entry: where it came from; None where it is as it was sent.
        kept: what was kept of it, as JSON; ``null`` where nothing was.
        losses: lines for people.
    """

    entry: Entry | None = None
    kept: bytes = _NOTHING
    losses: tuple[str, ...] = ()

    def read_kept(self) -> Kept:
        """Read what was kept; nothing where there is nothing that can be read."""
        assert self.entry is not None
        nothing = Kept(self.entry.source)
        if self.kept == _NOTHING:
            return nothing
        try:
            kept = Kept.from_json(self.kept)
        except ManifestError:
            return nothing
        return kept if kept.source == self.entry.source else nothing


UNCONVERTED: Final = Note()


@dataclass(frozen=True, slots=True)
class Record:
    """What stands on a Work, of an earlier conversion or of none."""

    entries: Sequence[Entry | None] = ()
    kept: Sequence[Raw] = ()
    lines: Sequence[str] = ()

    @classmethod
    def read(cls, annotations: Mapping[str, str | None]) -> Record:
        """Read a Work's annotations."""
        sources = annotations.get(SOURCES_ANNOTATION)
        lines = (annotations.get(LOSSES_ANNOTATION) or "").splitlines()
        if not sources:
            return cls(lines=lines) if lines else _EMPTY
        try:
            entries = _entries.decode(sources)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return cls(lines=lines)
        try:
            kept = _kept.decode(annotations.get(KEPT_ANNOTATION) or "[]")
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            kept = []
        return cls(entries, kept, lines)

    def find(self, index: int, head: NamedHead, label: str) -> Note:
        """Find what is noted of a manifest: at its place, or, if the manifests have moved, elsewhere.

        Args:
            index: its place now.
            head: the manifest.
            label: what lines for people begin with that speak of it.
        """
        entries = self.entries
        if not (index < len(entries) and (entry := entries[index]) is not None and entry.is_of(head)):
            places = (i for i, other in enumerate(entries) if other is not None and other.is_of(head))
            index = next(places, -1)
            if index < 0:
                return UNCONVERTED
        kept = bytes(self.kept[index]) if index < len(self.kept) else _NOTHING
        return Note(entries[index], kept, tuple(line for line in self.lines if line.startswith(f"{label}: ")))


_EMPTY: Final = Record()


@dataclass(slots=True)
class Books:
    """What should stand on a Work.

    Attributes:
        labels: the changes to its labels; None removes one.
        annotations: the changes to its annotations; None removes one.
        warnings: for the user.
    """

    labels: dict[str, str | None] = field(default_factory=dict)
    annotations: dict[str, str | None] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def settle(self, notes: Sequence[Note], labels: Mapping[str, str | None], stored: Mapping[str, str | None]) -> None:
        """Work out the changes that lead from what stands on a Work to what should.

        Args:
            notes: one for each manifest.
            labels: the Work's labels.
            stored: the Work's annotations.
        """
        wanted: dict[str, str | None] = dict.fromkeys(OURS)
        converted = any(note.entry is not None for note in notes)
        # Sorted, since what the API server has stored has its fields in another order than what was just converted.
        lines = [line for note in notes for line in sorted(note.losses)]
        if converted:
            wanted[SOURCES_ANNOTATION] = canonical_json([note.entry for note in notes]).decode()
            wanted[KEPT_ANNOTATION] = self._kept(notes, lines, wanted, stored)
        wanted[LOSSES_ANNOTATION] = _for_people(lines)
        mark = "true" if converted else None
        if labels.get(CONVERTED_LABEL) != mark or (mark is None and CONVERTED_LABEL in labels):
            self.labels[CONVERTED_LABEL] = mark
        for name, value in wanted.items():
            if stored.get(name) != value or (value is None and name in stored):
                self.annotations[name] = value

    def _kept(
        self,
        notes: Sequence[Note],
        lines: list[str],
        wanted: Mapping[str, str | None],
        stored: Mapping[str, str | None],
    ) -> str | None:
        """Write down what was kept; where that is more than fits, the largest is left out, and said to be."""
        kept = [note.kept for note in notes]
        while any(item != _NOTHING for item in kept):
            text = b"[%b]" % b",".join(kept)
            others = sum(_size(name, value) for name, value in stored.items() if name not in OURS)
            ours = sum(_size(name, value) for name, value in wanted.items()) + LOSSES_LIMIT
            if others + ours + len(KEPT_ANNOTATION) + len(text) <= ANNOTATIONS_LIMIT:
                return text.decode()
            largest = max(range(len(kept)), key=lambda index: len(kept[index]))
            entry = notes[largest].entry
            assert entry is not None
            line = (
                f"{label_of(entry.kind, entry.namespace, entry.name)}: what {entry.target} cannot hold is not kept "
                f"({len(kept[largest])} bytes, and a Work's annotations have {ANNOTATIONS_LIMIT >> 10} KiB together): "
                "a conversion back will not restore it"
            )
            self.warnings.append(line)
            lines.append(line)
            kept[largest] = _NOTHING
        return None


def _size(name: str, value: str | None) -> int:
    return len(name.encode()) + len((value or "").encode())


def _for_people(lines: Sequence[str]) -> str | None:
    """Join lines, up to a limit; the same line once."""
    if not lines:
        return None
    kept: list[str] = []
    left = LOSSES_LIMIT - 64
    unique = list(dict.fromkeys(lines))
    for index, line in enumerate(unique):
        left -= len(line.encode()) + 1
        if left < 0:
            kept.append(f"and {len(unique) - index} more")
            break
        kept.append(line)
    return "\n".join(kept)


def label_of(kind: str, namespace: str, name: str) -> str:
    """Name a manifest for people: ``CronJob demo/report``."""
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}".rstrip()
