"""What members lack, as the leader finds and stores it, and as replicas read it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from types import SimpleNamespace

import msgspec
import pytest

from converter.catalog import Release, load_catalog
from converter.client import Key
from converter.client.collections import WORKS
from converter.client.rest import Tagged
from converter.clusters import Cluster, Fleet, FleetView
from converter.clusters.member_schemas import (
    MAX_BYTES,
    collection,
    config_map,
    name_for,
    read_config_map,
    watch_member_schemas,
)
from converter.clusters.watched_crds import CRDS, WatchedCrds
from converter.controllers import member_documents
from converter.controllers.member_documents import MemberDocuments
from converter.controllers.member_schemas import MemberSchemas
from converter.karmada.names import CRDS_LABEL
from converter.rules.pruning import find
from tests.fakes.apiserver import FakeApiServer
from tests.waiting import until

SYSTEM = "karmada-system"
MAPS = collection(SYSTEM)
PROXY = "/apis/cluster.karmada.io/v1alpha1/clusters/{}/proxy"
ROOT = {"apiVersion": "acme.io/v1", "kind": "Gadget", "metadata": {"name": "g"}}
KEY = ("acme.io/v1", "Gadget")


def schema(*fields):
    spec = {"type": "object", "properties": {name: {"type": "string"} for name in fields}}
    return {"type": "object", "properties": {"spec": spec}}


def crd(*fields):
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "gadgets.acme.io"},
        "spec": {
            "group": "acme.io",
            "names": {"kind": "Gadget", "plural": "gadgets"},
            "versions": [{"name": "v1", "served": True, "schema": {"openAPIV3Schema": schema(*fields)}}],
        },
    }


class Member(FakeApiServer):
    """A control plane whose cluster proxy answers with what members serve.

    Attributes:
        unchanged: how often what has a tag was asked for, and had not changed.
    """

    unchanged = 0

    async def get_if_changed(self, path, tag):
        content = await self.get(path)
        found = hashlib.sha256(content).hexdigest()
        self.unchanged += found == tag
        return Tagged(content, found) if found != tag else None

    def serve(self, cluster, digest, *fields, kind="Gadget"):
        """Let a member serve a kind with these fields."""
        proxy = PROXY.format(cluster)
        path = f"/openapi/v3/apis/acme.io/v1?hash={digest}"
        self.objects[f"{proxy}/openapi/v3"] = {"paths": {"apis/acme.io/v1": {"serverRelativeURL": path}, "version": {}}}
        named = {"x-kubernetes-group-version-kind": [{"group": "acme.io", "version": "v1", "kind": kind}]}
        document = {"components": {"schemas": {"io.acme.v1.Gadget": {**schema(*fields), **named}}}}
        self.objects[f"{proxy}/openapi/v3/apis/acme.io/v1"] = document

    def serve_v2(self, cluster, **kinds):
        """Let a member older than v1.23 serve kinds of acme.io/v1, each with a schema of OpenAPI v2."""
        definitions = {}
        for kind, given in kinds.items():
            named = {"x-kubernetes-group-version-kind": [{"group": "acme.io", "version": "v1", "kind": kind}]}
            definitions[f"io.acme.v1.{kind}"] = {**given, **named}
        self.objects[f"{PROXY.format(cluster)}/openapi/v2"] = {"swagger": "2.0", "definitions": definitions}

    def documents_read(self):
        return [path for path in self.reads if path.endswith("/openapi/v3/apis/acme.io/v1")]

    def stored(self, cluster):
        found = self.objects.get(MAPS.object_path("", name_for(cluster)))
        return msgspec.json.decode(found["data"]["lacking.json"])["versions"] if found is not None else None


@pytest.fixture
def server():
    made = Member()
    made.collections |= {CRDS.resource, MAPS.resource}
    return made


@contextlib.asynccontextmanager
async def reading(server, *names, release=None):
    fleet = FleetView(Fleet.of(Cluster(name, {}, release=release) for name in names))
    crds = WatchedCrds(server, lambda _: None)
    schemas = MemberSchemas(server, fleet, crds.watch, load_catalog(), SYSTEM, interval=0.01)
    tasks = [asyncio.ensure_future(crds.run())]
    await until(crds.settled.is_set)
    tasks.append(asyncio.ensure_future(schemas.run()))
    try:
        yield fleet
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


LACKS_COLOR = {"acme.io/v1": {"Gadget": {"f": {"spec": {"f": {"color": 1}}}}}}


async def test_what_an_older_crd_lacks_is_stored_until_it_is_upgraded(server):
    await server.create(CRDS.path(), crd("size", "color"))
    server.serve("edge", "A", "size")
    async with reading(server, "edge"):
        await until(lambda: server.stored("edge") == LACKS_COLOR)
        server.serve("edge", "B", "size", "color")
        await until(lambda: server.stored("edge") is None)


async def test_a_document_is_read_once_for_all_members_and_looks(server):
    await server.create(CRDS.path(), crd("size", "color"))
    for name in ("edge", "near"):
        server.serve(name, "A", "size")
    async with reading(server, "edge"):
        await until(lambda: server.stored("edge") == LACKS_COLOR)
        index = f"{PROXY.format('edge')}/openapi/v3"
        looks = server.reads.count(index)
        await until(lambda: server.reads.count(index) > looks + 2)
        assert len(server.documents_read()) == 1


async def test_documents_that_are_known_have_a_bound(server, monkeypatch):
    monkeypatch.setattr(member_documents, "_CACHED", 3)
    await server.create(CRDS.path(), crd("size", "color"))
    documents = MemberDocuments(server, WatchedCrds(server, lambda _: None).watch, load_catalog())
    documents._crds.items[Key("", "gadgets.acme.io")] = SimpleNamespace(metadata=SimpleNamespace(generation=1))
    for number in range(10):
        server.serve("edge", f"hash{number}", "size")
        assert await documents.read(Cluster("edge", {}))
        assert len(documents._known) == min(number + 1, 3)


async def test_a_change_of_the_control_planes_crd_counts(server):
    await server.create(CRDS.path(), crd("size"))
    server.serve("edge", "A", "size")
    async with reading(server, "edge"):
        await until(server.documents_read)
        assert server.stored("edge") is None
        await server.patch(CRDS.object_path("", "gadgets.acme.io"), crd("size", "color"))
        await until(lambda: server.stored("edge") == LACKS_COLOR)


async def test_a_member_that_does_not_answer_keeps_what_is_stored(server):
    await server.create(CRDS.path(), crd("size", "color"))
    server.serve("edge", "A", "size")
    async with reading(server, "edge"):
        await until(lambda: server.stored("edge") == LACKS_COLOR)
        server.fail = lambda _method, path: (503, "down") if "/proxy/" in path else None
        before = len(server.reads)
        await until(lambda: len(server.reads) > before + 3)
        assert server.stored("edge") == LACKS_COLOR


async def test_a_cluster_that_leaves_leaves_nothing(server):
    await server.create(MAPS.path(), config_map(SYSTEM, "gone", {KEY: {"o": 1}}))
    await server.create(CRDS.path(), crd("size", "color"))
    server.serve("edge", "A", "size")
    async with reading(server, "edge") as fleet:
        await until(lambda: server.stored("edge") == LACKS_COLOR and server.stored("gone") is None)
        fleet.replace(Fleet())
        await until(lambda: server.stored("edge") is None)


def work_with(*manifests, cluster="old", name="crd"):
    return {
        "metadata": {"name": name, "namespace": f"karmada-es-{cluster}", "labels": {CRDS_LABEL: "true"}},
        "spec": {"workload": {"manifests": list(manifests)}},
    }


async def test_a_member_without_openapi_v3_has_the_crds_that_pass_to_it(server):
    await server.create(CRDS.path(), crd("size", "color"))
    await server.create(WORKS.path("karmada-es-old"), work_with({"kind": "Other"}, crd("size")))
    await server.create(WORKS.path("karmada-es-near"), work_with(crd(), cluster="near"))
    async with reading(server, "old"):
        await until(lambda: server.stored("old") == LACKS_COLOR)
        path = WORKS.object_path("karmada-es-old", "crd")
        await server.patch(path, {"spec": {"workload": {"manifests": [crd("size", "color")]}}})
        await until(lambda: server.stored("old") is None)


async def test_what_a_member_publishes_counts_more_than_what_passes_to_it(server):
    await server.create(CRDS.path(), crd("size", "color"))
    await server.create(WORKS.path("karmada-es-edge"), work_with(crd("color"), cluster="edge"))
    server.serve("edge", "A", "size")
    async with reading(server, "edge"):
        await until(lambda: server.stored("edge") == LACKS_COLOR)


async def test_without_a_crd_in_the_control_plane_the_one_that_passes_is_all_that_is_known(server):
    await server.create(WORKS.path("karmada-es-old"), work_with(crd("size")))
    async with reading(server, "old"):
        await until(lambda: server.stored("old"))
        (found,) = read_config_map(msgspec.json.encode(server.objects[MAPS.object_path("", name_for("old"))])).values()
        value = {**ROOT, "spec": {"size": "", "color": ""}, "more": 1}
        assert [one.path for one in find(found, value)] == [("spec", "color"), ("more",)]


async def test_a_member_without_openapi_v3_says_nothing(server):
    async with reading(server, "old", release=Release(1, 20)):
        await until(lambda: f"{PROXY.format('old')}/openapi/v3" in server.reads)
        assert server.stored("old") is None


async def test_an_older_member_publishes_one_document_for_all_versions(server):
    await server.create(CRDS.path(), crd("size", "color"))
    server.serve_v2("old", Gadget=schema("size"))
    async with reading(server, "old"):
        await until(lambda: server.stored("old") == LACKS_COLOR)
        await until(lambda: server.unchanged > 2)
        server.serve_v2("old", Gadget=schema("size", "color"))
        await until(lambda: server.stored("old") is None)


async def test_a_change_of_the_control_planes_crd_counts_for_an_older_member_too(server):
    await server.create(CRDS.path(), crd("size"))
    server.serve_v2("old", Gadget=schema("size"))
    async with reading(server, "old"):
        await until(lambda: server.unchanged > 1)
        await server.patch(CRDS.object_path("", "gadgets.acme.io"), crd("size", "color"))
        await until(lambda: server.stored("old") == LACKS_COLOR)


async def test_what_an_older_member_publishes_counts_more_than_what_passes_to_it(server):
    await server.create(CRDS.path(), crd("size", "color"))
    await server.create(WORKS.path("karmada-es-old"), work_with(crd("color")))
    server.serve_v2("old", Gadget=schema("size"))
    async with reading(server, "old"):
        await until(lambda: server.stored("old") == LACKS_COLOR)


@pytest.mark.parametrize(
    "given",
    [
        {"type": "object"},  # the whole custom resource is not pruned
        {"type": "object", "properties": {"spec": {}}},  # nullable, or keeps unknown fields
        {"type": "object", "properties": {"spec": {"x-kubernetes-preserve-unknown-fields": True, "type": "object"}}},
        {"type": "object", "properties": {"spec": {"type": "object", "additionalProperties": {"type": "string"}}}},
    ],
)
async def test_what_openapi_v2_leaves_out_counts_as_kept(server, given):
    await server.create(CRDS.path(), crd("size", "color"))
    server.serve_v2("old", Gadget=given)
    async with reading(server, "old"):
        await until(lambda: server.unchanged > 1)
        assert server.stored("old") is None


async def test_an_object_of_an_older_member_without_fields_drops_all(server):
    await server.create(CRDS.path(), crd("size"))
    server.serve_v2("old", Gadget={"type": "object", "properties": {"spec": {"type": "object"}}})
    async with reading(server, "old"):
        await until(lambda: server.stored("old") == {"acme.io/v1": {"Gadget": {"f": {"spec": {"f": {"size": 1}}}}}})


async def test_a_builtin_kind_of_an_older_member_is_compared_with_its_release(server):
    named = {"x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "ConfigMap"}]}
    text = {"type": "object", "additionalProperties": {"type": "string"}}
    meta = {"$ref": "#/definitions/meta"}
    config_map_schema = {
        "type": "object", **named,
        "properties": {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": meta, "data": text,
                       "binaryData": text},
    }  # fmt: skip
    document = {"definitions": {"v1.ConfigMap": config_map_schema, "meta": {"type": "object"}}}
    server.objects[f"{PROXY.format('old')}/openapi/v2"] = document
    async with reading(server, "old", release=Release(1, 20)):
        await until(lambda: server.stored("old") == {"v1": {"ConfigMap": {"f": {"immutable": 1}}}})


async def test_nothing_of_a_member_that_leaves_stays_in_memory(server):
    await server.create(CRDS.path(), crd("size", "color"))
    server.serve_v2("old", Gadget=schema("size"))
    fleet = FleetView(Fleet.of([Cluster("old", {})]))
    schemas = MemberSchemas(server, fleet, WatchedCrds(server, lambda _: None).watch, load_catalog(), SYSTEM)
    await schemas._documents.read(fleet.current["old"])
    assert list(schemas._documents._swaggers) == ["old"]
    fleet.replace(Fleet())
    await schemas._forget_others()
    assert not schemas._documents._swaggers


async def test_replicas_learn_it_from_the_config_map(server):
    told = []
    watch = watch_member_schemas(server, SYSTEM, lambda name, lacking: told.append((name, sorted(lacking))))
    await server.create(MAPS.path(), config_map(SYSTEM, "edge", {KEY: {"o": 1}}))
    task = asyncio.ensure_future(watch.run())
    try:
        await until(lambda: told == [("edge", [KEY])])
        stored = server.objects[MAPS.object_path("", name_for("edge"))]
        await server.delete(MAPS.object_path("", name_for("edge")), uid=stored["metadata"]["uid"])
        await until(lambda: told[1:] == [("edge", [])])
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(
    "data", [None, {}, {"lacking.json": "{"}, {"lacking.json": '{"format": 9, "versions": {"a/v1": {"A": {"o": 1}}}}'}]
)
def test_a_config_map_of_another_form_counts_as_empty(data):
    assert read_config_map(msgspec.json.encode({"data": data})) == {}


def test_what_is_stored_of_a_cluster_has_a_bound():
    large = {"f": {f"field{number}": 1 for number in range(10_000)}}
    stored = config_map(SYSTEM, "edge", {("acme.io/v1", f"Kind{number:03}"): large for number in range(100)})
    assert 0 < len(read_config_map(msgspec.json.encode(stored))) < 100
    assert len(stored["data"]["lacking.json"]) < MAX_BYTES + (64 << 10)
