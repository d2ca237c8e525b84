"""A Lease that is held: no replica leads, however long it waits."""

import asyncio

import pytest

from converter.client import LeaderElector, UnavailableError
from converter.install.held_lease import LEADER_STOPS, hold, is_held, let_go, read_lease
from tests.fakes.apiserver import FakeApiServer
from tests.fakes.karmada import LEASE, now
from tests.fakes.virtual_time import advance
from tests.waiting import until

pytestmark = pytest.mark.virtual_time

NAMESPACE = "karmada-system"


@pytest.fixture
async def elector():
    made = LeaderElector(FakeApiServer(), NAMESPACE, "apiconverter", "one", now=now)

    async def lead():
        await asyncio.Event().wait()

    task = asyncio.ensure_future(made.run(lead))
    await until(lambda: made.leading)
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_leader_stops_and_does_not_come_back(elector):
    server = elector._server
    assert await hold(server, NAMESPACE, now=now) == "one"
    await advance(LEADER_STOPS)
    assert not elector.leading
    await advance(3600)
    assert not elector.leading
    assert is_held(await read_lease(server, NAMESPACE))
    assert await let_go(server, NAMESPACE)
    await until(lambda: elector.leading)


async def test_annotations_of_the_leader_stay_until_the_lease_is_let_go(elector):
    server = elector._server
    elector.annotations["mark"] = "here"
    await advance(5)
    await hold(server, NAMESPACE, now=now)
    await advance(60)
    assert (await read_lease(server, NAMESPACE))["metadata"]["annotations"] == {"mark": "here"}
    await let_go(server, NAMESPACE)
    assert LEASE not in server.objects


async def test_one_that_nobody_has_is_held_too():
    server = FakeApiServer()
    assert await hold(server, NAMESPACE, now=now) == ""
    assert is_held(await read_lease(server, NAMESPACE))
    writes = list(server.writes)
    assert await hold(server, NAMESPACE, now=now) == ""
    assert server.writes == writes, "it is held already"


async def test_a_lease_that_a_controller_holds_is_not_let_go(elector):
    server = elector._server
    assert not await let_go(server, NAMESPACE)
    assert elector.leading
    assert not await let_go(FakeApiServer(), NAMESPACE)


async def test_a_lease_that_always_changes_is_given_up(elector):
    server = elector._server
    server.fail = lambda method, path: (409, "Conflict") if (method, path) == ("PUT", LEASE) else None
    with pytest.raises(UnavailableError):
        await hold(server, NAMESPACE, now=now)
