"""APIServices on a real API server: registered when needed, mended, left where they are not ours, and removed."""

from __future__ import annotations

import msgspec
import pytest

from converter.client import ApiServer
from converter.client.collections import API_SERVICES
from converter.controllers.apiservices import LINGER, PATIENCE, APIServiceReconciler
from converter.controllers.discovery_server import Backend
from converter.controllers.needed_versions import native_versions
from converter.discovery import Named, read_registered
from converter.kube import GroupVersionKind

BACKEND = Backend("karmada-system", "converter-discovery", 443, "Zm9v")


def named(api_version):
    return Named(GroupVersionKind.of(api_version, "CronJob"), "cronjobs", True, "batch/v1")


class World:
    """What the registrar is told."""

    def __init__(self, server):
        self.now = 0.0
        self.up = True
        self.needed = frozenset({("batch", "v1beta1"), ("extensions", "v1beta1")})
        self.unnamed = set()
        self.in_use = set()
        self.server = server
        self.registrar = APIServiceReconciler(
            server,
            backend=lambda: BACKEND,
            needed=self._needed,
            reachable=self._reachable,
            names=self._names,
            in_use=lambda: self.in_use,
            clock=lambda: self.now,
        )

    async def _needed(self):
        return {(group, version): (named(f"{group}/{version}"),) for group, version in self.needed}

    async def _names(self, api_version):
        return api_version not in self.unnamed

    async def _reachable(self):
        return self.up

    async def services(self):
        answer = await self.server.get(API_SERVICES.path())
        return {item["metadata"]["name"]: item for item in msgspec.json.decode(answer)["items"]}

    async def ours(self):
        return {name for name, item in (await self.services()).items() if "service" in item["spec"]}


@pytest.fixture
async def world(apiservers):
    async with await ApiServer.connect(apiservers["1.36"].kubeconfig) as server:
        world = World(server)
        yield world
        for name, item in (await world.services()).items():
            if "service" in item["spec"]:
                await server.delete(API_SERVICES.object_path("", name), uid=item["metadata"]["uid"])


async def test_what_is_needed_is_registered_with_the_lowest_priorities(world):
    await world.registrar.reconcile()
    assert await world.ours() == {"v1beta1.batch", "v1beta1.extensions"}
    spec = (await world.services())["v1beta1.batch"]["spec"]
    assert (spec["groupPriorityMinimum"], spec["versionPriority"]) == (1, 1)
    assert spec["service"] == {"namespace": "karmada-system", "name": "converter-discovery", "port": 443}


async def test_a_second_round_changes_nothing(world):
    await world.registrar.reconcile()
    before = {
        name: item["metadata"]["resourceVersion"]
        for name, item in (await world.services()).items()
        if "service" in item["spec"]
    }
    specs = {
        name: item["metadata"]["uid"] for name, item in (await world.services()).items() if "service" in item["spec"]
    }
    await world.registrar.reconcile()
    after = await world.services()
    assert {name: after[name]["metadata"]["uid"] for name in before} == specs
    assert {name: after[name]["spec"]["versionPriority"] for name in before} == dict.fromkeys(before, 1)


async def test_what_someone_changed_is_repaired(world):
    await world.registrar.reconcile()
    path = API_SERVICES.object_path("", "v1beta1.batch")
    await world.server.patch(path, {"spec": {"caBundle": "YmFy"}})
    await world.registrar.reconcile()
    assert (await world.services())["v1beta1.batch"]["spec"]["caBundle"] == "Zm9v"


async def test_the_control_plane_s_own_versions_are_left_alone(world):
    world.needed = frozenset({("apps", "v1")})
    await world.registrar.reconcile()
    assert await world.ours() == set()
    assert (await world.services())["v1.apps"]["spec"].get("service") is None


async def test_what_is_no_longer_needed_lingers_and_goes(world):
    await world.registrar.reconcile()
    world.needed = frozenset({("batch", "v1beta1")})
    await world.registrar.reconcile()
    assert await world.ours() == {"v1beta1.batch", "v1beta1.extensions"}
    world.now += LINGER
    await world.registrar.reconcile()
    assert await world.ours() == {"v1beta1.batch"}


async def test_an_unreachable_server_s_services_go_in_time_and_come_back_with_it(world):
    await world.registrar.reconcile()
    world.up = False
    await world.registrar.reconcile()
    assert await world.ours() == {"v1beta1.batch", "v1beta1.extensions"}
    world.now += PATIENCE
    await world.registrar.reconcile()
    assert await world.ours() == set()
    world.up = True
    await world.registrar.reconcile()
    assert await world.ours() == {"v1beta1.batch", "v1beta1.extensions"}


async def test_native_versions_are_what_the_control_plane_serves_without_us(world):
    await world.registrar.reconcile()
    native = await native_versions(world.server)
    assert native["CronJob"] == {"batch/v1"}
    assert native["Ingress"] == {"networking.k8s.io/v1"}
    assert native["HorizontalPodAutoscaler"] == {"autoscaling/v1", "autoscaling/v2"}


async def test_a_version_is_registered_once_the_server_names_it(world):
    world.unnamed = {"extensions/v1beta1"}
    await world.registrar.reconcile()
    assert await world.ours() == {"v1beta1.batch"}
    world.unnamed = set()
    await world.registrar.reconcile()
    assert await world.ours() == {"v1beta1.batch", "v1beta1.extensions"}


async def test_a_version_that_the_server_no_longer_names_goes_in_time(world):
    await world.registrar.reconcile()
    world.unnamed = {"extensions/v1beta1"}
    world.now += PATIENCE
    await world.registrar.reconcile()
    assert await world.ours() == {"v1beta1.batch", "v1beta1.extensions"}
    world.now += PATIENCE
    await world.registrar.reconcile()
    await world.registrar.reconcile()
    assert await world.ours() == {"v1beta1.batch"}, "and does not come back as long as the server does not name it"


async def test_what_works_have_stays_with_its_names_when_no_rule_names_it_any_more(world):
    await world.registrar.reconcile()
    world.needed, world.in_use = frozenset(), {"batch/v1beta1"}
    for _ in range(2):
        await world.registrar.reconcile()
        world.now += LINGER
    assert await world.ours() == {"v1beta1.batch"}
    service = (await world.services())["v1beta1.batch"]
    assert read_registered(msgspec.json.encode(service)) == (named("batch/v1beta1"),)
    world.in_use = set()
    await world.registrar.reconcile()
    world.now += LINGER
    await world.registrar.reconcile()
    assert await world.ours() == set()


async def test_an_older_release_s_service_gets_the_names(world):
    await world.registrar.reconcile()
    path = API_SERVICES.object_path("", "v1beta1.batch")
    await world.server.patch(path, {"metadata": {"annotations": None}})
    await world.registrar.reconcile()
    service = (await world.services())["v1beta1.batch"]
    assert read_registered(msgspec.json.encode(service)) == (named("batch/v1beta1"),)
