"""What is found wrong with the manifests of one Work, and what policies and the objects' own annotations make of it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

from msgspec import UNSET

from converter.kube.partial_object import POLICY_ANNOTATION
from converter.losses.decide import LossJudge, Lost
from converter.losses.policy import LossPolicy
from converter.works.policy import Action, Policy, PolicyError
from converter.works.result import Issue

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from converter.clusters import Cluster
    from converter.kube.partial_object import NamedHead
    from converter.losses import FieldLoss

_LOSSES_HINT: Final = (
    "Leave the cluster out of the placement, upgrade it, or take the fields out for it with an OverridePolicy; "
    "docs/reference/losses.md says how an admin can ask for less"
)

_LOSS_POLICIES: Final = {action: LossPolicy.of(action) for action in Action}


class IssueCollector:
    """Gathers what is found, and judges it.

    Attributes:
        warnings: about losses, and about annotations that cannot be read.
        troubles: what its cluster cannot have as it is meant.
        lost: what is lost, for counting.
    """

    def __init__(
        self,
        cluster: Cluster,
        policy: Policy,
        losses: LossPolicy | None,
        wanted: str | None,
        standing: Collection[str],
    ) -> None:
        """Prepare.

        Args:
            cluster: where the Work goes.
            policy: what to do about what cannot be had.
            losses: what to do about losses, where the rule book has it; else the policy says that, too.
            wanted: what the Work's own annotation asks for; None where it has none.
            standing: the lines about losses that stand on the Work already.
        """
        self.warnings: list[str] = []
        self.troubles: list[Issue] = []
        self.lost: list[Lost] = []
        self._cluster = cluster
        self._losses = losses or _LOSS_POLICIES[policy.losses]
        self._wanted = wanted
        self._standing = standing
        self._policy = self._under(policy, wanted, "the Work") if wanted is not None else policy

    @property
    def denied(self) -> list[Issue]:
        """The troubles for which the Work is to be refused."""
        return [trouble for trouble in self.troubles if trouble.action is Action.DENY]

    def said(self, unkept: Sequence[str]) -> tuple[str, ...]:
        """All warnings: first what could not be had, then what could not be kept, then what is lost."""
        troubles = [trouble.why for trouble in self.troubles if trouble.action is not Action.IGNORE]
        return (*[f"cluster {self._cluster.name}: {why}" for why in (*troubles, *unkept)], *self.warnings)

    def lose(self, head: NamedHead, losses: tuple[FieldLoss, ...], way: str = "") -> tuple[str, ...]:
        """Judge what a manifest loses; the lines for the annotation."""
        if not losses:
            return ()
        judged = self._judge.judge(head, losses, self._asked(head))
        self.warnings += judged.warnings
        if judged.denied:
            why = f"{head.label} would lose values{way}: {'; '.join(judged.denied)}"
            self.troubles.append(Issue(head.kind, head.place, head.api_version, why, Action.DENY, _LOSSES_HINT))
        if judged.lost is not None:
            self.lost.append(judged.lost)
        return judged.lines

    def lines(self, head: NamedHead, losses: tuple[FieldLoss, ...]) -> tuple[str, ...]:
        """Only say what a manifest loses, which has been judged before."""
        return self._judge.judge(head, losses, self._asked(head)).lines

    def unreachable(self, head: NamedHead, why: str, *, certain: bool) -> None:
        """Take note of a manifest that its cluster cannot have in any version; refused only where that is certain."""
        policy = self._policy_of(head)
        if not certain and policy.unreachable is Action.DENY:
            policy = policy.under(Action.WARN)
        self._trouble(head, f"{head.label} ({head.api_version}): {why}", policy)

    def failed(self, head: NamedHead, why: str) -> None:
        """Take note of a manifest that could not be converted."""
        self._trouble(head, f"{head.label} ({head.api_version}) {why}", self._policy_of(head))

    def no_manifest(self, why: str) -> None:
        """Take note of what is no manifest at all."""
        self.troubles.append(Issue("", "", "", why, self._policy.unreachable))

    def _trouble(self, head: NamedHead, why: str, policy: Policy) -> None:
        self.troubles.append(Issue(head.kind, head.place, head.api_version, why, policy.unreachable))

    @functools.cached_property
    def _judge(self) -> LossJudge:
        return LossJudge(self._losses, self._cluster, self._standing)

    def _asked(self, head: NamedHead) -> Action | None:
        """What the object's annotation, or else the Work's, asks for; None where it asks for nothing less."""
        own = head.policy_word
        text = self._wanted if own is UNSET else own
        if text is None:
            return None
        try:
            return Action.parse(str(text))
        except PolicyError as error:
            warning = f"annotation {POLICY_ANNOTATION} of {head.label}: {error}"
            if own is not UNSET and warning not in self.warnings:
                self.warnings.append(warning)
            return None

    def _policy_of(self, head: NamedHead) -> Policy:
        word = head.policy_word
        return self._policy if word is UNSET else self._under(self._policy, word, head.label)

    def _under(self, policy: Policy, text: object, where: str) -> Policy:
        if text is None:
            return policy
        try:
            return policy.under(Action.parse(str(text)))
        except PolicyError as error:
            self.warnings.append(f"annotation {POLICY_ANNOTATION} of {where}: {error}")
            return policy
