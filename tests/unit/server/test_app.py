from __future__ import annotations

import asyncio
import gzip
import json
import logging

import pytest

from converter.errors import ManifestError
from converter.server.app import App, Webhook
from converter.server.metrics import Metrics
from converter.server.responses import text
from tests.waiting import HANG_SECONDS

JSON = {"Content-Type": "application/json"}
HEAD = b"POST /mutate/works HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def echo(body: bytes) -> bytes:
    if not body.startswith(b"{"):
        raise ManifestError("is no AdmissionReview", "body")
    if body == b'{"boom":1}':
        raise ZeroDivisionError("a secret inside")
    return body


@pytest.fixture
def body_seconds() -> float:
    """How long a body may take; no test but one waits for it."""
    return 600


@pytest.fixture
def app(body_seconds) -> App:
    metrics = Metrics(["works"])
    pages = {"/healthz": lambda: text("ok\n"), "/broken": lambda: 1 / 0}
    made = App([Webhook("/mutate/works", "works", echo)], pages, metrics, body_limit=100_000, body_seconds=body_seconds)
    made.count = lambda outcome: metrics.registry.get_sample_value(
        "converter_requests_total", {"webhook": "works", "outcome": outcome}
    )
    return made


async def test_a_review_is_answered(app, serving):
    async with serving(app) as running, running.client() as client:
        for path in ("/mutate/works", "/mutate/works?timeout=10s"):
            async with client.post(path, data=b'{"a":1}', headers=JSON) as answer:
                assert (answer.status, await answer.read()) == (200, b'{"a":1}')
                assert answer.content_type == "application/json"


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"]
)
async def test_any_spelling_of_json_is_json(app, serving, kind):
    async with (
        serving(app) as running,
        running.client() as client,
        client.post("/mutate/works", data=b"{}", headers={"Content-Type": kind}) as answer,
    ):
        assert answer.status == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/yaml", "application/json; charset=latin-1", "nonsense"])
async def test_another_content_type_is_refused(app, serving, kind):
    async with (
        serving(app) as running,
        running.client() as client,
        client.post("/mutate/works", data=b"{}", headers={"Content-Type": kind}) as answer,
    ):
        status = await answer.json()
    assert answer.status == 415
    assert status["reason"] == "UnsupportedMediaType"
    assert kind in status["message"]
    assert app.count("wrong_type") == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
async def test_another_method_is_refused(app, serving, method):
    async with serving(app) as running, running.client() as client:
        async with client.request(method, "/mutate/works") as answer:
            assert (answer.status, answer.headers["Allow"]) == (405, "POST")
        async with client.post("/healthz") as answer:
            assert answer.status == 405
    assert app.count("wrong_method") == 1


async def test_an_unknown_path_names_the_known_ones(app, serving):
    async with serving(app) as running, running.client() as client, client.get("/mutate/wroks") as answer:
        assert answer.status == 404
        assert "/mutate/works" in (await answer.json())["message"]


async def test_what_is_not_a_review_is_answered_so(app, serving):
    async with (
        serving(app) as running,
        running.client() as client,
        client.post("/mutate/works", data=b"nonsense", headers=JSON) as answer,
    ):
        status = await answer.json()
    assert answer.status == status["code"] == 400
    assert status["kind"] == "Status"
    assert status["message"] == "body: is no AdmissionReview"
    assert app.count("invalid") == 1


async def test_a_fault_of_ours_is_logged_under_an_id_and_not_shown(app, serving, caplog):
    async with serving(app) as running, running.client() as client:
        async with client.post("/mutate/works", data=b'{"boom":1}', headers=JSON) as answer:
            message = (await answer.json())["message"]
        async with client.post("/mutate/works", data=b"{}", headers=JSON) as after:
            assert after.status == 200
        async with client.get("/broken") as page:
            assert page.status == 500
    assert answer.status == 500
    assert "secret" not in message
    record = next(record for record in caplog.records if record.levelno == logging.ERROR)
    assert record.incident in message
    assert "a secret inside" in caplog.text
    assert app.count("failed") == 1


async def test_a_body_over_the_limit_is_refused_however_it_comes(app, serving):
    large = b"{" + b" " * 100_000

    async def in_chunks():
        for start in range(0, len(large), 10_000):
            yield large[start : start + 10_000]

    bomb = gzip.compress(b"{" + b" " * 50_000_000)
    assert len(bomb) < 100_000
    async with serving(app) as running, running.client() as client:
        for body, headers in ((large, JSON), (in_chunks(), JSON), (bomb, {**JSON, "Content-Encoding": "gzip"})):
            async with client.post("/mutate/works", data=body, headers=headers) as answer:
                assert answer.status == 413
                assert "100000" in (await answer.json())["message"]
        async with client.post("/mutate/works", data=large[:100_000], headers=JSON) as answer:
            assert answer.status == 200
            assert await answer.read() == large[:100_000]
    assert app.count("too_large") == 3


async def test_a_body_in_pieces_is_put_together(app, serving, until):
    async with serving(app) as running:
        reader, writer = await running.raw()
        writer.write(HEAD + b"Content-Length: 9\r\n\r\n")
        await until(lambda: app.in_flight)
        for piece in (b'{"a"', b":[", b"1]}"):
            writer.write(piece)
            await writer.drain()
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        assert await reader.readexactly(9) == b'{"a":[1]}'
        writer.close()


@pytest.mark.parametrize("body_seconds", [0.01])
async def test_a_body_that_never_comes_is_given_up(app, serving):
    async with serving(app) as running:
        reader, writer = await running.raw()
        writer.write(HEAD + b"Content-Length: 9\r\n\r\n{")
        assert (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HANG_SECONDS)).startswith(b"HTTP/1.1 408")
        writer.close()
    assert app.count("invalid") == 1


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    ],
)
async def test_broken_http_gets_an_error_and_no_traceback(app, serving, request_, caplog):
    async with serving(app) as running:
        reader, writer = await running.raw()
        writer.write(request_)
        answer = await asyncio.wait_for(reader.read(), HANG_SECONDS)
        assert answer.startswith((b"HTTP/1.0 400", b"HTTP/1.1 400"))
        assert b"Traceback" not in answer
        writer.close()
        async with running.client() as client, client.post("/mutate/works", data=b"{}", headers=JSON) as after:
            assert after.status == 200


async def test_a_client_that_goes_away_does_no_harm(app, serving, caplog, until):
    async with serving(app) as running:
        _, writer = await running.raw()
        writer.write(HEAD + b"Content-Length: 9\r\n\r\n{")
        await until(lambda: app.in_flight)
        writer.transport.abort()
        await until(lambda: not app.in_flight)
        async with running.client() as client, client.post("/mutate/works", data=b"{}", headers=JSON) as after:
            assert after.status == 200
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_requests_one_after_the_other_without_waiting(app, serving):
    one = HEAD + b"Content-Length: 7\r\n\r\n"
    async with serving(app) as running:
        reader, writer = await running.raw()
        writer.write(b"".join(one + b'{"a":%d}' % number for number in range(5)))
        for number in range(5):
            await reader.readuntil(b"\r\n\r\n")
            assert json.loads(await reader.readexactly(7)) == {"a": number}
        writer.close()


async def test_while_stopping_it_ends_connections(app, serving):
    async with serving(app) as running, running.client() as client:
        app.draining = True
        async with client.post("/mutate/works", data=b"{}", headers=JSON) as answer:
            assert (answer.status, answer.headers["Connection"]) == (200, "close")
