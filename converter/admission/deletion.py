"""Keeps a Work until Karmada has deleted its objects in versions that their member serves.

Karmada deletes an object in the version that the Work has. If the member does not serve that version any more, its
answer is 404. Karmada takes that for "deleted" (`Delete` in pkg/util/objectwatcher/objectwatcher.go) and removes its
finalizer from the Work, while the object is still on the member. That write passes the webhook, which converts the
manifests. If it also puts the finalizer back, Karmada sees a changed Work and deletes again, in the new version.

This happens once for each change of the cluster: the next write of Karmada converts nothing and removes the finalizer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from converter.karmada.names import EXECUTION_FINALIZER
from converter.kube.json_patch import Operation

if TYPE_CHECKING:
    from converter.works.result import WorkPlan

FINALIZER_KEPT: Final = (
    f"the Work keeps the finalizer {EXECUTION_FINALIZER}: its cluster does not serve the version in which Karmada has"
    " deleted an object, so Karmada deletes it again in the version that the cluster serves"
)


class _Metadata(msgspec.Struct):
    finalizers: list[str] | None = None


class _Object(msgspec.Struct):
    metadata: _Metadata


class _Request(msgspec.Struct, rename="camel"):
    object: _Object
    old_object: _Object | None = None


class _Review(msgspec.Struct):
    request: _Request


_reviews = msgspec.json.Decoder(_Review)


def keep_finalizer(body: bytes, plan: WorkPlan) -> Operation | None:
    """Put Karmada's finalizer back if a write removes it although the Work has versions that its cluster lacks.

    Args:
        body: the review of a Work that is being deleted.
        plan: what happens to the Work.

    Returns:
        The operation that puts it back; None if the write may remove it, or does not.
    """
    if all(item.source == item.target for item in plan.converted):
        return None
    try:
        request = _reviews.decode(body).request
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    left = request.object.metadata.finalizers or []
    before = (request.old_object.metadata.finalizers or []) if request.old_object is not None else []
    if EXECUTION_FINALIZER in left or EXECUTION_FINALIZER not in before:
        return None
    return Operation("add", "/metadata/finalizers", [*left, EXECUTION_FINALIZER])
