"""Decides which scheduler handles a binding: the converter's own if some cluster gets the template converted.

Karmada's scheduler filters out each cluster that lacks the template's own version (its plugin APIEnablement). The
converter's scheduler is the same program without that plugin. A binding names its scheduler in ``spec.schedulerName``
(`schedulerNameFilter` in pkg/scheduler/event_handler.go). Karmada's detector copies the name from the policy each time
that it writes the binding (`ApplyPolicy` in pkg/detector/detector.go), and the CRDs of policies have the default
``default-scheduler``. So the converter answers the same each time: it depends on the name that the policy chose, never
on who wrote last.

A label records the name that the converter set, and an annotation the name before, so that a name of a policy is never
changed, and the one before can be restored exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from converter.karmada.names import SCHEDULER_BEFORE_ANNOTATION, SCHEDULER_LABEL

if TYPE_CHECKING:
    from converter.karmada.binding import Binding

DEFAULT_SCHEDULER: Final = "default-scheduler"
"""The name of Karmada's own scheduler (`DefaultScheduler` in pkg/scheduler/scheduler.go)."""

OWN_SCHEDULER: Final = "apiconverter"
"""The name of the converter's scheduler, unless ``--scheduler-name`` sets another one."""

_KARMADAS: Final = frozenset({"", DEFAULT_SCHEDULER})


class SchedulerName(NamedTuple):
    """The scheduler that a binding should name.

    Attributes:
        name: the value of ``spec.schedulerName``; empty if the binding should not have the field.
        own: the name that the converter set, for the label; None if it set none.
        before: the name before, for the annotation; None if the converter set none.
    """

    name: str
    own: str | None = None
    before: str | None = None

    @property
    def is_karmadas(self) -> bool:
        """Whether Karmada's own scheduler handles the binding."""
        return self.name in _KARMADAS


def choose_scheduler(binding: Binding, own: str, *, converted: bool) -> SchedulerName:
    """Choose the scheduler of a binding; idempotent.

    Args:
        binding: the binding as it is written, with any name in it.
        own: the name of the converter's scheduler; empty if it has none, so that every name is restored.
        converted: whether some cluster gets the template only by conversion.
    """
    chosen = chosen_by_policy(binding)
    if own and converted and chosen in _KARMADAS and binding.spec.placement is not None:
        return SchedulerName(own, own, chosen)
    return SchedulerName(chosen)


def chosen_by_policy(binding: Binding) -> str:
    """Return the scheduler that a binding names without the converter; empty if it names none."""
    metadata, name = binding.metadata, binding.spec.scheduler_name or ""
    if not name or name != (metadata.labels or {}).get(SCHEDULER_LABEL):
        return name
    before = (metadata.annotations or {}).get(SCHEDULER_BEFORE_ANNOTATION, DEFAULT_SCHEDULER)
    return before if before in _KARMADAS else DEFAULT_SCHEDULER
