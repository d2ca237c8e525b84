"""What can happen to one manifest of a Work: it passes through, is converted, converted again, or kept as it is."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import msgspec

from converter.conversion import compare_fresh, convert_fresh, undo
from converter.errors import ConversionError, ManifestError
from converter.kube import GroupVersionKind, Manifest, canonical_json
from converter.kube.partial_object import decode, decode_checked, read_partial_object
from converter.losses.decide import NOT_SENT
from converter.losses.model import manifest_id_of_head
from converter.works.annotations import ManifestRecord, SourceVersion, manifest_digest
from converter.works.conversion_cache import LARGEST
from converter.works.issues import Failure
from converter.works.result import HINT, MISSHAPEN_HINT, IssueReason
from converter.works.states import ManifestState, Target
from converter.works.version_selection import Availability, VersionChoice, choose

if TYPE_CHECKING:
    from msgspec import Raw

    from converter.conversion import CompiledRoute, Restored
    from converter.kube.partial_object import PartialObject
    from converter.losses import Loss

_CONTAINERS: Final = frozenset({dict, list})


def not_a_manifest(index: int, raw: Raw) -> ManifestState:
    """Say why something is not a manifest."""
    try:
        read_partial_object(raw)
    except ManifestError as error:
        why = f"spec.workload.manifests[{index}] is not a manifest: {error}"
        return ManifestState(None, failure=Failure(IssueReason.NOT_A_MANIFEST, why, MISSHAPEN_HINT))
    return ManifestState(None)


def unavailable(head: PartialObject, choice: VersionChoice) -> Failure:
    """Say why the cluster cannot have a manifest in any version."""
    reason = IssueReason.NOT_SERVED if choice.availability is Availability.UNREACHABLE else IssueReason.UNKNOWN
    return Failure(reason, f"{head.label} ({head.api_version}): {choice.why}")


def reconvert(
    raw: Raw, head: PartialObject, entry: SourceVersion, earlier: ManifestRecord, target: Target, *, lossy: bool
) -> ManifestState:
    """Look again at a manifest that an earlier conversion left in the version it has."""
    choice = choose(entry.source, head.kind, target.cluster, target.converter)
    if choice.availability is not Availability.SERVED:
        best = choice.route.target if choice.route is not None else None
        again = target.resumed and best is not None and not earlier.in_overflow
        if (best == head.api_version and not again) or (
            best is None and target.cluster.serves(head.api_version, head.kind)
        ):
            return _keep(raw, head, entry, earlier, choice.route, target, lossy=lossy)
        if choice.route is None:
            return _stay(head, earlier, unavailable(head, choice))
    if earlier.in_overflow:  # the controller, which can read the overflow object, converts it back
        return _keep_as_is(raw, head, entry, earlier, target, lossy=lossy, needs_overflow=True)
    try:
        target.limits.check(raw)
        restored = target.converter.restore(decode_checked(raw), earlier.conversion_data(), target.limits.losses)
        source = restored.manifest
        if choice.route is not None:
            # In the order that Karmada sends: the annotations must not differ when it sends the original again.
            text = canonical_json(source)
            state = _convert(head, decode(text), text, choice.route, target, lossy=lossy)
            return _with_edit(state, restored, raw, head, target)
    except (ConversionError, ManifestError) as error:
        why = f"{head.label} ({head.api_version}) cannot be taken back to {entry.source}: {error}"
        return _stay(head, earlier, Failure(IssueReason.IRREVERSIBLE, why, _hint(error)))
    encoded = msgspec.json.encode(source)
    losses = _lost_by_release(encoded, head, entry.source, entry.source, target, source)
    state = ManifestState(head, encoded=encoded, source=head.api_version, target=entry.source, losses=losses)
    return _with_edit(state, restored, raw, head, target)


def _keep(  # noqa: PLR0917  as `reconvert` has them, and the route
    raw: Raw,
    head: PartialObject,
    entry: SourceVersion,
    earlier: ManifestRecord,
    route: CompiledRoute | None,
    target: Target,
    *,
    lossy: bool,
) -> ManifestState:
    """Keep the version that an earlier conversion left; if asked to, convert again by the present rules.

    They can do so if the way back gives a manifest with the digest of what was sent. The stored Work does not say by
    which rules it was made, and need not: what counts is whether these make the same of the same. What somebody has
    edited since stays: an edit wins. So does what no rule leads to any more.
    """
    if route is None or not (target.recheck and entry.source_digest):
        return _keep_as_is(raw, head, entry, earlier, target, lossy=lossy)
    if earlier.in_overflow:
        return _keep_as_is(raw, head, entry, earlier, target, lossy=lossy, needs_overflow=True)
    try:
        target.limits.check(raw)
        stored = decode_checked(raw)
        if manifest_digest(stored) != entry.target_digest:
            return _keep_as_is(raw, head, entry, earlier, target, lossy=lossy)
        sent = undo(stored, route, earlier.conversion_data())
        if manifest_digest(sent) == entry.source_digest:
            text = canonical_json(sent)
            state = _convert(head, decode(text), text, route, target, lossy=lossy)
            made = state.record.entry
            same = made is not None and made.target_digest == entry.target_digest
            return msgspec.structs.replace(state, encoded=None) if same else state
    except (ConversionError, ManifestError):
        pass  # when it is sent again, admission says what is wrong
    kept = _keep_as_is(raw, head, entry, earlier, target, lossy=lossy)
    return msgspec.structs.replace(kept, outdated=earlier.unstored is None)


def _with_edit(
    state: ManifestState, restored: Restored, raw: Raw, head: PartialObject, target: Target
) -> ManifestState:
    """Add what an edit of a converted manifest costs: values of the original, and values of the edit itself."""
    if not restored.losses:
        return msgspec.structs.replace(state, unrestored=restored.unrestored)
    cluster, gvk = target.cluster, GroupVersionKind.of(head.api_version, head.kind)
    identity = manifest_id_of_head(head, gvk.api_version)
    lost = target.converter.losses.of_conversion(
        restored.losses, gvk, cluster.release, cluster.name, identity, original=cache(lambda: decode(raw))
    )
    return msgspec.structs.replace(state, unrestored=restored.unrestored, losses=(*lost, *state.losses))


def pass_through(raw: Raw, head: PartialObject, target: Target, *, lossy: bool) -> ManifestState:
    """Leave a manifest as it is; only the cluster's release may lose something of it."""
    version = head.api_version
    try:
        losses = _lost_by_release(raw, head, version, version, target, lossy=lossy)
    except ManifestError:  # what stays as it is need not be readable
        return ManifestState(head)
    return ManifestState(head, losses=losses)


def _keep_as_is(
    raw: Raw,
    head: PartialObject,
    entry: SourceVersion,
    earlier: ManifestRecord,
    target: Target,
    *,
    lossy: bool,
    needs_overflow: bool = False,
) -> ManifestState:
    """Leave a manifest as an earlier conversion left it, with its losses by that conversion and by the release."""
    try:
        losses = _lost_by_release(raw, head, head.api_version, entry.source, target, lossy=lossy)
    except ManifestError:
        losses = ()
    return ManifestState(
        head, earlier, losses=losses, remembered=earlier.losses, stays=True, needs_overflow=needs_overflow
    )


def _stay(head: PartialObject, earlier: ManifestRecord, failure: Failure) -> ManifestState:
    """Leave a manifest as an earlier conversion left it, although the cluster cannot have it."""
    return ManifestState(head, earlier, remembered=earlier.losses, failure=failure, stays=True)


def convert(raw: Raw, head: PartialObject, route: CompiledRoute, target: Target, *, lossy: bool) -> ManifestState:
    """Convert a manifest that was sent in a version which the cluster does not serve, or find its conversion.

    With a trace, each manifest is converted, so that the trace shows it.
    """
    cache = target.cache
    if cache is None or target.span is not None or len(raw) > LARGEST:
        return _convert_sent(raw, head, route, target, lossy=lossy)
    manifest = bytes(raw)
    state = cache.find(manifest, target, lossy=lossy)
    if state is None:
        state = _convert_sent(raw, head, route, target, lossy=lossy)
        cache.keep(manifest, target, state, lossy=lossy)
    return state


def _convert_sent(raw: Raw, head: PartialObject, route: CompiledRoute, target: Target, *, lossy: bool) -> ManifestState:
    try:
        target.limits.check(raw)
        return _convert(head, decode(raw), raw, route, target, lossy=lossy)
    except (ConversionError, ManifestError) as error:
        why = f"{head.label} ({head.api_version}) cannot be converted: {error}"
        return ManifestState(head, failure=Failure(IssueReason.UNCONVERTIBLE, why, _hint(error)))


def _hint(error: ConversionError | ManifestError) -> str:
    return MISSHAPEN_HINT if isinstance(error, ManifestError) else HINT


def _convert(
    head: PartialObject, manifest: Manifest, data: Raw | bytes, route: CompiledRoute, target: Target, *, lossy: bool
) -> ManifestState:
    """Convert a manifest, in a span if there is a trace; arguments as for `_convert_now`."""
    if target.span is None:
        return _convert_now(head, manifest, data, route, target, lossy=lossy)
    facts = {"kind": head.kind, "object": head.place, "source": route.source, "target": route.target}
    with target.span("convert", facts):
        return _convert_now(head, manifest, data, route, target, lossy=lossy)


def _convert_now(
    head: PartialObject, manifest: Manifest, data: Raw | bytes, route: CompiledRoute, target: Target, *, lossy: bool
) -> ManifestState:
    """Convert a manifest.

    Args:
        head: what names it.
        manifest: the manifest, decoded; it is used up.
        data: its JSON.
        route: the conversion.
        target: where it goes, and by which rules.
        lossy: see `_lost_by_release`.
    """
    again, limit = lambda: decode_checked(data), target.limits.losses
    sent = manifest_digest(manifest)
    fresh = convert_fresh(manifest, again, route)
    encoded, made = fresh.encoded, manifest_digest(fresh.manifest)  # before `compare_fresh` uses it up
    losses = _lost_by_release(encoded, head, route.target, route.source, target, fresh.manifest, lossy=lossy)
    keep = bool(losses) and any(type(loss.value) in _CONTAINERS for loss in losses)
    lost, preserved = compare_fresh(fresh, data, again, route, limit, keep=keep)
    if lost:
        cluster, source = target.cluster, GroupVersionKind.of(route.source, head.kind)
        identity = manifest_id_of_head(head, route.source)
        evaluator = target.converter.losses
        original = cache(lambda: decode(data))
        weighed = evaluator.of_conversion(lost, source, cluster.release, cluster.name, identity, original=original)
        losses = (*weighed, *losses)
    entry = SourceVersion.of(head, (route.source, sent), (route.target, made))
    record = ManifestRecord(entry, canonical_json(preserved) if preserved.values else None)
    return ManifestState(head, record, encoded, route.source, route.target, losses)


def _lost_by_release(  # noqa: PLR0917  what a manifest is, and where it goes
    encoded: bytes | Raw,
    head: PartialObject,
    api_version: str,
    source: str,
    target: Target,
    manifest: Manifest | None = None,
    *,
    lossy: bool = False,
) -> tuple[Loss, ...]:
    """Find what the cluster's release loses or refuses of a manifest.

    Args:
        encoded: the manifest as JSON.
        head: what names it.
        api_version: the version that the cluster gets.
        source: the version that the user sent.
        target: where it goes, and by which rules.
        manifest: the same manifest decoded, if it is at hand. Losses refer to its objects.
        lossy: whether something is probably lost, so that a check that only accepts the manifest is not worth its time.

    Raises:
        ManifestError: the JSON cannot be read.
    """
    losses, cluster, kind = target.converter.losses, target.cluster, head.kind
    release, gates = cluster.release, cluster.gates
    doubts = losses.doubts(release, gates)
    doubt = doubts[api_version, kind] if source == api_version else doubts.of_converted(api_version, kind)
    may_lose = doubt is not None and (doubt.may_lose(encoded, manifest) if not lossy else doubt.drops)
    may_refuse = doubt is not None and doubt.may_be_refused(encoded, manifest)
    lacking = cluster.lacking.get((api_version, kind)) if cluster.lacking else None
    if not (may_lose or may_refuse or lacking):
        return ()
    if manifest is None:
        manifest = decode(encoded)
    gvk, identity = GroupVersionKind.of(api_version, kind), manifest_id_of_head(head, source)
    lost: tuple[Loss, ...] = ()
    if may_lose:
        sent = {name: value for name, value in manifest.items() if name not in NOT_SENT}
        most = target.limits.losses
        lost = losses.of_release(sent, gvk, release, cluster.name, identity, gates=gates, limit=most)
    if lacking is not None:
        place = (cluster.name, release)
        lost += losses.of_schema(manifest, gvk, lacking, place, identity, limit=target.limits.losses)
    refused = losses.refused_by(manifest, gvk, release, identity, gates=gates) if may_refuse else ()
    return (*lost, *refused)
