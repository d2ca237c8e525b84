"""The queue's rules: each key once, one worker a key, a growing delay after failures."""

import asyncio

import pytest

from converter.client import WorkQueue
from tests.fakes.virtual_time import advance

pytestmark = pytest.mark.virtual_time


async def taken(queue):
    return await asyncio.wait_for(queue.get(), 1)


async def test_a_key_added_twice_is_taken_once():
    queue = WorkQueue()
    queue.add("a")
    queue.add("a")
    queue.add("b")
    assert [await taken(queue), await taken(queue)] == ["a", "b"]
    assert len(queue) == 0


async def test_a_key_being_handled_waits_until_it_is_done():
    queue = WorkQueue()
    queue.add("a")
    assert await taken(queue) == "a"
    queue.add("a")
    waiting = asyncio.ensure_future(queue.get())
    await advance(1)
    assert not waiting.done()
    queue.done("a")
    assert await asyncio.wait_for(waiting, 1) == "a"


async def test_a_key_that_fails_waits_longer_each_time_until_it_succeeds():
    queue = WorkQueue(first_delay=10)
    delays = [queue.add_rate_limited("a") for _ in range(4)]
    assert 7 <= delays[0] <= 10
    assert delays[0] < delays[1] < delays[2] < delays[3]
    queue.forget("a")
    assert queue.add_rate_limited("a") <= 10
    queue.shut_down()


async def test_a_delay_has_a_limit():
    queue = WorkQueue(first_delay=1, longest_delay=5)
    assert max(queue.add_rate_limited("a") for _ in range(100)) <= 5
    queue.shut_down()


async def test_of_several_times_the_earliest_counts():
    queue = WorkQueue()
    queue.add_after("a", 0.01)
    queue.add_after("a", 60)
    assert await taken(queue) == "a"
    queue.done("a")
    queue.add_after("b", 60)
    queue.add_after("b", 0.01)
    assert await taken(queue) == "b"
    assert len(queue) == 0


async def test_closing_forgets_what_waits_for_its_time():
    queue = WorkQueue()
    queue.add_after("a", 0.01)
    queue.shut_down()
    await advance(1)
    assert len(queue) == 0
