"""A load generator of its own: some connections that stay open send reviews without a pause until standard input ends.

``python -m tests.bench.hammer PORT CA REVIEW...`` prints JSON: how many answers came, how many of them were wrong, how
long they took, and the rate in each second. An answer is wrong if it has another status than 200, is not allowed, or
lacks the patch that the review needs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import ssl
import statistics
import sys
from pathlib import Path
from typing import Any, cast

from converter.server.event_loop import loop_factory
from tests.bench.load import request_bytes
from tests.bench.server import PATH


class Hammer(asyncio.Protocol):
    """Sends the same request again as soon as it is answered.

    Attributes:
        seconds: how long each answer took.
        wrong: the first few answers that were wrong.
        ended: how often the server ended the connection.
    """

    def __init__(self, request: bytes, *, needs_patch: bool) -> None:
        self.seconds: list[float] = []
        self.wrong: list[str] = []
        self.ended = 0
        self._request = request
        self._needs_patch = needs_patch
        self._buffer = b""
        self._stopped = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's TLS transport is not a subclass
        self._send()

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer, and send the next request after a whole one."""
        self._buffer += data
        head, gap, body = self._buffer.partition(b"\r\n\r\n")
        if not gap or len(body) < int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]):
            return
        self.seconds.append(asyncio.get_running_loop().time() - self._began)
        good = head.startswith(b"HTTP/1.1 200") and b'"allowed":true' in body
        if not good or (self._needs_patch and b'"patch"' not in body):
            self.wrong = [*self.wrong, self._buffer.decode(errors="replace")][:5]
        self._buffer = b""
        if not self._stopped:
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio passes it
        """Count it, unless it is the end."""
        self.ended += not self._stopped

    def stop(self) -> None:
        """Send no more."""
        self._stopped = True

    def close(self) -> None:
        """Close the connection."""
        self._transport.abort()

    def _send(self) -> None:
        self._began = asyncio.get_running_loop().time()
        self._transport.write(self._request)


async def hammer(port: int, tls: ssl.SSLContext, reviews: list[tuple[bytes, bool]], connections: int) -> dict[str, Any]:
    """Send reviews until standard input ends.

    Args:
        port: where, on 127.0.0.1.
        tls: the client's TLS context.
        reviews: the bodies, each with whether its answer needs a patch.
        connections: how many connections send each of them.
    """
    loop = asyncio.get_running_loop()
    hammers = [
        Hammer(request_bytes(PATH, body), needs_patch=needs) for body, needs in reviews for _ in range(connections)
    ]
    for each in hammers:
        await loop.create_connection(lambda each=each: each, "127.0.0.1", port, ssl=tls, server_hostname="localhost")  # type: ignore[misc]
    ended = asyncio.ensure_future(asyncio.to_thread(sys.stdin.read))
    rates, before = [], 0
    print("started", flush=True)
    while not ended.done():
        began = loop.time()
        await asyncio.wait([ended], timeout=1.0)
        now = sum(len(each.seconds) for each in hammers)
        rates.append((now - before) / (loop.time() - began))
        before = now
    for each in hammers:
        each.stop()
    await asyncio.sleep(1.0)
    for each in hammers:
        each.close()
    took = sorted(second for each in hammers for second in each.seconds)
    return {
        "answers": len(took),
        "wrong": [one for each in hammers for one in each.wrong],
        "ended": sum(each.ended for each in hammers),
        "rates": [round(rate) for rate in rates[:-1] or rates],
        "median_ms": round(1000 * statistics.median(took), 2),
        "p99_ms": round(1000 * took[int(len(took) * 0.99)], 2),
        "longest_ms": round(1000 * took[-1], 2),
    }


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, prog="hammer")
    parser.add_argument("port", type=int)
    parser.add_argument("ca")
    parser.add_argument("reviews", nargs="+", type=Path, help="a file that starts with `patched-` needs a patch")
    parser.add_argument("--connections", type=int, default=4, help="for each review (default: %(default)s)")
    args = parser.parse_args()
    tls = ssl.create_default_context(cafile=args.ca)
    reviews = [(file.read_bytes(), file.name.startswith("patched-")) for file in args.reviews]
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        print(json.dumps(runner.run(hammer(args.port, tls, reviews, args.connections))))


if __name__ == "__main__":
    main()
