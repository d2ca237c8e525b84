"""An informer on a real API server: whole objects, only their metadata, and what a change of either becomes."""

from __future__ import annotations

import asyncio
import contextlib

import msgspec
import pytest

from converter.client import ApiServer, Collection, Informer, Key
from converter.client.collections import OVERFLOW_OBJECTS
from converter.controllers.overflow_store import overflow_metadata, owner_key
from converter.karmada.names import OVERFLOW_LABEL
from tests.waiting import until

CONFIG_MAPS = Collection("/api/v1", "configmaps")
NAMESPACE = "default"


@pytest.fixture(params=["1.24", "1.36"])
async def server(request, apiservers):
    async with await ApiServer.connect(apiservers[request.param].kubeconfig) as server:
        yield server


@contextlib.asynccontextmanager
async def running(informer):
    task = asyncio.ensure_future(informer.run())
    try:
        await asyncio.wait_for(informer.synced.wait(), 30)
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@contextlib.asynccontextmanager
async def created(server, collection, thing):
    made = msgspec.json.decode(await server.create(collection.path(NAMESPACE), thing))
    path = collection.object_path(NAMESPACE, made["metadata"]["name"])
    try:
        yield made
    finally:
        with contextlib.suppress(Exception):
            await server.delete(path, uid=made["metadata"]["uid"])


async def test_overflow_objects_are_known_by_their_metadata_alone(server):
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "work"}}
    informer = Informer(
        server,
        OVERFLOW_OBJECTS,
        overflow_metadata,
        selector=f"{OVERFLOW_LABEL}=true",
        metadata_only=True,
        index=owner_key,
    )
    sizes = []
    seen, informer._decode = informer._decode, lambda raw: sizes.append(len(raw)) or seen(raw)
    async with created(server, CONFIG_MAPS, owner) as work:
        reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "work", "uid": work["metadata"]["uid"]}

        def overflow(name):
            metadata = {"name": name, "labels": {OVERFLOW_LABEL: "true"}, "ownerReferences": [reference]}
            body = {"revision": 1, "data": {"conversionData": "x" * 200_000}}
            return {"apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": metadata, **body}

        async with created(server, OVERFLOW_OBJECTS, overflow("listed")) as listed, running(informer):
            key = Key(NAMESPACE, "work")
            assert [found.uid for found in informer.by_index(key).values()] == [listed["metadata"]["uid"]]
            async with created(server, OVERFLOW_OBJECTS, overflow("watched")) as watched:
                await until(lambda: len(informer.by_index(key)) == 2)
                found = informer.by_index(key)[Key(NAMESPACE, "watched")]
                assert found.work_uid == work["metadata"]["uid"]
                assert found.resource_version == watched["metadata"]["resourceVersion"]
            await until(lambda: len(informer.by_index(key)) == 1)
    assert len(sizes) == 2
    assert max(sizes) < 10_000, "the data was not sent"
