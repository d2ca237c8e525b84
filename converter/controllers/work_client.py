"""Reads and writes Works, and keeps the informers up to date with what this process has written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.client import NotFoundError
from converter.client.collections import WORKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from converter.client import ApiServer, Informer, Key
    from converter.controllers.cached_work import CachedWork
    from converter.kube import Manifest


class WorkClient:
    """Requests for single Works, anchors included. All of them raise ApiError when they fail."""

    def __init__(self, server: ApiServer, caches: Sequence[Informer[CachedWork]]) -> None:
        """Prepare.

        Args:
            server: the control plane.
            caches: the informers that see the result of each write at once.
        """
        self._server = server
        self._caches = tuple(caches)

    async def get(self, key: Key) -> bytes | None:
        """Read a Work from the API server; None if there is none."""
        try:
            return await self._server.get(WORKS.object_path(key.namespace, key.name))
        except NotFoundError:
            return None

    async def create(self, work: Manifest) -> bytes:
        """Create a Work; return the stored one."""
        return self._observed(await self._server.create(WORKS.path(work["metadata"]["namespace"]), work))

    async def patch(self, work: Manifest, patch: Manifest, subresource: str = "") -> bytes:
        """Apply a merge patch; return the stored Work."""
        metadata = work["metadata"]
        path = WORKS.object_path(metadata["namespace"], metadata["name"], subresource)
        return self._observed(await self._server.patch(path, patch))

    async def delete(self, work: Manifest) -> None:
        """Delete a Work, unless it has changed since it was read."""
        metadata = work["metadata"]
        path = WORKS.object_path(metadata["namespace"], metadata["name"])
        try:
            await self._server.delete(path, uid=metadata["uid"], version=metadata["resourceVersion"])
        except NotFoundError:
            return

    def _observed(self, raw: bytes) -> bytes:
        for cache in self._caches:
            cache.observe(raw)
        return raw
