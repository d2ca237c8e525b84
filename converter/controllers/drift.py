"""Detects drift: what admission would change in a stored Work now, by the same rules."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from converter.errors import ManifestError
from converter.karmada.names import cluster_of
from converter.karmada.work import decode_work
from converter.losses.decide import EVERY
from converter.works.patches import merge_patch
from converter.works.plan import plan_work

if TYPE_CHECKING:
    from collections.abc import Callable

    from msgspec import Raw

    from converter.clusters import FleetView
    from converter.engine import Engine
    from converter.karmada.work import Work
    from converter.kube import Manifest
    from converter.works.policy import Policy
    from converter.works.result import WorkPlan


@dataclass(frozen=True, slots=True)
class Drift:
    """How a Work differs from what it should be.

    Attributes:
        patch: the merge patch that corrects it; None if nothing has to change.
        denial: why it cannot be corrected; empty if it can.
        needs_overflow: whether the answer takes the content of the Work's overflow object.
        outdated: whether other rules made a manifest, and only Karmada can send the original that these need.
        resends: whether the patch has Karmada send values that the cluster dropped before.
    """

    patch: Manifest | None = None
    denial: str = ""
    needs_overflow: bool = False
    outdated: bool = False
    resends: bool = False


_NO_DRIFT = Drift()

_REMEMBERED: Final = 100_000
"""Works whose last comparison is remembered. More than that are compared again at each of their events."""


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
        self._good: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._good_by: Engine | None = None

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
        converter = self._converter()
        if self._good_by is not converter:
            self._good.clear()
            self._good_by = converter
        key, content = (work.metadata.namespace, work.metadata.name), _hash_of(work)
        recheck = self._good.get(key) != content

        def planned(*, recheck: bool) -> WorkPlan:
            return plan_work(
                work, cluster, converter, self._policy, overflow,
                has_overflow_store=True, stored_refusals=EVERY, recheck=recheck,
            )  # fmt: skip

        plan = planned(recheck=recheck)
        if plan.denial and recheck:
            kept = planned(recheck=False)
            if not kept.denial:  # admission denies what the present rules make: Karmada has to send it, and says so
                return Drift(merge_patch(work, kept) if kept.changes else None, outdated=True)
        if plan.denial or plan.needs_overflow:
            return Drift(denial=plan.denial, needs_overflow=plan.needs_overflow, outdated=plan.outdated)
        if recheck and not (plan.changes or plan.outdated):
            self._remember(key, content)
        patch = merge_patch(work, plan) if plan.changes else None
        return Drift(patch, outdated=plan.outdated, resends=plan.resend)

    def _remember(self, key: tuple[str, str], content: int) -> None:
        """Remember that the rules make of a Work's originals what it holds: most events change only its status."""
        self._good[key] = content
        self._good.move_to_end(key)
        if len(self._good) > _REMEMBERED:
            self._good.popitem(last=False)


def _hash_of(work: Work[Raw]) -> int:
    """Hash what a comparison depends on, apart from the rules and the cluster."""
    annotations = work.metadata.annotations or {}
    return hash((*map(bytes, work.manifests), *sorted(annotations.items(), key=str)))
