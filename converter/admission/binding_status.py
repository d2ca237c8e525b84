"""The webhook on a binding's status: puts in place what came in a message.

Karmada aggregates the Works of a binding; for a converted one it meets the anchor, never applied, with the truth in
its message (`converter.karmada.carried_status`). Nothing but the request is read here, so that all replicas
answer the same at any time: the request as Karmada sends it again and again becomes what is stored
already, and the API server writes nothing.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import msgspec

from converter.admission.review import allow, decode_review, patched
from converter.errors import ManifestError
from converter.karmada.carried_status import CarriedStatus, unpack
from converter.karmada.names import STATUS_MARKER

if TYPE_CHECKING:
    from collections.abc import Callable

_MARKER = STATUS_MARKER.encode()
_FULLY_APPLIED = "FullyApplied"
_SUCCESS = ("True", "FullyAppliedSuccess", "All works have been successfully applied")
_FAILURE = ("False", "FullyAppliedFailed", "Failed to apply all works, see status.aggregatedStatus for details")
"""Status, reason and message of the condition (pkg/util/helper/workstatus.go)."""


class _Resource(msgspec.Struct, rename="camel"):
    api_version: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""


class _Target(msgspec.Struct):
    name: str = ""


class _Snapshot(msgspec.Struct):
    clusters: list[_Target] | None = None


class _Eviction(msgspec.Struct, rename="camel"):
    from_cluster: str = ""
    purge_mode: str = ""


class _Spec(msgspec.Struct, rename="camel"):
    resource: _Resource = msgspec.field(default_factory=_Resource)
    clusters: list[_Target] | None = None
    required_by: list[_Snapshot] | None = None
    graceful_eviction_tasks: list[_Eviction] | None = None


class _Status(msgspec.Struct, rename="camel"):
    aggregated_status: list[dict[str, Any]] | None = None
    conditions: list[dict[str, Any]] | None = None


class _Binding(msgspec.Struct):
    spec: _Spec = msgspec.field(default_factory=_Spec)
    status: _Status = msgspec.field(default_factory=_Status)


_bindings = msgspec.json.Decoder(_Binding)


def _now() -> str:
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class BindingStatusWebhook:
    """Answers reviews of ``resourcebindings/status`` and ``clusterresourcebindings/status``."""

    def __init__(self, now: Callable[[], str] = _now) -> None:
        """Prepare.

        Args:
            now: gives the present as RFC 3339, for a condition whose status changes.
        """
        self._now = now

    def answer(self, body: bytes) -> bytes:
        """Answer one AdmissionReview.

        Raises:
            ReviewError: the body is no AdmissionReview.
        """
        review = decode_review(body)
        request = review.request
        if request.object is None or _MARKER not in bytes(request.object):
            return allow(review)
        try:
            binding = _bindings.decode(request.object)
            old = _bindings.decode(request.old_object) if request.old_object else None
        except msgspec.MsgspecError as error:
            return allow(review, [f"the status is not looked into: {error}"])  # the CRD's schema will refuse it
        operations, warnings = self._unpack(binding)
        if not operations:
            return allow(review, warnings)
        return patched(review, operations + self._condition(binding, old), warnings)

    def _unpack(self, binding: _Binding) -> tuple[list[dict[str, Any]], list[str]]:
        """Replace the items that carry a status, in the binding and as patch operations."""
        operations: list[dict[str, Any]] = []
        warnings: list[str] = []
        items = binding.status.aggregated_status or []
        for index, item in enumerate(items):
            message = item.get("appliedMessage")
            if not isinstance(message, str):
                continue
            try:
                status = unpack(message)
            except ManifestError as error:
                warnings.append(f"status of cluster {item.get('clusterName')}: {error}")
                continue
            if status is not None:
                items[index] = _item(str(item.get("clusterName", "")), status, binding.spec.resource)
                operations.append({"op": "replace", "path": f"/status/aggregatedStatus/{index}", "value": items[index]})
        return operations, warnings

    def _condition(self, binding: _Binding, old: _Binding | None) -> list[dict[str, Any]]:
        """Say anew whether all is applied, as `generateFullyAppliedCondition` would have."""
        conditions = binding.status.conditions or []
        index = _find(conditions)
        if index is None:
            return []  # whoever writes a status without it does not aggregate
        given = conditions[index]
        status, reason, message = _SUCCESS if _all_applied(binding) else _FAILURE
        stored = (old.status.conditions or []) if old is not None else []
        at = _find(stored)
        if at is not None and stored[at].get("status") == status:
            since = stored[at].get("lastTransitionTime")
        else:
            since = given.get("lastTransitionTime") if given.get("status") == status else self._now()
        condition = {**given, "status": status, "reason": reason, "message": message, "lastTransitionTime": since}
        if condition == given:
            return []
        return [{"op": "replace", "path": f"/status/conditions/{index}", "value": condition}]


def _item(cluster: str, status: CarriedStatus, resource: _Resource) -> dict[str, Any]:
    """Make the item that `assembleWorkStatus` would have made of the Work; Go leaves out what is empty."""
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


def _find(conditions: list[dict[str, Any]]) -> int | None:
    return next((i for i, item in enumerate(conditions) if item.get("type") == _FULLY_APPLIED), None)


def _all_applied(binding: _Binding) -> bool:
    """`worksFullyApplied` of pkg/util/helper/workstatus.go."""
    wanted = _clusters(binding.spec)
    items = binding.status.aggregated_status or []
    return (
        bool(wanted)
        and len(wanted) == len(items)
        and all(item.get("applied") is True and item.get("clusterName") in wanted for item in items)
    )


def _clusters(spec: _Spec) -> set[str]:
    """`ObtainBindingSpecExistingClusters` of pkg/util/helper/binding.go."""
    names = {target.name for target in spec.clusters or ()}
    for snapshot in spec.required_by or ():
        names.update(target.name for target in snapshot.clusters or ())
    for task in spec.graceful_eviction_tasks or ():
        if task.purge_mode not in {"Immediately", "Directly"}:
            names.add(task.from_cluster)
    return names
