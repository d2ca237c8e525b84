"""Settles a binding: which scheduler handles it, and which clusters its placement excludes.

The webhook settles what is written, and the controller what was stored before. Both use this module, so that a write of
one is never undone by the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from converter.karmada.names import (
    EXCLUDED_ANNOTATION,
    EXCLUDED_LABEL,
    SCHEDULER_BEFORE_ANNOTATION,
    SCHEDULER_LABEL,
)
from converter.kube import merge_patch
from converter.placement.exclusions import Exclusion, exclude, held_clusters
from converter.placement.scheduler_name import SchedulerName, choose_scheduler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from converter.karmada.binding import Binding
    from converter.kube import Manifest
    from converter.placement.exclusions import Unavailable


@dataclass(frozen=True, slots=True)
class Settled:
    """What a binding should have.

    Attributes:
        scheduler: the scheduler that should handle it.
        exclusion: its placement and the annotation about excluded clusters.
    """

    scheduler: SchedulerName
    exclusion: Exclusion

    @property
    def labels(self) -> dict[str, str | None]:
        """The converter's labels; None for one that it should not have."""
        return {EXCLUDED_LABEL: "true" if self.exclusion.note else None, SCHEDULER_LABEL: self.scheduler.own}

    @property
    def annotations(self) -> dict[str, str | None]:
        """The converter's annotations; None for one that it should not have."""
        return {EXCLUDED_ANNOTATION: self.exclusion.note, SCHEDULER_BEFORE_ANNOTATION: self.scheduler.before}

    def merge_patch(self, binding: Binding, placement: Manifest | None) -> Manifest:
        """Make the merge patch that settles a binding; empty if it is settled.

        Args:
            binding: the binding.
            placement: its ``spec.placement``.
        """
        metadata = {
            field: {name: value for name, value in wanted.items() if (present or {}).get(name) != value}
            for field, present, wanted in (
                ("labels", binding.metadata.labels, self.labels),
                ("annotations", binding.metadata.annotations, self.annotations),
            )
        }
        spec: Manifest = {}
        if self.scheduler.name != (binding.spec.scheduler_name or ""):
            spec["schedulerName"] = self.scheduler.name or None
        if self.exclusion.placement != placement:
            spec["placement"] = merge_patch(placement, self.exclusion.placement)
        parts = {"metadata": {field: changed for field, changed in metadata.items() if changed}, "spec": spec}
        return {name: part for name, part in parts.items() if part}


def settle(
    binding: Binding,
    placement: Manifest | None,
    unreachable: Mapping[str, Unavailable],
    own_scheduler: str,
    *,
    converted: bool,
) -> Settled:
    """Settle one binding; idempotent.

    Karmada's scheduler itself leaves out clusters that lack the template's version, and keeps those that it has chosen
    before. So a binding that it handles gets exclusions only before it is scheduled, where they cost no further write;
    they stay correct from then on. A binding that was scheduled without any is left as it is: a change of its placement
    would make Karmada schedule it again.

    Args:
        binding: the binding, with its status.
        placement: its ``spec.placement`` (`BindingSpec.checked_placement`).
        unreachable: the clusters on which its template is not available in any version, with the reasons.
        own_scheduler: the name of the converter's scheduler; empty if Karmada's runs without APIEnablement instead.
        converted: whether some cluster gets its template only by conversion.
    """
    scheduler = choose_scheduler(binding, own_scheduler, converted=converted)
    note = (binding.metadata.annotations or {}).get(EXCLUDED_ANNOTATION)
    held = held_clusters(binding, unreachable)
    if own_scheduler and scheduler.is_karmadas:
        held = binding.spec.scheduled_clusters()
        if held and note is None:
            return Settled(scheduler, Exclusion(placement, None))
    return Settled(scheduler, exclude(placement, held, unreachable, note))


def release(binding: Binding, placement: Manifest | None) -> Settled:
    """Take everything of the converter off a binding: the scheduler and the placement of its policy remain."""
    note = (binding.metadata.annotations or {}).get(EXCLUDED_ANNOTATION)
    exclusion = exclude(placement, (), {}, note)
    return Settled(choose_scheduler(binding, "", converted=False), Exclusion(exclusion.placement, None))
