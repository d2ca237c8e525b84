"""Compares what clusters get of objects by two sets of rules: what a changed rule does, before it is applied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from converter.conversion import convert
from converter.errors import ConversionError, ManifestError
from converter.kube import Manifest, canonical_json, gvk_of
from converter.works.version_selection import Availability, choose

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from converter.clusters import Cluster
    from converter.engine import Engine
    from converter.losses import Loss
    from converter.planning.sources import SentObject


class Outcome(NamedTuple):
    """What a cluster gets of an object.

    Attributes:
        manifest: the object as the cluster gets it; None if it cannot have it.
        losses: what the conversion loses.
        problem: why the cluster cannot have it; empty if it can.
    """

    manifest: Manifest | None
    losses: tuple[Loss, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class RuleChange:
    """An object that a cluster gets otherwise by the changed rules.

    Attributes:
        sent: the object.
        place: the cluster, or the apiVersion, that it is converted for.
        before: what it gets by the present rules.
        after: what it gets by the changed rules.
    """

    sent: SentObject
    place: str
    before: Outcome
    after: Outcome

    @property
    def begin(self) -> tuple[Loss, ...]:
        """The losses that begin."""
        return tuple(loss for loss in self.after.losses if loss.path not in {each.path for each in self.before.losses})

    @property
    def end(self) -> tuple[Loss, ...]:
        """The losses that end."""
        return tuple(loss for loss in self.before.losses if loss.path not in {each.path for each in self.after.losses})

    @property
    def breaks(self) -> bool:
        """Whether the cluster cannot have the object any more."""
        return self.before.manifest is not None and self.after.manifest is None


def in_clusters(
    objects: Iterable[SentObject], clusters: Iterable[Cluster], before: Engine, after: Engine
) -> Iterator[RuleChange]:
    """Compare what clusters get.

    Args:
        objects: the objects; one of a Work is compared for the Work's cluster only.
        clusters: the clusters.
        before: the present rules.
        after: the changed rules.
    """
    clusters = list(clusters)
    for sent in objects:
        for cluster in clusters:
            if not sent.work or sent.cluster == cluster.name:
                pair = [_in_cluster(sent.manifest, cluster, engine) for engine in (before, after)]
                yield from _changed(sent, cluster.name, *pair)


def in_versions(
    objects: Iterable[SentObject], targets: Iterable[str], before: Engine, after: Engine
) -> Iterator[RuleChange]:
    """Compare what comes out of converting objects to each of some versions, as far as rules lead there."""
    targets = list(targets)
    for sent in objects:
        for target in targets:
            pair = [_in_version(sent.manifest, target, engine) for engine in (before, after)]
            yield from _changed(sent, target, *pair)


def _changed(sent: SentObject, place: str, before: Outcome, after: Outcome) -> Iterator[RuleChange]:
    change = RuleChange(sent, place, before, after)
    same = canonical_json(before.manifest) == canonical_json(after.manifest)
    if not same or before.problem != after.problem or change.begin or change.end:
        yield change


def _in_version(manifest: Manifest, target: str, engine: Engine) -> Outcome:
    try:
        done = engine.convert(manifest, target)
    except (ConversionError, ManifestError) as error:
        return Outcome(None, problem=str(error))
    return Outcome(done.manifest, done.losses)


def _in_cluster(manifest: Manifest, cluster: Cluster, engine: Engine) -> Outcome:
    gvk = gvk_of(manifest)
    choice = choose(gvk.api_version, gvk.kind, cluster, engine)
    if choice.availability is Availability.SERVED:
        return Outcome(manifest)
    if choice.route is None:
        return Outcome(None, problem=choice.why)
    try:
        done = convert(manifest, choice.route)
    except (ConversionError, ManifestError) as error:
        return Outcome(None, problem=f"cannot be converted to {choice.route.target}: {error}")
    losses = engine.losses.of_conversion(done.losses, gvk, cluster.release, cluster.name, original=lambda: manifest)
    return Outcome(done.manifest, losses)
