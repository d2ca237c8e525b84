"""Sources add keys, workers reconcile them: one worker a key, retries, and nothing left behind at the end."""

import asyncio
import itertools

import pytest

from converter.client import ApiError, Collection, ConflictError, Informer, Key
from converter.controllers.controller import (
    DONE,
    Channel,
    ChannelSource,
    Controller,
    InformerSource,
    RequeueError,
    RequeueReason,
    Result,
    own_key,
)
from tests.fakes.apiserver import FakeApiServer
from tests.fakes.virtual_time import advance
from tests.waiting import until

pytestmark = pytest.mark.virtual_time

THINGS = Collection("/apis/example.org/v1", "works")


class Recorded:
    """A reconciler that records its keys, and does what the test wants."""

    def __init__(self, do=lambda _key: DONE):
        self.keys = []
        self.at = []
        self.do = do
        self.running = set()
        self.gate = None

    async def reconcile(self, key):
        assert key not in self.running, "two workers have the same key"
        self.running.add(key)
        self.keys.append(key)
        self.at.append(asyncio.get_running_loop().time())
        try:
            if self.gate is not None:
                await self.gate.wait()
            return self.do(key)
        finally:
            self.running.discard(key)


@pytest.fixture
async def run():
    tasks = []

    def start(*runnables):
        tasks.extend(asyncio.ensure_future(runnable.run()) for runnable in runnables)
        return tasks[-1]

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def itself(event):
    return (event,)


def channelled(reconciler, *, workers=1, initial=()):
    channel = Channel()
    return channel, Controller("test", reconciler, [ChannelSource(channel, itself, lambda: initial)], workers=workers)


async def test_initial_keys_and_events_are_reconciled(run):
    reconciler = Recorded()
    channel, controller = channelled(reconciler, initial=("a", "b"))
    run(controller)
    await advance(1)
    channel.send("c")
    await advance(1)
    assert reconciler.keys == ["a", "b", "c"]


async def test_an_event_without_a_running_controller_is_dropped(run):
    reconciler = Recorded()
    channel, controller = channelled(reconciler)
    channel.send("before")
    task = run(controller)
    await advance(1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    channel.send("after")
    assert reconciler.keys == []
    assert channel._listeners == []


async def test_many_workers_never_share_a_key_and_a_change_meanwhile_is_reconciled_again(run):
    reconciler = Recorded()
    reconciler.gate = asyncio.Event()
    channel, controller = channelled(reconciler, workers=3)
    run(controller)
    await advance(0)
    for key in ("a", "b", "a", "a"):
        channel.send(key)
        await advance(0.1)
    assert reconciler.keys == ["a", "b"]
    reconciler.gate.set()
    await advance(1)
    assert reconciler.keys == ["a", "b", "a"]


@pytest.mark.parametrize(
    ("error", "level"),
    [
        (RequeueError(RequeueReason.ANCHOR_TERMINATING, "not yet"), "DEBUG"),
        (ConflictError("PATCH x", 409, "Conflict", "changed"), "DEBUG"),
        (ApiError("GET x", 500, "InternalError", "broken"), "WARNING"),
        (ZeroDivisionError(), "ERROR"),
    ],
)
async def test_a_failed_key_is_retried_later_each_time_and_does_not_stop_the_others(run, caplog, error, level):
    failures = [3]

    def do(key):
        if key == "bad" and failures[0]:
            failures[0] -= 1
            raise error
        return DONE

    reconciler = Recorded(do)
    _, controller = channelled(reconciler, initial=("bad", "good"))
    with caplog.at_level("DEBUG", "converter.controllers.controller"):
        run(controller)
        await advance(5)
    assert reconciler.keys == ["bad", "good", "bad", "bad", "bad"]
    bad = [at for key, at in zip(reconciler.keys, reconciler.at, strict=True) if key == "bad"]
    pauses = [later - earlier for earlier, later in itertools.pairwise(bad)]
    assert pauses == sorted(pauses)
    assert [record.levelname for record in caplog.records] == [level] * 3


async def test_a_result_asks_for_another_pass(run):
    left = [Result(requeue_after=30.0), Result(requeue_after=5.0), DONE]
    reconciler = Recorded(lambda _key: left.pop(0))
    _, controller = channelled(reconciler, initial=("a",))
    run(controller)
    await advance(100)
    assert [at - reconciler.at[0] for at in reconciler.at] == pytest.approx([0, 30, 35])


async def test_workers_wait_for_all_informers_that_they_read(run):
    server = FakeApiServer()
    own, other = (Informer(server, THINGS, bytes) for _ in range(2))
    server.put(THINGS.object_path("ns", "a"), {"metadata": {"name": "a", "namespace": "ns"}})
    reconciler = Recorded()
    run(Controller("test", reconciler, [InformerSource(own, own_key)], reads=[other]), own)
    await until(own.synced.is_set)
    await advance(10)
    assert reconciler.keys == []
    run(other)
    await advance(1)
    assert reconciler.keys == [Key("ns", "a")]


async def test_a_second_run_starts_from_the_state_and_a_predicate_filters(run):
    server = FakeApiServer()
    informer = Informer(server, THINGS, bytes)
    for name in ("a", "b"):
        server.put(THINGS.object_path("ns", name), {"metadata": {"name": name, "namespace": "ns"}})
    reconciler = Recorded()
    source = InformerSource(informer, own_key, lambda change: change.key.name != "b")
    controller = Controller("test", reconciler, [source])
    run(informer)
    first = run(controller)
    await advance(1)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert informer._handlers == []
    run(controller)
    await advance(1)
    assert reconciler.keys == [Key("ns", "a"), Key("ns", "a")]


async def test_a_long_queue_leaves_time_for_other_tasks(run):
    """Ten thousand Works take seconds. Meanwhile, the leader has to renew its Lease."""
    reconciler = Recorded()
    _, controller = channelled(reconciler, initial=range(100))
    run(controller)
    seen = []
    for _ in range(50):
        await asyncio.sleep(0)
        seen.append(len(reconciler.keys))
    assert len(set(seen)) > 20, "other tasks had turns between the keys"


async def test_passes_are_counted_by_how_they_ended(run):
    ends = {"fine": DONE, "again": RequeueError(RequeueReason.NAME_TAKEN, "x"), "bad": ApiError("GET x", 500, "", "")}
    asked = []

    def do(key):
        asked.append(key)
        end = ends[key] if asked.count(key) == 1 else DONE
        if isinstance(end, Exception):
            raise end
        return end

    reconciler = Recorded(do)
    reconciler.gate = asyncio.Event()
    _, controller = channelled(reconciler, initial=tuple(ends))
    assert controller.waiting == 0
    task = run(controller)
    await advance(0)
    await advance(0.1)
    assert controller.waiting == 2
    reconciler.gate.set()
    await advance(600)
    passes = controller.passes
    assert (passes.done, passes.retried, passes.failed) == (3, 1, 1)
    assert passes.seconds > 0
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert controller.waiting == 0
