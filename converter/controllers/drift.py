"""Says of a stored Work what admission would make of it now: the same words, from the same rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from converter.errors import ManifestError
from converter.karmada.names import LOSSES_ANNOTATION, cluster_of
from converter.karmada.work import decode_work
from converter.losses import told_by_release
from converter.losses.decide import field_of
from converter.works.plan import rewrite

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from converter import Converter
    from converter.clusters import FleetView
    from converter.kube import Manifest
    from converter.works.policy import Policy
    from converter.works.result import WorkPlan


@dataclass(frozen=True, slots=True)
class Drift:
    """What a Work should be.

    Attributes:
        patch: the merge patch that makes it so; None where it is so.
        refusal: why it cannot be; empty where it can.
        needs_overflow: whether it takes what is on the Work's shelf to say.
    """

    patch: Manifest | None = None
    refusal: str = ""
    needs_overflow: bool = False


_FINE = Drift()


class DriftDetector:
    """Judges Works by the fleet and the rules as they are at the moment."""

    def __init__(self, converter: Callable[[], Converter], fleet: FleetView, policy: Policy) -> None:
        """Prepare.

        Args:
            converter: gives the rules.
            fleet: the clusters.
            policy: what admission does where a manifest cannot be had.
        """
        self._converter = converter
        self._fleet = fleet
        self._policy = policy

    def __call__(self, raw: bytes, overflow: bytes | None = None) -> Drift:
        """Judge one Work; of a cluster that is not known nothing is said.

        Args:
            raw: the JSON of the Work.
            overflow: what is on its shelf, where that has been fetched.
        """
        try:
            read = decode_work(raw)
        except ManifestError as error:
            return Drift(refusal=str(error))
        name = cluster_of(read.metadata.namespace)
        cluster = self._fleet.current.get(name) if name is not None and self._fleet.ready else None
        if cluster is None:
            return _FINE
        outcome = rewrite(read, cluster, self._converter(), self._policy, overflow, has_overflow_store=True)
        if outcome.denial or outcome.needs_overflow:
            return Drift(refusal=outcome.denial, needs_overflow=outcome.needs_overflow)
        return Drift(_patch(msgspec.json.decode(raw), outcome)) if outcome.changes else _FINE


def _patch(work: Manifest, outcome: WorkPlan) -> Manifest:
    """Write an outcome as a merge patch of its Work."""
    patch: dict[str, Any] = {"metadata": {}}
    if outcome.labels:
        patch["metadata"]["labels"] = dict(outcome.labels)
    if outcome.annotations:
        patch["metadata"]["annotations"] = dict(outcome.annotations)
    spec: dict[str, Any] = {}
    if outcome.manifests or outcome.carrier:
        manifests = dict(enumerate(work["spec"]["workload"]["manifests"]))
        for index, data in outcome.manifests.items():
            if data:
                manifests[index] = msgspec.json.decode(data)
            else:
                del manifests[index]
        carried = [msgspec.json.decode(outcome.carrier)] if outcome.carrier else []
        spec["workload"] = {"manifests": [*manifests.values(), *carried]}
    elif _can_hold_more(work, outcome.annotations):
        spec |= _nudge(work)
    if outcome.suspend:
        spec["suspendDispatching"] = None if outcome.suspend == "absent" else msgspec.json.decode(outcome.suspend)
    if spec:
        patch["spec"] = spec
    return patch


def _can_hold_more(work: Manifest, annotations: Mapping[str, str | None]) -> bool:
    """Whether the cluster's release holds something now that it dropped or refused when the Work was sent last."""
    if LOSSES_ANNOTATION not in annotations:
        return False
    before = ((work["metadata"].get("annotations") or {}).get(LOSSES_ANNOTATION) or "").splitlines()
    after = (annotations[LOSSES_ANNOTATION] or "").splitlines()
    dropped = {field_of(line) for line in after}
    return any(told_by_release(line) and field_of(line) not in dropped for line in before)


def _nudge(work: Manifest) -> Manifest:
    """Have Karmada send the manifests again, although they are the same.

    Its execution controller looks at changes of the spec alone (GenerationChangedPredicate in
    pkg/controllers/execution/execution_controller.go). ``suspendDispatching`` means the same absent and false; a
    Work that is suspended is sent when it no longer is.
    """
    suspended = work["spec"].get("suspendDispatching")
    return {} if suspended else {"suspendDispatching": None if suspended is False else False}
