"""Health and metrics at an address of their own."""

from __future__ import annotations

import aiohttp
import pytest

from converter.cli import build_parser
from converter.server.plain_server import plain_server
from converter.server.run import Address, ListenError
from converter.server.sample import FLEET
from converter.server.wiring import Settings, assemble

pytestmark = pytest.mark.usefixtures("rules_read_once")


@pytest.fixture
def served():
    return assemble(Settings(FLEET))


async def status_of(client, path):
    async with client.get(path) as answer:
        return answer.status


async def test_the_webhooks_port_has_no_page(served, serving):
    async with serving(served.app) as running, running.client() as client:
        assert await status_of(client, "/") == 404
        assert await status_of(client, "/healthz") == 200
        assert await status_of(client, "/metrics") == 200


async def test_the_port_of_the_metrics_answers_no_review(served):
    async with (
        plain_server(served.metrics_app, Address("127.0.0.1", 0)) as bound,
        aiohttp.ClientSession(bound.plain_url) as client,
    ):
        assert bound.port
        assert [await status_of(client, path) for path in ("/healthz", "/readyz", "/metrics")] == [200] * 3
        async with client.post("/mutate/works", data=b"{}") as answer:
            assert answer.status == 404


async def test_an_address_in_use_is_an_error(served):
    async with plain_server(served.metrics_app, Address("127.0.0.1", 0)) as bound:
        with pytest.raises(ListenError):
            await plain_server(served.metrics_app, bound).__aenter__()


def test_it_is_served_only_if_asked_for():
    assert build_parser().parse_args(["serve", "--in-cluster"]).metrics_listen is None
