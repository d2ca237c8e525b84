"""Large reviews do not hold up small ones, and all of them together have a bound."""

import asyncio
import threading

import pytest

from converter.server.app import App, Webhook
from converter.server.large_reviews import LARGE, Bodies
from converter.server.metrics import Metrics
from converter.server.responses import text
from tests.waiting import until

JSON = {"Content-Type": "application/json"}
SMALL, BIG = b"1", b"2" * (LARGE + 1)


def app_with(answer, limit=1 << 20):
    metrics = Metrics(["works"])
    bodies = Bodies(limit)
    pages = {"/healthz": lambda: text("ok\n")}
    app = App([Webhook("/mutate/works", "works", answer)], pages, metrics, bodies=bodies, body_seconds=600)
    return app, bodies, metrics


async def post(client, body):
    async with client.post("/mutate/works", data=body, headers=JSON) as answer:
        return answer.status, await answer.read()


async def test_a_small_review_does_not_wait_for_a_large_one(serving):
    release = threading.Event()

    def answer(body):
        if len(body) > LARGE:
            release.wait()
        return body

    app, bodies, _ = app_with(answer)
    async with serving(app) as running, running.client() as client:
        large = asyncio.create_task(post(client, BIG))
        await until(lambda: bodies.held)
        assert await post(client, SMALL) == (200, SMALL)
        async with client.get("/healthz") as health:
            assert health.status == 200
        assert not large.done()
        release.set()
        assert await large == (200, BIG)
    assert bodies.held == 0


async def test_large_reviews_are_answered_one_after_the_other(serving):
    running_now, most = [], []

    def answer(body):
        running_now.append(body)
        most.append(len(running_now))
        running_now.pop()
        return body

    app, bodies, _ = app_with(answer)
    async with serving(app) as running, running.client() as client:
        assert await asyncio.gather(*(post(client, BIG) for _ in range(5))) == [(200, BIG)] * 5
    assert most == [1] * 5
    assert bodies.held == 0


@pytest.mark.parametrize("limit", [LARGE, LARGE + 2], ids=["the body", "the answer"])
async def test_more_than_there_is_room_for_is_refused(serving, limit):
    app, bodies, metrics = app_with(lambda body: body, limit)
    async with serving(app) as running, running.client() as client:
        status, _ = await post(client, BIG)
        assert status == 503
        assert await post(client, SMALL) == (200, SMALL)
    assert metrics.registry.get_sample_value("converter_requests_total", {"webhook": "works", "outcome": "busy"}) == 1
    assert bodies.held == 0


async def test_what_slow_bodies_have_sent_counts_until_they_end(serving):
    app, bodies, _ = app_with(lambda body: body)
    end = asyncio.Event()

    async def slowly():
        yield BIG
        await end.wait()

    async with serving(app) as running, running.client() as client:
        sending = asyncio.create_task(post(client, slowly()))
        await until(lambda: bodies.held == len(BIG))
        sending.cancel()
        await until(lambda: bodies.held == 0)
        assert await post(client, BIG) == (200, BIG)


async def test_an_error_in_the_thread_is_an_error_of_the_request(serving):
    def answer(_body):
        raise ZeroDivisionError

    app, bodies, _ = app_with(answer)
    async with serving(app) as running, running.client() as client:
        status, _ = await post(client, BIG)
    assert status == 500
    assert bodies.held == 0


async def test_an_answer_that_nobody_reads_ends_with_the_connection(serving):
    def answer(_body):
        app._seconds = 0.2  # only now: a body may take long on a busy machine
        return b"x" * (16 << 20)

    app, bodies, _ = app_with(answer, 64 << 20)
    async with serving(app) as running:
        _, writer = await running.raw()
        head = b"POST /mutate/works HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        writer.write(head + b"Content-Length: %d\r\n\r\n%b" % (len(BIG), BIG))
        await until(lambda: bodies.held > len(BIG))
        await until(lambda: bodies.held == 0)
        writer.transport.abort()
