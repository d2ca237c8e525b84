"""Writes a `WorkPlan` as a patch of its Work: a JSON Patch for admission, a merge patch for the controller."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Raw

from converter.kube.json_patch import Operation, pointer
from converter.works.overflow import Suspension

if TYPE_CHECKING:
    from collections.abc import Mapping

    from converter.karmada.work import Work
    from converter.kube import Manifest
    from converter.works.result import WorkPlan


def json_patch(work: Work[Raw], plan: WorkPlan) -> list[Operation]:
    """Write a JSON Patch (RFC 6902): whole manifests, and single labels and annotations."""
    found = [
        Operation("replace", f"/spec/workload/manifests/{index}", Raw(encoded))
        if encoded is not None
        else Operation("remove", f"/spec/workload/manifests/{index}")
        for index, encoded in plan.manifests.items()
    ]
    if plan.carrier is not None:
        found.append(Operation("add", "/spec/workload/manifests/-", Raw(plan.carrier)))
    if plan.suspend is Suspension.ABSENT:
        found.append(Operation("remove", "/spec/suspendDispatching"))
    elif plan.suspend is not None:
        found.append(Operation("add", "/spec/suspendDispatching", plan.suspend.json))
    if plan.labels:
        found += _map_operations("labels", work.metadata.labels, plan.labels)
    if plan.annotations:
        found += _map_operations("annotations", work.metadata.annotations, plan.annotations)
    return found


def _map_operations(field: str, stored: Mapping[str, Any] | None, changes: Mapping[str, str | None]) -> list[Operation]:
    if stored is None:  # a member cannot be added to a map that does not exist
        return [Operation("add", f"/metadata/{field}", changes)]
    return [
        Operation("remove", _place(field, name)) if value is None else Operation("add", _place(field, name), value)
        for name, value in changes.items()
    ]


@functools.lru_cache(maxsize=64)
def _place(field: str, name: str) -> str:
    """Point at a label or an annotation; only a few different ones change."""
    return pointer("metadata", field, name)


def merge_patch(work: Work[Raw], plan: WorkPlan) -> Manifest:
    """Write a merge patch (RFC 7396), which replaces the list of manifests if one of them changes."""
    metadata: dict[str, Any] = {}
    if plan.labels:
        metadata["labels"] = dict(plan.labels)
    if plan.annotations:
        metadata["annotations"] = dict(plan.annotations)
    spec: dict[str, Any] = {}
    if plan.manifests or plan.carrier is not None:
        manifests = dict(enumerate(map(bytes, work.manifests)))
        for index, encoded in plan.manifests.items():
            if encoded is not None:
                manifests[index] = encoded
            else:
                del manifests[index]
        carriers = [plan.carrier] if plan.carrier is not None else []
        spec["workload"] = {"manifests": [msgspec.json.decode(data) for data in (*manifests.values(), *carriers)]}
    elif plan.resend:
        spec |= nudge(work)
    if plan.suspend is not None:
        spec["suspendDispatching"] = plan.suspend.json
    return {"metadata": metadata, "spec": spec} if spec else {"metadata": metadata}


def nudge(work: Work[Raw]) -> dict[str, bool | None]:
    """Make Karmada send the manifests again, although they are the same: a merge patch of the spec.

    Its execution controller looks only at changes of the spec (GenerationChangedPredicate in
    pkg/controllers/execution/execution_controller.go). ``suspendDispatching`` means the same absent and false; a
    suspended Work is sent when it is resumed, so its patch is empty.
    """
    suspended = Suspension.of(work.suspended)
    if suspended is Suspension.TRUE:
        return {}
    return {"suspendDispatching": None if suspended is Suspension.FALSE else False}
