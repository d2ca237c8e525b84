"""A small load balancer: connections to one port go to the replicas that are ready, in turn."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import http.client
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable
    from typing import Any

_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_PROBE_SECONDS = 0.25
_CHUNK = 1 << 16


class Balancer:
    """Passes TCP on, in a thread of its own; it reads nothing of what it passes.

    A replica that does not say that it is ready gets no new connection, as with a readiness probe; one that refuses a
    connection is passed over, since a probe sees that late. What a dead replica had begun is broken off.

    Attributes:
        port: where it listens, on 127.0.0.1.
        connections: how many are open to each replica.
        ready: whether each replica said so when it was asked last.
    """

    def __init__(self, port: int, replicas: Iterable[int], is_ready: Callable[[int], bool]) -> None:
        """Begin to listen.

        Args:
            port: where.
            replicas: their ports.
            is_ready: asks a replica; called in other threads.
        """
        self.port = port
        self.connections: collections.Counter[int] = collections.Counter()
        self.ready = dict.fromkeys(replicas, False)
        self._is_ready = is_ready
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="balancer", daemon=True)
        self._thread.start()
        self._server = self._call(asyncio.start_server(self._connected, "127.0.0.1", port))
        for replica in self.ready:
            self._call(self._begin(self._probe(replica)))

    def close(self) -> None:
        """Stop, and close what is open."""
        self._call(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _end(self) -> None:
        self._server.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)
        await self._loop.shutdown_default_executor()

    async def _probe(self, replica: int) -> None:
        while True:
            try:
                ready = await self._loop.run_in_executor(None, self._is_ready, replica)
            except (OSError, http.client.HTTPException):
                ready = False
            self.ready[replica] = ready
            await asyncio.sleep(_PROBE_SECONDS)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._begin(self._pass_on(reader, writer))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            for replica in sorted(self.ready, key=lambda port: (not self.ready[port], self.connections[port])):
                self.connections[replica] += 1
                try:
                    back = await asyncio.open_connection("127.0.0.1", replica)
                except OSError:
                    continue
                else:
                    await _join((reader, writer), back)
                    return
                finally:
                    self.connections[replica] -= 1
        finally:
            await _close(writer)


async def _join(front: _Streams, back: _Streams) -> None:
    try:
        await asyncio.gather(_copy(front[0], back[1]), _copy(back[0], front[1]))
    finally:
        await _close(back[1])


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until either side ends, then end the other."""
    with contextlib.suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    writer.close()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError, asyncio.CancelledError):
        await writer.wait_closed()
