"""Serves the discovery documents: a process of its own, which needs nothing but its certificate and the rules.

When it cannot be reached, no namespace of the control plane can be deleted; so it watches nothing, asks nobody,
and goes on with the rules it has when new ones are broken.
"""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from converter.discovery import Discovery, named_resources
from converter.server.responses import text

if TYPE_CHECKING:
    from collections.abc import Callable

    from converter.catalog import Catalog
    from converter.rules import RuleBook

_log = logging.getLogger(__name__)


class DiscoveryApp:
    """The discovery-only API server as an HTTP application.

    Attributes:
        draining: set when the server is about to stop: it says that it is not ready, still answers whoever asks, and
            closes each connection after the answer.
    """

    def __init__(self, book: Callable[[], RuleBook], catalog: Catalog) -> None:
        """Make the application.

        Args:
            book: gives the rule book as it is now.
            catalog: names the resources of Kubernetes' own kinds.
        """
        self._book = book
        self._catalog = catalog
        self._made_for = book()
        self._discovery = Discovery(named_resources(self._made_for, catalog))
        self.draining = False
        self.in_flight = 0  # stays so: an answer is made at once, without a body to wait for

    def server(self) -> web.Server:
        """Make aiohttp's server of it, inside a running event loop."""
        return web.Server(self.handle, access_log=None, keepalive_timeout=3600.0)

    async def refresh(self, interval: float = 1.0) -> None:
        """Take up new rules for as long as the server runs.

        Args:
            interval: seconds between two looks.
        """
        while True:
            await asyncio.sleep(interval)
            book = self._book()
            if book is not self._made_for:
                self._discovery = Discovery(await asyncio.to_thread(named_resources, book, self._catalog))
                self._made_for = book
                _log.info("discovery made anew", extra={"resources": len(self._discovery.resources)})

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
        found = self._discovery.answer(request.method, path, request.headers)
        headers = {"Content-Type": found.content_type, "Vary": "Accept"}
        if found.etag:
            headers["ETag"] = found.etag
        return web.Response(status=found.status, body=found.body, headers=headers)
