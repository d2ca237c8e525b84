"""Plans what happens to one Work on its way to its cluster, in three pure functions.

`inspect` finds out, for each manifest, the version that the cluster gets and what is lost. `decide` applies the
policies to that. `assemble` puts the decisions together: a denial, or the changes of the whole Work.

The plan depends on nothing but the arguments, to the byte. So when Karmada sends the original again, the API server
sees no change and writes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from converter.karmada.names import ANCHOR_LABEL, BINDING_LABELS, LOSSES_ANNOTATION, anchor_reference
from converter.kube.partial_object import POLICY_ANNOTATION, partial_object_of
from converter.losses import messages
from converter.losses.decide import Decision, Destination, ManifestLosses
from converter.losses.decide import decide as decide_losses
from converter.losses.policy import Action
from converter.losses.record import NO_LOSSES, LetPass
from converter.works import conversions
from converter.works.annotation_changes import Bookkeeping, changes_for
from converter.works.annotations import NO_RECORD, ManifestRecord, StoredRecord
from converter.works.carrying import carry, split_carrier
from converter.works.issues import WorkPolicies, denial_text, too_large, unreachable
from converter.works.issues import denied as denied_issue
from converter.works.limits import MOST_BYTES, MOST_MANIFESTS, limits_of
from converter.works.result import NO_CHANGES, Converted, Issue, WorkPlan
from converter.works.states import ManifestPlan, ManifestState, Target
from converter.works.suspended import is_suspended
from converter.works.unchanged import count_unchanged, holds_crds
from converter.works.version_selection import Availability, choose

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Sequence

    from msgspec import Raw

    from converter.clusters import Cluster
    from converter.conversion import UnrestoredValue
    from converter.engine import Engine
    from converter.karmada.work import Work
    from converter.kube.partial_object import PartialObject
    from converter.losses import Loss
    from converter.losses.model import LossKey, UnstoredData
    from converter.works.conversion_cache import ConversionCache
    from converter.works.policy import Policy
    from converter.works.states import Span

_DENY, _WARN = Action.DENY, Action.WARN  # as in converter.losses.decide


def plan_work(
    work: Work[Raw],
    cluster: Cluster,
    converter: Engine,
    policy: Policy,
    overflow: bytes | None = None,
    *,
    heads: Sequence[PartialObject | None] | None = None,
    unchanged: int | None = None,
    has_overflow_store: bool = False,
    resumed: bool = False,
    stored_refusals: Container[LossKey] = (),
    recheck: bool = False,
    span: Span | None = None,
    cache: ConversionCache | None = None,
) -> WorkPlan:
    """Plan what happens to a Work; never raises for what the Work holds.

    A Work that is being deleted is never denied: its finalizers could not be removed. A suspended Work is never denied:
    it goes to no member (`converter.works.suspended`). An anchor is never changed.

    Args:
        work: the Work.
        cluster: the cluster that it goes to.
        converter: the rules.
        policy: what to do if the cluster cannot have a manifest.
        overflow: the content of its overflow object, if the caller can read it.
        heads: the heads of its manifests, if they have been read; None for what is not a manifest.
        unchanged: how many manifests from the first one stay as they are, if that is known: then the next one may not,
            and the Work has no annotations of ours.
        has_overflow_store: whether a controller stores what annotations cannot hold.
        resumed: whether the Work was suspended until now. Then what was converted meanwhile is decided about again.
        stored_refusals: what its cluster refuses of the Work as it is stored; that is not denied.
        recheck: whether to compare stored manifests with what these rules make of the originals; not at admission.
        span: makes a span of a trace; None without tracing.
        cache: remembers conversions, and changes no plan; None to convert each time.
    """
    metadata = work.metadata
    if metadata.labels and ANCHOR_LABEL in metadata.labels:
        return NO_CHANGES
    if heads is None:
        heads = [partial_object_of(raw) for raw in work.manifests]
    annotations = metadata.annotations or {}
    manifests, carried = split_carrier(work.manifests, heads[-1] if heads else None)
    policies = WorkPolicies(policy, converter.loss_policy, annotations.get(POLICY_ANNOTATION), stored_refusals)
    suspended = is_suspended(work, carried)
    if (len(manifests) > MOST_MANIFESTS or sum(map(len, manifests)) > MOST_BYTES) and (
        annotations or count_unchanged(manifests, heads, cluster, converter.losses) < len(manifests)
    ):
        never_denied = suspended or metadata.deletion_timestamp is not None
        return _too_large(manifests, policies, cluster, never_denied=never_denied)
    overflow = carried if carried is not None else overflow
    stored = StoredRecord.read(annotations, overflow) if annotations else NO_RECORD
    limits = limits_of(len(manifests))
    target = Target(cluster, converter, limits, resumed=resumed, recheck=recheck, span=span, cache=cache)
    states = [
        inspect(index, raw, heads[index], stored, target, unchanged=unchanged) for index, raw in enumerate(manifests)
    ]
    destination = Destination(cluster.name, cluster.labels)
    passed: Container[LossKey] = ()
    if stored.losses is not NO_LOSSES:
        passed = LetPass(stored.losses, [loss for state in states for loss in state.losses])
    plans = [decide(state, policies, destination, passed, suspended=suspended) for state in states]
    return assemble(
        plans, work, stored, cluster, carried=carried, warnings=policies.warnings, has_overflow_store=has_overflow_store
    )


def _too_large(manifests: Sequence[Raw], policies: WorkPolicies, cluster: Cluster, *, never_denied: bool) -> WorkPlan:
    """Leave a Work as it is, or deny it, without a look at its manifests."""
    issue = too_large(manifests, policies)
    if issue.action is Action.DENY and not never_denied:
        return WorkPlan(denial=denial_text([issue], cluster.name), warnings=policies.warnings, issues=(issue,))
    return WorkPlan(warnings=(*_said([issue], (), cluster.name), *policies.warnings), issues=(issue,))


def inspect(
    index: int, raw: Raw, head: PartialObject | None, stored: StoredRecord, target: Target, *, unchanged: int | None
) -> ManifestState:
    """Find out which version of a manifest the cluster gets, convert it, and find what is lost.

    Args:
        index: its place in the Work.
        raw: its JSON.
        head: what names it; None if it is not a manifest.
        stored: what the Work stores of an earlier conversion.
        target: where it goes, and by which rules.
        unchanged: see `plan_work`.
    """
    if unchanged is not None and index < unchanged:
        return ManifestState(head)
    if head is None:
        return conversions.not_a_manifest(index, raw)
    earlier = stored.find(index, head)
    entry = earlier.entry
    if entry is not None and entry.target == head.api_version and entry.source != entry.target:
        return conversions.reconvert(raw, head, entry, earlier, target, lossy=stored.was_lossy(head))
    choice = choose(head.api_version, head.kind, target.cluster, target.converter)
    if choice.availability is Availability.SERVED:
        return conversions.pass_through(raw, head, target, lossy=index == unchanged or stored.was_lossy(head))
    if choice.route is None:
        return ManifestState(head, failure=conversions.unavailable(head, choice))
    return conversions.convert(raw, head, choice.route, target, lossy=stored.was_lossy(head))


def decide(
    state: ManifestState,
    policies: WorkPolicies,
    destination: Destination,
    passed: Container[LossKey],
    *,
    suspended: bool = False,
) -> ManifestPlan:
    """Apply the policies to what was found out about a manifest.

    Nothing in a suspended Work is denied. A manifest that is not available stays as it is. One whose losses are denied
    is converted, since Karmada may watch the member in the version that the Work has. The denied losses are not
    recorded, so that the write that resumes the Work does not let them pass.

    Args:
        state: what was found out.
        policies: the Work's policies.
        destination: the cluster, as far as policies look at it.
        passed: the losses that were let pass before.
        suspended: whether the Work goes to no member.
    """
    unrestored = _unrestored(state)
    if state.failure is None and not state.losses:
        record = state.record if not state.remembered else _recording(state, ())
        return ManifestPlan(state, record, warnings=unrestored)
    policy = policies.of(state.head)
    failure = state.failure if not suspended else None
    issue = unreachable(state.head, failure, policy) if failure is not None else None
    if state.head is None or not state.losses:
        return ManifestPlan(state, state.record, issue, policy.warnings)
    decisions = decide_losses(
        state.losses, policies.losses, destination, policy.asked, passed,
        unreachable=policy.unreachable, stored=policies.stored_refusals,
    )  # fmt: skip
    if suspended:
        decisions = tuple([item for item in decisions if item.action is not _DENY])
    record = _recording(state, decisions)
    if state.stays:  # it was decided about when it came
        return ManifestPlan(state, record, issue, policy.warnings)
    warnings = [f"cluster {destination.name}: {item.loss.line}" for item in decisions if item.action is _WARN]
    denied = [item.loss for item in decisions if item.action is _DENY]
    if denied:
        way = f" on the way from {state.source} to {state.target}" if state.record.entry is not None else ""
        issue = denied_issue(state.head, denied, way)
    return ManifestPlan(state, record, issue, (*policy.warnings, *unrestored, *warnings), decisions)


def _unrestored(state: ManifestState) -> tuple[str, ...]:
    if state.head is None or not state.unrestored:
        return ()
    return tuple(f"{state.head.label}: {value}" for value in state.unrestored)


def _recording(state: ManifestState, decisions: Sequence[Decision]) -> ManifestRecord:
    losses = (*state.remembered, *[item.loss for item in decisions if item.recorded])
    return msgspec.structs.replace(state.record, losses=losses) if losses != state.record.losses else state.record


def assemble(
    plans: Sequence[ManifestPlan],
    work: Work[Raw],
    stored: StoredRecord,
    cluster: Cluster,
    *,
    carried: bytes | None = None,
    warnings: tuple[str, ...] = (),
    has_overflow_store: bool = False,
) -> WorkPlan:
    """Put the decisions about all manifests together.

    Args:
        plans: what was decided about each manifest.
        work: the Work as it is.
        stored: what it stores of an earlier conversion.
        cluster: where it goes.
        carried: the conversion data that it carries to its overflow object; None if it carries none.
        warnings: about the Work itself.
        has_overflow_store: whether a controller stores what annotations cannot hold.
    """
    metadata = work.metadata
    deleting = metadata.deletion_timestamp is not None
    summary = _summed(plans, warnings)
    denied = [issue for issue in summary.issues if issue.action is Action.DENY]
    if denied and not deleting:
        text = denial_text(denied, cluster.name)
        about = tuple(summary.warnings)
        return WorkPlan(
            denial=text,
            warnings=about,
            issues=tuple(summary.issues),
            losses=tuple(summary.losses),
            refusals=frozenset(summary.refusals),
            unrestored=summary.unrestored,
        )
    present = Bookkeeping(
        metadata.labels or {},
        metadata.annotations or {},
        stored.losses,
        cluster.release,
        keeps_conversions=summary.stays,
        holds_crds=holds_crds([plan.state.head for plan in plans]),
        has_overflow_store=(has_overflow_store and not deleting) or carried is not None,
    )
    changes = changes_for([plan.record for plan in plans], present)
    owned = {"name": metadata.name, "ownerReferences": metadata.owner_references}
    if deleting:  # who selects it by its labels must see it go
        changes.labels.clear()
    elif metadata.owner_references and anchor_reference(owned) is not None:
        changes.labels.update(dict.fromkeys(label for label in BINDING_LABELS if label in present.labels))
    manifests = summary.manifests
    carriage = carry(work, cluster.name, changes, carried)
    if carriage.changes_last:
        manifests[len(plans)] = carriage.last
    return WorkPlan(
        manifests,
        changes.labels,
        changes.annotations,
        (*_said(summary.issues, changes.unstored.values(), cluster.name), *summary.warnings),
        carrier=carriage.appended,
        suspend=carriage.suspend,
        resend=stored.losses is not NO_LOSSES
        and LOSSES_ANNOTATION in changes.annotations
        and stored.losses.ends_with(_by_release(plans)),
        needs_overflow=summary.needs_overflow,
        outdated=summary.outdated,
        converted=tuple(summary.converted),
        issues=tuple(summary.issues),
        losses=tuple(summary.losses),
        refusals=frozenset(summary.refusals),
        unstored=tuple(changes.unstored.values()),
        unrestored=summary.unrestored,
    )


class _Summary(msgspec.Struct):
    """The plans of all manifests, gathered by what they say."""

    manifests: dict[int, bytes | None] = {}
    issues: list[Issue] = []
    warnings: dict[str, None] = {}
    converted: list[Converted] = []
    losses: list[ManifestLosses] = []
    refusals: list[LossKey] = []
    unrestored: dict[int, tuple[UnrestoredValue, ...]] = {}
    stays: bool = False
    needs_overflow: bool = False
    outdated: bool = False


def _summed(plans: Sequence[ManifestPlan], warnings: tuple[str, ...]) -> _Summary:
    """Gather the plans in one pass: most say nothing, and admission waits for this."""
    summary = _Summary()
    if warnings:
        summary.warnings.update(dict.fromkeys(warnings))
    for index, plan in enumerate(plans):
        state = plan.state
        if plan.issue is not None:
            summary.issues.append(plan.issue)
        if state.losses:
            summary.refusals += [loss.key for loss in state.losses if loss.refused]
        if plan.warnings:
            summary.warnings.update(dict.fromkeys(plan.warnings))
        if state.unrestored:
            summary.unrestored[index] = state.unrestored
        if plan.decisions:
            summary.losses.append(ManifestLosses(plan.decisions[0].loss.manifest, plan.decisions))
        if state.encoded is not None:
            summary.manifests[index] = state.encoded
            summary.converted.append(state.converted)
        elif state.stays:
            summary.stays = True
            summary.outdated = summary.outdated or state.outdated
            summary.needs_overflow = summary.needs_overflow or state.needs_overflow
    return summary


def _said(issues: Sequence[Issue], unstored: Collection[UnstoredData], cluster: str) -> list[str]:
    """Warn about what the cluster cannot have, then about what cannot be stored."""
    if not issues and not unstored:
        return []
    whys = [issue.why for issue in issues if issue.action is not Action.IGNORE]
    return [f"cluster {cluster}: {why}" for why in (*whys, *map(messages.unstored, unstored))]


def _by_release(plans: Sequence[ManifestPlan]) -> list[Loss]:
    return [loss for plan in plans for loss in plan.state.losses if loss.by_release is not None]
