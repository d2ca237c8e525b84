"""A small fleet for tests of the dashboard: two tenants, an old and a new cluster, Works as admission stores them."""

from __future__ import annotations

import msgspec

from converter.catalog import Release, load_catalog
from converter.client import Change, Key
from converter.clusters import Cluster
from converter.dashboard.access import ALL, Sight, Viewer
from converter.dashboard.app import Dashboard
from converter.dashboard.look import Look
from converter.dashboard.rows import stored_work
from converter.dashboard.sessions import Sessions
from converter.dashboard.sources import admitted
from converter.dashboard.store import ClusterFacts, FleetStore
from converter.server.sample import work_for

OLD = Cluster.from_release("old", Release(1, 20), load_catalog())
NEW = Cluster.from_release("new", Release(1, 36), load_catalog())


def cronjob(name="report", namespace="a", **spec):
    pod = {"restartPolicy": "Never", "containers": [{"name": "main", "image": "registry.example/x:1"}]}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "schedule": "@daily",
            "timeZone": "UTC",
            "jobTemplate": {"spec": {"template": {"spec": pod}}},
            **spec,
        },
    }


def config_map(name="plain", namespace="a"):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": {}}


def work_of(manifest, cluster, engine, **more):
    """The stored Work of a manifest for a cluster."""
    work = admitted(work_for(manifest, cluster.name), cluster, engine)
    work["metadata"] |= {
        "uid": f"{cluster.name}-{work['metadata']['name']}",
        "creationTimestamp": "2026-01-01T00:00:00Z",
    }
    return {**work, **more}


def key_of(work):
    return Key(work["metadata"]["namespace"], work["metadata"]["name"])


def put(store, work, *, initial=False):
    """Tell a store of a Work, as an informer does."""
    key = key_of(work)
    store.work_changed(Change(key, store.work(key), stored_work(msgspec.json.encode(work)), initial))


def fleet_store(engine, *manifests, clusters=(OLD, NEW), now=lambda: 1000.0):
    """A store with the manifests in every cluster."""
    store = FleetStore(lambda: engine, now)
    for cluster in clusters:
        store.cluster_changed(Change(Key("", cluster.name), None, ClusterFacts(cluster), initial=True))
        for manifest in manifests:
            put(store, work_of(manifest, cluster, engine), initial=True)
    return store


def look(store, *namespaces, clusters=True):
    """What a viewer sees; everything, if no namespace is given."""
    sight = Sight(everything=False, namespaces=frozenset(namespaces), clusters=clusters) if namespaces else ALL
    return Look(store, Viewer("somebody"), sight, "")


class Tenants:
    """Tokens ``a`` and ``b`` see the namespaces of these names, ``admin`` sees everything; no other token counts.

    Attributes:
        anonymous: nobody.
        gone: tokens that are not accepted any more.
    """

    anonymous = None

    def __init__(self):
        self.gone = set()

    async def viewer(self, token):
        return Viewer(token) if token in {"a", "b", "admin"} - self.gone else None

    async def sight(self, viewer, namespaces):  # noqa: ARG002  the protocol
        if viewer.name == "admin":
            return ALL
        return Sight(everything=False, namespaces=frozenset([viewer.name]), clusters=False)


def dashboard_of(store, access=None, **more):
    return Dashboard(store, access or Tenants(), Sessions(), secure=False, **more)
