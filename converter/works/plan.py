"""Rewrites one Work for one cluster: each manifest into a version that the cluster serves, and the bookkeeping.

What comes out depends on nothing but what goes in, to the byte: the API server sees that nothing has changed when
Karmada sends the original again, and writes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from converter.conversion import convert_fresh
from converter.errors import ConversionError, ManifestError
from converter.karmada.names import (
    ANCHOR_LABEL,
    BINDING_LABELS,
    SUSPENDED_BEFORE_ANNOTATION,
    anchor_reference,
)
from converter.kube import GroupVersionKind, Manifest, canonical_json
from converter.kube.partial_object import POLICY_ANNOTATION, decode, decode_checked, head_of, read_head
from converter.losses import told_by_release
from converter.losses.decide import sent
from converter.works.annotations import (
    NO_RECORD,
    UNCONVERTED,
    AnnotationChanges,
    Note,
    SourceVersion,
    StoredRecord,
    settle,
)
from converter.works.issues import IssueCollector
from converter.works.overflow import KIND as CARRIER_KIND
from converter.works.overflow import carrier, read_carrier, suspension_of, word_for
from converter.works.result import NOTHING, Converted, Issue, WorkPlan
from converter.works.version_selection import Availability, choose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from msgspec import Raw

    from converter.clusters import Cluster
    from converter.conversion import Route
    from converter.karmada.work import Metadata, Work
    from converter.kube.partial_object import NamedHead
    from converter.library import Converter
    from converter.losses import FieldLoss
    from converter.works.policy import Policy


def rewrite(
    work: Work[Raw],
    cluster: Cluster,
    converter: Converter,
    policy: Policy,
    overflow: bytes | None = None,
    *,
    heads: Sequence[NamedHead | None] | None = None,
    right: int = -1,
    has_overflow_store: bool = False,
) -> WorkPlan:
    """Say what is to become of a Work; it never raises for what the Work holds.

    A Work that is being deleted is never refused, since then its finalizers could not be removed. An anchor is
    never touched.

    Args:
        work: the Work.
        cluster: where it goes.
        converter: the rules.
        policy: what to do about what cannot be had.
        overflow: what its shelf holds, where somebody could read it.
        heads: its manifests' heads, where they have been read; None for what is no manifest.
        right: how many manifests, from the first on, are known to be right as they are, while the next one is known not
            to be, or not for certain; -1 where nothing of that is known, as of Works with bookkeeping.
        has_overflow_store: whether there is somebody who brings to a shelf what the Work's annotations cannot hold.
    """
    metadata = work.metadata
    if metadata.labels and ANCHOR_LABEL in metadata.labels:
        return NOTHING
    if heads is None:
        heads = [head_of(raw) for raw in work.manifests]
    return _Rewriting(
        work, heads, cluster, converter, policy, overflow, right=right, has_overflow_store=has_overflow_store
    ).run()


class _Rewriting:
    """One Work on its way."""

    def __init__(  # noqa: PLR0917  as `rewrite` has it
        self,
        work: Work[Raw],
        heads: Sequence[NamedHead | None],
        cluster: Cluster,
        converter: Converter,
        policy: Policy,
        overflow: bytes | None,
        *,
        right: int,
        has_overflow_store: bool,
    ) -> None:
        self._work = work
        self._metadata = work.metadata
        self._annotations = work.metadata.annotations or {}
        self._cluster = cluster
        self._converter = converter
        self._shelves = has_overflow_store
        self._right = right
        self._sent = work.manifests
        self._heads = heads
        self._carrier: Raw | None = None
        if heads and (last := heads[-1]) is not None and last.kind == CARRIER_KIND:
            carried = read_carrier(self._sent[-1])
            if carried is not None:
                *self._sent, self._carrier = self._sent
                overflow = carried
        self._record = StoredRecord.read(self._annotations, overflow) if self._annotations else NO_RECORD
        self._wants_shelf = self._stands = False
        self._manifests: dict[int, bytes] = {}
        self._converted: list[Converted] = []
        wanted = self._annotations.get(POLICY_ANNOTATION)
        self._found = IssueCollector(cluster, policy, converter.loss_policy, wanted, self._record.lines)

    def run(self) -> WorkPlan:
        notes = [self._manifest(index, raw, self._heads[index]) for index, raw in enumerate(self._sent)]
        found = self._found
        denied = found.denied
        deleting = self._metadata.deletion_timestamp is not None
        if denied and not deleting:
            return self._denial(denied)
        labels = self._metadata.labels or {}
        has_overflow_store = (self._shelves and not deleting) or self._carrier is not None
        more = self._record.more if self._stands else 0
        books = settle(notes, labels, self._annotations, more=more, has_overflow_store=has_overflow_store)
        if self._metadata.owner_references and anchor_reference(_as_object(self._metadata)) is not None:
            books.labels.update(dict.fromkeys(label for label in BINDING_LABELS if label in labels))
        carried, suspend = self._carry(books)
        return WorkPlan(
            self._manifests,
            books.labels,
            books.annotations,
            found.said(books.warnings),
            carrier=carried,
            suspend=suspend,
            needs_overflow=self._wants_shelf,
            converted=tuple(self._converted),
            troubles=tuple(found.troubles),
            lost=tuple(found.lost),
        )

    def _denial(self, denied: list[Issue]) -> WorkPlan:
        whys = "; ".join(trouble.why for trouble in denied)
        hints = " ".join(dict.fromkeys(trouble.hint for trouble in denied))
        found = self._found
        return WorkPlan(
            denial=f"cluster {self._cluster.name}: {whys}. {hints}",
            warnings=tuple(found.warnings),
            troubles=tuple(found.troubles),
            lost=tuple(found.lost),
        )

    def _carry(self, books: AnnotationChanges) -> tuple[bytes | None, str]:
        """Hold the Work back while it carries what is for the shelf, and let it go once it does not.

        Returns:
            The carrier to be appended, if any; and what becomes of ``suspendDispatching`` (see `WorkPlan.suspend`).
        """
        stored, suspended = self._annotations.get(SUSPENDED_BEFORE_ANNOTATION), self._work.suspended
        if books.carried is None:
            if SUSPENDED_BEFORE_ANNOTATION in self._annotations:
                books.annotations[SUSPENDED_BEFORE_ANNOTATION] = None
            if self._carrier is None:
                return None, ""
            self._manifests[len(self._sent)] = b""
            before = suspension_of(stored)
            return None, "" if before is suspended else word_for(before)
        suspend = "" if suspended is True else "true"
        made = carrier(self._metadata.name, self._cluster.name, books.carried)
        if self._carrier is not None:  # the Work is as it was answered before; only what it carries may be other
            if read_carrier(self._carrier) != books.carried:
                self._manifests[len(self._sent)] = made
            return None, suspend
        if stored != word_for(suspended):
            books.annotations[SUSPENDED_BEFORE_ANNOTATION] = word_for(suspended)
        return made, suspend

    def _manifest(self, index: int, raw: Raw, head: NamedHead | None) -> Note:
        """See to one manifest; what is to be noted of it."""
        if index < self._right:
            return UNCONVERTED
        if head is None:
            return self._no_manifest(index, raw)
        earlier = self._record.find(index, head)
        entry = earlier.entry
        try:
            if entry is not None and entry.target == head.api_version and entry.source != entry.target:
                return self._again(index, raw, head, earlier)
            choice = choose(head.api_version, head.kind, self._cluster, self._converter)
            if choice.reach is Availability.SERVED:
                return self._served(index, raw, head)
            if choice.route is not None:
                return self._convert(index, head, decode(raw), raw, choice.route)
            self._found.unreachable(head, choice.why, certain=choice.reach is Availability.UNREACHABLE)
        except (ConversionError, ManifestError) as error:
            self._found.failed(head, f"cannot be converted: {error}")
        return UNCONVERTED

    def _no_manifest(self, index: int, raw: Raw) -> Note:
        try:
            read_head(raw)
        except ManifestError as error:
            self._found.no_manifest(f"spec.workload.manifests[{index}] is no manifest: {error}")
        return UNCONVERTED

    def _again(self, index: int, raw: Raw, head: NamedHead, earlier: Note) -> Note:
        """See to a manifest that has been converted before."""
        entry = earlier.entry
        assert entry is not None
        choice = choose(entry.source, head.kind, self._cluster, self._converter)
        if choice.reach is not Availability.SERVED:
            best = choice.route.target if choice.route is not None else None
            if best == head.api_version or (best is None and self._cluster.serves(head.api_version, head.kind)):
                return self._standing(raw, head, earlier)
            if choice.route is None:
                self._found.unreachable(head, choice.why, certain=choice.reach is Availability.UNREACHABLE)
                return self._stay(earlier)
        if earlier.in_overflow:  # what the way back needs is not at hand; whoever can read the shelf will see to it
            self._wants_shelf = True
            return self._standing(raw, head, earlier)
        try:
            source = self._converter.restore(decode_checked(raw), earlier.read_kept())
            if choice.route is not None:
                # In the order that Karmada sends: what is kept and told must not differ when it sends the original.
                text = canonical_json(source)
                return self._convert(index, head, decode(text), text, choice.route)
        except (ConversionError, ManifestError) as error:
            self._found.failed(head, f"cannot be taken back to {entry.source}: {error}")
            return self._stay(earlier)
        self._manifests[index] = msgspec.json.encode(source)
        self._converted.append(Converted(head.kind, head.place, head.api_version, entry.source, 0))
        lines = self._found.lose(head, self._by_release(source, head, entry.source))
        return Note(losses=lines) if lines else UNCONVERTED

    def _served(self, index: int, raw: Raw, head: NamedHead) -> Note:
        """See to a manifest that goes as it is: only what the cluster's release drops of it has to be told."""
        try:
            dropped = self._by_release(decode(raw) if index == self._right else raw, head, head.api_version)
        except ManifestError:  # what goes as it is need not be readable here
            return UNCONVERTED
        lines = self._found.lose(head, dropped)
        return Note(losses=lines) if lines else UNCONVERTED

    def _standing(self, raw: Raw, head: NamedHead, earlier: Note) -> Note:
        """Tell anew what the release drops of a manifest that stays converted; it was judged when it came."""
        try:
            dropped = self._by_release(raw, head, head.api_version)
        except ManifestError:
            dropped = ()
        return self._stay(earlier, self._found.lines(head, dropped))

    def _stay(self, earlier: Note, dropped: tuple[str, ...] = ()) -> Note:
        """Leave a manifest as an earlier conversion left it; of its lines only those hold on that are about that."""
        self._stands = True
        kept = [line for line in earlier.losses if not told_by_release(line)]
        return msgspec.structs.replace(earlier, losses=(*kept, *dropped))

    def _by_release(self, manifest: Manifest | bytes | Raw, head: NamedHead, api_version: str) -> tuple[FieldLoss, ...]:
        losses, cluster = self._converter.losses, self._cluster
        if not losses.may_lose(cluster.release, api_version, head.kind):
            return ()
        if not isinstance(manifest, dict):
            if losses.accepts(manifest, api_version, head.kind, cluster.release):
                return ()
            manifest = decode(manifest)
        gvk = GroupVersionKind.of(api_version, head.kind)
        return sent(losses.of_release(manifest, gvk, cluster.release, head.namespace, cluster.name))

    def _convert(self, index: int, head: NamedHead, manifest: Manifest, data: Raw | bytes, route: Route) -> Note:
        encoded, gone, kept = convert_fresh(manifest, data, lambda: decode_checked(data), route)
        dropped = self._by_release(encoded, head, route.target)
        lines: tuple[str, ...] = ()
        if gone or dropped:
            source, cluster = GroupVersionKind.of(route.source, head.kind), self._cluster
            weighed = self._converter.losses.of_conversion(gone, source, cluster.release, head.namespace, cluster.name)
            way = f" on the way from {route.source} to {route.target}"
            lines = self._found.lose(head, (*weighed, *dropped), way)
        self._manifests[index] = encoded
        losses = len(gone) + len(dropped)
        self._converted.append(Converted(head.kind, head.place, route.source, route.target, losses))
        entry = SourceVersion.of(head, route.source, route.target)
        return Note(entry, canonical_json(kept), lines) if kept.values else Note(entry, losses=lines)


def _as_object(metadata: Metadata) -> dict[str, object]:
    return {"name": metadata.name, "ownerReferences": metadata.owner_references}
