"""One leader at a time, the next when it is gone."""

import asyncio
import contextlib

import pytest

from converter.client import LeaderElector
from tests.fakes.apiserver import FakeApiServer
from tests.fakes.virtual_time import advance
from tests.waiting import until

pytestmark = pytest.mark.virtual_time

PATH = "/apis/coordination.k8s.io/v1/namespaces/system/leases/lease"


class Replica:
    def __init__(self, server, name):
        self.terms = 0
        self.acting = False
        self.election = LeaderElector(server, "system", "lease", name)
        self.task = None

    async def lead(self):
        self.terms += 1
        self.acting = True
        try:
            await asyncio.Event().wait()
        finally:
            self.acting = False

    def start(self):
        self.task = asyncio.ensure_future(self.election.run(self.lead))
        return self

    async def stop(self):
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task


@pytest.fixture
async def make():
    replicas = []

    def start(server, name):
        replicas.append(Replica(server, name).start())
        return replicas[-1]

    yield start
    for replica in replicas:
        await replica.stop()


async def test_one_of_two_leads_and_the_other_follows_at_once_when_it_stops(make):
    server = FakeApiServer()
    first = make(server, "a")
    await until(lambda: first.acting)
    second = make(server, "b")
    await advance(60)
    assert first.acting
    assert not second.acting
    await first.stop()
    assert server.objects[PATH]["spec"]["holderIdentity"] == ""
    await until(lambda: second.acting, 3)
    assert server.objects[PATH]["spec"]["leaseTransitions"] == 1


async def test_a_leader_that_dies_is_followed_after_its_lease_and_not_before(make):
    server = FakeApiServer()
    first = make(server, "a")
    await until(lambda: first.acting)
    first.election._release = lambda: asyncio.sleep(0)
    await first.stop()
    second = make(server, "b")
    await advance(14)
    assert not second.acting
    await until(lambda: second.acting, 4)


async def test_a_leader_that_cannot_renew_stops_before_its_lease_is_up_and_leads_again_later(make):
    server = FakeApiServer()
    first = make(server, "a")
    await until(lambda: first.acting)
    server.fail = lambda *_: (503, "ServiceUnavailable")
    await until(lambda: not first.acting, 14.5)
    server.fail = lambda *_: None
    await until(lambda: first.acting)
    assert first.terms == 2


async def test_a_leader_whose_lease_was_taken_stops(make):
    server = FakeApiServer()
    first = make(server, "a")
    await until(lambda: first.acting)
    server.apply(PATH, lambda lease: lease["spec"].update(holderIdentity="b", leaseDurationSeconds=60))
    await until(lambda: not first.acting)
    await advance(30)
    assert not first.acting


async def test_leading_that_fails_is_passed_on():
    async def fail():
        raise ValueError("broken")

    election = LeaderElector(FakeApiServer(), "system", "lease", "a")
    with pytest.raises(ValueError, match="broken"):
        await election.run(fail)
    assert not election.leading


async def test_the_term_changes_only_if_another_replica_could_have_led(make):
    server = FakeApiServer()
    first = make(server, "a")
    await until(lambda: first.acting)
    term = first.election.term
    server.fail = lambda *_: (503, "ServiceUnavailable")
    await until(lambda: not first.acting)
    server.fail = lambda *_: None
    await until(lambda: first.acting)
    assert first.election.term == term, "the Lease is still its own"
    second = make(server, "b")
    await first.stop()
    await until(lambda: second.acting)
    assert second.election.term == term + 1


async def test_a_lease_that_was_deleted_begins_a_new_term_that_knows_nothing_of_the_last_one(make):
    server = FakeApiServer()
    first = make(server, "a")
    await until(lambda: first.acting)
    first.election.annotations["observed"] = "all"
    await until(lambda: server.objects[PATH]["metadata"].get("annotations") == {"observed": "all"})
    term = first.election.term
    lease = server.objects[PATH]
    server.put(PATH, {**lease, "spec": {**lease["spec"], "holderIdentity": "b", "leaseTransitions": term + 1}})
    await until(lambda: not first.acting)
    await server.delete(PATH, uid=server.objects[PATH]["metadata"]["uid"])
    await until(lambda: first.acting)
    assert first.election.term > term + 1
    assert first.election.annotations == {}
