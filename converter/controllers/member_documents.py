"""Reads what a member serves, by its OpenAPI documents, and compares it with what is expected to be served.

A document is read only if its hash is new, or its entity tag for OpenAPI v2. What a member does not publish is known
from the CRDs that pass to it as Works.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import msgspec

from converter.client import Informer, Key, NotFoundError
from converter.client.collections import WORKS
from converter.clusters.watched import CLUSTERS
from converter.clusters.watched_crds import decode_head, read_crds
from converter.controllers.schema_comparison import crds_in, groups_of_v2, of_builtin, of_custom, of_sent, of_v2
from converter.karmada.names import CRDS_LABEL, EXECUTION_SPACE_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from converter.catalog import Catalog, Release
    from converter.client import ApiServer
    from converter.clusters import Cluster
    from converter.clusters.member_schemas import Lacking

_CACHED: Final = 4096
"""Documents whose differences are cached: members of one release share them."""

_OPENAPI: Final = "openapi/v3"
_OPENAPI_V2: Final = "openapi/v2"


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


class _Swagger(NamedTuple):
    """What was found in the OpenAPI v2 document of a member.

    Attributes:
        tag: the entity tag of the document.
        expected: what it was compared with: the CRDs of the control plane, with their generations, and the release.
        lost: what the member lacks.
        published: the apiVersions in it.
    """

    tag: str
    expected: tuple[frozenset[tuple[str, int]], Release | None]
    lost: Lacking
    published: frozenset[str]


class MemberDocuments:
    """Reads members, and remembers what was found in each document.

    Attributes:
        works: the watch of the Works that hold CRDs; its owner runs it.
    """

    def __init__(self, server: ApiServer, crds: Informer[Any], catalog: Catalog) -> None:
        """Prepare.

        Args:
            server: the Karmada API server.
            crds: the watch of the metadata of the control plane's CRDs.
            catalog: what each release has of the built-in kinds.
        """
        self.works = Informer(server, WORKS, decode_head, selector=f"{CRDS_LABEL}=true", metadata_only=True)
        self._server = server
        self._crds = crds
        self._catalog = catalog
        self._builtin = frozenset(gvk.api_version for gvk in catalog.kinds())
        self._known: OrderedDict[_Document | _Work, Lacking] = OrderedDict()
        self._swaggers: dict[str, _Swagger] = {}

    def forget_all_but(self, clusters: Iterable[str]) -> None:
        """Forget the documents of clusters that are gone."""
        for name in self._swaggers.keys() - set(clusters):
            del self._swaggers[name]

    async def read(self, cluster: Cluster) -> Lacking:
        """Read what a member publishes; where it publishes nothing, the CRDs count that pass to it as Works.

        Returns:
            What it lacks.

        Raises:
            ApiError: the member or the control plane does not answer.
            MsgspecError: an answer is not what the API promises.
            ConverterError: a document is too large, or nested too deep.
        """
        proxy = f"{CLUSTERS.object_path('', cluster.name)}/proxy"
        found = await self._of_works(cluster)
        try:
            index = _indexes.decode(await self._server.get(f"{proxy}/{_OPENAPI}"))
        except NotFoundError:
            swagger = await self._of_v2(cluster, proxy)
            return {key: lost for key, lost in found.items() if key[0] not in swagger.published} | swagger.lost
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

    async def _of_v2(self, cluster: Cluster, proxy: str) -> _Swagger:
        """Compare the OpenAPI v2 document of a member."""
        expected = (self._generations(), cluster.release)
        known = self._swaggers.get(cluster.name)
        is_known = known is not None and known.expected == expected
        tag = known.tag if known is not None and is_known else ""
        try:
            answer = await self._server.get_if_changed(f"{proxy}/{_OPENAPI_V2}", tag)
        except NotFoundError:
            return _Swagger("", expected, {}, frozenset())
        if answer is None:
            assert known is not None
            return known
        groups = await asyncio.to_thread(groups_of_v2, answer.content)
        names = sorted(name for name, _ in expected[0] if name.partition(".")[2] in groups)
        crds = [*(await read_crds(self._server, names)).values()]
        lost, published = await asyncio.to_thread(of_v2, answer.content, crds, cluster.release, self._catalog)
        found = self._swaggers[cluster.name] = _Swagger(answer.tag, expected, lost, published)
        return found

    def _generations(self) -> frozenset[tuple[str, int]]:
        return frozenset((key.name, head.metadata.generation) for key, head in self._crds.items.items())

    def _remember(self, what: _Document | _Work, lost: Lacking) -> None:
        if len(self._known) >= _CACHED:
            self._known.popitem(last=False)
        self._known[what] = lost

    async def _of_works(self, cluster: Cluster) -> Lacking:
        """Compare the CRDs in the Works for a member with those of the control plane."""
        found: Lacking = {}
        space = f"{EXECUTION_SPACE_PREFIX}{cluster.name}"
        sent = sorted((key, head) for key, head in self.works.items.items() if key.namespace == space)
        if not sent:
            return found
        generations = self._generations()
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
        sent = await asyncio.to_thread(crds_in, raw)
        return await asyncio.to_thread(of_sent, sent, await read_crds(self._server, sent))

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
        if document.expected:
            crds = [*(await read_crds(self._server, [name for name, _ in document.expected])).values()]
            return await asyncio.to_thread(of_custom, raw, document.api_version, crds)
        assert document.release is not None
        return await asyncio.to_thread(of_builtin, raw, document.api_version, document.release, self._catalog)
