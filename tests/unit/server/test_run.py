from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket

import pytest

from converter.server.app import App, Webhook
from converter.server.health import Health
from converter.server.metrics import Metrics, ProcessMetrics
from converter.server.responses import text
from converter.server.run import Address, ListenError, serve
from tests.waiting import HANG_SECONDS

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def app() -> App:
    made = App([Webhook("/mutate/works", "works", lambda body: body)], {}, Metrics(["works"]))
    made._pages = {"/healthz": lambda: text("ok\n")}
    return made


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("127.0.0.1:8443", Address("127.0.0.1", 8443)),
        (":8443", Address("", 8443)),
        ("[::1]:0", Address("::1", 0)),
        ("localhost:65535", Address("localhost", 65535)),
    ],
)
def test_addresses(given, wanted):
    assert Address.parse(given) == wanted


@pytest.mark.parametrize("given", ["8443", "localhost", "localhost:", "localhost:x", "localhost:65536", "::1:8443"])
def test_what_is_not_an_address(given):
    with pytest.raises(ListenError) as caught:
        Address.parse(given)
    assert repr(given) in str(caught.value)


def test_urls():
    assert Address("::1", 1).url == "https://[::1]:1"
    assert Address("", 1).url == "https://127.0.0.1:1"


async def test_an_address_in_use_is_reported(app):
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        pytest.raises(ListenError),
    ):
        await serve(app, Address("127.0.0.1", other.getsockname()[1]), None)


async def closed(running) -> None:
    """Wait until nobody can connect any more: the system refuses or resets."""
    with contextlib.suppress(OSError):
        while True:
            (await running.raw())[1].close()


async def test_a_request_in_flight_is_finished_and_no_new_one_taken(app, serving, until):
    async with serving(app) as running:
        reader, writer = await running.raw()
        idle_reader, idle_writer = await running.raw()
        writer.write(
            b"POST /mutate/works HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{"
        )
        await until(lambda: app.in_flight)
        running.stop.set()
        await until(lambda: app.draining)
        idle_writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")  # connected before, so it is still answered
        assert b"Connection: close" in await asyncio.wait_for(idle_reader.read(), HANG_SECONDS)
        await closed(running)
        writer.write(b"}")
        answer = await asyncio.wait_for(reader.read(), HANG_SECONDS)
        assert answer.startswith(b"HTTP/1.1 200")
        assert b"Connection: close" in answer
        assert answer.endswith(b"{}")
        for each in (writer, idle_writer):
            each.close()
        await asyncio.wait_for(running.task, HANG_SECONDS)


async def test_on_sigterm_it_is_first_not_ready_and_still_answers(until):
    app = Health(ProcessMetrics("controller"))
    bound = asyncio.get_running_loop().create_future()
    drained, asked = asyncio.Event(), []

    async def sleep(seconds: float) -> None:
        asked.append(seconds)
        await drained.wait()

    over = asyncio.create_task(
        serve(app, Address("127.0.0.1", 0), None, drain_seconds=7, listening=bound.set_result, sleep=sleep)
    )
    port = (await bound).port

    async def ask(path: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
        return answer

    assert (await ask(b"/readyz")).startswith(b"HTTP/1.1 200")
    os.kill(os.getpid(), signal.SIGTERM)
    await until(lambda: asked)
    assert (await ask(b"/readyz")).startswith(b"HTTP/1.1 503")
    assert (await ask(b"/healthz")).startswith(b"HTTP/1.1 200")
    assert asked == [7]
    drained.set()
    await asyncio.wait_for(over, HANG_SECONDS)


async def test_what_runs_beside_it_ends_with_it(app, serving):
    ended = asyncio.Event()

    async def leader_tasks() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        ended.set()

    async with serving(app, background=[leader_tasks()]):
        pass
    assert ended.is_set()
