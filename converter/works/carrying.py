"""Carries conversion data to a Work's overflow object: the Work is suspended while it holds the carrier.

See `converter.works.overflow` for the whole way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from converter.karmada.names import SUSPENDED_BEFORE_ANNOTATION
from converter.works.overflow import KIND, Suspension, carrier, read_carrier

if TYPE_CHECKING:
    from msgspec import Raw

    from converter.karmada.work import Work
    from converter.kube.partial_object import PartialObject
    from converter.works.annotation_changes import AnnotationChanges


class Carriage(NamedTuple):
    """What changes in a Work so that it carries what it has to, and nothing else.

    Attributes:
        suspend: what ``spec.suspendDispatching`` becomes; None if it stays as it is.
        appended: a carrier to append; None for none.
        changes_last: whether the carrier that the Work has is replaced or removed.
        last: what replaces it; None removes it.
    """

    suspend: Suspension | None = None
    appended: bytes | None = None
    changes_last: bool = False
    last: bytes | None = None


_EMPTY: Final = Carriage()


def split_carrier(manifests: list[Raw], last: PartialObject | None) -> tuple[list[Raw], bytes | None]:
    """Split the carrier off a Work's manifests.

    Args:
        manifests: the manifests.
        last: what names the last one; None if it is not a manifest.

    Returns:
        The manifests for the cluster, and the conversion data that the carrier holds; None if there is no carrier.
    """
    if last is not None and last.kind == KIND:
        carried = read_carrier(manifests[-1])
        if carried is not None:
            return manifests[:-1], carried
    return manifests, None


def carry(work: Work[Raw], cluster: str, changes: AnnotationChanges, carried: bytes | None) -> Carriage:
    """Suspend the Work while it carries conversion data, and resume it once it does not.

    Args:
        work: the Work as it is.
        cluster: the cluster that it goes to.
        changes: the changes of its annotations; the annotation that remembers the suspension is added.
        carried: the conversion data that it carries now; None if it carries none.
    """
    annotations = work.metadata.annotations or {}
    stored = annotations.get(SUSPENDED_BEFORE_ANNOTATION)
    if changes.carried is None:
        if SUSPENDED_BEFORE_ANNOTATION in annotations:
            changes.annotations[SUSPENDED_BEFORE_ANNOTATION] = None
        if carried is None:
            return _EMPTY
        suspended = Suspension.of(work.suspended)
        before = Suspension.parse(stored)
        return Carriage(None if before is suspended else before, changes_last=True)
    suspended = Suspension.of(work.suspended)
    suspend = None if suspended is Suspension.TRUE else Suspension.TRUE
    if carried is not None:  # the Work is as it was answered before; only what it carries may have changed
        if carried == changes.carried:
            return Carriage(suspend)
        return Carriage(suspend, changes_last=True, last=carrier(work.metadata.name, cluster, changes.carried))
    if stored != suspended:
        changes.annotations[SUSPENDED_BEFORE_ANNOTATION] = suspended.value
    return Carriage(suspend, carrier(work.metadata.name, cluster, changes.carried))
