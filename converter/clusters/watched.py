"""Keeps the fleet up to date with Karmada's own Cluster objects.

``cluster.karmada.io`` is served by an aggregated API server without admission, so that watching is the only way to
know. What an admin's inventory says of a cluster goes before what Karmada has collected of it.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import msgspec

from converter.client import Change, Collection, Informer
from converter.clusters.cluster import Cluster
from converter.clusters.fleet import Fleet
from converter.karmada.names import FEATURE_GATES_ANNOTATION

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from converter.client import ApiServer
    from converter.clusters.fleet import FleetView

_log = logging.getLogger(__name__)

CLUSTERS = Collection("/apis/cluster.karmada.io/v1alpha1", "clusters", namespaced=False)


def _no_one(_name: str) -> None:
    """Nobody wants to hear of changes."""


class KarmadaClusters:
    """Watches Clusters into a fleet."""

    def __init__(
        self,
        server: ApiServer,
        view: FleetView,
        overrides: Fleet | None = None,
        changed: Callable[[str], None] = _no_one,
    ) -> None:
        """Prepare; `run` does the rest.

        Args:
            server: the Karmada API server.
            view: where the fleet is put, whole, at each change; ready from the first complete list on.
            overrides: clusters as an admin describes them; those that Karmada does not know are added.
            changed: hears the name of each cluster that serves other versions than before, came or went.
        """
        self._view = view
        self._overrides = overrides
        self._told = changed
        self._known: dict[str, Cluster] = {}
        self._complete = False
        self._cache: Informer[Cluster] = Informer(server, CLUSTERS, _read)
        self._cache.add_handler(self._changed)

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
            return  # Clusters are written every few seconds; what they serve seldom changes
        if now is not None and now.gates_problem and (known is None or known.gates_problem != now.gates_problem):
            _log.warning("cluster %s: annotation %s: %s", key.name, FEATURE_GATES_ANNOTATION, now.gates_problem)
        if now is None:
            del self._known[key.name]
        else:
            self._known[key.name] = now
        if self._complete:
            self._publish()
            self._told(key.name)

    def _publish(self) -> None:
        clusters = {**self._known, **dict(self._overrides or {})}
        self._view.replace(Fleet(clusters))


def _read(raw: bytes) -> Cluster:
    return Cluster.from_karmada(msgspec.json.decode(raw))


def _remember(known: Cluster | None, now: Cluster) -> Cluster:
    """Keep what a cluster served while it tells nothing: one that is down has not lost its versions."""
    if known is not None and not now.served and not now.complete and known.served:
        return known
    return now
