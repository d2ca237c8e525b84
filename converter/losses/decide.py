"""What one Work loses on its way to a cluster, judged by the policy: lines for people, refusals, and counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from converter.losses import told_by_release
from converter.losses.policy import Action, LossPolicy

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from converter.clusters import Cluster
    from converter.kube.partial_object import NamedHead
    from converter.losses import FieldLoss

_NOT_SENT: Final = ("status", "metadata")
"""Karmada takes these off, or writes them itself: what a release does not know of them is nobody's loss."""


@dataclass(frozen=True, slots=True)
class Lost:
    """What one manifest loses, for counting and telling.

    Attributes:
        kind: the manifest's kind.
        name: ``namespace/name``.
        losses: what is lost, with what the policy makes of each.
    """

    kind: str
    name: str
    losses: tuple[tuple[FieldLoss, Action], ...]


@dataclass(slots=True)
class Judged:
    """The losses of one manifest under the policy.

    Attributes:
        lines: for the annotation.
        warnings: for the user.
        denied: what the Work is refused for.
        lost: everything, for counting; None where nothing is lost.
    """

    lines: tuple[str, ...] = ()
    warnings: list[str] = field(default_factory=list)
    denied: list[str] = field(default_factory=list)
    lost: Lost | None = None


def field_of(line: str) -> str:
    """The object and the field that a line of the annotation is about, without what is said of it."""
    return line.partition(" = ")[0]


def sent(losses: Iterable[FieldLoss]) -> tuple[FieldLoss, ...]:
    """Only the losses of what Works carry: neither status nor metadata."""
    return tuple(loss for loss in losses if loss.path.partition(".")[0] not in _NOT_SENT)


class LossJudge:
    """Judges losses for one cluster by one policy."""

    def __init__(self, policy: LossPolicy, cluster: Cluster, standing: Collection[str]) -> None:
        """Prepare.

        Args:
            policy: what to do about losses.
            cluster: where the Work goes.
            standing: the lines that stand on the Work already: what was let pass once is not refused later, since
                Karmada could not even take its finalizer off then.
        """
        self._policy = policy
        self._cluster = cluster
        self._standing = standing

    def judge(self, head: NamedHead, losses: tuple[FieldLoss, ...], asked: Action | None) -> Judged:
        """Judge the losses of one manifest.

        Args:
            head: the manifest.
            losses: what is lost.
            asked: what the object's own annotation asks for.
        """
        if not losses:
            return Judged()
        decided = []
        lines: list[str] = []
        judged = Judged()
        for loss in losses:
            action = self._policy.action(loss.weight, self._cluster.name, self._cluster.labels, head.namespace, asked)
            text = " ".join(str(loss).split())
            line = f"{head.label}: {text}"
            if action is Action.DENY and line in self._standing:
                action = Action.WARN
            if action is not Action.IGNORE or not told_by_release(line):
                lines.append(line)
            if action is Action.DENY:
                judged.denied.append(text)
            elif action is Action.WARN:
                judged.warnings.append(f"cluster {self._cluster.name}: {line}")
            decided.append((loss, action))
        judged.lines = tuple(lines)
        judged.lost = Lost(head.kind, head.place, tuple(decided))
        return judged
