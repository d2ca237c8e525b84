"""Serves the discovery documents, in a process of its own that needs only its certificate and the rules.

If it is unreachable, no namespace of the control plane can be deleted. So it watches no API server and calls none, and
it keeps the present rules if new ones are invalid.
"""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from converter.discovery import Discovery, named_resources
from converter.server.connections import BoundedServer
from converter.server.metrics import CONTENT_TYPE
from converter.server.responses import text

if TYPE_CHECKING:
    from collections.abc import Callable

    from converter.catalog import Catalog
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

    def __init__(self, book: Callable[[], RuleBook], catalog: Catalog, metrics: DiscoveryMetrics) -> None:
        """Make the application.

        Args:
            book: returns the rules in use.
            catalog: names the resources of the kinds of Kubernetes.
            metrics: counts the answers; shown under ``/metrics``.
        """
        self._metrics = metrics
        self._book = book
        self._catalog = catalog
        self._made_for = book()
        self._discovery = Discovery(named_resources(self._made_for, catalog))
        self.draining = False
        self.in_flight = 0

    def server(self) -> web.Server:
        """Make the server of aiohttp, inside a running event loop."""
        return BoundedServer(self.handle)

    async def refresh(self, interval: float = 1.0) -> None:
        """Take new rules into use while the server runs.

        Args:
            interval: seconds between two checks.
        """
        while True:
            await asyncio.sleep(interval)
            book = self._book()
            if book is not self._made_for:
                self._discovery = Discovery(await asyncio.to_thread(named_resources, book, self._catalog))
                self._made_for = book
                _log.info("discovery documents replaced", extra={"resources": len(self._discovery.resources)})

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        response = self._answer(request)
        if self.draining:
            response.force_close()
        return response

    def _answer(self, request: web.BaseRequest) -> web.Response:
        path = request.raw_path.partition("?")[0]
        if path == "/readyz" and self.draining:
            return text("not ready: stopping\n", HTTPStatus.SERVICE_UNAVAILABLE)
        if path == "/metrics":
            return text(self._metrics.text(), kind=CONTENT_TYPE)
        found = self._discovery.answer(request.method, path, request.headers)
        self._metrics.answered(found.status)
        headers = {"Content-Type": found.content_type, "Vary": "Accept"}
        if found.etag:
            headers["ETag"] = found.etag
        return web.Response(status=found.status, body=found.body, headers=headers)
