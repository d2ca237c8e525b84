"""Bounds the connections of a server: how many there are, and how long one may stay silent.

An idle connection costs a client nothing and the server 0.3 MiB with TLS. So there are at most `MOST_CONNECTIONS`: one
more closes the one that was silent for longest. A connection that sends no complete head within `HEAD_SECONDS` is
closed, and so is one that is idle for `IDLE_SECONDS`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp.web_protocol import RequestHandler

MOST_CONNECTIONS: Final = 256
"""Connections of one server. An API server opens one for each review at a time, and keeps 25."""

HEAD_SECONDS: Final = 15.0
"""How long the first head of a connection may take."""

IDLE_SECONDS: Final = 300.0
"""How long an idle connection stays open: longer than in an API server (90 seconds), so that it closes its end first.
The head of a later request has to arrive in this time, too."""

_HEAD_LIMITS: Final[dict[str, Any]] = {"max_line_size": 4096, "max_field_size": 4096, "max_headers": 64}
"""Bytes of the first line and of a header, and headers of a request."""


class BoundedServer(web.Server):
    """The server of aiohttp with bounds on its connections."""

    def __init__(
        self,
        handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        *,
        most: int = MOST_CONNECTIONS,
        head_seconds: float = HEAD_SECONDS,
        **options: Any,
    ) -> None:
        """Make a server, inside a running event loop.

        Args:
            handler: answers a request.
            most: how many connections there may be.
            head_seconds: how long the first head of a connection may take.
            options: those of `aiohttp.web.Server`.
        """
        self._handler = handler
        super().__init__(self._handle, access_log=None, keepalive_timeout=IDLE_SECONDS, **_HEAD_LIMITS, **options)
        self._most = most
        self._head_seconds = head_seconds
        self._waiting: dict[RequestHandler, asyncio.TimerHandle] = {}  # no request yet
        self._idle: dict[RequestHandler, None] = {}  # in the order in which they fell silent

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        """Count a connection; close another one if there are too many."""
        super().connection_made(handler, transport)
        self._idle[handler] = None
        self._waiting[handler] = asyncio.get_running_loop().call_later(self._head_seconds, handler.force_close)
        if len(self._connections) > self._most:
            oldest = next(iter(self._idle))
            self._forget(oldest)
            oldest.force_close()

    def connection_lost(self, handler: RequestHandler, exc: BaseException | None = None) -> None:
        """Forget a connection."""
        self._forget(handler)
        super().connection_lost(handler, exc)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = request.protocol
        self._forget(connection)
        try:
            return await self._handler(request)
        finally:
            if connection in self._connections:
                self._idle[connection] = None

    def _forget(self, handler: RequestHandler) -> None:
        self._idle.pop(handler, None)
        timer = self._waiting.pop(handler, None)
        if timer is not None:
            timer.cancel()
