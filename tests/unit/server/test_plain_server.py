"""An application at an address of its own, without TLS."""

from __future__ import annotations

import aiohttp
import pytest

from converter.server.health import Health
from converter.server.metrics import ProcessMetrics
from converter.server.plain_server import plain_server
from converter.server.run import Address, ListenError

ANYWHERE = Address("127.0.0.1", 0)


@pytest.fixture
def health():
    return Health(ProcessMetrics("controller"))


async def test_it_is_served_as_long_as_the_context_lasts(health):
    async with plain_server(health, ANYWHERE) as bound:
        assert bound.port
        async with aiohttp.ClientSession(bound.plain_url) as client, client.get("/healthz") as answer:
            assert answer.status == 200
    async with aiohttp.ClientSession(bound.plain_url) as client:
        with pytest.raises(aiohttp.ClientConnectorError):
            await client.get("/healthz")


async def test_an_address_in_use_is_an_error(health):
    async with plain_server(health, ANYWHERE) as bound:
        with pytest.raises(ListenError):
            await plain_server(health, bound).__aenter__()
