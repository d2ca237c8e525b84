"""Works are read back to what users sent."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from converter.admission.works import WorkWebhook
from converter.clusters import Cluster, Fleet, FleetView
from converter.errors import ManifestError
from converter.karmada.names import ANCHOR_LABEL, CONVERSION_DATA_REF_ANNOTATION
from converter.planning import from_files, sent_objects
from converter.works.overflow import digest_of, read_carrier
from tests.reviewkit import ask, config_map, review, work
from tests.rulekit import converter, rule_text

RULES = converter(rule_text("steps:\n  - drop: {path: spec.zone, side: left, why: v2 knows no zones}"))
LESSER = Cluster.from_versions("old", {"a.example/v2": ["Thing"], "v1": ["ConfigMap"]})


def thing(zone="Mars"):
    return {
        "apiVersion": "a.example/v1",
        "kind": "Thing",
        "metadata": {"name": "t", "namespace": "demo"},
        "spec": {"size": 1, "zone": zone},
    }


def stored(given):
    """The Work as admission stores it."""
    hook = WorkWebhook(SimpleNamespace(current=RULES), FleetView(Fleet.of([LESSER])), has_overflow_store=True)
    return ask(hook, review(given)).applied(given)


def objects(given, overflow=None):
    return sent_objects(json.dumps(given).encode(), RULES, overflow)


def test_a_converted_work_gives_what_was_sent():
    found = stored(work(config_map(), thing()))
    assert found["spec"]["workload"]["manifests"][1] != thing()
    plain, converted = objects(found)
    assert (plain.manifest, plain.delivered) == (config_map(), "v1")
    assert (converted.manifest, converted.delivered) == (thing(), "a.example/v2")
    assert converted.identity == ("a.example", "Thing", "demo", "t")
    assert (converted.cluster, converted.work) == ("old", "karmada-es-old/shop-549f78bcbc")


def test_what_the_overflow_object_holds_is_restored():
    large = thing("x" * (300 << 10))
    found = stored(work(large))
    carrier = found["spec"]["workload"]["manifests"][-1]
    assert [sent.manifest for sent in objects(found)] == [large], "the carrier is not an object"
    content = read_carrier(json.dumps(carrier).encode())
    found["spec"]["workload"]["manifests"].pop()
    found["metadata"]["annotations"][CONVERSION_DATA_REF_ANNOTATION] = digest_of(content)
    assert [sent.manifest for sent in objects(found, content)] == [large]
    assert [sent.delivered for sent in objects(found)] == ["a.example/v2"], "without it, the object is listed as it is"


def test_an_anchor_and_a_work_outside_of_execution_namespaces_have_no_objects():
    assert objects(work(thing(), labels={ANCHOR_LABEL: "true"})) == []
    elsewhere = work(thing())
    elsewhere["metadata"]["namespace"] = "default"
    assert objects(elsewhere) == []
    assert objects(work()) == []


@pytest.mark.parametrize("given", [work(thing(), {"kind": "Nothing"}), []])
def test_what_is_not_a_work_of_manifests_is_refused(given):
    with pytest.raises(ManifestError):
        objects(given)


def test_files_can_hold_works_and_objects():
    listed = from_files([stored(work(thing())), config_map()], "edge", RULES)
    assert [(sent.manifest, sent.cluster) for sent in listed] == [(thing(), "old"), (config_map(), "edge")]
