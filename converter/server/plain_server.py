"""Serves an application at an address of its own, without TLS: health and metrics, or the sample's dashboard."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from converter.server.run import Address, listen

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from converter.server.run import Servable

_CLOSE_SECONDS = 2.0


@contextlib.asynccontextmanager
async def plain_server(app: Servable, address: Address) -> AsyncIterator[Address]:
    """Serve an application as long as the context lasts.

    Yields:
        The address with the port that is in use.

    Raises:
        ListenError: the server cannot listen on the address.
    """
    web_server = app.server()
    listener = listen(web_server, address, None)
    try:
        yield Address(address.host, listener.port)
    finally:
        await listener.abort()
        await web_server.shutdown(_CLOSE_SECONDS)
