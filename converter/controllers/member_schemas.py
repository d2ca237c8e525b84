"""Stores what the schemas of each member lack, by its OpenAPI documents, read through Karmada's cluster proxy.

A member with an older CRD at the same apiVersion, or with a built-in kind that its vendor changed, drops fields without
an error. Only the leader reads members, never admission: twice a minute the index of each member, and a document only
if its hash is new. Of what is expected (by the CRD of the control plane, or by the catalog for the member's release) it
stores what the member lacks, for all replicas (`converter.clusters.member_schemas`).

OpenAPI v3 came with v1.23. Of older members the one OpenAPI v2 document is read, unless its entity tag is known.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

import msgspec

from converter.client import ApiError, NotFoundError
from converter.client.pager import each_item
from converter.clusters.member_schemas import cluster_of, collection, config_map, name_for
from converter.controllers.member_documents import MemberDocuments
from converter.errors import ConverterError
from converter.karmada.names import MEMBER_SCHEMAS_LABEL

if TYPE_CHECKING:
    from converter.catalog import Catalog
    from converter.client import ApiServer, Informer
    from converter.clusters import Cluster, FleetView
    from converter.clusters.member_schemas import Lacking

_log = logging.getLogger(__name__)

INTERVAL_SECONDS: Final = 30.0
"""How often the index of each member is read."""

_AT_ONCE: Final = 4
"""Members that are read at the same time, so that one that does not answer delays few others."""


class MemberSchemas:
    """Reads members and stores what they lack. Only the leader runs it."""

    def __init__(
        self,
        server: ApiServer,
        fleet: FleetView,
        crds: Informer[Any],
        catalog: Catalog,
        namespace: str,
        *,
        interval: float = INTERVAL_SECONDS,
    ) -> None:
        """Prepare.

        Args:
            server: the Karmada API server.
            fleet: the clusters.
            crds: the watch of the metadata of the control plane's CRDs.
            catalog: what each release has of the built-in kinds.
            namespace: where to store it.
            interval: seconds between two looks at the members.
        """
        self._server = server
        self._fleet = fleet
        self._documents = MemberDocuments(server, crds, catalog)
        self._collection = collection(namespace)
        self._namespace = namespace
        self._interval = interval
        self._stored: dict[str, Lacking | None] = {}
        self._failed: set[str] = set()

    async def run(self) -> None:
        """Look again and again until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._documents.works.run())
            tasks.create_task(self._look_always())

    async def _look_always(self) -> None:
        await self._documents.works.synced.wait()
        self._stored = await self._stored_before()
        while True:
            turns = asyncio.Semaphore(_AT_ONCE)
            await asyncio.gather(*(self._look(name, one, turns) for name, one in self._fleet.current.items()))
            await self._forget_others()
            await asyncio.sleep(self._interval)

    async def _stored_before(self) -> dict[str, Lacking | None]:
        """List the clusters of which an earlier leader stored something."""
        selector = f"{MEMBER_SCHEMAS_LABEL}=true"
        while True:
            try:
                listed = [raw async for raw in each_item(self._server, self._collection, selector=selector)]
            except ApiError as error:
                _log.warning("what is stored of the members' schemas cannot be listed, trying again: %s", error)
                await asyncio.sleep(self._interval)
            else:
                return {cluster_of(msgspec.json.decode(raw)["metadata"]["name"]): None for raw in listed}

    async def _look(self, name: str, cluster: Cluster, turns: asyncio.Semaphore) -> None:
        """Look at one member; one that does not answer keeps what is stored."""
        try:
            async with turns:
                found = await self._documents.read(cluster)
            if found != self._stored.get(name):
                await self._store(name, found)
                self._stored[name] = found
            self._failed.discard(name)
        except (ApiError, msgspec.MsgspecError, ConverterError) as error:
            if name not in self._failed:
                self._failed.add(name)
                _log.warning("cluster %s: its schemas are not known: %s", name, error)

    async def _store(self, name: str, found: Lacking) -> None:
        wanted = config_map(self._namespace, name, found)
        path = self._collection.object_path("", name_for(name))
        if not found:
            await self._delete(path)
            return
        patch = {"metadata": {"labels": wanted["metadata"]["labels"]}, "data": wanted["data"]}
        try:
            await self._server.patch(path, patch)
        except NotFoundError:
            await self._server.create(self._collection.path(), wanted)
        _log.info("cluster %s: its schemas lack fields of %d kinds", name, len(found))

    async def _forget_others(self) -> None:
        """Delete what is stored of clusters that are gone."""
        self._documents.forget_all_but(self._fleet.current)
        for name in [name for name in self._stored if name not in self._fleet.current]:
            try:
                await self._delete(self._collection.object_path("", name_for(name)))
            except ApiError as error:
                _log.warning("cluster %s is gone, but not what is stored of its schemas: %s", cluster_of(name), error)
            else:
                del self._stored[name]

    async def _delete(self, path: str) -> None:
        try:
            stored = msgspec.json.decode(await self._server.get(path))
            await self._server.delete(path, uid=stored["metadata"]["uid"])
        except NotFoundError:
            return
