"""List and watch against whatever an API server does: pages, expiry, ended watches, errors, restarts."""

import asyncio
import contextlib

import msgspec
import pytest

from converter.client import Change, Collection, Informer, Key
from tests.fakes.apiserver import FakeApiServer
from tests.fakes.virtual_time import advance
from tests.nonempty import some
from tests.waiting import until

pytestmark = pytest.mark.virtual_time

THINGS = Collection("/apis/example.org/v1", "works")


def path(name):
    return THINGS.object_path("ns", name)


def thing(name, value=0, **labels):
    return {"metadata": {"name": name, "namespace": "ns", "labels": labels}, "value": value}


def value_of(raw):
    value = msgspec.json.decode(raw)["value"]
    if value == "bad":
        raise ValueError("bad")
    return value


class Copy:
    def __init__(self, server, selector=""):
        self.heard = []
        self.cache = Informer(server, THINGS, value_of, selector=selector)
        self.cache.add_handler(lambda change: self.heard.append(change[:3]))

    @property
    def items(self):
        return {key.name: item for key, item in self.cache.items.items()}


@pytest.fixture
def server():
    return FakeApiServer()


@contextlib.asynccontextmanager
async def running(copy):
    task = asyncio.ensure_future(copy.cache.run())
    try:
        await copy.cache.synced.wait()
        yield copy
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_long_list_comes_in_pages(server, monkeypatch):
    monkeypatch.setattr("converter.client.pager.PAGE", 3)
    for number in range(10):
        server.put(path(f"t{number}"), thing(f"t{number}", number))
    async with running(Copy(server)) as copy:
        assert copy.items == {f"t{number}": number for number in range(10)}
    assert server.reads.count(THINGS.path()) == 4


async def test_events_follow_and_each_change_is_reported_once(server):
    server.put(path("a"), thing("a", 1))
    async with running(Copy(server)) as copy:
        server.apply(path("a"), lambda item: item.update(value=2))
        server.put(path("b"), thing("b", 3))
        server.remove(path("a"))
        await until(lambda: copy.items == {"b": 3})
        key = Key("ns", "a")
        assert copy.heard == [(key, None, 1), (key, 1, 2), (Key("ns", "b"), None, 3), (key, 2, None)]


async def test_a_selector_takes_a_part_and_what_leaves_it_is_gone(server):
    server.put(path("a"), thing("a", 1, mine="true"))
    server.put(path("b"), thing("b", 2))
    async with running(Copy(server, "mine=true")) as copy:
        assert copy.items == {"a": 1}
        server.apply(path("a"), lambda item: item["metadata"]["labels"].clear())
        server.apply(path("b"), lambda item: item["metadata"]["labels"].update(mine="true"))
        await until(lambda: copy.items == {"b": 2})


async def test_a_watch_that_ends_is_taken_up_where_it_ended(server):
    async with running(Copy(server)) as copy:
        await until(lambda: server.watchers)
        lists = server.reads.count(THINGS.path())
        server.end_watches()
        server.put(path("a"), thing("a", 1))
        await until(lambda: copy.items == {"a": 1})
        assert server.reads.count(THINGS.path()) == lists, "no new list is needed"


async def test_an_expired_watch_leads_to_a_list_that_shows_what_was_missed(server):
    server.put(path("a"), thing("a", 1))
    server.put(path("b"), thing("b", 1))
    async with running(Copy(server)) as copy:
        await until(lambda: server.watchers)
        watchers, server.watchers = server.watchers, []
        server.remove(path("a"))
        server.apply(path("b"), lambda item: item.update(value=2))
        server.watchers = watchers
        server.forget_history()
        await until(lambda: copy.items == {"b": 2})
        assert copy.heard[-2:] == [(Key("ns", "b"), 1, 2), (Key("ns", "a"), 1, None)]


@pytest.mark.parametrize(
    "failure", [(500, "InternalError"), (429, "TooManyRequests"), (403, "Forbidden"), (410, "Expired")]
)
async def test_a_failing_server_is_asked_again(server, failure):
    left = [3]

    def fail(method, at):
        if left[0] and method == "GET":
            left[0] -= 1
            return failure
        return None

    server.fail = fail
    server.put(path("a"), thing("a", 1))
    async with running(Copy(server)) as copy:
        assert copy.items == {"a": 1}
        assert copy.cache.failures == (0 if failure[0] == 410 else 3)
    assert left == [0]


async def test_what_cannot_be_read_is_left_out_and_the_rest_goes_on(server):
    server.put(path("a"), thing("a", "bad"))
    server.put(path("b"), thing("b", 1))
    async with running(Copy(server)) as copy:
        assert copy.items == {"b": 1}
        server.apply(path("a"), lambda item: item.update(value=5))
        await until(lambda: copy.items == {"a": 5, "b": 1})


async def test_a_write_of_ones_own_is_seen_at_once_and_not_undone_by_an_older_event(server):
    server.put(path("a"), thing("a", 1))
    async with running(Copy(server)) as copy:
        watchers, server.watchers = server.watchers, []
        server.apply(path("a"), lambda item: item.update(value=2))
        older = msgspec.json.encode({"type": "MODIFIED", "object": server.objects[path("a")]})
        newest = await server.patch(path("a"), {"value": 3})
        copy.cache.observe(newest)
        assert copy.items == {"a": 3}
        server.watchers = watchers
        for _, _, queue in server.watchers:
            queue.put_nowait(older)
        server.put(path("b"), thing("b", 1))
        await until(lambda: "b" in copy.items)
        assert copy.items["a"] == 3


async def test_bookmarks_move_the_place_and_nothing_else(server):
    async with running(Copy(server)) as copy:
        await until(lambda: server.watchers)
        mark = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "777"}}}
        server.watchers[0][2].put_nowait(msgspec.json.encode(mark))
        await until(lambda: copy.cache._version == "777")
        assert copy.heard == []


async def test_a_handler_sees_first_what_is_there_already(server):
    server.put(path("a"), thing("a", 1))
    seen = []
    async with running(Copy(server)) as copy:
        await until(lambda: server.watchers)
        remove = copy.cache.add_handler(seen.append)
        assert seen == [Change(Key("ns", "a"), None, 1, initial=True)]
        server.put(path("b"), thing("b", 2))
        await until(lambda: len(seen) == 2)
        assert seen[1] == Change(Key("ns", "b"), None, 2, initial=False)
        remove()
        server.remove(path("b"))
        await until(lambda: "b" not in copy.items)
        assert len(seen) == 2


async def test_the_first_list_is_initial_and_a_later_one_is_not(server):
    server.put(path("a"), thing("a", 1))
    seen = []
    cache = Copy(server)
    cache.cache.add_handler(seen.append)
    async with running(cache):
        await until(lambda: server.watchers)
        watchers, server.watchers = server.watchers, []
        server.put(path("b"), thing("b", 2))
        server.watchers = watchers
        server.forget_history()
        await until(lambda: len(seen) == 2)
    assert [(change.key.name, change.initial) for change in seen] == [("a", True), ("b", False)]


async def test_an_index_follows_the_items(server):
    cache = Informer(server, THINGS, value_of, index=lambda _key, value: value or None)
    server.put(path("a"), thing("a", 1))
    server.put(path("b"), thing("b", 1))
    server.put(path("c"), thing("c", 0))
    task = asyncio.ensure_future(cache.run())
    await until(lambda: server.watchers)
    assert cache.by_index(1) == {Key("ns", "a"): 1, Key("ns", "b"): 1}
    assert cache.by_index(0) == {}, "None is not indexed"
    server.apply(path("a"), lambda item: item.update(value=2))
    server.remove(path("b"))
    await until(lambda: cache.by_index(2))
    await until(lambda: not cache.by_index(1))
    assert cache.by_index(2) == {Key("ns", "a"): 2}
    server.apply(path("a"), lambda item: item.update(value=0))
    await until(lambda: not cache.by_index(2))
    assert cache._indexed == {}, "it does not grow"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_only_metadata_is_read_where_that_is_enough(server):
    server.put(path("a"), thing("a", 1))
    cache = Informer(server, THINGS, bytes, metadata_only=True)
    task = asyncio.ensure_future(cache.run())
    await until(lambda: server.watchers)
    server.apply(path("a"), lambda item: item.update(value=2))
    server.put(path("b"), thing("b", 1))
    await advance(1)
    assert {key.name for key in cache.items} == {"a", "b"}
    assert all(b"value" not in raw for raw in some(cache.items.values()))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
