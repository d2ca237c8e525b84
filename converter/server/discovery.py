"""Serves the discovery documents, in a process of its own that needs only its certificate and the rules.

If it is unreachable, no namespace of the control plane can be deleted. So it answers without the API server that it
watches for rule objects, and it keeps the present rules if new ones are invalid.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from aiohttp import web

from converter.discovery import Discovery, named_resources, with_registered
from converter.server.connections import BoundedServer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from converter.catalog import Catalog
    from converter.discovery import Named
    from converter.rules import RuleBook
    from converter.server.metrics import DiscoveryMetrics

_log = logging.getLogger(__name__)


class DiscoveryApp:
    """The discovery-only API server as an HTTP application.

    Attributes:
        draining: set when the server is about to stop: it reports that it is not ready, still answers, and closes each
            connection after the answer.
        in_flight: always 0, because an answer needs no body and is made at once.
    """

    def __init__(
        self,
        book: Callable[[], RuleBook],
        catalog: Catalog,
        metrics: DiscoveryMetrics,
        *,
        registered: Callable[[], Mapping[Any, tuple[Named, ...]]] = dict,
    ) -> None:
        """Make the application.

        Args:
            book: returns the rules in use.
            catalog: names the resources of the kinds of Kubernetes.
            metrics: counts the answers.
            registered: returns what each APIService of ours names.
        """
        self._metrics = metrics
        self._book = book
        self._catalog = catalog
        self._registered = registered
        self._made_for = self._sources()
        self._discovery = self._make()
        self.draining = False
        self.in_flight = 0

    def _sources(self) -> tuple[RuleBook, dict[Any, tuple[Named, ...]]]:
        return self._book(), dict(self._registered())

    def _make(self) -> Discovery:
        book, registered = self._made_for
        return Discovery(with_registered(named_resources(book, self._catalog), registered))

    def server(self) -> web.Server:
        """Make the server of aiohttp, inside a running event loop."""
        return BoundedServer(self.handle)

    async def refresh(self, interval: float = 0.2) -> None:
        """Take new rules and APIServices into use while the server runs.

        Args:
            interval: seconds between two checks.
        """
        while True:
            await asyncio.sleep(interval)
            sources = self._sources()
            if sources[0] is not self._made_for[0] or sources[1] != self._made_for[1]:
                self._made_for = sources
                self._discovery = await asyncio.to_thread(self._make)
                _log.info("discovery documents replaced", extra={"resources": len(self._discovery.resources)})

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        response = self._answer(request)
        if self.draining:
            response.force_close()
        return response

    def _answer(self, request: web.BaseRequest) -> web.Response:
        path = request.raw_path.partition("?")[0]
        found = self._discovery.answer(request.method, path, request.headers)
        self._metrics.answered(found.status)
        headers = {"Content-Type": found.content_type, "Vary": "Accept"}
        if found.etag:
            headers["ETag"] = found.etag
        return web.Response(status=found.status, body=found.body, headers=headers)
