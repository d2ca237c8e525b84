"""Kueue: assignments to domains, whose lists have to fit each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_LEVELS: Final = ["cloud/block", "cloud/rack"]
_DOMAINS: Final[tuple[list[dict[str, Any]], ...]] = (
    [{"values": ["block-1", "rack-1"], "count": 2}],
    [{"values": ["block-1", "rack-1-a"], "count": 2}, {"values": ["block-1", "rack-22-a"], "count": 2}],
    [
        {"values": ["ababa", "x"], "count": 1},
        {"values": ["aba", "y"], "count": 3},
        {"values": ["aba", "x"], "count": 1},
    ],
)


def _universal(block: str, rack: str, count: int) -> dict[str, Any]:
    values = [{"universal": block}, {"universal": rack}]
    return {"domainCount": 1, "valuesPerLevel": values, "podCounts": {"universal": count}}


_SLICES: Final[tuple[list[dict[str, Any]], ...]] = (
    [_universal("block-1", "rack-1", 2)],
    [_universal("block-1", "rack-1", 2), _universal("block-2", "rack-1", 1)],
    [
        {
            "domainCount": 2,
            "valuesPerLevel": [
                {"universal": "block-1"},
                {"individual": {"prefix": "rack-", "suffix": "-a", "roots": ["1", "22"]}},
            ],
            "podCounts": {"individual": [2, 3]},
        }
    ],
)

WORDS: Final[Mapping[str, tuple[Any, ...]]] = {
    r"^v1beta1\.ClusterQueue\.spec\.admissionChecks$": (["alpha"], ["alpha", "beta"], ["web", "door"]),
    r"^v1\w+\.ClusterQueue\.spec\.admissionScope\.admissionMode$": (
        "UsageBasedAdmissionFairSharing",
        "NoAdmissionFairSharing",
    ),
    r"^v1\w+\.Workload\.status\..*delayedTopologyRequest$": ("Pending", "Ready"),
    r"^v1\w+\.Workload\.status\.unhealthyNodes$": ([{"name": "node-1"}], [{"name": "node-1"}, {"name": "node-2"}]),
    r"^v1beta1\.Workload\.status\..*topologyAssignment$": tuple(
        {"levels": _LEVELS, "domains": domains} for domains in _DOMAINS
    ),
    r"^v1beta2\.Workload\.status\..*topologyAssignment$": tuple(
        {"levels": _LEVELS, "slices": slices} for slices in _SLICES
    ),
}
"""Values, by a pattern of the version, the kind and the path."""

NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    r"^spec$": ("podSets", "priorityClassName"),
    r"^status\.admission$": ("clusterQueue", "podSetAssignments"),
}
"""Fields without which an object makes no sense."""
