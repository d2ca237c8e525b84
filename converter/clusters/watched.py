"""Keeps the fleet up to date with Karmada's own Cluster objects.

An aggregated API server without admission serves ``cluster.karmada.io``, so a watch is the only way to see changes. A
cluster of an admin's inventory overrides the Cluster object that Karmada maintains.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from converter.client import Change, Collection, Informer
from converter.clusters.cluster import Cluster
from converter.clusters.fleet import Fleet
from converter.karmada.names import FEATURE_GATES_ANNOTATION

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Mapping

    from converter.client import ApiServer
    from converter.clusters.fleet import FleetView
    from converter.rules.pruning import Difference

_log = logging.getLogger(__name__)

CLUSTERS = Collection("/apis/cluster.karmada.io/v1alpha1", "clusters", namespaced=False)


def _ignore(_name: str) -> None:
    """Ignore a change."""


class KarmadaClusters:
    """Watches Clusters and updates a fleet."""

    def __init__(
        self,
        server: ApiServer,
        view: FleetView,
        overrides: Fleet | None = None,
        changed: Callable[[str], None] = _ignore,
    ) -> None:
        """Set up the watch; `run` starts it.

        Args:
            server: the Karmada API server.
            view: receives the whole fleet at each change; ready after the first complete list.
            overrides: clusters of an admin's inventory; clusters that Karmada does not have are added.
            changed: called with the name of each cluster that was added, removed or changed its versions.
        """
        self._view = view
        self._overrides = overrides
        self._on_change = changed
        self._known: dict[str, Cluster] = {}
        self._lacking: dict[str, Mapping[tuple[str, str], Difference]] = {}
        self._complete = False
        self._cache: Informer[Cluster] = Informer(server, CLUSTERS, _read)
        self._cache.add_handler(self._changed)

    @property
    def watch(self) -> Informer[Cluster]:
        """The watch of Clusters, for metrics."""
        return self._cache

    @property
    def synced(self) -> asyncio.Event:
        """Set once the first list of Clusters is complete, and the fleet is ready."""
        return self._cache.synced

    async def run(self) -> None:
        """Keep the fleet up to date until cancelled."""
        self._cache.after_list = self._listed
        await self._cache.run()

    def _listed(self) -> None:
        if not self._complete:
            self._complete = True
            self._publish()
            _log.info("the list of clusters is complete: %d", len(self._known))

    def _changed(self, change: Change[Cluster]) -> None:
        key, after = change.key, change.after
        known = self._known.get(key.name)
        now = _remember(known, after) if after is not None else None
        if now == known:
            return  # Clusters are written every few seconds; what they serve rarely changes
        if now is not None and now.gates_problem and (known is None or known.gates_problem != now.gates_problem):
            _log.warning("cluster %s: annotation %s: %s", key.name, FEATURE_GATES_ANNOTATION, now.gates_problem)
        if now is None:
            del self._known[key.name]
        else:
            self._known[key.name] = now
        if self._complete:
            self._publish()
            self._on_change(key.name)

    def use_lacking(self, name: str, lacking: Mapping[tuple[str, str], Difference]) -> None:
        """Take over what the schemas of a cluster lack of the versions that it serves.

        Args:
            name: the cluster; it may be unknown still.
            lacking: all of it, by apiVersion and kind.
        """
        if lacking:
            self._lacking[name] = lacking
        elif self._lacking.pop(name, None) is None:
            return
        if self._complete:
            self._publish()
            self._on_change(name)

    def _publish(self) -> None:
        clusters = {**self._known, **dict(self._overrides or {})}
        for name in self._lacking.keys() & clusters.keys():
            clusters[name] = replace(clusters[name], lacking=self._lacking[name])
        self._view.replace(Fleet(clusters))


def _read(raw: bytes) -> Cluster:
    return Cluster.from_karmada(msgspec.json.decode(raw))


def _remember(known: Cluster | None, now: Cluster) -> Cluster:
    """Keep the versions of a cluster that reports none: a cluster that is down has not lost them."""
    if known is not None and not now.served and not now.complete and known.served:
        return known
    return now
