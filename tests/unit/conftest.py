"""A server on 127.0.0.1 with a certificate of its own, and clients that check it."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import functools
import logging
import ssl
from typing import TYPE_CHECKING

import aiohttp
import pytest

from converter.certificates.tls import ServingCertificate, write_throwaway
from converter.config import Configuration
from converter.server.event_loop import loop_factory
from converter.server.plain_server import plain_server
from converter.server.run import Address, serve
from tests.fakes.virtual_time import VirtualTimeLoop
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from converter.server.app import App


def pytest_asyncio_loop_factories(config, item):
    """Run every test that starts a server on both event loops that a server may have.

    A test marked ``virtual_time`` runs on a loop whose sleeps take no time.
    """
    if item.get_closest_marker("virtual_time"):
        return {"virtual": VirtualTimeLoop}
    both = {"asyncio": asyncio.new_event_loop, "uvloop": loop_factory() or asyncio.new_event_loop}
    return both if "serving" in item.fixturenames else {"asyncio": asyncio.new_event_loop}


class Running:
    """A server that is running.

    Attributes:
        url: where.
        certificate: its certificate.
        authority: the file of its CA.
        trust: a client's TLS context that trusts its CA.
        stop: set it to end the server.
        task: the server itself.
    """

    def __init__(self, url: str, certificate: ServingCertificate, authority: Path) -> None:
        self.url = url
        self.certificate = certificate
        self.authority = authority
        self.trust = ssl.create_default_context(cafile=authority)
        self.stop = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def client(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(self.url, connector=aiohttp.TCPConnector(ssl=self.trust))

    async def raw(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, ssl=self.trust)


@pytest.fixture(autouse=True)
def _log_as_before():
    """Commands set up the log of their process, which here is the tests'."""
    loggers = [logging.getLogger(name) for name in ("", "aiohttp", "asyncio")]
    handlers, levels = loggers[0].handlers[:], [logger.level for logger in loggers]
    yield
    loggers[0].handlers[:] = handlers
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


_plain_read = Configuration.read


@functools.lru_cache(maxsize=4)
def _read(files, catalog):
    return _plain_read(files, catalog)


@pytest.fixture
def rules_read_once(monkeypatch):
    """Read rule files with the same text once, since a book never changes; those that are refused are read again."""
    monkeypatch.setattr(Configuration, "read", lambda files, catalog=None: _read(tuple(files), catalog))


@pytest.fixture(name="until")
def _until():
    """Wait for a condition: `await until(lambda: ...)`."""
    return until


@pytest.fixture
def plainly():
    """Serve without TLS, and give a client: `async with plainly(app) as client`."""

    @contextlib.asynccontextmanager
    async def start(app: App) -> AsyncIterator[aiohttp.ClientSession]:
        async with (
            plain_server(app, Address("127.0.0.1", 0)) as bound,
            aiohttp.ClientSession(bound.plain_url) as client,
        ):
            yield client

    return start


@pytest.fixture
def serving(tmp_path: Path):
    """Start servers: `async with serving(app) as running`."""

    @contextlib.asynccontextmanager
    async def start(
        app: App, background=(), folder: Path = tmp_path / "tls", client_ca: Path | None = None
    ) -> AsyncIterator[Running]:
        trusted, certificate, key = write_throwaway(folder, ["localhost", "127.0.0.1"], dt.datetime.now(dt.UTC))
        pair = ServingCertificate(certificate, key, client_ca=client_ca)
        bound: asyncio.Future[Address] = asyncio.get_running_loop().create_future()
        running = Running("", pair, trusted)
        work = serve(
            app,
            Address("127.0.0.1", 0),
            pair.context,
            background=background,
            listening=bound.set_result,
            stop=running.stop,
        )
        running.task = asyncio.create_task(work)
        await asyncio.wait({running.task, bound}, return_when=asyncio.FIRST_COMPLETED)
        running.url = (await bound).url
        try:
            yield running
        finally:
            running.stop.set()
            await running.task

    return start
