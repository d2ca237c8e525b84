"""The plan for one Work: new manifests, changes to its labels and annotations, warnings or a denial, and counts."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from converter.losses.decide import ManifestLosses  # noqa: TC001  a field's type
from converter.works.overflow import Suspension  # noqa: TC001  a field's type
from converter.works.policy import Action  # noqa: TC001  a field's type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from converter.conversion import UnrestoredValue
    from converter.losses.model import LossKey, UnstoredData

HINT: Final = (
    "Leave the cluster out of the placement, send a version that it serves, or add a rule (docs/reference/rules.md)."
)


class Converted(msgspec.Struct, frozen=True):
    """A manifest that gets another version.

    Attributes:
        kind: the kind.
        name: ``namespace/name``.
        source: the apiVersion that it had.
        target: the apiVersion that it gets.
        losses: how many values it loses.
    """

    kind: str
    name: str
    source: str
    target: str
    losses: int


MISSHAPEN_HINT: Final = "Correct it in the template, or in the OverridePolicy that made it so."
"""What to do about a manifest that has not the shape of its kind."""


class IssueReason(StrEnum):
    """Why a cluster cannot have a manifest as it is meant."""

    NOT_A_MANIFEST = "NotAManifest"
    NOT_SERVED = "NotServed"
    """The cluster serves neither its version nor one that rules lead to."""
    UNKNOWN = "Unknown"
    """Whether the cluster serves such a version is not known."""
    UNCONVERTIBLE = "Unconvertible"
    """Rules lead to a version that the cluster serves, but they refuse this manifest."""
    IRREVERSIBLE = "Irreversible"
    """An earlier conversion cannot be reversed."""
    TOO_LARGE = "TooLarge"
    """The Work has more manifests, or more bytes, than are planned."""
    LOSSY = "Lossy"
    """The loss policy denies what the manifest would lose."""
    REFUSED = "Refused"
    """The release of the cluster is known to refuse the manifest."""


class Issue(msgspec.Struct, frozen=True):
    """A manifest that its cluster cannot have as it is meant.

    Attributes:
        kind: the kind; empty if the manifest has none.
        name: ``namespace/name``.
        source: the apiVersion that it was sent in.
        reason: the reason.
        why: the reason for people, with the manifest and without the cluster.
        action: what the policy says.
        brief: the reason without values of the manifest, for logs and pages; empty if ``why`` has none.
        hint: what to do if the Work is denied.
    """

    kind: str
    name: str
    source: str
    reason: IssueReason
    why: str
    action: Action
    hint: str = HINT
    brief: str = ""


class WorkPlan(msgspec.Struct, frozen=True):
    """What happens to one Work.

    Attributes:
        manifests: the new manifests as JSON, by index; None removes one, which is then the last.
        labels: the changes to the Work's labels; None removes one.
        annotations: the changes to its annotations; None removes one.
        warnings: for the user.
        denial: why the Work is denied; empty if it is not.
        carrier: a manifest to append, which brings conversion data to the overflow object; None for none.
        suspend: what ``spec.suspendDispatching`` becomes; None if it stays as it is.
        resend: whether the cluster holds a value now that it dropped or refused when the manifests were sent.
        needs_overflow: whether the plan would change if the Work's overflow object were given.
        outdated: whether other rules made a manifest, and only what is sent again can be converted by these.
        converted: what is converted, for metrics.
        issues: what the cluster cannot have, for metrics.
        losses: what manifests lose, for metrics and logs.
        refusals: what the cluster refuses of the manifests, whatever is done about it.
        unstored: the manifests that a conversion back cannot restore, because their conversion data is too large.
        unrestored: the values that are not restored because of an edit, by the index of their manifest.
    """

    manifests: Mapping[int, bytes | None] = {}
    labels: Mapping[str, str | None] = {}
    annotations: Mapping[str, str | None] = {}
    warnings: tuple[str, ...] = ()
    denial: str = ""
    carrier: bytes | None = None
    suspend: Suspension | None = None
    resend: bool = False
    needs_overflow: bool = False
    outdated: bool = False
    converted: tuple[Converted, ...] = ()
    issues: tuple[Issue, ...] = ()
    losses: tuple[ManifestLosses, ...] = ()
    refusals: frozenset[LossKey] = frozenset()
    unstored: tuple[UnstoredData, ...] = ()
    unrestored: Mapping[int, tuple[UnrestoredValue, ...]] = {}

    @property
    def changes(self) -> bool:
        """Whether anything in the Work changes."""
        return bool(
            self.manifests or self.labels or self.annotations or self.carrier is not None or self.suspend is not None
        )


NO_CHANGES: Final = WorkPlan()
