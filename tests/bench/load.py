"""The client of the benchmark: bytes prepared beforehand, connections that stay open, as little Python as it can."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator


class _Connection(asyncio.Protocol):
    """Sends one request after the other; notes how long each answer took."""

    def __init__(self, requests: Iterator[bytes], count: int) -> None:
        self.done = asyncio.get_running_loop().create_future()
        self.seconds: list[float] = []
        self.last = b""
        self._requests = requests
        self._left = count
        self._buffer = b""
        self._wanted = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def go(self) -> None:
        self._began = time.perf_counter()
        self._transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        if not self._wanted:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._buffer[:end].lower()
            if not head.startswith(b"http/1.1 200"):
                self.done.set_exception(RuntimeError(f"not 200: {self._buffer!r}"))
                return
            self._wanted = end + 4 + int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(self._buffer) < self._wanted:
            return
        self.seconds.append(time.perf_counter() - self._began)
        self.last, self._buffer, self._wanted = self._buffer, b"", 0
        self._left -= 1
        if self._left:
            self.go()
        elif not self.done.done():
            self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server ended the connection"))


def request_bytes(path: str, body: bytes) -> bytes:
    """Write a request as the API server does."""
    head = (
        f"POST {path}?timeout=10s HTTP/1.1\r\nHost: converter.karmada-system.svc\r\n"
        "User-Agent: kube-apiserver-admission\r\nAccept: application/json, */*\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nAccept-Encoding: gzip\r\n\r\n"
    )
    return head.encode() + body


async def drive(
    port: int, tls: ssl.SSLContext, requests: Iterator[bytes], count: int, connections: int
) -> tuple[list[float], bytes]:
    """Send many requests.

    Args:
        port: where, on 127.0.0.1.
        tls: the client's TLS context.
        requests: their bytes, without an end.
        count: how many to send, over all connections.
        connections: how many at once.

    Returns:
        How long each answer took, in seconds, and the last answer.
    """
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(
            lambda: _Connection(requests, count // connections), "127.0.0.1", port, ssl=tls, server_hostname="localhost"
        )
        for _ in range(connections)
    ]
    protocols = [protocol for _, protocol in opened]
    for protocol in protocols:
        protocol.go()
    await asyncio.gather(*(protocol.done for protocol in protocols))
    for transport, _ in opened:
        transport.abort()
    return [second for protocol in protocols for second in protocol.seconds], protocols[0].last
