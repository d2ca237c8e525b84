"""A snapshot of all clusters, and the view through which each request gets the current one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from converter.clusters.cluster import Cluster


class Fleet(Mapping[str, "Cluster"]):
    """Clusters by name; immutable: a change makes a new fleet."""

    __slots__ = ("_clusters",)

    def __init__(self, clusters: Mapping[str, Cluster] | None = None) -> None:
        self._clusters = dict(sorted((clusters or {}).items()))

    @classmethod
    def of(cls, clusters: Iterable[Cluster]) -> Fleet:
        """Make a fleet of clusters; the later of two with the same name wins."""
        return cls({cluster.name: cluster for cluster in clusters})

    def __getitem__(self, name: str) -> Cluster:
        return self._clusters[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._clusters)

    def __len__(self) -> int:
        return len(self._clusters)

    def __repr__(self) -> str:
        return f"Fleet({', '.join(self._clusters)})"

    def find(self, name: str) -> Cluster | None:
        """Find a cluster, faster than ``get``; None if there is none with that name."""
        return self._clusters.get(name)


class FleetView:
    """Holds the current fleet.

    Readers need no lock: read ``current`` once to get a consistent fleet. An update replaces it in one assignment.

    Attributes:
        current: the current fleet.
        ready: whether a complete fleet was set once; until then it must not be used for decisions.
    """

    __slots__ = ("current", "ready")

    def __init__(self, fleet: Fleet | None = None) -> None:
        """Without a fleet, the view is not ready before the first `replace`."""
        self.current = fleet if fleet is not None else Fleet()
        self.ready = fleet is not None

    def replace(self, fleet: Fleet) -> None:
        """Replace the current fleet by a complete one."""
        self.current = fleet
        self.ready = True
