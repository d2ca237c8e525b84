"""The policies that apply to one Work and its manifests, and the issues that they make of what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
from msgspec import UNSET

from converter.kube.partial_object import POLICY_ANNOTATION
from converter.kube.path import without_names
from converter.losses import messages
from converter.losses.policy import LossPolicy
from converter.works.limits import MOST_BYTES, MOST_MANIFESTS
from converter.works.policy import Action, Policy, PolicyError
from converter.works.result import HINT, Issue, IssueReason

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from msgspec import Raw

    from converter.kube.partial_object import PartialObject
    from converter.losses import Loss
    from converter.losses.model import LossKey

_LOSSES_HINT: Final = (
    "Leave the cluster out of the placement, upgrade it, or take the fields out for it with an OverridePolicy; "
    "docs/reference/losses.md says how an admin can ask for less"
)

_REFUSED_HINT: Final = (
    "Change the manifest as said, for this cluster with an OverridePolicy, or leave the cluster out of the placement; "
    f"the annotation {POLICY_ANNOTATION}: warn on the object lets it pass."
)

_TOO_LARGE_HINT: Final = "Split the Work; Karmada itself puts one manifest into each."

_UNSERVED: Final = frozenset({IssueReason.NOT_SERVED, IssueReason.UNCONVERTIBLE, IssueReason.IRREVERSIBLE})
"""Reasons for which a manifest that passes would be sent in a version that its cluster certainly lacks."""

_PATHS_LOGGED: Final = 8
"""How many fields the reason without values names."""

_LOSS_POLICIES: Final = {action: LossPolicy.of(action) for action in Action}


class Failure(NamedTuple):
    """Why a manifest cannot be sent to its cluster as it is meant.

    Attributes:
        reason: the reason.
        why: the reason for people, with the manifest and without the cluster.
        hint: what to do if the Work is denied.
    """

    reason: IssueReason
    why: str
    hint: str = HINT

    @property
    def certain(self) -> bool:
        """Whether it is certain; False if not all is known of what the cluster serves."""
        return self.reason is not IssueReason.UNKNOWN


class ManifestPolicy(msgspec.Struct, frozen=True):
    """The policies for one manifest.

    Attributes:
        unserved: what to do if it would be sent in a version that the cluster lacks.
        unreachable: what to do if the cluster cannot have it for another reason.
        asked: the action for losses that the object or its Work asks for; None if neither does.
        warnings: about annotations that cannot be read.
    """

    unserved: Action
    unreachable: Action
    asked: Action | None = None
    warnings: tuple[str, ...] = ()


class WorkPolicies:
    """The policies for one Work.

    Attributes:
        losses: what to do about losses.
        warnings: about the Work's own annotation.
        stored_refusals: what the cluster refuses of the Work as it is stored.
    """

    def __init__(
        self,
        policy: Policy,
        losses: LossPolicy | None,
        annotation: str | None,
        stored_refusals: Container[LossKey] = (),
    ) -> None:
        """Apply the Work's own annotation.

        Args:
            policy: the policy of the process.
            losses: the loss policy of the rule files; None if they have none, and then ``policy`` covers losses too.
            annotation: the Work's own policy annotation; None if it has none.
            stored_refusals: what the cluster refuses of the Work as it is stored.
        """
        self.stored_refusals = stored_refusals
        self.losses = losses if losses is not None else _LOSS_POLICIES[policy.losses]
        action, self.warnings = _parsed(annotation, "the Work") if annotation is not None else _NOTHING_ASKED
        self._strict = policy.unreachable is Action.DENY
        self._unreachable = action if action is not None else policy.unreachable
        self._of_work = ManifestPolicy(self._unserved(self._unreachable), self._unreachable, action)

    def of(self, head: PartialObject | None) -> ManifestPolicy:
        """Apply a manifest's own annotation; it overrides that of the Work."""
        word = head.policy_word if head is not None else UNSET
        if word is UNSET or head is None:
            return self._of_work
        action, warnings = _parsed(word, head.label)
        unreachable = action if action is not None else self._unreachable
        return ManifestPolicy(self._unserved(unreachable), unreachable, action, warnings)

    def _unserved(self, action: Action) -> Action:
        """Only the administrator lets a manifest pass in a version that its cluster lacks; an annotation does not.

        It could not be applied there anyway, and from Karmada v1.19 on it would leave an informer that fails forever.
        """
        return Action.DENY if self._strict else action


_NOTHING_ASKED: Final[tuple[Action | None, tuple[str, ...]]] = (None, ())


def _parsed(word: object, where: str) -> tuple[Action | None, tuple[str, ...]]:
    if word is None:
        return _NOTHING_ASKED
    try:
        return Action.parse(str(word)), ()
    except PolicyError:
        return None, (f"annotation {POLICY_ANNOTATION} of {where} is not one of: {', '.join(Action)}",)


def unreachable(head: PartialObject | None, failure: Failure, policy: ManifestPolicy) -> Issue:
    """Make the issue of a manifest that its cluster cannot have; denied only if that is certain."""
    action = policy.unserved if failure.reason in _UNSERVED else policy.unreachable
    if not failure.certain and action is Action.DENY:
        action = Action.WARN
    if head is None:
        return Issue("", "", "", failure.reason, failure.why, action, failure.hint)
    return Issue(head.kind, head.place, head.api_version, failure.reason, failure.why, action, failure.hint)


def too_large(manifests: Sequence[Raw], policies: WorkPolicies) -> Issue:
    """Make the issue of a Work that is too large to be planned.

    Args:
        manifests: what it has.
        policies: the Work's policies.
    """
    size = sum(map(len, manifests))
    why = (
        f"the Work has {len(manifests)} manifests of {size} bytes, and at most {MOST_MANIFESTS} of {MOST_BYTES} bytes "
        "are converted"
    )
    return Issue("", "", "", IssueReason.TOO_LARGE, why, policies.of(None).unserved, _TOO_LARGE_HINT)


def denied(head: PartialObject, losses: Sequence[Loss], way: str) -> Issue:
    """Make the issue of a manifest that is denied because of what it would lose, or because the cluster refuses it.

    Args:
        head: the manifest.
        losses: those that are denied.
        way: the conversion, to be put after what would happen; empty if there is none.
    """
    refused = [loss for loss in losses if loss.refused]
    lost = [loss for loss in losses if not loss.refused]
    whys, briefs = [], []
    for verb, found in (("be refused", refused), ("lose values", lost)):
        if found:
            what = f"{head.label} would {verb}{way}: "
            whys.append(f"{what}{'; '.join(map(messages.describe, found))}")
            briefs.append(f"{what}{_paths(found)}")
    reason, hint = (IssueReason.REFUSED, _REFUSED_HINT) if refused else (IssueReason.LOSSY, _LOSSES_HINT)
    return Issue(head.kind, head.place, head.api_version, reason, "; ".join(whys), Action.DENY, hint, "; ".join(briefs))


def _paths(losses: Sequence[Loss]) -> str:
    more = f" and {len(losses) - _PATHS_LOGGED} more" if len(losses) > _PATHS_LOGGED else ""
    return ", ".join(without_names(loss.path) or "more than can be named" for loss in losses[:_PATHS_LOGGED]) + more


def denial_text(denied: Sequence[Issue], cluster: str) -> str:
    """Say why a Work is denied, and what to do.

    Args:
        denied: the issues that deny it.
        cluster: the cluster that it goes to.
    """
    whys = "; ".join(issue.why for issue in denied)
    hints = " ".join(dict.fromkeys(issue.hint for issue in denied))
    return f"cluster {cluster}: {whys}. {hints}"
