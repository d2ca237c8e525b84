"""Forecasts what a cluster gets of a manifest: its version, what is lost, what the policy denies, or why nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from converter.kube.partial_object import POLICY_ANNOTATION
from converter.losses.decide import Destination, decide, sent
from converter.losses.policy import Action, LossPolicy, PolicyError
from converter.works.preview import preview_version

if TYPE_CHECKING:
    from converter.clusters import Cluster
    from converter.engine import Engine
    from converter.kube import Manifest
    from converter.losses import Loss


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a cluster gets of a manifest.

    Attributes:
        losses: what it would drop or refuse.
        denied: those of the losses for which admission would deny the Work.
        problem: why it cannot get the manifest; empty if it can.
        api_version: the version that it gets; None if it gets none.
        certain: whether a problem is certain; False if not all is known of what the cluster serves.
    """

    losses: tuple[Loss, ...] = ()
    denied: tuple[Loss, ...] = ()
    problem: str = ""
    api_version: str | None = None
    certain: bool = True


def forecast(manifest: Manifest, cluster: Cluster, converter: Engine) -> Forecast:
    """Forecast a manifest, by the rules and the loss policy, as admission will decide.

    Raises:
        ManifestError: a value in it has a type that its version does not allow there.
    """
    found = preview_version(manifest, cluster, converter)
    policy = converter.loss_policy or LossPolicy.of(Action.WARN)
    decisions = decide(
        sent(found.losses), policy, Destination(cluster.name, cluster.labels), _asked(manifest), frozenset()
    )
    denied = tuple(decision.loss for decision in decisions if decision.action is Action.DENY)
    return Forecast(found.losses, denied, found.problem, found.api_version, found.certain)


def _asked(manifest: Manifest) -> Action | None:
    word = (manifest["metadata"].get("annotations") or {}).get(POLICY_ANNOTATION)
    try:
        return None if word is None else Action.parse(str(word))
    except PolicyError:
        return None
