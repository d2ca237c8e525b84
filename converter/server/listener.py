"""Accepts connections, and bounds those whose TLS handshake is not complete.

Whoever opens a connection and says nothing holds a socket and a TLS object until the handshake times out. So there are
at most `MOST_HANDSHAKES`. One more aborts the oldest of the address that has the most of them: a client that opens
many closes its own, not those of an API server.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import socket
from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

_log = logging.getLogger(__name__)

MOST_HANDSHAKES: Final = 128
"""Handshakes of one server at a time. One takes a few milliseconds of a client that answers."""

HANDSHAKE_SECONDS: Final = 10.0
"""How long a handshake may take."""

_BACKLOG: Final = 1024
"""Connections that wait in the kernel until they are accepted."""

_PAUSE_SECONDS: Final = 0.5
"""How long to wait after a failure to accept, such as one for lack of file descriptors."""


class Listener:
    """Listening sockets, and the tasks that accept their connections.

    Attributes:
        port: the port that is in use.
        handshakes: how many connections have not completed their handshake.
    """

    def __init__(
        self,
        factory: Callable[[], asyncio.BaseProtocol],
        sockets: list[socket.socket],
        tls: ssl.SSLContext | None,
        *,
        most: int = MOST_HANDSHAKES,
        handshake_seconds: float = HANDSHAKE_SECONDS,
    ) -> None:
        """Accept connections from now on, inside a running event loop.

        Args:
            factory: makes the protocol of a connection.
            sockets: bound sockets that listen (`bind`), at least one; the listener closes them.
            tls: the TLS context; None for plain connections.
            most: how many handshakes there may be at a time.
            handshake_seconds: how long a handshake may take.
        """
        self.port = int(sockets[0].getsockname()[1])
        self._factory = factory
        self._tls = tls
        self._most = most
        self._seconds = handshake_seconds if tls is not None else None
        self._pending: dict[asyncio.Task[None], str] = {}
        self._unused: set[socket.socket] = set()  # accepted, and not handed to the event loop
        self._sockets = tuple(sockets)
        self._loop = asyncio.get_running_loop()
        self._accepting = [self._loop.create_task(self._accept(one)) for one in sockets]

    @property
    def handshakes(self) -> int:
        """How many connections have not completed their handshake."""
        return len(self._pending)

    async def close(self) -> None:
        """Stop accepting connections; handshakes continue."""
        await _end(self._accepting)
        for one in self._sockets:  # a task that never began has not closed its socket
            one.close()

    async def abort(self) -> None:
        """Stop accepting connections, and abort the handshakes that are not complete."""
        await self.close()
        await _end(list(self._pending))
        await asyncio.sleep(0)  # the loop closes their sockets in its next step

    async def _accept(self, listening: socket.socket) -> None:
        with listening:
            while True:
                try:
                    connection, peer = await self._loop.sock_accept(listening)
                except OSError as error:
                    if not isinstance(error, ConnectionError):  # a client that is gone already
                        _log.warning("cannot accept a connection, retrying: %s", error.strerror or error)
                        await asyncio.sleep(_PAUSE_SECONDS)
                    continue
                self._begin(connection, str(peer[0]))
                await asyncio.sleep(0)  # accepting does not yield while connections wait

    def _begin(self, connection: socket.socket, peer: str) -> None:
        task = self._loop.create_task(self._connect(connection))
        self._pending[task] = peer
        self._unused.add(connection)
        task.add_done_callback(functools.partial(self._over, connection))
        if len(self._pending) > self._most:
            oldest = self._oldest_of_the_busiest()
            del self._pending[oldest]
            oldest.cancel()

    async def _connect(self, connection: socket.socket) -> None:
        self._unused.discard(connection)
        try:
            await self._loop.connect_accepted_socket(
                self._factory, connection, ssl=self._tls, ssl_handshake_timeout=self._seconds
            )
        except OSError as error:  # TLS errors and the timeout are among them; the loop closes the socket
            _log.debug("handshake failed: %s", error)

    def _oldest_of_the_busiest(self) -> asyncio.Task[None]:
        counts = Counter(self._pending.values())
        most = max(counts.values())
        return next(task for task, peer in self._pending.items() if counts[peer] == most)

    def _over(self, connection: socket.socket, task: asyncio.Task[None]) -> None:
        self._pending.pop(task, None)
        if connection in self._unused:
            self._unused.discard(connection)
            connection.close()


def bind(host: str, port: int) -> list[socket.socket]:
    """Listen on every address of a host.

    Args:
        host: a name or an IP address; empty for every interface, with IPv6 where the system has it.
        port: the TCP port; 0 for any free one.

    Raises:
        OSError: an address is in use, or is none of this machine.
    """
    if not host:
        if socket.has_dualstack_ipv6():
            with contextlib.suppress(OSError):  # IPv6 can be switched off
                return [
                    _ready(socket.create_server(("", port), family=socket.AF_INET6, backlog=_BACKLOG,
                                                dualstack_ipv6=True))
                ]  # fmt: skip
        return [_ready(socket.create_server(("", port), backlog=_BACKLOG))]
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    bound: list[socket.socket] = []
    try:
        for family, _, _, _, place in dict.fromkeys(found):
            same_port = (place[0], bound[0].getsockname()[1], *place[2:]) if bound and not port else place
            bound.append(_ready(socket.create_server(same_port, family=family, backlog=_BACKLOG)))
    except OSError:
        for one in bound:
            one.close()
        raise
    return bound


def _ready(listening: socket.socket) -> socket.socket:
    listening.setblocking(False)
    return listening


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
