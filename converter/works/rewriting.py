"""Rewrites one Work for one cluster: each manifest into a version that the cluster serves, and the bookkeeping.

What comes out depends on nothing but what goes in, to the byte: the API server sees that nothing has changed when
Karmada sends the original again, and writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import msgspec

from converter.conversion import convert_fresh
from converter.errors import ConversionError, ManifestError
from converter.kube import GroupVersionKind, Manifest, canonical_json
from converter.kube.names import ANCHOR_LABEL, BINDING_LABELS, POLICY_ANNOTATION, anchor_reference
from converter.rules.loss_policy import LossPolicy
from converter.works.bookkeeping import UNCONVERTED, Books, Entry, Note, Record, label_of
from converter.works.choice import Reach, choose
from converter.works.losing import LossJudge, Lost, sent, told_by_release
from converter.works.policy import Action, Policy, PolicyError
from converter.works.strict import check_strictly, refuse
from converter.works.work import NamedHead

if TYPE_CHECKING:
    from collections.abc import Mapping

    from msgspec import Raw

    from converter.clusters import Cluster
    from converter.conversion import Route
    from converter.library import Converter
    from converter.losses import FieldLoss
    from converter.works.work import Metadata, Work

_heads = msgspec.json.Decoder(NamedHead)

_HINT: Final = (
    "Leave the cluster out of the placement, send a version that it serves, or add a rule (docs/rules.md); "
    f"the annotation {POLICY_ANNOTATION}: warn on the object lets it pass unchanged."
)
_LOSSES_HINT: Final = (
    "Leave the cluster out of the placement, upgrade it, or take the fields out for it with an OverridePolicy; "
    "docs/losses.md says how an admin can ask for less"
)


@dataclass(frozen=True, slots=True)
class Converted:
    """A manifest that got another version.

    Attributes:
        kind: its kind.
        name: ``namespace/name``.
        source: the apiVersion it came in.
        target: the apiVersion it got.
        losses: how many values the target cannot hold.
    """

    kind: str
    name: str
    source: str
    target: str
    losses: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """A manifest that its cluster cannot have as it is meant.

    Attributes:
        kind: its kind; empty where it has none.
        name: ``namespace/name``.
        source: the apiVersion it came in.
        why: a sentence for people, with the manifest and without the cluster.
        action: what the policy makes of it.
        hint: what to do, where it is refused.
    """

    kind: str
    name: str
    source: str
    why: str
    action: Action
    hint: str = _HINT


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is to become of a Work.

    Attributes:
        manifests: the new ones, as JSON, by their place.
        labels: the changes to the Work's labels; None removes one.
        annotations: the changes to its annotations; None removes one.
        warnings: for the user.
        denial: why the Work is refused, whole; empty where it is not.
        converted: what was converted, for counting.
        troubles: what could not be, for counting.
        lost: what manifests lose, for counting.
    """

    manifests: Mapping[int, bytes] = field(default_factory=dict)
    labels: Mapping[str, str | None] = field(default_factory=dict)
    annotations: Mapping[str, str | None] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    denial: str = ""
    converted: tuple[Converted, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    lost: tuple[Lost, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether anything of the Work is to change."""
        return bool(self.manifests or self.labels or self.annotations)


NOTHING: Final = Outcome()

_LOSS_POLICIES: Final = {action: LossPolicy.of(action) for action in Action}


def rewrite(work: Work[Raw], cluster: Cluster, converter: Converter, policy: Policy) -> Outcome:
    """Say what is to become of a Work; it never raises for what the Work holds.

    A Work that is being deleted is never refused, since then its finalizers could not be removed. An anchor is
    never touched.
    """
    metadata = work.metadata
    if metadata.labels and ANCHOR_LABEL in metadata.labels:
        return NOTHING
    return _Rewriting(metadata, cluster, converter, policy).run(work.manifests)


class _Rewriting:
    """One Work on its way."""

    def __init__(self, metadata: Metadata, cluster: Cluster, converter: Converter, policy: Policy) -> None:
        self._metadata = metadata
        self._annotations = metadata.annotations or {}
        self._cluster = cluster
        self._converter = converter
        self._record = Record.read(self._annotations)
        self._warnings: list[str] = []
        self._manifests: dict[int, bytes] = {}
        self._converted: list[Converted] = []
        self._troubles: list[Trouble] = []
        self._lost: list[Lost] = []
        losses = converter.book.policy or _LOSS_POLICIES[policy.losses]
        self._judge = LossJudge(losses, cluster, self._record.lines)
        self._policy = self._under(policy, self._annotations.get(POLICY_ANNOTATION), "the Work")

    def run(self, manifests: list[Raw]) -> Outcome:
        notes = [self._manifest(index, raw) for index, raw in enumerate(manifests)]
        denied = [trouble for trouble in self._troubles if trouble.action is Action.DENY]
        deleting = self._metadata.deletion_timestamp is not None
        if denied and not deleting:
            whys = "; ".join(trouble.why for trouble in denied)
            hints = " ".join(dict.fromkeys(trouble.hint for trouble in denied))
            denial = f"cluster {self._cluster.name}: {whys}. {hints}"
            return Outcome(
                denial=denial, warnings=tuple(self._warnings), troubles=tuple(self._troubles), lost=tuple(self._lost)
            )
        said = [trouble.why for trouble in self._troubles if trouble.action is not Action.IGNORE]
        labels = self._metadata.labels or {}
        books = Books()
        books.settle(notes, labels, self._annotations)
        if self._metadata.owner_references and anchor_reference(_as_object(self._metadata)) is not None:
            books.labels.update(dict.fromkeys(label for label in BINDING_LABELS if label in labels))
        warnings = [f"cluster {self._cluster.name}: {text}" for text in (*said, *books.warnings)]
        return Outcome(
            self._manifests,
            books.labels,
            books.annotations,
            (*warnings, *self._warnings),
            converted=tuple(self._converted),
            troubles=tuple(self._troubles),
            lost=tuple(self._lost),
        )

    def _manifest(self, index: int, raw: Raw) -> Note:
        """See to one manifest; what is to be noted of it."""
        try:
            head = _head(raw)
        except ManifestError as error:
            self._trouble(None, f"spec.workload.manifests[{index}] is no manifest: {error}", self._policy)
            return UNCONVERTED
        label = _label(head)
        earlier = self._record.find(index, head, label)
        entry = earlier.entry
        try:
            if entry is not None and entry.target == head.api_version and entry.source != entry.target:
                return self._again(index, raw, head, earlier)
            choice = choose(head.api_version, head.kind, self._cluster, self._converter)
            if choice.reach is Reach.SERVED:
                return self._served(raw, head, label)
            if choice.route is not None:
                return self._convert(index, head, _decode(raw), _checked(raw), choice.route)
            self._cannot(head, choice.why, certain=choice.reach is Reach.UNREACHABLE)
        except (ConversionError, ManifestError) as error:
            self._trouble(head, f"{label} ({head.api_version}) cannot be converted: {error}", self._policy_of(head))
        return UNCONVERTED

    def _again(self, index: int, raw: Raw, head: NamedHead, earlier: Note) -> Note:
        """See to a manifest that has been converted before."""
        entry = earlier.entry
        assert entry is not None
        choice = choose(entry.source, head.kind, self._cluster, self._converter)
        if choice.reach is not Reach.SERVED:
            best = choice.route.target if choice.route is not None else None
            if best == head.api_version or (best is None and self._cluster.serves(head.api_version, head.kind)):
                return self._standing(raw, head, earlier)
            if choice.route is None:
                self._cannot(head, choice.why, certain=choice.reach is Reach.UNREACHABLE)
                return earlier
        try:
            source = self._converter.restore(_checked(raw), earlier.read_kept())
            if choice.route is not None:
                # In the order that Karmada sends: what is kept and told must not differ when it sends the original.
                text = canonical_json(source)
                return self._convert(index, head, _decode(text), _decode(text), choice.route)
        except (ConversionError, ManifestError) as error:
            why = f"{_label(head)} ({head.api_version}) cannot be taken back to {entry.source}: {error}"
            self._trouble(head, why, self._policy_of(head))
            return earlier
        self._manifests[index] = msgspec.json.encode(source)
        self._converted.append(Converted(head.kind, _name(head), head.api_version, entry.source, 0))
        lines = self._losses(head, _label(head), self._by_release(source, head, entry.source))
        return Note(losses=lines) if lines else UNCONVERTED

    def _served(self, raw: Raw, head: NamedHead, label: str) -> Note:
        """See to a manifest that goes as it is: only what the cluster's release drops of it has to be told."""
        cluster = self._cluster
        if not self._converter.losses.concerns(cluster.release, head.api_version, head.kind):
            return UNCONVERTED
        try:
            manifest = _decode(raw)
        except ManifestError:  # what goes as it is need not be readable here
            return UNCONVERTED
        lines = self._losses(head, label, self._by_release(manifest, head, head.api_version))
        return Note(losses=lines) if lines else UNCONVERTED

    def _standing(self, raw: Raw, head: NamedHead, earlier: Note) -> Note:
        """Tell anew what the release drops of a manifest that stays converted; it was judged when it came."""
        kept = tuple(line for line in earlier.losses if not told_by_release(line))
        label = _label(head)
        try:
            dropped = self._by_release(raw, head, head.api_version)
        except ManifestError:
            dropped = ()
        lines = self._judge.judge(head.kind, _name(head), _namespace(head), label, dropped, self._asked(head)).lines
        return replace(earlier, losses=(*kept, *lines))

    def _by_release(self, manifest: Manifest | bytes | Raw, head: NamedHead, api_version: str) -> tuple[FieldLoss, ...]:
        losses, cluster = self._converter.losses, self._cluster
        if not losses.concerns(cluster.release, api_version, head.kind):
            return ()
        if not isinstance(manifest, dict):
            manifest = _decode(manifest)
        gvk = GroupVersionKind.of(api_version, head.kind)
        return sent(losses.of_release(manifest, gvk, cluster.release, _namespace(head), cluster.name))

    def _convert(self, index: int, head: NamedHead, manifest: Manifest, original: Manifest, route: Route) -> Note:
        encoded, gone, kept = convert_fresh(manifest, original, route)
        dropped = self._by_release(encoded, head, route.target)
        lines: tuple[str, ...] = ()
        if gone or dropped:
            source, cluster = GroupVersionKind.of(route.source, head.kind), self._cluster
            weighed = self._converter.losses.of_conversion(
                gone, source, cluster.release, _namespace(head), cluster.name
            )
            way = f" on the way from {route.source} to {route.target}"
            lines = self._losses(head, _label(head), (*weighed, *dropped), way)
        self._manifests[index] = encoded
        losses = len(gone) + len(dropped)
        self._converted.append(Converted(head.kind, _name(head), route.source, route.target, losses))
        metadata = head.metadata
        name = (metadata.name or "") if metadata is not None else ""
        entry = Entry(head.kind, name, route.source, route.target, _namespace(head))
        return Note(entry, canonical_json(kept), lines) if kept.values else Note(entry, losses=lines)

    def _losses(self, head: NamedHead, label: str, losses: tuple[FieldLoss, ...], way: str = "") -> tuple[str, ...]:
        """Judge what a manifest loses; the lines for the annotation."""
        if not losses:
            return ()
        judged = self._judge.judge(head.kind, _name(head), _namespace(head), label, losses, self._asked(head))
        self._warnings += judged.warnings
        if judged.denied:
            why = f"{label} would lose values{way}: {'; '.join(judged.denied)}"
            trouble = Trouble(head.kind, _name(head), head.api_version, why, Action.DENY, _LOSSES_HINT)
            self._troubles.append(trouble)
        if judged.lost is not None:
            self._lost.append(judged.lost)
        return judged.lines

    def _asked(self, head: NamedHead) -> Action | None:
        """What the object's annotation, or else the Work's, asks for; None where it asks for nothing less."""
        own = _policy_word(head)
        text = self._annotations.get(POLICY_ANNOTATION) if own is msgspec.UNSET else own
        if text is None:
            return None
        try:
            return Action.parse(str(text))
        except PolicyError as error:
            warning = f"annotation {POLICY_ANNOTATION} of {_label(head)}: {error}"
            if own is not msgspec.UNSET and warning not in self._warnings:
                self._warnings.append(warning)
            return None

    def _cannot(self, head: NamedHead, why: str, *, certain: bool) -> None:
        policy = self._policy_of(head)
        if not certain and policy.unreachable is Action.DENY:
            policy = policy.under(Action.WARN)
        self._trouble(head, f"{_label(head)} ({head.api_version}): {why}", policy)

    def _trouble(self, head: NamedHead | None, why: str, policy: Policy) -> None:
        if head is None:
            self._troubles.append(Trouble("", "", "", why, policy.unreachable))
        else:
            self._troubles.append(Trouble(head.kind, _name(head), head.api_version, why, policy.unreachable))

    def _policy_of(self, head: NamedHead) -> Policy:
        word = _policy_word(head)
        return self._policy if word is msgspec.UNSET else self._under(self._policy, word, _label(head))

    def _under(self, policy: Policy, text: object, where: str) -> Policy:
        if text is None:
            return policy
        try:
            return policy.under(Action.parse(str(text)))
        except PolicyError as error:
            self._warnings.append(f"annotation {POLICY_ANNOTATION} of {where}: {error}")
            return policy


def _policy_word(head: NamedHead) -> Any:
    """What stands in a manifest's own policy annotation; unset where it has none."""
    metadata = head.metadata
    return msgspec.UNSET if metadata is None or metadata.annotations is None else metadata.annotations.policy


def _head(raw: Raw) -> NamedHead:
    try:
        head = _heads.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ManifestError(str(error)) from None
    for field_name, value in (("apiVersion", head.api_version), ("kind", head.kind)):
        if not value:
            raise ManifestError("is missing or empty; every manifest has one", field_name)
    return head


def _decode(raw: Raw | bytes) -> Manifest:
    try:
        manifest: Manifest = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        refuse(bytes(raw), error)
    return manifest


def _checked(raw: Raw) -> Manifest:
    """Decode a manifest and make sure that no key stands twice in one of its objects.

    A key that is dropped takes its quotes with it, and nothing else changes their number but an escaped quote: a
    count is enough to know that all is well.
    """
    manifest = _decode(raw)
    data = bytes(raw)
    if data.count(b'"') != msgspec.json.encode(manifest).count(b'"'):
        check_strictly(data)
    return manifest


def _name(head: NamedHead) -> str:
    metadata = head.metadata
    if metadata is None:
        return ""
    name = metadata.name or metadata.generate_name or ""
    return f"{metadata.namespace}/{name}" if metadata.namespace else name


def _namespace(head: NamedHead) -> str:
    return (head.metadata.namespace or "") if head.metadata is not None else ""


def _label(head: NamedHead) -> str:
    metadata = head.metadata
    if metadata is None:
        return head.kind
    return label_of(head.kind, metadata.namespace or "", metadata.name or metadata.generate_name or "")


def _as_object(metadata: Metadata) -> dict[str, object]:
    return {"name": metadata.name, "ownerReferences": metadata.owner_references}
