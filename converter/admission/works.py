"""The webhook on Works: each is rewritten, on its way into the control plane, for the cluster it is meant for.

The cluster is the one whose execution space the Work's namespace is. Nothing is read but the request, the rules and
the fleet in memory; nothing is waited for.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from msgspec import Raw

from converter.admission.review import (
    API_VERSION,
    KIND,
    Operation,
    Review,
    allow,
    allow_as_is,
    check_text,
    decode_review,
    deny,
    patched,
    pointer,
)
from converter.karmada.names import ANCHOR_LABEL, CONVERTED_LABEL, SUSPENDED_BEFORE_ANNOTATION, cluster_of
from converter.karmada.work import Work
from converter.kube.partial_object import Head, head_of
from converter.works.annotations import OURS
from converter.works.plan import rewrite
from converter.works.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from converter.clusters import Cluster, FleetView
    from converter.kube.partial_object import NamedHead
    from converter.library import Converter
    from converter.losses import LossEvaluator
    from converter.losses.decide import Lost
    from converter.works.result import WorkPlan

_OPERATIONS = frozenset({"CREATE", "UPDATE"})
_OURS = frozenset({*OURS, SUSPENDED_BEFORE_ANNOTATION})
_reviews = msgspec.json.Decoder(Review[Work[Raw] | None])
_strict = msgspec.json.Decoder(Review[Work[Head]])


class Rules(Protocol):
    """Holds the converter in use."""

    @property
    def current(self) -> Converter:
        """The converter, with the rules as they are now."""


class Observer(Protocol):
    """Hears what was done with manifests, to count and tell it."""

    def converted(  # noqa: PLR0917  the facts that every counter wants
        self, cluster: str, kind: str, name: str, source: str, target: str, losses: int
    ) -> None:
        """A manifest was converted."""

    def refused(self, cluster: str, kind: str, name: str, source: str, why: str) -> None:
        """A manifest could not be converted for its cluster, or is refused for what it would lose."""

    def lost(self, cluster: str, lost: Lost) -> None:
        """A manifest goes to its cluster with less than it was sent with, or is refused for it."""


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
    ) -> None:
        """Prepare.

        Args:
            rules: holds the converter in use.
            fleet: holds the clusters.
            policy: what to do where a manifest cannot be had by its cluster.
            observer: hears what was done.
            has_overflow_store: whether a controller brings to a shelf what does not fit into a Work's annotations.

        Raises:
            PolicyError: the policy's word is none.
        """
        self._rules = rules
        self._fleet = fleet
        self._policy = Policy.parse(policy) if isinstance(policy, str) else policy
        self._observer = observer
        self._shelves = has_overflow_store

    def answer(self, body: bytes) -> bytes:
        """Answer one AdmissionReview.

        Raises:
            ReviewError: the body is no AdmissionReview.
        """
        if not body.isascii():
            check_text(body)
        try:
            review = _reviews.decode(body)
            work = review.request.object
            heads = [head_of(raw) for raw in work.manifests] if work is not None else []
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
        right = _count_right(work, heads, cluster, rules.losses)
        if right == len(heads):
            return allow_as_is(request.uid)
        outcome = rewrite(
            work, cluster, rules, self._policy, heads=heads, right=right, has_overflow_store=self._shelves
        )
        return self._answer(review, cluster, outcome)

    def _answer(self, review: Review[Work[Raw] | None], cluster: Cluster, outcome: WorkPlan) -> bytes:
        if self._observer is not None:
            self._tell(self._observer, cluster.name, outcome)
        if outcome.denial:
            return deny(review, outcome.denial, outcome.warnings)
        if not outcome.changes:
            return allow(review, outcome.warnings)
        assert review.request.object is not None
        return patched(review, operations(review.request.object, outcome), outcome.warnings)

    def _tell(self, observer: Observer, cluster: str, outcome: WorkPlan) -> None:
        if not outcome.denial:
            for item in outcome.converted:
                observer.converted(cluster, item.kind, item.name, item.source, item.target, item.losses)
        for trouble in outcome.troubles:
            observer.refused(cluster, trouble.kind, trouble.name, trouble.source, trouble.why)
        for lost in outcome.lost:
            observer.lost(cluster, lost)

    def _unknown_cluster(self, name: str, review: Review[Work[Raw] | None]) -> bytes:
        """Let a Work pass for a cluster that is not known.

        A cluster's first Works can come before the cluster itself does; refusing them would hold up its joining.
        Once it is known, its Works are looked at again.
        """
        work = review.request.object
        if self._fleet.ready or (work is not None and work.metadata.deletion_timestamp is not None):
            warning = f"cluster {name} is not known to the API version converter; the Work passes as it is"
            return allow(review, [warning])
        return deny(review, "the API version converter does not know the clusters yet; try again in a moment")

    def _misshapen(self, body: bytes, error: Exception | None) -> bytes:
        """Answer what could not be read as the review of a Work: its place, if it is in the Work.

        Raises:
            ReviewError: it is in the review around it.
        """
        review = decode_review(body)
        request = review.request
        name = cluster_of(request.namespace)
        if name is None or request.operation not in _OPERATIONS or request.sub_resource:
            return allow(review)
        if _is_being_deleted(request.raw_object):
            return allow(review, [f"the Work cannot be read, and passes as it is: {error}"])
        return deny(review, f"the Work {request.namespace}/{request.name} cannot be read: {error}")


class _Deleting(msgspec.Struct, rename="camel"):
    deletion_timestamp: str | None = None


class _DeletingWork(msgspec.Struct):
    metadata: _Deleting


def _is_being_deleted(work: Raw) -> bool:
    try:
        return msgspec.json.decode(work, type=_DeletingWork).metadata.deletion_timestamp is not None
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return False


def _count_right(work: Work[Raw], heads: list[NamedHead | None], cluster: Cluster, losses: LossEvaluator) -> int:
    """How many manifests, from the first on, are right as they are: mostly all; -1 where a glance does not tell."""
    metadata = work.metadata
    labels = metadata.labels
    if labels and CONVERTED_LABEL in labels:
        return -1
    annotations = metadata.annotations
    if metadata.owner_references or (annotations and not _OURS.isdisjoint(annotations)):
        return len(heads) if labels and ANCHOR_LABEL in labels else -1
    served, release, manifests = cluster.served, cluster.release, work.manifests
    for index, head in enumerate(heads):
        if head is None or head.api_version not in served.get(head.kind, ()):
            return index
        version, kind = head.api_version, head.kind
        if losses.may_lose(release, version, kind) and not losses.accepts(manifests[index], version, kind, release):
            return index
    return len(heads)


def operations(work: Work[Raw], outcome: WorkPlan) -> list[Operation]:
    """Write an outcome as a JSON Patch of its Work: whole manifests, and single labels and annotations."""
    found = [
        Operation("replace", f"/spec/workload/manifests/{index}", Raw(encoded))
        if encoded
        else Operation("remove", f"/spec/workload/manifests/{index}")
        for index, encoded in outcome.manifests.items()
    ]
    if outcome.carrier is not None:
        found.append(Operation("add", "/spec/workload/manifests/-", Raw(outcome.carrier)))
    if outcome.suspend == "absent":
        found.append(Operation("remove", "/spec/suspendDispatching"))
    elif outcome.suspend:
        found.append(Operation("add", "/spec/suspendDispatching", Raw(outcome.suspend.encode())))
    if outcome.labels:
        found += _map_operations("labels", work.metadata.labels, outcome.labels)
    if outcome.annotations:
        found += _map_operations("annotations", work.metadata.annotations, outcome.annotations)
    return found


def _map_operations(field: str, stored: Mapping[str, Any] | None, changes: Mapping[str, str | None]) -> list[Operation]:
    if stored is None:  # a member cannot be added to a map that is not there
        return [Operation("add", f"/metadata/{field}", changes)]
    return [
        Operation("remove", _place(field, name)) if value is None else Operation("add", _place(field, name), value)
        for name, value in changes.items()
    ]


@functools.lru_cache(maxsize=64)
def _place(field: str, name: str) -> str:
    """Point at a label or an annotation; those that are changed are few."""
    return pointer("metadata", field, name)
