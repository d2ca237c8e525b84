"""Hypothesis strategies for manifests: metadata, pod templates, and a way to write any kind's spec down.

`fields` is the tool: an object with any subset of the given fields, so that undefaulted manifests come by themselves,
now and then with null or an empty container in a field's place, or with a field no version knows. A kind's
strategies are built from it, in this module or in one named `strategies_<topic>.py` beside it. Everything here is kept
cheap: a small alphabet, small lists, no filters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = Any
Strategy = st.SearchStrategy[Any]

NAMES = st.sampled_from(["a", "web", "db-0", "x.y", "nginx"])
TEXTS = st.sampled_from(["", "a", "Prefix", "true", "0", "<b>&amp;", "naïve\u2028", 'say "no"', "80%"])
INT32 = st.sampled_from([0, 1, 2, 5, 80, 600, 2_147_483_647])
BOOLS = st.booleans()
STATUSES = st.sampled_from(["True", "False", "Unknown"])
TIMES = st.sampled_from(["2024-01-02T03:04:05Z", "1999-12-31T23:59:59Z"])
INT_OR_STRING = st.sampled_from([0, 1, 5, "25%", "0%", "http"])
QUANTITIES = st.sampled_from(["0", "1", "100m", "1500m", "1Gi", "1k", "0.5", "2e3", 3, 1.5])
LABELS = st.dictionaries(st.sampled_from(["app", "tier", "k8s.io/part"]), TEXTS, max_size=2)

_JUNK: Json = st.sampled_from([None, {}, [], 0, "", "junk", {"deep": [{"er": 1}]}])
_EMPTY: Json = st.sampled_from([None, {}, []])


def fields(known: Mapping[str, Strategy], *, need: Mapping[str, Strategy] | None = None) -> Strategy:
    """An object with all of ``need``, any of ``known``, now and then an unknown field."""
    optional = {**known, "zzUnknown": _JUNK} if known else {}
    return st.fixed_dictionaries(dict(need or {}), optional=optional)


def nullable(inner: Strategy) -> Strategy:
    """A value, or what often stands for none: null."""
    return st.none() | inner


def hollow(inner: Strategy) -> Strategy:
    """A value, or null, or an empty container of either sort, which may be of the wrong type for the field."""
    return inner | _EMPTY


def several(item: Strategy, most: int = 2) -> Strategy:
    """A short list."""
    return st.lists(item, max_size=most)


def metadata(**annotations: Strategy) -> Strategy:
    """An object's metadata; ``annotations`` maps names (as ``a_b`` cannot hold dots, pass ``**{...}``) to values."""
    notes = st.fixed_dictionaries({}, optional={"note": TEXTS, **annotations})
    return fields(
        {
            "namespace": NAMES,
            "labels": nullable(LABELS),
            "annotations": nullable(notes),
            "resourceVersion": st.just("7"),
            "generation": INT32,
            "creationTimestamp": nullable(TIMES),
            "finalizers": several(NAMES, 1),
        },
        need={"name": NAMES},
    )


def selector() -> Strategy:
    """A label selector, empty ones included."""
    expression = fields(
        {"values": several(TEXTS)},
        need={"key": NAMES, "operator": st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist"])},
    )
    return st.fixed_dictionaries({}, optional={"matchLabels": LABELS, "matchExpressions": several(expression, 1)})


def pod_template() -> Strategy:
    """A pod template: enough of one for what rules look at, with labels present or not."""
    limits = st.dictionaries(st.sampled_from(["cpu", "memory"]), QUANTITIES, max_size=1)
    container = fields(
        {
            "image": st.just("nginx:1"),
            "ports": several(fields({"protocol": st.just("TCP")}, need={"containerPort": INT32}), 1),
            "resources": fields({"limits": limits}),
        },
        need={"name": NAMES},
    )
    return fields(
        {
            "metadata": nullable(fields({"labels": nullable(LABELS), "creationTimestamp": st.none()})),
            "spec": fields({"containers": several(container, 1), "restartPolicy": st.just("Always")}),
        }
    )


def conditions(*types: str) -> Strategy:
    """Status conditions of some types."""
    return several(
        fields(
            {"lastTransitionTime": nullable(TIMES), "reason": TEXTS, "message": TEXTS},
            need={
                "type": st.sampled_from(types or ("Ready",)),
                "status": st.sampled_from(["True", "False", "Unknown"]),
            },
        )
    )


def manifest(
    api_version: str,
    kind: str,
    spec: Strategy | None = None,
    status: Strategy | None = None,
    *,
    meta: Strategy | None = None,
    **others: Strategy,
) -> Strategy:
    """A whole manifest: apiVersion, kind and metadata always, spec, status and any others now and then."""
    optional = {
        name: nullable(part) for name, part in {"spec": spec, "status": status, **others}.items() if part is not None
    }
    need = {"apiVersion": st.just(api_version), "kind": st.just(kind), "metadata": metadata() if meta is None else meta}
    return st.fixed_dictionaries(need, optional=optional)


def wrong_types(sample: Json) -> Strategy:
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
