"""Detects drift: what admission would change in a stored Work now, by the same rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from converter.errors import ManifestError
from converter.karmada.names import cluster_of
from converter.karmada.work import decode_work
from converter.losses.decide import EVERY
from converter.works.patches import merge_patch
from converter.works.plan import plan_work

if TYPE_CHECKING:
    from collections.abc import Callable

    from converter.clusters import FleetView
    from converter.engine import Engine
    from converter.kube import Manifest
    from converter.works.policy import Policy


@dataclass(frozen=True, slots=True)
class Drift:
    """How a Work differs from what it should be.

    Attributes:
        patch: the merge patch that corrects it; None if nothing has to change.
        denial: why it cannot be corrected; empty if it can.
        needs_overflow: whether the answer takes the content of the Work's overflow object.
    """

    patch: Manifest | None = None
    denial: str = ""
    needs_overflow: bool = False


_NO_DRIFT = Drift()


class DriftDetector:
    """Compares Works with what the fleet and the rules, as they are at the moment, make of them."""

    def __init__(self, converter: Callable[[], Engine], fleet: FleetView, policy: Policy) -> None:
        """Prepare.

        Args:
            converter: gives the rules.
            fleet: the clusters.
            policy: what admission does if a manifest is not available on its cluster.
        """
        self._converter = converter
        self._fleet = fleet
        self._policy = policy

    def __call__(self, raw: bytes, overflow: bytes | None = None) -> Drift:
        """Check one Work; there is never drift if its cluster is not known.

        Args:
            raw: the Work as JSON.
            overflow: the content of its overflow object, if it has been fetched.
        """
        try:
            work = decode_work(raw)
        except ManifestError as error:
            return Drift(denial=str(error))
        name = cluster_of(work.metadata.namespace)
        cluster = self._fleet.current.get(name) if name is not None and self._fleet.ready else None
        if cluster is None:
            return _NO_DRIFT
        plan = plan_work(
            work, cluster, self._converter(), self._policy, overflow, has_overflow_store=True, stored_refusals=EVERY
        )
        if plan.denial or plan.needs_overflow:
            return Drift(denial=plan.denial, needs_overflow=plan.needs_overflow)
        return Drift(merge_patch(work, plan)) if plan.changes else _NO_DRIFT
