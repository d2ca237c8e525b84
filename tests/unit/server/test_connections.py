"""How many connections there are, and how long one may stay silent."""

import asyncio
import contextlib

from aiohttp import web

from converter.server.connections import BoundedServer
from tests.waiting import until

REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


async def ok(_request):
    return web.Response(text="ok")


@contextlib.asynccontextmanager
async def server(handler=ok, **options):
    """Serve on a free port; gives a function that opens a connection, and the server."""
    bounded = BoundedServer(handler, **options)
    listener = await asyncio.get_running_loop().create_server(bounded, "127.0.0.1", 0)
    opened = []

    async def connect():
        reader, writer = await asyncio.open_connection(*listener.sockets[0].getsockname())
        opened.append(writer)
        number = len(opened)
        await until(lambda: len(bounded.connections) == number or reader.at_eof() or number > 2)
        return reader, writer

    try:
        yield connect, bounded
    finally:
        for writer in opened:
            writer.close()
        listener.close()
        await bounded.shutdown(1)


async def answer_of(connection):
    reader, writer = connection
    writer.write(REQUEST)
    return await reader.readuntil(b"ok")


async def test_one_connection_too_many_closes_the_one_that_is_silent_for_longest():
    async with server(most=2) as (connect, bounded):
        first, second = await connect(), await connect()
        assert await answer_of(first)
        third = await connect()
        assert await second[0].read() == b""
        assert await answer_of(first)
        assert await answer_of(third)
        await until(lambda: len(bounded.connections) == 2)


async def test_a_thousand_connections_leave_as_many_as_there_may_be():
    async with server(most=5) as (connect, bounded):
        for _ in range(1000):
            await connect()
        await until(lambda: len(bounded.connections) <= 5)
        assert await answer_of(await connect())


async def test_a_connection_that_waits_for_its_answer_is_not_closed():
    came, release = asyncio.Event(), asyncio.Event()

    async def slow(_request):
        came.set()
        await release.wait()
        return web.Response(text="ok")

    async with server(slow, most=1) as (connect, _):
        busy = await connect()
        asking = asyncio.create_task(answer_of(busy))
        await came.wait()
        second = await connect()
        assert await second[0].read() == b""
        release.set()
        assert await asking


async def test_a_head_that_does_not_come_ends_the_connection():
    async with server(head_seconds=0.01) as (connect, _):
        reader, writer = await connect()
        with contextlib.suppress(ConnectionError):  # the server may be faster than this write
            writer.write(REQUEST[:10])
            assert await reader.read() == b""


async def test_a_head_that_came_in_time_keeps_the_connection():
    async with server(head_seconds=600) as (connect, bounded):
        connection = await connect()
        assert await answer_of(connection)
        assert not bounded._waiting


async def test_a_head_that_never_ends_is_refused():
    async with server() as (connect, _):
        reader, writer = await connect()
        writer.write(b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 1000)
        assert b" 400 " in await reader.readline()
