"""All clusters at one moment, and the holder through which every request sees the present ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from converter.clusters.cluster import Cluster


class Fleet(Mapping[str, "Cluster"]):
    """Clusters by name; it never changes, a change makes a new one."""

    __slots__ = ("_clusters",)

    def __init__(self, clusters: Mapping[str, Cluster] | None = None) -> None:
        self._clusters = dict(sorted((clusters or {}).items()))

    @classmethod
    def of(cls, clusters: Iterable[Cluster]) -> Fleet:
        """Make a fleet of clusters; of two with the same name the later counts."""
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
        """Find a cluster, quicker than ``get`` does; None where there is none of that name."""
        return self._clusters.get(name)


class FleetView:
    """Holds the present fleet.

    It is read without locks or awaits: who reads ``current`` once has one consistent fleet for as long as it likes,
    since a new one takes its place in one assignment.

    Attributes:
        current: the fleet as it is known now.
        ready: whether the fleet has been known completely once; until then nothing may be judged by it.
    """

    __slots__ = ("current", "ready")

    def __init__(self, fleet: Fleet | None = None) -> None:
        """Prepare; without a fleet it is not ready before the first `replace`."""
        self.current = fleet if fleet is not None else Fleet()
        self.ready = fleet is not None

    def replace(self, fleet: Fleet) -> None:
        """Put a complete fleet in place of the present one."""
        self.current = fleet
        self.ready = True
