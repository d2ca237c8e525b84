"""The webhook on the status of a binding: unpacks the statuses of converted Works.

Karmada aggregates the Works of a binding. For a converted Work it finds the anchor, which is never applied and carries
the real status in a message (`converter.karmada.carried_status`). This webhook reads only the request, so all replicas
give the same answer. Its answer equals what is stored unless something changed, so the API server then writes nothing.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import msgspec

from converter.admission.review import allow, decode_review, patched
from converter.errors import ManifestError
from converter.karmada.binding import decode_binding
from converter.karmada.carried_status import LARGEST_STATUS, decode_raw, unpack_json
from converter.karmada.conditions import (
    ALL_APPLIED,
    FULLY_APPLIED,
    NOT_ALL_APPLIED,
    condition_index,
    find_condition,
    with_state,
)
from converter.karmada.names import STATUS_MARKER
from converter.kube import cut
from converter.kube.partial_object import LONGEST_NAME

if TYPE_CHECKING:
    from collections.abc import Callable

    from converter.karmada.binding import Binding, ObjectReference
    from converter.karmada.carried_status import CarriedStatus

ALL_STATUSES: Final = 2 << 20
"""Bytes of all statuses that are unpacked in one review. The binding has them all, and etcd stores 1.5 MiB."""

_SMALLEST_SHARE: Final = 16 << 10
"""Bytes that each status may have, however many there are. One member must not use up the room of the others."""

_MARKER = STATUS_MARKER.encode()


def _now() -> str:
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class BindingStatusWebhook:
    """Answers reviews of ``resourcebindings/status`` and ``clusterresourcebindings/status``."""

    def __init__(self, now: Callable[[], str] = _now) -> None:
        """Prepare.

        Args:
            now: returns the present as RFC 3339, for a condition whose status changes.
        """
        self._now = now

    def answer(self, body: bytes) -> bytes:
        """Answer one AdmissionReview.

        A binding that does not have the shape of Karmada's CRD is allowed with a warning: the CRD's schema refuses it.

        Raises:
            ReviewError: the body is not an AdmissionReview.
        """
        review = decode_review(body)
        request = review.request
        if request.object is None or _MARKER not in bytes(request.object):
            return allow(review)
        try:
            binding = decode_binding(request.object)
            old = decode_binding(request.old_object) if request.old_object else None
        except ManifestError as error:
            return allow(review, [f"no status was unpacked in this binding: {error}"])
        operations, warnings = _unpack_items(binding)
        if not operations:
            return allow(review, warnings)
        return patched(review, operations + self._condition(binding, old), warnings)

    def _condition(self, binding: Binding, old: Binding | None) -> list[dict[str, Any]]:
        """Compute the condition FullyApplied again, as `generateFullyAppliedCondition` would have."""
        index = condition_index(binding.status.conditions, FULLY_APPLIED)
        if binding.status.conditions is None or index is None:
            return []  # the writer of a status without this condition does not aggregate
        sent = binding.status.conditions[index]
        stored = find_condition(old.status.conditions, FULLY_APPLIED) if old is not None else None
        state = ALL_APPLIED if binding.is_fully_applied() else NOT_ALL_APPLIED
        condition = with_state(sent, state, stored, self._now())
        if condition == sent:
            return []
        return [{"op": "replace", "path": f"/status/conditions/{index}", "value": condition}]


def _unpack_items(binding: Binding) -> tuple[list[dict[str, Any]], list[str]]:
    """Replace the items that carry a status, in the binding; return the patch operations and the warnings."""
    operations: list[dict[str, Any]] = []
    warnings: list[str] = []
    items = binding.status.aggregated_status or []
    packed = [index for index, item in enumerate(items) if _is_packed(item.get("appliedMessage"))]
    share = max(ALL_STATUSES // max(len(packed), 1), _SMALLEST_SHARE)
    left = ALL_STATUSES
    for index in packed:
        item = items[index]
        try:
            data = unpack_json(item["appliedMessage"], min(share, left, LARGEST_STATUS))
            if data is None:
                continue
            left -= len(data)
            status = decode_raw(data)
        except ManifestError as error:
            warnings.append(f"status of cluster {cut(str(item.get('clusterName')), LONGEST_NAME)}: {error}")
            continue
        items[index] = _item(str(item.get("clusterName", "")), status, binding.spec.resource)
        operations.append({"op": "replace", "path": f"/status/aggregatedStatus/{index}", "value": items[index]})
    return operations, warnings


def _is_packed(message: object) -> bool:
    return isinstance(message, str) and message.startswith(STATUS_MARKER)


def _item(cluster: str, status: CarriedStatus, resource: ObjectReference) -> dict[str, Any]:
    """Make the item that `assembleWorkStatus` would have made of the Work; Go omits empty fields."""
    item: dict[str, Any] = {"clusterName": cluster}
    if status.applied:
        item["applied"] = True
    if status.message:
        item["appliedMessage"] = status.message
    report = status.of(resource.api_version, resource.kind, resource.namespace, resource.name)
    item["health"] = (report.health if report is not None else "") or "Unknown"
    if status.applied and report is not None and report.status is not msgspec.UNSET:
        item["status"] = report.status
    return item
