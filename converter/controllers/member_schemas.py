"""Finds out what the schemas of each member lack, by its OpenAPI v3 documents, read through Karmada's cluster proxy.

A member with an older CRD at the same apiVersion, or with a built-in kind that its vendor changed, drops fields without
an error. Only the leader reads members, never admission: twice a minute the index of each member, and a document only
if its hash is new. Of what is expected (by the CRD of the control plane, or by the catalog for the member's release) it
stores what the member lacks, for all replicas (`converter.clusters.member_schemas`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import msgspec

from converter.client import ApiError, Informer, Key, NotFoundError
from converter.client.collections import WORKS
from converter.client.pager import each_item
from converter.clusters.member_schemas import cluster_of, collection, config_map, name_for
from converter.clusters.watched import CLUSTERS
from converter.clusters.watched_crds import CRDS, decode_head
from converter.controllers.schema_comparison import crds_in, of_builtin, of_custom, of_sent
from converter.errors import ConverterError
from converter.karmada.names import CRDS_LABEL, EXECUTION_SPACE_PREFIX, MEMBER_SCHEMAS_LABEL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from converter.catalog import Catalog, Release
    from converter.client import ApiServer
    from converter.clusters import Cluster, FleetView
    from converter.clusters.member_schemas import Lacking

_log = logging.getLogger(__name__)

INTERVAL_SECONDS: Final = 30.0
"""How often the index of each member is read."""

_CACHED: Final = 4096
"""Documents whose differences are cached: members of one release share them."""

_AT_ONCE: Final = 4
"""Members that are read at the same time, so that one that does not answer delays few others."""

_OPENAPI: Final = "openapi/v3"


class _Path(msgspec.Struct, rename="camel"):
    server_relative_url: str = msgspec.field(default="", name="serverRelativeURL")


class _Index(msgspec.Struct):
    paths: dict[str, _Path] = {}


_indexes = msgspec.json.Decoder(_Index)


class _Document(NamedTuple):
    """One document of a member, and what it is compared with.

    Attributes:
        api_version: its group and version.
        url: where the member has it; it names the hash.
        expected: the CRDs of the control plane in its group, with their generations.
        release: the member's release, if the group has no CRD there.
    """

    api_version: str
    url: str
    expected: tuple[tuple[str, int], ...]
    release: Release | None


class _Work(NamedTuple):
    """A Work that holds CRDs, and what these are compared with: the control plane's, with their generations."""

    key: Key
    uid: str
    generation: int
    expected: frozenset[tuple[str, int]]


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
        self._crds = crds
        self._catalog = catalog
        self._builtin = frozenset(gvk.api_version for gvk in catalog.kinds())
        self._collection = collection(namespace)
        self._namespace = namespace
        self._interval = interval
        self._known: OrderedDict[_Document | _Work, Lacking] = OrderedDict()
        self._works = Informer(server, WORKS, decode_head, selector=f"{CRDS_LABEL}=true", metadata_only=True)
        self._stored: dict[str, Lacking | None] = {}
        self._failed: set[str] = set()

    async def run(self) -> None:
        """Look again and again until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._works.run())
            tasks.create_task(self._look_always())

    async def _look_always(self) -> None:
        await self._works.synced.wait()
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
                found = await self._read(cluster)
            if found != self._stored.get(name):
                await self._store(name, found)
                self._stored[name] = found
            self._failed.discard(name)
        except (ApiError, msgspec.MsgspecError, ConverterError) as error:
            if name not in self._failed:
                self._failed.add(name)
                _log.warning("cluster %s: its schemas are not known: %s", name, error)

    async def _read(self, cluster: Cluster) -> Lacking:
        """Read what a member publishes; where it publishes nothing, the CRDs count that pass to it as Works."""
        proxy = f"{CLUSTERS.object_path('', cluster.name)}/proxy"
        found = await self._of_works(cluster)
        try:
            index = _indexes.decode(await self._server.get(f"{proxy}/{_OPENAPI}"))
        except NotFoundError:
            return found  # OpenAPI v3 came with v1.23
        published = {path.partition("/")[2] for path in index.paths}
        found = {key: lost for key, lost in found.items() if key[0] not in published}
        expected = self._by_group()
        for path, entry in sorted(index.paths.items()):
            document = self._document(path, entry.server_relative_url, expected, cluster.release)
            if document is None:
                continue
            known = self._known.get(document)
            if known is None:
                known = await self._compared(document, proxy)
                self._remember(document, known)
            found.update(known)
        return found

    def _remember(self, what: _Document | _Work, lost: Lacking) -> None:
        if len(self._known) >= _CACHED:
            self._known.popitem(last=False)
        self._known[what] = lost

    async def _of_works(self, cluster: Cluster) -> Lacking:
        """Compare the CRDs in the Works for a member with those of the control plane."""
        found: Lacking = {}
        space = f"{EXECUTION_SPACE_PREFIX}{cluster.name}"
        sent = sorted((key, head) for key, head in self._works.items.items() if key.namespace == space)
        if not sent:
            return found
        generations = frozenset((key.name, head.metadata.generation) for key, head in self._crds.items.items())
        for key, head in sent:
            work = _Work(key, head.metadata.uid, head.metadata.generation, generations)
            known = self._known.get(work)
            if known is None:
                known = await self._of_work(key)
                self._remember(work, known)
            found.update(known)
        return found

    async def _of_work(self, key: Key) -> Lacking:
        try:
            raw = await self._server.get(WORKS.object_path(key.namespace, key.name))
        except NotFoundError:
            return {}
        sent, expected = await asyncio.to_thread(crds_in, raw), {}
        for name in sent:
            with contextlib.suppress(NotFoundError):
                expected[name] = await self._server.get(CRDS.object_path("", name))
        return await asyncio.to_thread(of_sent, sent, expected)

    def _by_group(self) -> dict[str, list[tuple[str, int]]]:
        """Sort the CRDs of the control plane, with their generations, by group."""
        found: dict[str, list[tuple[str, int]]] = {}
        for name, generation in sorted((key.name, head.metadata.generation) for key, head in self._crds.items.items()):
            found.setdefault(name.partition(".")[2], []).append((name, generation))
        return found

    def _document(
        self, path: str, url: str, crds: Mapping[str, Sequence[tuple[str, int]]], release: Release | None
    ) -> _Document | None:
        """Say what a document is compared with; None for nothing."""
        root, _, api_version = path.partition("/")
        if root not in {"api", "apis"} or not api_version or not url:
            return None
        group = api_version.rpartition("/")[0]
        expected = tuple(crds.get(group, ())) if group else ()
        if expected:
            return _Document(api_version, url, expected, None)
        if release is None or api_version not in self._builtin:
            return None
        return _Document(api_version, url, (), release)

    async def _compared(self, document: _Document, proxy: str) -> Lacking:
        parts = urlsplit(document.url)
        raw = await self._server.get(proxy + parts.path, dict(parse_qsl(parts.query)))
        crds = []
        for name, _ in document.expected:
            try:
                crds.append(await self._server.get(CRDS.object_path("", name)))
            except NotFoundError:
                continue  # its event is on the way
        if document.expected:
            return await asyncio.to_thread(of_custom, raw, document.api_version, crds)
        assert document.release is not None
        return await asyncio.to_thread(of_builtin, raw, document.api_version, document.release, self._catalog)

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
