"""Where the dashboard reads the fleet: Karmada's API through informers, or the sample."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from converter.client import Change, Informer, Key
from converter.client.collections import BINDINGS, CLUSTER_BINDINGS, EVENTS, WORKS
from converter.clusters.watched import CLUSTERS
from converter.dashboard.refused import read_binding
from converter.dashboard.rows import stored_work
from converter.dashboard.store import ABOUT, ClusterFacts, FleetStore, read_cluster, read_event
from converter.karmada.work import decode_work
from converter.server.sample import sample_manifests, work_for
from converter.works.plan import plan_work
from converter.works.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from converter.client import ApiServer
    from converter.clusters import Cluster, Fleet
    from converter.engine import Engine
    from converter.kube import Manifest


class KarmadaSource:
    """Keeps a store up to date with watches of Clusters, Works, Events and bindings; sends no other request.

    Attributes:
        informers: the watches, by the names that metrics use.
    """

    def __init__(self, server: ApiServer, store: FleetStore) -> None:
        clusters = Informer(server, CLUSTERS, read_cluster)
        works = Informer(server, WORKS, stored_work)
        clusters.add_handler(store.cluster_changed)
        works.add_handler(store.work_changed)
        events = {
            f"events/{kind}": Informer(server, EVENTS, read_event, fields=f"involvedObject.kind={kind}")
            for kind in ABOUT
        }
        for informer in events.values():
            informer.add_handler(store.event_changed)
        bindings = {scope.resource: Informer(server, scope, read_binding) for scope in (BINDINGS, CLUSTER_BINDINGS)}
        for scoped in bindings.values():
            scoped.add_handler(store.refused.changed)
        self.informers: dict[str, Informer[Any]] = {"clusters": clusters, "works": works, **events, **bindings}

    @property
    def missing(self) -> str:
        """What is waited for, for ``/readyz``; empty if nothing is."""
        absent = [name for name, informer in self.informers.items() if not informer.synced.is_set()]
        return f"the first list of {absent[0]} is not complete" if absent else ""

    async def run(self) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as group:
            for informer in self.informers.values():
                group.create_task(informer.run())


def fill_with_sample(store: FleetStore, fleet: Fleet, engine: Engine) -> None:
    """Put the sample manifests into a store, as the webhook converts them for each cluster of a fleet."""
    for name, cluster in fleet.items():
        store.cluster_changed(Change(Key("", name), None, ClusterFacts(cluster), initial=True))
        for manifest in sample_manifests():
            work = admitted(work_for(manifest, name), cluster, engine)
            metadata = work["metadata"]
            key = Key(metadata["namespace"], metadata["name"])
            store.work_changed(Change(key, None, stored_work(msgspec.json.encode(work))))


def admitted(work: Manifest, cluster: Cluster, engine: Engine) -> Manifest:
    """Make the Work that is stored after admission; one that would be denied is stored as it is."""
    plan = plan_work(decode_work(msgspec.json.encode(work)), cluster, engine, Policy())
    manifests = list(work["spec"]["workload"]["manifests"])
    for index, encoded in plan.manifests.items():
        if encoded is not None:
            manifests[index] = msgspec.json.decode(encoded)
    metadata = dict(work["metadata"])
    for field, changes in (("labels", plan.labels), ("annotations", plan.annotations)):
        metadata[field] = {**metadata.get(field, {}), **_set(changes.items())}
    return {**work, "metadata": metadata, "spec": {"workload": {"manifests": manifests}}}


def _set(changes: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    return {name: value for name, value in changes if value is not None}
