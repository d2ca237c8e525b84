"""Ties together what validators want to agree: selectors and labels, names and groups, schemas and versions.

Run after growing and after each mending, so what a mending took apart is whole again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.integration import tying_access, tying_autoscaling, tying_crds, tying_traffic, tying_workloads

if TYPE_CHECKING:
    import random

    from tests.integration.parts import Json

_TIES = {
    **tying_access.TIES,
    **tying_autoscaling.TIES,
    **tying_crds.TIES,
    **tying_traffic.TIES,
    **tying_workloads.TIES,
}


def tie(rng: random.Random, manifest: Json) -> None:
    """Make the parts of a manifest agree; kinds without a tie are left alone."""
    tied = _TIES.get(manifest["kind"])
    if tied is not None:
        tied(rng, manifest)
