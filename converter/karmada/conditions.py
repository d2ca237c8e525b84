"""Conditions that Karmada writes on Works and bindings: their types, reasons and messages, and how to find one.

Sources: pkg/apis/work/v1alpha1/work_types.go (``Applied``), pkg/apis/work/v1alpha2/binding_types.go and
pkg/util/helper/workstatus.go (``FullyApplied``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

APPLIED: Final = "Applied"
"""On a Work: whether its manifests were applied to the cluster."""

FULLY_APPLIED: Final = "FullyApplied"
"""On a binding: whether every Work of it was applied."""


class ConditionState(NamedTuple):
    """What a condition says, without its type and times."""

    status: str
    reason: str
    message: str


ALL_APPLIED: Final = ConditionState("True", "FullyAppliedSuccess", "All works have been successfully applied")
NOT_ALL_APPLIED: Final = ConditionState(
    "False", "FullyAppliedFailed", "Failed to apply all works, see status.aggregatedStatus for details"
)
"""The two states of `FULLY_APPLIED` (`generateFullyAppliedCondition` in pkg/util/helper/workstatus.go)."""


def condition_index(conditions: Sequence[dict[str, Any]] | None, type_: str) -> int | None:
    """Find the position of the condition of a type; None if there is none."""
    return next((index for index, item in enumerate(conditions or ()) if item.get("type") == type_), None)


def find_condition(conditions: Sequence[dict[str, Any]] | None, type_: str) -> dict[str, Any] | None:
    """Find the condition of a type; None if there is none."""
    index = condition_index(conditions, type_)
    return None if conditions is None or index is None else conditions[index]


def with_state(
    condition: dict[str, Any], state: ConditionState, stored: dict[str, Any] | None, now: str
) -> dict[str, Any]:
    """Give a condition another state.

    As in Kubernetes, ``lastTransitionTime`` changes only with the status.

    Args:
        condition: the condition as it was sent; never changed.
        state: what it should say.
        stored: the condition as it is stored; None if there is none.
        now: the present as RFC 3339.
    """
    if stored is not None and stored.get("status") == state.status:
        since = stored.get("lastTransitionTime")
    else:
        since = condition.get("lastTransitionTime") if condition.get("status") == state.status else now
    return {**condition, **state._asdict(), "lastTransitionTime": since}
