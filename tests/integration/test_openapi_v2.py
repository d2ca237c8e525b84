"""OpenAPI v2 of real API servers that have no v3: what they keep is not reported, and what a CRD lacks is."""

from __future__ import annotations

import copy
import json

import pytest

from converter.catalog import Release, load_catalog
from converter.client import ApiServer
from converter.clusters.watched_crds import CRDS
from converter.controllers.schema_comparison import of_v2
from tests.waiting import until_passes

TEXT = {"type": "string"}
OPEN = "x-kubernetes-preserve-unknown-fields"
FIELDS = {
    "plain": TEXT,
    "nullable": {"type": "object", "nullable": True, "properties": {"a": TEXT}},
    "open": {"type": "object", OPEN: True, "properties": {"a": {"type": "object", "properties": {"b": TEXT}}}},
    "closed": {"type": "object"},
    "amount": {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]},
    "map": {"type": "object", "additionalProperties": {"type": "object", "properties": {"a": TEXT}}},
    "list": {"type": "array", "items": {"type": "object", "properties": {"a": TEXT, "b": TEXT}}},
    "template": {"type": "object", "x-kubernetes-embedded-resource": True, OPEN: True},
    "choice": {"type": "object", "properties": {"a": TEXT, "b": TEXT}, "oneOf": [{"required": ["a"]}]},
}
"""Everything that a structural schema can say of pruning."""


def crd(name, fields, **more):
    plural = f"{name}s"
    spec = {"type": "object", "properties": fields}
    schema = {"type": "object", "properties": {"spec": spec, "status": {"type": "object", OPEN: True}}, **more}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.swagger.example.org"},
        "spec": {
            "group": "swagger.example.org",
            "scope": "Namespaced",
            "names": {"plural": plural, "singular": name, "kind": name.title(), "listKind": f"{name.title()}List"},
            "versions": [version],
        },
    }


@pytest.fixture(scope="module", params=("1.16", "1.20"))
def release(request):
    return request.param


@pytest.fixture
async def document(apiservers, release):
    """The document of a server with two CRDs."""
    async with await ApiServer.connect(apiservers[release].kubeconfig) as server:
        made = [crd("whole", FIELDS), crd("loose", FIELDS, **{OPEN: True})]
        for manifest in made:
            await server.create(CRDS.path(), manifest)
        raw = [b""]

        async def has_both():
            raw[0] = (await server.get_if_changed("/openapi/v2", "")).content
            return b'"Whole"' in raw[0] and b'"Loose"' in raw[0]

        await until_passes(has_both)
        known = await server.get_if_changed("/openapi/v2", "")
        assert await server.get_if_changed("/openapi/v2", known.tag) is None, "the server knows the tag"
        yield raw[0]
        for manifest in made:
            path = CRDS.object_path("", manifest["metadata"]["name"])
            found = json.loads(await server.get(path))
            await server.delete(path, uid=found["metadata"]["uid"])


async def test_what_the_server_keeps_is_not_reported_and_what_it_lacks_is(document, release):
    same = [json.dumps(one).encode() for one in (crd("whole", FIELDS), crd("loose", FIELDS, **{OPEN: True}))]
    lost, published = of_v2(document, same, Release.parse(f"v{release}"), load_catalog())
    assert lost == {}, "neither of the custom resources nor of the kinds of Kubernetes"
    assert {"swagger.example.org/v1", "apps/v1"} <= published

    more = copy.deepcopy(FIELDS) | {"added": TEXT}
    more["list"]["items"]["properties"]["c"] = TEXT
    more["closed"]["properties"] = {"a": TEXT}
    newer = [json.dumps(crd(name, more)).encode() for name in ("whole", "loose")]
    lost, _ = of_v2(document, newer, None, load_catalog())
    fields = {"added": 1, "closed": {"f": {"a": 1}}, "list": {"i": {"f": {"c": 1}}}}
    assert lost == {("swagger.example.org/v1", "Whole"): {"f": {"spec": {"f": fields}}}}
