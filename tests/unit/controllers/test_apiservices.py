"""When APIServices are reconciled: after each change at once, and not only when a timer ends."""

import asyncio
import contextlib

import pytest

from converter.client.collections import API_SERVICES
from converter.controllers.apiservices import APIServiceReconciler
from converter.controllers.discovery_server import Backend
from converter.discovery import Named
from converter.kube import GroupVersionKind
from tests.fakes.apiserver import FakeApiServer
from tests.fakes.virtual_time import advance
from tests.waiting import until

pytestmark = pytest.mark.virtual_time

BACKEND = Backend("karmada-system", "converter-discovery", 443, "Zm9v")
DAY = 86_400.0


class World:
    """A control plane, and what the reconciler hears of the fleet and of the discovery server."""

    def __init__(self):
        self.server = FakeApiServer()
        self.server.collections.add("apiservices")
        self.needed, self.named, self.asked, self.passes = set(), set(), [], 0
        clock = asyncio.get_running_loop().time
        self.clock = clock
        self.reconciler = APIServiceReconciler(
            self.server, lambda: BACKEND, self._needed, self._reachable, self._names, tuple, clock
        )

    async def _needed(self):
        self.passes += 1
        return {
            ("a.example", version): (Named(GroupVersionKind.of(f"a.example/{version}", "Thing"), "things", True, ""),)
            for version in self.needed
        }

    async def _reachable(self):
        return True

    async def _names(self, api_version):
        self.asked.append(self.clock())
        return api_version.rpartition("/")[2] in self.named

    def registered(self, version):
        return API_SERVICES.object_path("", f"{version}.a.example") in self.server.objects


@pytest.fixture
async def world():
    """The reconciler runs, and no timer of its own ends within a day."""
    world = World()
    running = asyncio.create_task(world.reconciler.run(DAY))
    await until(lambda: world.passes)
    yield world
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def test_a_change_registers_a_version_without_a_timer(world):
    began = world.clock()
    world.needed, world.named = {"v1"}, {"v1"}
    world.reconciler.changed()
    await until(lambda: world.registered("v1"))
    assert world.clock() - began < DAY, "the timer did not end"
    await advance(DAY / 2)
    assert world.passes == 2, "and nothing more is done until the next change"


async def test_a_version_is_registered_when_the_discovery_server_learns_of_it_a_moment_later(world):
    world.needed = {"v1"}
    world.reconciler.changed()
    await until(lambda: len(world.asked) == 3)
    assert not world.registered("v1")
    world.named = {"v1"}
    learnt = world.clock()
    await until(lambda: world.registered("v1"))
    assert world.clock() - learnt <= 2 * (learnt - world.asked[0]), "in proportion to how long it took"
    assert world.server.writes == [f"POST {API_SERVICES.path()}/v1.a.example"]


async def test_a_version_that_is_never_named_is_asked_for_ever_more_rarely(world):
    world.needed = {"v1"}
    world.reconciler.changed()
    await advance(DAY)
    assert len(world.asked) < 30
    assert not world.server.writes
    world.needed = set()
    world.reconciler.changed()
    asked = len(world.asked)
    await advance(DAY / 2)
    assert len(world.asked) == asked, "nobody needs it any more"


async def test_a_change_during_a_pass_leads_to_one_more_pass(world):
    passes = world.passes
    world.reconciler.changed()
    await until(lambda: world.passes == passes + 1)
    for version in ("v1", "v2"):
        world.needed.add(version)
        world.named.add(version)
        world.reconciler.changed()
    await until(lambda: world.registered("v1") and world.registered("v2"))
    assert world.passes == passes + 2
