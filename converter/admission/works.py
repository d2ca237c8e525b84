"""The webhook on Works: rewrites each Work for its cluster, on its way into the control plane.

The Work's namespace names the cluster. The webhook reads only the request, the rules and the fleet in memory, and
waits for nothing.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final, Protocol

import msgspec
from msgspec import Raw

from converter.admission.deletion import FINALIZER_KEPT, keep_finalizer
from converter.admission.review import (
    API_VERSION,
    KIND,
    Review,
    allow,
    allow_as_is,
    check_text,
    decode_review,
    deny,
    patched,
)
from converter.karmada.denial import render_denial
from converter.karmada.names import ANCHOR_LABEL, CONVERTED_LABEL, SUSPENDED_BEFORE_ANNOTATION, cluster_of
from converter.karmada.work import Work
from converter.kube.partial_object import TypeMeta, partial_object_of
from converter.works.annotations import OWN_ANNOTATIONS
from converter.works.carrying import split_carrier
from converter.works.conversion_cache import ConversionCache
from converter.works.limits import MOST_VALUES, count_values
from converter.works.patches import json_patch
from converter.works.plan import plan_work
from converter.works.policy import Policy
from converter.works.suspended import is_resumed, is_suspended
from converter.works.unchanged import count_unchanged

if TYPE_CHECKING:
    from converter.clusters import Cluster, FleetView
    from converter.engine import Engine
    from converter.kube.partial_object import PartialObject
    from converter.losses import LossEvaluator
    from converter.losses.decide import ManifestLosses
    from converter.losses.model import LossKey
    from converter.works.result import WorkPlan
    from converter.works.states import Span

_OPERATIONS = frozenset({"CREATE", "UPDATE"})
_OWN_ANNOTATIONS = frozenset({*OWN_ANNOTATIONS, SUSPENDED_BEFORE_ANNOTATION})
_SUSPENDS: Final = b'"suspendDispatching"'
_NO_OVERFLOW: Final = b"[]"
"""In place of an overflow object: a manifest that only serves a deletion needs no conversion data."""
_reviews = msgspec.json.Decoder(Review[Work[Raw] | None])
_strict = msgspec.json.Decoder(Review[Work[TypeMeta]])


class Rules(Protocol):
    """Holds the converter in use."""

    @property
    def current(self) -> Engine:
        """The converter, with the rules as they are now."""


class Observer(Protocol):
    """Is called with what was done with manifests, for metrics and logs."""

    def converted(  # noqa: PLR0917  the labels that every counter needs
        self, cluster: str, kind: str, name: str, source: str, target: str, losses: int
    ) -> None:
        """A manifest was converted."""

    def refused(self, cluster: str, kind: str, name: str, source: str, why: str) -> None:
        """A manifest cannot be converted for its cluster, or is denied because of what it would lose.

        ``why`` has no values of the manifest.
        """

    def lost(self, cluster: str, losses: ManifestLosses) -> None:
        """A manifest loses values on its way to its cluster, or is denied because of them."""


class WorkWebhook:
    """Answers reviews of Works."""

    def __init__(
        self,
        rules: Rules,
        fleet: FleetView,
        policy: Policy | str = "deny",
        observer: Observer | None = None,
        *,
        has_overflow_store: bool = False,
        span: Span | None = None,
        cache: ConversionCache | None = None,
    ) -> None:
        """Prepare.

        Args:
            rules: holds the converter in use.
            fleet: holds the clusters.
            policy: what to do if a manifest is not available on its cluster.
            observer: is called with what was done.
            has_overflow_store: whether a controller stores what does not fit into a Work's annotations.
            span: makes a span of a trace; None without tracing.
            cache: remembers conversions; one of its own by default.

        Raises:
            PolicyError: the policy is not one of deny, warn and ignore.
        """
        self._rules = rules
        self._fleet = fleet
        self._policy = Policy.parse(policy) if isinstance(policy, str) else policy
        self._observer = observer
        self._has_overflow_store = has_overflow_store
        self._span = span
        self._cache = cache if cache is not None else ConversionCache()

    def answer(self, body: bytes) -> bytes:
        """Answer one AdmissionReview.

        Raises:
            ReviewError: the body is not an AdmissionReview.
        """
        if not body.isascii():
            check_text(body)
        try:
            review = _reviews.decode(body)
            work = review.request.object
            heads = [partial_object_of(raw) for raw in work.manifests] if work is not None else []
            if None in heads:
                _strict.decode(body)  # says where, if the shape is wrong
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            return self._misshapen(body, error)
        request = review.request
        if review.api_version != API_VERSION or review.kind != KIND:
            return self._misshapen(body, None)
        name = cluster_of(request.namespace)
        if work is None or name is None or request.operation not in _OPERATIONS or request.sub_resource:
            return allow_as_is(request.uid)
        cluster = self._fleet.current.find(name)
        if cluster is None:
            return self._unknown_cluster(name, review)
        rules = self._rules.current
        unchanged = _count_unchanged(work, heads, cluster, rules.losses)
        if unchanged == len(heads):
            return allow_as_is(request.uid)
        if self._span is None:
            plan = self._plan(review, body, heads, unchanged, cluster, rules)
        else:
            with self._span("plan", {"cluster": name}):
                plan = self._plan(review, body, heads, unchanged, cluster, rules)
        return self._answer(review, body, cluster, plan)

    def _plan(  # noqa: PLR0917  all that `answer` has found out
        self,
        review: Review[Work[Raw] | None],
        body: bytes,
        heads: list[PartialObject | None],
        unchanged: int | None,
        cluster: Cluster,
        rules: Engine,
    ) -> WorkPlan:
        request = review.request
        assert request.object is not None
        stored = _StoredRefusals(self, body, cluster, rules) if request.operation == "UPDATE" else ()
        overflow = _NO_OVERFLOW if request.object.metadata.deletion_timestamp is not None else None
        return plan_work(
            request.object, cluster, rules, self._policy, overflow, heads=heads, unchanged=unchanged,
            has_overflow_store=self._has_overflow_store, resumed=_resumes(request.object, body), stored_refusals=stored,
            span=self._span, cache=self._cache,
        )  # fmt: skip

    def refusals_of_old(self, body: bytes, cluster: Cluster, rules: Engine) -> frozenset[LossKey]:
        """Name what the cluster refuses of the Work as it is stored; a suspended one has not been there."""
        try:
            old = _old_reviews.decode(body).request.old_object
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return frozenset()
        if old is None or old.suspended is True:
            return frozenset()
        return plan_work(old, cluster, rules, self._policy).refusals

    def _answer(self, review: Review[Work[Raw] | None], body: bytes, cluster: Cluster, plan: WorkPlan) -> bytes:
        if self._observer is not None:
            self._report(self._observer, cluster.name, plan)
        if plan.denial:
            return deny(review, render_denial([cluster.name], plan.denial), plan.warnings)
        if not plan.changes:
            return allow(review, plan.warnings)
        work = review.request.object
        assert work is not None
        operations, warnings = json_patch(work, plan), plan.warnings
        if work.metadata.deletion_timestamp is not None and (kept := keep_finalizer(body, plan)) is not None:
            operations.append(kept)
            warnings = (FINALIZER_KEPT, *warnings)
        return patched(review, operations, warnings)

    def _report(self, observer: Observer, cluster: str, plan: WorkPlan) -> None:
        if not plan.denial:
            for item in plan.converted:
                observer.converted(cluster, item.kind, item.name, item.source, item.target, item.losses)
        for issue in plan.issues:
            observer.refused(cluster, issue.kind, issue.name, issue.source, issue.brief or issue.why)
        for losses in plan.losses:
            observer.lost(cluster, losses)

    def _unknown_cluster(self, name: str, review: Review[Work[Raw] | None]) -> bytes:
        """Allow a Work for a cluster that is not known.

        A cluster's first Works can come before the Cluster object; denying them would block its joining. Once it is
        known, the controller checks its Works again. A suspended Work goes to no member; resuming it decides.
        """
        work = review.request.object
        if self._fleet.ready or (work is not None and _never_denied(work)):
            warning = f"cluster {name} is not known to the API version converter; the Work passes as it is"
            return allow(review, [warning])
        text = "the API version converter does not know the clusters yet; try again in a moment"
        return deny(review, render_denial([name], text))

    def _misshapen(self, body: bytes, error: Exception | None) -> bytes:
        """Deny a Work that cannot be read, with the place of the error.

        Raises:
            ReviewError: the error is in the review around the Work.
        """
        review = decode_review(body)
        request = review.request
        name = cluster_of(request.namespace)
        if name is None or request.operation not in _OPERATIONS or request.sub_resource:
            return allow(review)
        if _is_being_deleted(request.raw_object):
            return allow(review, [f"the Work cannot be read, and passes as it is: {error}"])
        return deny(
            review, render_denial([name], f"the Work {request.namespace}/{request.name} cannot be read: {error}")
        )


class _StoredRefusals:
    """What the cluster refuses of the Work as it is stored; found out when a refusal is denied, which is rare.

    If the Work is too large to be planned twice, each of its refusals counts as one of the stored Work: nothing is
    denied, and the cluster refuses it.
    """

    def __init__(self, webhook: WorkWebhook, body: bytes, cluster: Cluster, rules: Engine) -> None:
        self._webhook = webhook
        self._body = body
        self._cluster = cluster
        self._rules = rules

    def __contains__(self, key: object) -> bool:
        return self._is_large or key in self._keys

    @cached_property
    def _is_large(self) -> bool:
        return count_values(self._body) > MOST_VALUES

    @cached_property
    def _keys(self) -> frozenset[LossKey]:
        return self._webhook.refusals_of_old(self._body, self._cluster, self._rules)


class _OldObject(msgspec.Struct, rename="camel"):
    old_object: Work[Raw] | None = None


class _OldReview(msgspec.Struct):
    request: _OldObject


_old_reviews = msgspec.json.Decoder(_OldReview)


def _resumes(work: Work[Raw], body: bytes) -> bool:
    """Whether a review is about a converted Work that is resumed."""
    if work.suspended is True or CONVERTED_LABEL not in (work.metadata.labels or {}):
        return False
    if not _names_a_suspension(body):  # faster than to decode the old Work
        return False
    try:
        return is_resumed(work, _old_reviews.decode(body).request.old_object)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return False


def _names_a_suspension(body: bytes) -> bool:
    """Whether ``suspendDispatching: true`` is somewhere in a body."""
    at = body.find(_SUSPENDS)
    while at >= 0:
        at += len(_SUSPENDS)
        if body[at : at + 16].lstrip(b" \t\r\n:").startswith(b"true"):
            return True
        at = body.find(_SUSPENDS, at)
    return False


def _never_denied(work: Work[Raw]) -> bool:
    if work.metadata.deletion_timestamp is not None:
        return True
    manifests = work.manifests
    _, carried = split_carrier(manifests, partial_object_of(manifests[-1]) if manifests else None)
    return is_suspended(work, carried)


class _Deleting(msgspec.Struct, rename="camel"):
    deletion_timestamp: str | None = None


class _DeletingWork(msgspec.Struct):
    metadata: _Deleting


def _is_being_deleted(work: Raw) -> bool:
    try:
        return msgspec.json.decode(work, type=_DeletingWork).metadata.deletion_timestamp is not None
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return False


def _count_unchanged(
    work: Work[Raw], heads: list[PartialObject | None], cluster: Cluster, losses: LossEvaluator
) -> int | None:
    """Count the manifests, from the first one on, that stay as they are: mostly all.

    None if the Work has labels, annotations or owners that it takes the whole plan to decide about.
    """
    metadata = work.metadata
    labels = metadata.labels
    if labels and CONVERTED_LABEL in labels:
        return None
    annotations = metadata.annotations
    if metadata.owner_references or (annotations and not _OWN_ANNOTATIONS.isdisjoint(annotations)):
        return len(heads) if labels and ANCHOR_LABEL in labels else None
    return count_unchanged(work.manifests, heads, cluster, losses)
