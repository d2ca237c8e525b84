"""Conversion by name alone gives what an API server answers: it fills in, converts, drops and fills in again."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Any

from converter.config import Configuration
from converter.engine import Engine
from converter.kube import copy_json
from converter.rules.by_name import custom_kind
from converter.rules.pruning import EVERYTHING, compare, find, keeps
from tests.generators.crd_pairs import filled, holders, pair, value
from tests.sizes import cases

if TYPE_CHECKING:
    from collections.abc import Callable

PAIRS = 3000
OBJECTS = 6


def state_objects(rng: random.Random, schema: dict[str, Any]) -> None:
    """Let some objects be there by default, as controller-gen writes ``default: {}``."""
    for holder in holders(schema):
        for name, below in holder["properties"].items():
            if name != "spec" and below.get("properties") and rng.random() < 0.3:
                below["default"] = {}


def pruned(given: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Drop what a server does not keep."""
    made, difference = copy_json(given), compare(EVERYTHING, keeps(schema))
    for found in find(difference, made) if difference is not None else ():
        del found.holder[str(found.path[-1])]
    return made


def engine_of(schemas: dict[str, dict[str, Any]]) -> Engine:
    names = {"kind": "Thing", "plural": "things"}
    versions = [{"name": name, "served": True, "schema": {"openAPIV3Schema": one}} for name, one in schemas.items()]
    document = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.a.io"},
        "spec": {"group": "a.io", "names": names, "scope": "Namespaced", "versions": versions},
    }
    return Engine(Configuration.read([])).with_kinds([custom_kind(document)])


def test_it_is_what_a_server_answers(report_count: Callable[[str], None]) -> None:
    counts: Counter[str] = Counter()
    for seed in range(cases(PAIRS)):
        rng = random.Random(seed)
        schemas = dict(zip(("v1", "v1beta1"), pair(rng), strict=True))
        for schema in schemas.values():
            state_objects(rng, schema)
        engine = engine_of(schemas)
        for source, target in (("v1", "v1beta1"), ("v1beta1", "v1")):
            for _ in range(OBJECTS):
                given = value(schemas[source], rng, rng.choice([0.0, 0.3, 0.7, 1.0]))
                manifest = {"apiVersion": f"a.io/{source}", "kind": "Thing", "metadata": {"name": "a"}, **given}
                there = engine.convert(manifest, f"a.io/{target}")
                answer = pruned(filled(pruned(given, schemas[source]), schemas[source]), schemas[target])
                wanted = filled(answer, schemas[target])
                got = {key: below for key, below in there.manifest.items() if key in wanted}
                assert filled(got, schemas[target]) == wanted, f"seed {seed} to {target}: {given}\n{schemas}"
                assert (
                    engine.convert(there.manifest, manifest["apiVersion"], there.conversion_data).manifest == manifest
                )
                counts["written" if got != pruned(given, schemas[target]) else "the same"] += 1
    report_count(f"{dict(counts)}")
    assert counts["written"]
    assert counts["the same"]
