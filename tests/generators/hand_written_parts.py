"""What manifests written by hand are made of: metadata, pod templates, and a way to write any kind's spec down.

`fields` is the tool: an object with any of the given fields. So undefaulted manifests come by themselves, now and then
with null in a field's place, or with a field that no version knows. The makers of a kind are built from it in
`hand_written_<topic>.py`. A maker is a function of a random generator. `made_by` turns one into a Hypothesis strategy
that draws a single number for it: far cheaper than drawing every field, and as dense deep down as at the top.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

Json = Any
Maker = Callable[[random.Random], Json]

_THERE = 0.7
"""How likely an optional field is to be there."""


def made_by(maker: Maker) -> st.SearchStrategy[Json]:
    """A strategy for what a maker makes; the same number always gives the same."""
    return st.integers(min_value=0, max_value=2**32 - 1).map(lambda seed: maker(random.Random(seed)))


def one_of(*values: Json) -> Maker:
    """One of some values."""
    return lambda rng: rng.choice(values)


def any_of(*makers: Maker) -> Maker:
    """What one of some makers makes."""
    return lambda rng: rng.choice(makers)(rng)


NAMES = one_of("a", "web", "db-0", "x.y", "nginx")
TEXTS = one_of("", "a", "Prefix", "true", "0", "<b>&amp;", "naïve\u2028", 'say "no"', "80%")
INT32 = one_of(0, 1, 2, 5, 80, 600, 2_147_483_647)
BOOLS = one_of(True, False)
STATUSES = one_of("True", "False", "Unknown")
TIMES = one_of("2024-01-02T03:04:05Z", "1999-12-31T23:59:59Z")
INT_OR_STRING = one_of(0, 1, 5, "25%", "0%", "http")
QUANTITIES = one_of("0", "1", "100m", "1500m", "1Gi", "1k", "0.5", "2e3", 3, 1.5)

_JUNK = (None, {}, [], 0, "", "junk", {"deep": [{"er": 1}]})


def mapping(keys: tuple[str, ...], value: Maker, most: int = 2) -> Maker:
    """A map with some of the keys."""
    return lambda rng: {key: value(rng) for key in rng.sample(keys, rng.randint(0, min(most, len(keys))))}


LABELS = mapping(("app", "tier", "k8s.io/part"), TEXTS)


def fields(known: Mapping[str, Maker], *, need: Mapping[str, Maker] | None = None) -> Maker:
    """An object with all of ``need``, any of ``known``, now and then an unknown field."""
    required, optional = dict(need or {}), dict(known)

    def make(rng: random.Random) -> Json:
        made = {name: maker(rng) for name, maker in required.items()}
        made |= {name: maker(rng) for name, maker in optional.items() if rng.random() < _THERE}
        if rng.random() < 1 / 16:
            made["zzUnknown"] = rng.choice(_JUNK)
        return made

    return make


def nullable(inner: Maker) -> Maker:
    """A value, or, one time in eight, what often stands for none: null."""
    return lambda rng: None if rng.random() < 1 / 8 else inner(rng)


def several(item: Maker, most: int = 2) -> Maker:
    """A short list."""
    return lambda rng: [item(rng) for _ in range(rng.randint(0, most))]


def metadata(annotations: Mapping[str, Maker] | None = None) -> Maker:
    """An object's metadata, with any of some annotations."""
    notes = {"note": TEXTS, **(annotations or {})}

    def noted(rng: random.Random) -> Json:
        return {name: maker(rng) for name, maker in notes.items() if rng.random() < 1 / 2}

    return fields(
        {
            "namespace": NAMES,
            "labels": nullable(LABELS),
            "annotations": nullable(noted),
            "generation": INT32,
            "creationTimestamp": nullable(TIMES),
            "finalizers": several(NAMES, 1),
        },
        need={"name": NAMES},
    )


def selector() -> Maker:
    """A label selector, empty ones included."""
    operator = one_of("In", "NotIn", "Exists", "DoesNotExist")
    expression = fields({"values": several(TEXTS)}, need={"key": NAMES, "operator": operator})
    return fields({"matchLabels": LABELS, "matchExpressions": several(expression, 1)})


def pod_template() -> Maker:
    """A pod template: enough of one for what rules look at, with labels present or not."""
    limits = mapping(("cpu", "memory"), QUANTITIES)
    port = fields({"protocol": one_of("TCP")}, need={"containerPort": INT32})
    container = fields(
        {"image": one_of("nginx:1"), "ports": several(port, 1), "resources": fields({"limits": limits})},
        need={"name": NAMES},
    )
    return fields(
        {
            "metadata": nullable(fields({"labels": nullable(LABELS), "creationTimestamp": one_of(None)})),
            "spec": fields({"containers": several(container, 1), "restartPolicy": one_of("Always")}),
        }
    )


def conditions(*types: str) -> Maker:
    """Status conditions of some types."""
    condition = fields(
        {"lastTransitionTime": nullable(TIMES), "reason": TEXTS, "message": TEXTS},
        need={"type": one_of(*types), "status": STATUSES},
    )
    return several(condition)


def manifest(
    api_version: str,
    kind: str,
    spec: Maker | None = None,
    status: Maker | None = None,
    *,
    meta: Maker | None = None,
    **others: Maker,
) -> Maker:
    """A whole manifest: apiVersion, kind and metadata always, spec, status and any others mostly."""
    parts = {"spec": spec, "status": status, **others}
    optional = {name: nullable(part) for name, part in parts.items() if part is not None}
    need = {"apiVersion": one_of(api_version), "kind": one_of(kind), "metadata": meta or metadata()}
    return fields(optional, need=need)


def wrong_types(sample: Json) -> st.SearchStrategy[Json]:
    """Copies of a manifest in which one place below the top holds something of another type."""
    places = list(_places(sample))
    wrong = st.sampled_from(["text", 7, -1.5, True, [], ["text"], [[1]], {}, {"a": 1}, None])
    return st.builds(lambda place, value: _replace(sample, place, value), st.sampled_from(places), wrong)


def _places(node: Json, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [path] if path and path[0] not in ("apiVersion", "kind") else []
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        found += _places(value, (*path, key))
    return found


def _replace(node: Json, path: tuple[str | int, ...], value: Json) -> Json:
    if not path:
        return value
    if isinstance(node, dict):
        return {key: _replace(item, path[1:], value) if key == path[0] else item for key, item in node.items()}
    return [_replace(item, path[1:], value) if at == path[0] else item for at, item in enumerate(node)]
