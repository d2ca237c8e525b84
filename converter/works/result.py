"""What is to become of one Work: new manifests, changes to its bookkeeping, warnings or a refusal, and counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from converter.kube.partial_object import POLICY_ANNOTATION
from converter.losses.decide import Lost  # noqa: TC001  a field's type
from converter.works.policy import Action  # noqa: TC001  a field's type

if TYPE_CHECKING:
    from collections.abc import Mapping

HINT: Final = (
    "Leave the cluster out of the placement, send a version that it serves, or add a rule (docs/reference/rules.md); "
    f"the annotation {POLICY_ANNOTATION}: warn on the object lets it pass unchanged."
)


class Converted(msgspec.Struct, frozen=True):
    """A manifest that got another version.

    Attributes:
        kind: its kind.
        name: ``namespace/name``.
        source: the apiVersion it came in.
        target: the apiVersion it got.
        losses: how many values the target cannot hold.
    """

    kind: str
    name: str
    source: str
    target: str
    losses: int


class Issue(msgspec.Struct, frozen=True):
    """A manifest that its cluster cannot have as it is meant.

    Attributes:
        kind: its kind; empty where it has none.
        name: ``namespace/name``.
        source: the apiVersion it came in.
        why: a sentence for people, with the manifest and without the cluster.
        action: what the policy makes of it.
        hint: what to do, where it is refused.
    """

    kind: str
    name: str
    source: str
    why: str
    action: Action
    hint: str = HINT


class WorkPlan(msgspec.Struct, frozen=True):
    """What is to become of a Work.

    Attributes:
        manifests: the new ones, as JSON, by their place; empty where one is to be taken out, which is then the last.
        labels: the changes to the Work's labels; None removes one.
        annotations: the changes to its annotations; None removes one.
        warnings: for the user.
        denial: why the Work is refused, whole; empty where it is not.
        carrier: one more manifest, which brings to the shelf what does not fit into annotations; None for none.
        suspend: what ``spec.suspendDispatching`` is to be, as JSON, or ``absent``; empty where it stays.
        needs_overflow: whether more could be done with what is on the Work's shelf.
        converted: what was converted, for counting.
        troubles: what could not be, for counting.
        lost: what manifests lose, for counting.
    """

    manifests: Mapping[int, bytes] = {}
    labels: Mapping[str, str | None] = {}
    annotations: Mapping[str, str | None] = {}
    warnings: tuple[str, ...] = ()
    denial: str = ""
    carrier: bytes | None = None
    suspend: str = ""
    needs_overflow: bool = False
    converted: tuple[Converted, ...] = ()
    troubles: tuple[Issue, ...] = ()
    lost: tuple[Lost, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether anything of the Work is to change."""
        return bool(self.manifests or self.labels or self.annotations or self.carrier or self.suspend)


NOTHING: Final = WorkPlan()
