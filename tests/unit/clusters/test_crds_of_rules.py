"""CRDs of the groups of rules: only those are read, each set once, and few stay in memory."""

from __future__ import annotations

import msgspec
import pytest

from converter.client import Informer, Key
from converter.clusters.crds_of_rules import _CACHED, RuleProver, prove_rules, read_crds_of
from converter.clusters.watched_crds import CRDS, decode_head
from converter.rule_objects import read_object, rules_of
from tests.fakes.apiserver import FakeApiServer


def rules(group="example.com", steps=()):
    spec = {"kind": "Thing", "between": [f"{group}/v1", f"{group}/v2"], "steps": list(steps)}
    return rules_of(
        read_object(msgspec.json.encode({"kind": "ConversionRule", "metadata": {"name": "r"}, "spec": spec}))
    )


def crd(group="example.com", v1=("size",), v2=("size",)):
    versions = []
    for name, fields in (("v1", v1), ("v2", v2)):
        spec = {"type": "object", "properties": {field: {"type": "string"} for field in fields}}
        schema = {"type": "object", "properties": {"spec": spec}}
        versions.append({"name": name, "served": True, "schema": {"openAPIV3Schema": schema}})
    names = {"plural": "things", "kind": "Thing"}
    spec = {"group": group, "scope": "Namespaced", "names": names, "versions": versions}
    return {"metadata": {"name": f"things.{group}", "uid": group, "generation": 1}, "spec": spec}


@pytest.fixture
def server():
    made = FakeApiServer()
    made.collections.add(CRDS.resource)
    return made


class Known:
    """A prover, and the CRDs that it knows."""

    def __init__(self, server):
        self.server = server
        self.crds = Informer(server, CRDS, decode_head, metadata_only=True)
        self.prover = RuleProver(server, self.crds)

    def add(self, manifest):
        name = manifest["metadata"]["name"]
        self.server.objects[CRDS.object_path("", name)] = manifest
        self.crds.items[Key("", name)] = decode_head(msgspec.json.encode(manifest))


async def test_only_crds_of_the_group_are_read(server):
    known = Known(server)
    known.add(crd())
    known.add(crd("other.com"))
    assert (await known.prover.prove(rules())).compared == 1
    assert server.reads == [CRDS.object_path("", "things.example.com")]


async def test_few_sets_of_crds_stay_in_memory(server):
    known = Known(server)
    for number in range(3 * _CACHED):
        known.add(crd(f"g{number}.com"))
        await known.prover.prove(rules(f"g{number}.com"))
        assert len(known.prover._read) == min(number + 1, _CACHED)


async def test_a_crd_that_is_deleted_meanwhile_has_no_schema(server):
    known = Known(server)
    known.add(crd())
    del server.objects[CRDS.object_path("", "things.example.com")]
    assert await known.prover.prove(rules()) == ((), 0)


async def test_crds_are_read_once_by_a_command(server):
    server.objects[CRDS.object_path("", "things.example.com")] = crd(v1=("size", "color"))
    server.objects[CRDS.object_path("", "things.other.com")] = crd("other.com")
    proof = prove_rules(rules(), await read_crds_of(server, rules()))
    assert proof.compared == 1
    (line,) = proof.open_fields
    assert "spec.color" in line
    assert not line.startswith("rule r")
    assert CRDS.object_path("", "things.other.com") not in server.reads
