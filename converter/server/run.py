"""Runs a server: listens, serves, and on a signal finishes the requests in flight before it stops."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import ipaddress
import logging
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from converter.errors import ConverterError
from converter.server.listener import Listener, bind

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator

    from aiohttp import web

_log = logging.getLogger(__name__)

FINISH_SECONDS: Final = 20.0
"""How long requests in flight may take to finish; Kubernetes kills a Pod 30 seconds after SIGTERM."""

_LOOK_SECONDS = 0.01
_CLOSE_SECONDS = 2.0


class ListenError(ConverterError):
    """The server cannot listen on an address; the message says why."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address to listen on.

    Attributes:
        host: a name or an IP address; empty for every interface.
        port: the TCP port; 0 for any free one.
    """

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read ``HOST:PORT``, ``[IPv6]:PORT`` or ``:PORT``.

        Raises:
            ListenError: the text has another format.
        """
        host, colon, port = text.rpartition(":")
        bare = host.removeprefix("[").removesuffix("]")
        if not colon or not port.isdecimal() or int(port) > 65535 or (":" in bare and bare == host):  # noqa: PLR2004  the largest TCP port
            raise ListenError(f"{text!r} is not an address; write HOST:PORT, such as 127.0.0.1:8443")
        return cls(bare, int(port))

    @property
    def is_loopback(self) -> bool:
        """Whether the address is reached from this machine only."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def url(self) -> str:
        """The URL of the address with TLS, without a path."""
        return f"https://{self._host_and_port}"

    @property
    def plain_url(self) -> str:
        """The URL of the address without TLS, without a path."""
        return f"http://{self._host_and_port}"

    @property
    def _host_and_port(self) -> str:
        host = self.host or "127.0.0.1"
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"


class Servable(Protocol):
    """An HTTP application.

    Attributes:
        draining: set when the server is about to stop: it reports that it is not ready, and still answers.
        in_flight: how many requests are being answered.
    """

    draining: bool
    in_flight: int

    def server(self) -> web.Server:
        """Make the server of aiohttp, inside a running event loop."""


async def serve(
    app: Servable,
    address: Address,
    tls: ssl.SSLContext | None,
    *,
    drain_seconds: float = 0.0,
    background: Iterable[Coroutine[None, None, None]] = (),
    listening: Callable[[Address], None] = lambda _address: None,
    stop: asyncio.Event | None = None,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """Serve until SIGTERM, SIGINT or ``stop``, then finish the requests in flight and return.

    Args:
        app: the application.
        address: where to listen.
        tls: the TLS context; None serves plain HTTP.
        drain_seconds: after SIGTERM, how long to serve while ``/readyz`` fails, so that no request is routed here any
            more when the socket closes.
        background: tasks that run with the server, and are cancelled at the end.
        listening: called with the address once connections are accepted.
        stop: stops the server when it is set.
        sleep: waits for ``drain_seconds``.

    Raises:
        ListenError: the server cannot listen on the address.
    """
    loop = asyncio.get_running_loop()
    stop = stop or asyncio.Event()
    patience = [0.0]

    def on_signal(number: signal.Signals) -> None:
        patience[0] = drain_seconds if number == signal.SIGTERM else 0.0
        _log.info("stopping on %s", number.name)
        stop.set()

    web_server = app.server()
    tasks = [loop.create_task(work) for work in background]
    try:
        listener = listen(web_server, address, tls)
        _settle_memory()
        with _signals(loop, on_signal):
            listening(Address(address.host, listener.port))
            await stop.wait()
            app.draining = True  # first of all /readyz says so, and every answer closes its connection
            await sleep(patience[0])
            await listener.close()
            await _finish(app)
            await listener.abort()
            web_server.pre_shutdown()
            await web_server.shutdown(_CLOSE_SECONDS)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    _log.info("stopped")


async def _finish(app: Servable) -> None:
    """Wait for the requests in flight: after its shutdown begins, aiohttp reads no more of a body."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(FINISH_SECONDS):
            while app.in_flight:  # noqa: ASYNC110  an event would cost every request more than this loop costs once
                await asyncio.sleep(_LOOK_SECONDS)


def _settle_memory() -> None:
    """Exempt what was loaded at the start from garbage collection.

    Rules, catalog and modules are hundreds of thousands of objects that live as long as the process. Without this, each
    collection during conversions would visit all of them.
    """
    gc.collect()
    gc.freeze()


def listen(factory: Callable[[], asyncio.BaseProtocol], address: Address, tls: ssl.SSLContext | None) -> Listener:
    """Listen on an address, inside a running event loop.

    Raises:
        ListenError: the server cannot listen on it.
    """
    try:
        return Listener(factory, bind(address.host, address.port), tls)
    except OSError as error:
        why = error.strerror or str(error)
        raise ListenError(
            f"cannot listen on {address.host}:{address.port}: {why}; choose another address with --listen"
            ", --metrics-listen or --dashboard-listen"
        ) from error


@contextlib.contextmanager
def _signals(loop: asyncio.AbstractEventLoop, handler: Callable[[signal.Signals], None]) -> Iterator[None]:
    """Handle SIGTERM and SIGINT in this context; a loop that cannot (in another thread) is left alone."""
    handled = []
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, handler, number)
            handled.append(number)
    try:
        yield
    finally:
        for number in handled:
            loop.remove_signal_handler(number)
