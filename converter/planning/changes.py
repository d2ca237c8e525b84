"""Compares what clusters get of each object before and after a change of the fleet."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from converter.errors import ManifestError
from converter.works.forecast import Forecast, forecast

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from converter.clusters import Cluster
    from converter.engine import Engine
    from converter.losses import Loss
    from converter.losses.model import ManifestId
    from converter.planning.scenario import Scenario
    from converter.planning.sources import SentObject


class ChangeKind(StrEnum):
    """What a change of the fleet does to an object."""

    VERSION = "version"
    """The cluster gets it in another version."""
    LOSS_BEGINS = "loss-begins"
    LOSS_ENDS = "loss-ends"
    UNREACHABLE = "unreachable"
    """The cluster serves no version of it any more: Karmada cannot send an update."""
    REACHABLE = "reachable"
    DENIED = "denied"
    """The loss policy denies it from then on."""
    ALLOWED = "allowed"
    LAST = "last"
    """The cluster that is removed is the only one that has it."""
    LEAVES = "leaves"
    """It leaves the cluster that is removed, and other clusters have it."""


WORSE = frozenset({ChangeKind.LOSS_BEGINS, ChangeKind.UNREACHABLE, ChangeKind.DENIED, ChangeKind.LAST})
"""The changes that an administrator has to look at before."""


@dataclass(frozen=True, slots=True)
class ObjectPlan:
    """What a change of the fleet does to one object.

    Attributes:
        sent: the object.
        before: what the cluster gets now; None if the cluster is new.
        after: what it would get; None if the cluster is removed.
        elsewhere: the other clusters that have the object.
    """

    sent: SentObject
    before: Forecast | None
    after: Forecast | None
    elsewhere: tuple[str, ...] = ()

    @property
    def begin(self) -> tuple[Loss, ...]:
        """The losses that begin."""
        return _without(self.after, self.before)

    @property
    def end(self) -> tuple[Loss, ...]:
        """The losses that end; none if the cluster cannot get the object afterwards."""
        gone = self.after is None or self.after.problem
        return () if gone else _without(self.before, self.after)

    @property
    def changes(self) -> tuple[ChangeKind, ...]:
        """What changes, in the order of `ChangeKind`; empty if nothing does."""
        before, after = self.before, self.after
        if after is None:
            return (ChangeKind.LEAVES,) if self.elsewhere else (ChangeKind.LAST,)
        had, has = bool(before and before.problem), bool(after.problem)
        was_denied, is_denied = bool(before and before.denied), bool(after.denied)
        found = {
            ChangeKind.VERSION: not has and self.version_before not in {None, after.api_version},
            ChangeKind.LOSS_BEGINS: bool(self.begin),
            ChangeKind.LOSS_ENDS: bool(self.end),
            ChangeKind.UNREACHABLE: has and not had,
            ChangeKind.REACHABLE: had and not has,
            ChangeKind.DENIED: is_denied and not was_denied,
            ChangeKind.ALLOWED: was_denied and not is_denied and not has,
        }
        return tuple(change for change, happens in found.items() if happens)

    @property
    def version_before(self) -> str | None:
        """The version that the cluster has now, or gets; for a new cluster, the one that was sent."""
        return self.before.api_version if self.before is not None else str(self.sent.manifest["apiVersion"])


def _without(these: Forecast | None, those: Forecast | None) -> tuple[Loss, ...]:
    """List the losses of one forecast whose field the other one does not lose."""
    if these is None:
        return ()
    known = {(loss.path, loss.refused) for loss in those.losses} if those is not None else set()
    return tuple(loss for loss in these.losses if (loss.path, loss.refused) not in known)


def plan_change(scenario: Scenario, objects: Iterable[SentObject], converter: Engine) -> list[ObjectPlan]:
    """Plan what a change does to each object, sorted by namespace, kind and name.

    An existing cluster is planned with its own objects. A new one is planned with every object of the fleet, since the
    placements that will choose it are not known: one object that several clusters have counts once.
    """
    listed = sorted(objects, key=lambda sent: (sent.identity.namespace, *sent.identity, sent.cluster, sent.work))
    holders: dict[ManifestId, list[str]] = {}
    for sent in listed:
        holders.setdefault(sent.identity, []).append(sent.cluster)
    if scenario.before is not None:
        chosen = [sent for sent in listed if sent.cluster == scenario.name]
    else:
        chosen = list({sent.identity: sent for sent in reversed(listed)}.values())[::-1]
    return [_planned(scenario, sent, holders, converter) for sent in chosen]


def _planned(
    scenario: Scenario, sent: SentObject, holders: Mapping[ManifestId, list[str]], converter: Engine
) -> ObjectPlan:
    before, after = (
        _forecast(sent, cluster, converter) if cluster is not None else None
        for cluster in (scenario.before, scenario.after)
    )
    others = sorted({name for name in holders[sent.identity] if name and name != scenario.name})
    return ObjectPlan(sent, before, after, tuple(others))


def _forecast(sent: SentObject, cluster: Cluster, converter: Engine) -> Forecast:
    try:
        return forecast(sent.manifest, cluster, converter)
    except ManifestError as error:  # a value has a type that its version does not allow there
        return Forecast(problem=str(error))
