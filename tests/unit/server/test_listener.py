"""How many TLS handshakes there are at a time, on a server that runs."""

import asyncio
import contextlib
import errno
import socket
import ssl
import sys
from pathlib import Path

import pytest

from converter.server import listener as module
from converter.server.app import App, Webhook
from converter.server.listener import MOST_HANDSHAKES, Listener, bind
from converter.server.metrics import Metrics
from converter.server.responses import text
from converter.server.run import Address, serve
from tests.waiting import until

JSON = {"Content-Type": "application/json"}


def app():
    return App(
        [Webhook("/mutate/works", "works", lambda body: body)], {"/healthz": lambda: text("ok\n")}, Metrics(["works"])
    )


def sockets_open():
    """How many sockets this process holds."""
    kinds = [entry.readlink() for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()]
    return sum(str(kind).startswith("socket:") for kind in kinds)


@contextlib.contextmanager
def half_open(port, number):
    """Open TCP connections that never begin their handshake."""
    silent = []
    try:
        for _ in range(number):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
            silent.append(one)
        yield silent
    finally:
        for one in silent:
            one.close()


def closed(one):
    """Whether the server has closed a connection."""
    try:
        return one.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


@pytest.mark.skipif(sys.platform != "linux", reason="counts sockets in /proc")
async def test_half_open_handshakes_are_bounded_and_hold_up_nobody(serving):
    many = 3 * MOST_HANDSHAKES
    async with serving(app()) as running, running.client() as client:
        async with client.get("/healthz") as answer:
            assert answer.status == 200
        before = sockets_open()
        with half_open(running.port, many) as silent:
            async with client.post("/mutate/works", data=b"{}", headers=JSON) as answer:
                assert answer.status == 200
            async with running.client() as newcomer, newcomer.get("/healthz") as answer:  # with a handshake of its own
                assert answer.status == 200
            await until(lambda: sum(map(closed, silent)) >= many - MOST_HANDSHAKES)
            held = sockets_open() - before - many
            assert held <= MOST_HANDSHAKES
            print(f"{many} half-open handshakes: {held} sockets held, 3 requests answered")
        await until(lambda: sockets_open() <= before)


@contextlib.asynccontextmanager
async def listening(factory=asyncio.Protocol, tls=None, **options):
    made = Listener(factory, bind("127.0.0.1", 0), tls or ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), **options)
    try:
        yield made
    finally:
        await made.abort()


async def test_one_handshake_too_many_aborts_the_oldest():
    async with listening(most=2) as made:
        with half_open(made.port, 2) as first:
            await until(lambda: made.handshakes == 2)
            with half_open(made.port, 1) as later:
                await until(lambda: closed(first[0]))
                assert not closed(first[1])
                assert not closed(later[0])
                assert made.handshakes == 2


async def test_a_client_with_many_handshakes_closes_its_own():
    async with listening(most=3) as made:
        other = socket.socket()
        other.bind(("127.0.0.2", 0))
        other.setblocking(False)
        with other:
            other.connect_ex(("127.0.0.1", made.port))
            await until(lambda: made.handshakes == 1)
            with half_open(made.port, 50) as silent:
                await until(lambda: sum(map(closed, silent)) == 48)
                assert not closed(other)


async def test_a_handshake_that_takes_too_long_ends():
    async with listening(handshake_seconds=0.01) as made:
        with half_open(made.port, 1) as silent:
            await until(lambda: closed(silent[0]))
            await until(lambda: not made.handshakes)


async def test_closing_leaves_handshakes_and_aborting_ends_them():
    async with listening() as made:
        with half_open(made.port, 1) as silent:
            await until(lambda: made.handshakes)
            await made.close()
            with contextlib.closing(socket.socket()) as late:
                assert late.connect_ex(("127.0.0.1", made.port)) == errno.ECONNREFUSED
            assert made.handshakes == 1
            await made.abort()
            await until(lambda: closed(silent[0]))


async def test_a_handshake_that_is_aborted_before_it_began_leaves_no_socket():
    ours, theirs = socket.socketpair()
    async with listening() as made:
        made._begin(ours, "127.0.0.1")
    assert ours.fileno() == -1
    with theirs:
        assert theirs.recv(1) == b""


async def test_a_failure_to_accept_does_not_end_the_server(monkeypatch):
    monkeypatch.setattr(module, "_PAUSE_SECONDS", 0)
    loop = asyncio.get_running_loop()
    accept, failures = loop.sock_accept, [OSError(errno.EMFILE, "too many"), ConnectionAbortedError()]

    async def failing(listening):
        if failures:
            raise failures.pop()
        return await accept(listening)

    monkeypatch.setattr(loop, "sock_accept", failing)
    async with listening() as made:
        with half_open(made.port, 1):
            await until(lambda: made.handshakes == 1)
    assert failures == []


@pytest.mark.parametrize("host", ["", "localhost", "127.0.0.1"])
async def test_every_address_of_a_host_answers(host):
    bound: asyncio.Future[Address] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    task = asyncio.create_task(serve(app(), Address(host, 0), None, listening=bound.set_result, stop=stop))
    port = (await bound).port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 200")
    writer.close()
    stop.set()
    await task


def test_all_addresses_share_a_port_and_none_stays_open_after_a_failure(monkeypatch):
    places = [(socket.AF_INET, None, None, None, (host, 0)) for host in ("127.0.0.1", "127.0.0.2")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: places)
    bound = bind("two", 0)
    ports = {one.getsockname()[1] for one in bound}
    assert len(bound) == 2
    assert len(ports) == 1
    taken = ports.pop()
    places[:] = [(socket.AF_INET, None, None, None, (host, taken)) for host in ("127.0.0.3", "127.0.0.2")]
    with pytest.raises(OSError, match=r"\S") as caught:
        bind("two", taken)
    assert caught.value.errno == errno.EADDRINUSE
    for one in bound:
        one.close()
