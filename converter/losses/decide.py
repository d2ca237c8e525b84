"""Decides by the loss policy what to do about each loss of a manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from converter.losses.model import ByConversion, ByRelease
from converter.losses.policy import Action

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from converter.losses.model import Loss, LossKey, ManifestId
    from converter.losses.policy import LossPolicy

_DENY, _WARN, _IGNORE = Action.DENY, Action.WARN, Action.IGNORE
"""Python 3.11 takes six times longer to find a member of an enum than a global name."""

NOT_SENT: Final = ("status", "metadata")
"""Karmada removes the status and writes the metadata itself: Works do not carry the user's."""


class Decision(msgspec.Struct, frozen=True):
    """What to do about one loss."""

    loss: Loss
    action: Action

    @property
    def recorded(self) -> bool:
        """Whether the Work stores it: not if a loss by release is ignored, since it is found again each time."""
        return self.action is not _IGNORE or type(self.loss.cause) is ByConversion


class ManifestLosses(msgspec.Struct, frozen=True):
    """The losses of one manifest, for metrics and logs.

    Attributes:
        manifest: the manifest.
        decisions: its losses, with what is done about each.
    """

    manifest: ManifestId
    decisions: tuple[Decision, ...]


class _Every:
    """Contains every key."""

    def __contains__(self, _key: object) -> bool:
        return True


EVERY: Final[Container[LossKey]] = _Every()
"""The keys of all losses."""


class Destination(msgspec.Struct, frozen=True):
    """The cluster that a Work goes to, as far as policies look at it.

    Attributes:
        name: the cluster's name.
        labels: the cluster's labels.
    """

    name: str
    labels: Mapping[str, str]


def sent(losses: Iterable[Loss]) -> tuple[Loss, ...]:
    """Leave out losses of what Works do not carry: status and metadata."""
    return tuple([loss for loss in losses if loss.path.partition(".")[0] not in NOT_SENT])


def decide(
    losses: Iterable[Loss],
    policy: LossPolicy,
    destination: Destination,
    asked: Action | None,
    passed: Container[LossKey],
    *,
    unreachable: Action = Action.DENY,
    stored: Container[LossKey] = (),
) -> tuple[Decision, ...]:
    """Decide about the losses of one manifest.

    Args:
        losses: the losses.
        policy: the loss policy.
        destination: the cluster.
        asked: the action that the object's own annotation asks for; None if it has none.
        passed: what was let pass before. It is not denied later: otherwise a stricter policy would lock Works whose
            finalizers Karmada has to remove.
        unreachable: what to do if no conversion brings the manifest to the cluster. That is also done if the cluster
            refuses the manifest, unless the loss policy says something else.
        stored: refusals of the Work as it is stored. They are not denied: the cluster can have had the object before
            its validation became stricter, and validation lets such objects be.
    """
    found, name, labels = [], destination.name, destination.labels
    for loss in losses:
        namespace, cause = loss.manifest.namespace, loss.cause
        if type(cause) is ByRelease and cause.refused and loss.certainly_refused:
            action = policy.action_for_refused(name, labels, namespace, asked, unreachable)
        else:
            action = policy.action(loss.severity, name, labels, namespace, asked)
        if action is _DENY and (loss.key in passed or (loss.refused and loss.key in stored)):
            action = _WARN
        found.append(Decision(loss, action))
    return tuple(found)
