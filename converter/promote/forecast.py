"""Forecasts what the member gets of a template: what is lost, what the loss policy denies, or why it gets nothing."""

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
    """What a member gets of a template.

    Attributes:
        losses: what it would drop or refuse.
        denied: those of the losses for which admission would deny the Work.
        problem: why it cannot get the template; empty if it can.
    """

    losses: tuple[Loss, ...] = ()
    denied: tuple[Loss, ...] = ()
    problem: str = ""


def forecast(template: Manifest, cluster: Cluster, converter: Engine) -> Forecast:
    """Forecast a template, by the rules and the loss policy, as admission will decide.

    Raises:
        ManifestError: a value in the template has a type that its version does not allow there.
    """
    found = preview_version(template, cluster, converter)
    policy = converter.loss_policy or LossPolicy.of(Action.WARN)
    decisions = decide(
        sent(found.losses), policy, Destination(cluster.name, cluster.labels), _asked(template), frozenset()
    )
    denied = tuple(decision.loss for decision in decisions if decision.action is Action.DENY)
    return Forecast(found.losses, denied, found.problem)


def _asked(template: Manifest) -> Action | None:
    word = (template["metadata"].get("annotations") or {}).get(POLICY_ANNOTATION)
    try:
        return None if word is None else Action.parse(str(word))
    except PolicyError:
        return None
