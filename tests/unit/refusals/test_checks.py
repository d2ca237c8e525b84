"""What is decided fast about a manifest is never wrong: whatever is not suspected, no check refuses.

The manifest's JSON and the decoded manifest give the same decision.
"""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converter.catalog import DEFAULT_GATES, Release
from converter.kube import GroupVersionKind
from tests.generators.refused import CASES
from tests.nonempty import some

RELEASES = tuple(Release(1, minor) for minor in (16, 18, 22, 24, 26, 29, 36))
CLASS = "kubernetes.io/ingress.class"
ODD = (None, "", "0", 0, 1, -1, 0.0, True, "a", [], {}, "x" * 300, "Ä", "a\n", "*", [None], {"a": None})
"""Values that no check may trip over, wherever they are."""


def ingress(api_version):
    """An Ingress that no release refuses for what the checks look at."""
    new = {"service": {"name": "web", "port": {"name": "http"}}}
    old = {"serviceName": "web", "servicePort": "http"}
    backend = new if api_version == "networking.k8s.io/v1" else old
    numbered = {"service": {"name": "web", "port": {"number": 80}}} if backend is new else old
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend}, {"pathType": "Exact", "backend": numbered}]
    return {
        "apiVersion": api_version,
        "kind": "Ingress",
        "metadata": {"name": "shop", "annotations": {"note": "x"}},
        "spec": {
            "rules": [{"host": "shop.example.com", "http": {"paths": paths}}, {"host": "*.example.com"}],
            "tls": [{"hosts": ["shop.example.com"], "secretName": "shop-tls"}],
            ("defaultBackend" if backend is new else "backend"): backend,
        },
    }


def autoscaler(api_version):
    """An autoscaler that no release refuses for what the checks look at."""
    value = {"targetValue": "10"} if api_version.endswith("v2beta1") else {"target": {"type": "Value", "value": "10"}}
    metrics = {} if api_version.endswith("/v1") else {"metrics": [{"type": "Object", "object": value}]}
    return {"apiVersion": api_version, "kind": "HorizontalPodAutoscaler", "spec": {"minReplicas": 1, **metrics}}


def cronjob(api_version):
    """A CronJob whose schedule names no zone."""
    return {"apiVersion": api_version, "kind": "CronJob", "spec": {"schedule": "0 * * * *", "timeZone": "UTC"}}


ORDINARY = [
    *map(ingress, ("networking.k8s.io/v1", "networking.k8s.io/v1beta1", "extensions/v1beta1")),
    *(autoscaler(f"autoscaling/{version}") for version in ("v1", "v2", "v2beta1", "v2beta2")),
    *map(cronjob, ("batch/v1", "batch/v1beta1")),
]
WRONG = {
    "path": ("a", " /", "*"),
    "pathType": (),
    "name": ("Web", "a--b", "-a", "1", "x" * 16, "web-1"),
    "number": (0,),
    "secretName": ("Shop", "-", "a..b", "a.b"),
    "service": ({"name": "web"}, {"name": "web", "port": {}}),
    "value": ("0.0", "0Ki", ".0", "0e3", "-0", "00"),
    "targetValue": ("0.0", "0Ki", "1"),
    "minReplicas": (),
    "schedule": ("TZ=UTC 0 * * * *", "CRON_TZ=UTC 0 * * * *"),
}
"""By the name of a field: values that a check refuses, and a few that it takes."""

ADDED = {
    "annotations": {CLASS: ("nginx", "other", None)},
    "spec": {"ingressClassName": ("nginx", None), "metrics": (), "tls": (), "rules": ()},
    "backend": {"resource": ({"kind": "Bucket"},)},
    "port": {"name": ("a--b", "web"), "number": (0, 80)},
}
"""By the name of an object: fields to set in it, with values."""


def places(node, path=()):
    """Every place in a manifest, with every value to put there."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        if key not in {"apiVersion", "kind"}:
            for other in (*ODD, *WRONG.get(key, ())):
                yield (*path, key), other
            yield from places(value, (*path, key))
    for key, values in ADDED.get(path[-1] if path else "", {}).items():
        for value in (*values, *ODD):
            yield (*path, key), value


def edited(manifest, edits):
    """The manifest with values put at places, as far as they exist."""
    changed = msgspec.json.decode(msgspec.json.encode(manifest))
    for path, value in edits:
        node = changed
        try:
            for key in path[:-1]:
                node = node[key]
            node[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue
    return changed


def decide(shipped, manifest):
    """Compare the fast decisions with the checks themselves; returns the releases that are certain."""
    gvk = GroupVersionKind.of(manifest["apiVersion"], manifest["kind"])
    raw = msgspec.json.encode(manifest)
    decoded = msgspec.json.decode(raw)
    certain = []
    for release in some(RELEASES):
        doubt = shipped.losses.doubts(release, DEFAULT_GATES)[gvk.api_version, gvk.kind]
        suspected = doubt is not None and doubt.may_be_refused(raw)
        assert suspected == (doubt is not None and doubt.may_be_refused(raw, decoded))
        if not suspected:
            assert shipped.losses.refused_by(manifest, gvk, release) == ()
            certain.append(release)
    return certain


@pytest.mark.parametrize("manifest", ORDINARY, ids=lambda manifest: manifest["apiVersion"])
def test_no_check_refuses_what_is_not_suspected(shipped, manifest):
    assert decide(shipped, manifest) == [*RELEASES], "an ordinary manifest is never suspected"
    for edit in some(places(manifest)):
        decide(shipped, edited(manifest, [edit]))


@settings(max_examples=200)
@given(data=st.data(), manifest=st.sampled_from(ORDINARY))
def test_nor_after_several_edits(shipped, data, manifest):
    decide(shipped, edited(manifest, data.draw(st.lists(st.sampled_from([*places(manifest)]), max_size=3))))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_check_refuses_another_kind_that_is_not_suspected(shipped, case):
    decide(shipped, case.manifest)
    decide(shipped, case.mended)


def test_an_ingress_that_names_its_class_twice_is_suspected(shipped):
    manifest = edited(ORDINARY[0], [(("spec", "ingressClassName"), "nginx")])
    assert decide(shipped, manifest)
    assert not decide(shipped, edited(manifest, [(("metadata", "annotations", CLASS), "nginx")]))
