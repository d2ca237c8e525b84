"""CRDs of the control plane as they come, go and change."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from converter.clusters.watched_crds import CRDS, WatchedCrds, read_kinds
from tests.fakes.apiserver import FakeApiServer
from tests.waiting import until


def crd(name, versions, generation=1, *, strategy="None"):
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}}}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{name}s.acme.io", "generation": generation},
        "spec": {
            "group": "acme.io",
            "scope": "Namespaced",
            "names": {"kind": name.title(), "plural": f"{name}s"},
            "conversion": {"strategy": strategy},
            "versions": [{"name": version, "served": True, "schema": schema} for version in versions],
        },
    }


@pytest.fixture
def server():
    made = FakeApiServer()
    made.collections.add(CRDS.resource)
    return made


@contextlib.asynccontextmanager
async def watching(server):
    told = []
    crds = WatchedCrds(server, told.append)
    task = asyncio.ensure_future(crds.run())
    try:
        await until(crds.settled.is_set)
        yield crds, told
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def kinds(told):
    return [[kind.kind for kind in kinds] for kinds in told]


async def test_the_first_list_is_told_once(server):
    for name in ("gadget", "widget"):
        await server.create(CRDS.path(), crd(name, ["v1", "v1alpha1"]))
    await server.create(CRDS.path(), crd("single", ["v1"]))
    async with watching(server) as (crds, told):
        assert kinds(told) == [["Gadget", "Widget"]]
        assert not crds.missing


async def test_changes_are_told(server):
    async with watching(server) as (_, told):
        await server.create(CRDS.path(), crd("gadget", ["v1", "v1alpha1"]))
        await until(lambda: kinds(told) == [["Gadget"]])
        changed = crd("gadget", ["v1", "v1beta1"], generation=2)
        await server.patch(CRDS.object_path("", "gadgets.acme.io"), changed)
        await until(lambda: len(told) == 2)
        assert told[-1][0].versions == ("acme.io/v1", "acme.io/v1beta1")
        stored = server.objects[CRDS.object_path("", "gadgets.acme.io")]
        await server.delete(CRDS.object_path("", "gadgets.acme.io"), uid=stored["metadata"]["uid"])
        await until(lambda: kinds(told)[2:] == [[]])


async def test_a_write_of_the_status_reads_nothing(server):
    await server.create(CRDS.path(), crd("gadget", ["v1", "v1alpha1"]))
    async with watching(server) as (_, told):
        path = CRDS.object_path("", "gadgets.acme.io")
        await server.patch(f"{path}/status", {"status": {"acceptedNames": {"kind": "Gadget"}}})
        await server.create(CRDS.path(), crd("widget", ["v1", "v1alpha1"]))
        await until(lambda: kinds(told)[1:] == [["Gadget", "Widget"]])
        assert server.reads.count(path) == 1


async def test_a_crd_that_cannot_be_read_is_left_out(server):
    broken = crd("gadget", ["v1", "v1alpha1"])
    broken["spec"]["names"] = {}
    await server.create(CRDS.path(), broken)
    await server.create(CRDS.path(), crd("widget", ["v1", "v1alpha1"]))
    async with watching(server) as (_, told):
        assert kinds(told) == [["Widget"]]


async def test_without_the_right_nothing_is_waited_for(server):
    server.fail = lambda _method, _path: (403, "Forbidden")
    async with watching(server) as (crds, told):
        assert not told
        assert not crds.missing


async def test_an_outage_is_waited_for_and_ends(server):
    await server.create(CRDS.path(), crd("gadget", ["v1", "v1alpha1"]))
    failures = iter([(503, "down")])
    path = CRDS.object_path("", "gadgets.acme.io")
    server.fail = lambda _method, asked: next(failures, None) if asked == path else None
    async with watching(server) as (_, told):
        assert kinds(told) == [["Gadget"]]


async def test_all_are_read_once(server):
    assert await read_kinds(server) == ()
    await server.create(CRDS.path(), crd("gadget", ["v1", "v1alpha1"]))
    await server.create(CRDS.path(), crd("single", ["v1"]))
    assert [kind.kind for kind in await read_kinds(server)] == ["Gadget"]
    server.fail = lambda _method, _path: (403, "Forbidden")
    assert await read_kinds(server) == ()
