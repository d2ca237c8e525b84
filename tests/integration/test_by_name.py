"""Conversion by name alone gives what a real API server answers for a CRD with conversion.strategy None.

A server that is asked for another version fills in no defaults of that one; the server that gets the object does.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from converter.config import Configuration
from converter.engine import Engine
from converter.rules.by_name import custom_kind
from tests.controlplanes.client import ApiError
from tests.ecosystem import server
from tests.fuzz.test_by_name import state_objects
from tests.generators.crd_pairs import UNNAMED, filled, holders, pair, value
from tests.nonempty import some

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.controlplanes.client import Client
    from tests.controlplanes.servers import ApiServers

PAIRS = 8
OBJECTS = 6
VERSIONS = ("v1", "v1beta1")


def crd(seed: int) -> dict[str, Any]:
    """Make a CRD with two versions, whose defaults differ in places."""
    rng = random.Random(seed)
    schemas = pair(rng)
    for schema in schemas:
        state_objects(rng, schema)
        for holder in holders(schema):
            holder.pop(UNNAMED, None)
            for below in holder["properties"].values():
                if below.get("default") == {} and "required" in below:
                    del below["default"]  # a server takes no default that it would refuse as a value
    kind = f"Thing{seed}"
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "spec": {
            "group": "by-name.example",
            "names": {"kind": kind, "plural": f"{kind.lower()}s"},
            "scope": "Cluster",
            "versions": [
                {"name": name, "schema": {"openAPIV3Schema": schema}}
                for name, schema in zip(VERSIONS, schemas, strict=True)
            ],
        },
    }


def answered(client: Client, path: str, manifest: dict[str, Any], target: str) -> dict[str, Any] | None:
    """Create an object, and read it in another version; None if the server refuses it."""
    source = manifest["apiVersion"].rpartition("/")[2]
    group = f"{source}.by-name.example"
    try:
        client.raw("POST", f"/apis/{group}/{source}/{path}", {**manifest, "apiVersion": f"{group}/{source}"})
    except ApiError:
        return None
    found: dict[str, Any] = client.raw("GET", f"/apis/{group}/{target}/{path}/{manifest['metadata']['name']}")
    return {key: below for key, below in found.items() if key not in {"apiVersion", "kind", "metadata"}}


def test_a_real_server_answers_the_same(apiservers: ApiServers, report_count: Callable[[str], None]) -> None:
    client = apiservers["1.36"].client
    crds = [crd(seed) for seed in range(PAIRS)]
    server.install(client, crds)
    compared = written = 0
    for seed, document in some(enumerate(crds)):
        rng = random.Random(seed)
        schemas = {one["name"]: one["schema"]["openAPIV3Schema"] for one in document["spec"]["versions"]}
        document["metadata"] = {"name": f"{document['spec']['names']['plural']}.by-name.example"}
        engine = Engine(Configuration.read([])).with_kinds([custom_kind(document)])
        for source, target in (VERSIONS, VERSIONS[::-1]):
            for number in range(OBJECTS):
                body = value(schemas[source], rng, rng.choice([0.0, 0.3, 0.7]))
                given = {
                    "apiVersion": f"by-name.example/{source}",
                    "kind": document["spec"]["names"]["kind"],
                    "metadata": {"name": f"{source}-{number}"},
                    **body,
                }
                wanted = answered(client, document["spec"]["names"]["plural"], given, target)
                if wanted is None:
                    continue
                made = engine.convert(given, f"by-name.example/{target}").manifest
                got = {key: below for key, below in made.items() if key not in {"apiVersion", "kind", "metadata"}}
                assert filled(got, schemas[target]) == filled(wanted, schemas[target]), (
                    f"seed {seed} to {target}: {given}\n{schemas}"
                )
                compared += 1
                written += made.get("spec") != given.get("spec")
    report_count(f"{compared} compared, {written} with another spec")
    assert compared > PAIRS
    assert written
