"""Ties together what validators want to agree: selectors and labels, names and groups, schemas and versions.

It runs after a manifest is made and after each mending, so what a mending took apart is whole again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.generators import ties_access, ties_autoscaling, ties_crds, ties_traffic, ties_workloads

if TYPE_CHECKING:
    import random

    from tests.generators.parts import Json

_TIES = {
    **ties_access.TIES,
    **ties_autoscaling.TIES,
    **ties_crds.TIES,
    **ties_traffic.TIES,
    **ties_workloads.TIES,
}


def tie(rng: random.Random, manifest: Json) -> None:
    """Make the parts of a manifest agree; kinds without a tie are left alone."""
    tied = _TIES.get(manifest["kind"])
    if tied is not None:
        tied(rng, manifest)
