"""Requests at the same time: a bound, the order, and the first error."""

import asyncio

import pytest

from converter.client.gather import AT_ONCE, gather_each


async def test_no_more_run_at_the_same_time_and_the_order_stays():
    running, most = set(), 0

    async def ask(number):
        nonlocal most
        running.add(number)
        most = max(most, len(running))
        for _ in range(3 + number % 2):
            await asyncio.sleep(0)
        running.remove(number)
        return -number

    assert await gather_each(ask, range(3 * AT_ONCE)) == [-number for number in range(3 * AT_ONCE)]
    assert most == AT_ONCE


async def test_an_error_is_raised():
    async def ask(number):
        await asyncio.sleep(0)
        if number == 2:
            raise OSError(number)

    with pytest.raises(OSError, match="2"):
        await gather_each(ask, range(4))
