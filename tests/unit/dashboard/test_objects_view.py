"""The list of objects, and one object."""

from __future__ import annotations

import json

import pytest

from converter.client import Change, Key
from converter.clusters import Cluster
from converter.dashboard.look import NotFoundHereError
from converter.dashboard.objects_view import objects, one_object
from converter.dashboard.store import EventFact
from converter.karmada.carried_status import CarriedStatus, ManifestReport, pack
from converter.karmada.names import ANCHOR_LABEL, ANCHOR_OF_ANNOTATION
from tests.dashboardkit import NEW, OLD, config_map, cronjob, fleet_store, key_of, look, put, work_of
from tests.rulekit import converter, rule_text


def plain(name, namespace="a"):
    job = cronjob(name, namespace)
    del job["spec"]["timeZone"]
    return job


@pytest.fixture
def store(shipped):
    return fleet_store(shipped, cronjob("lossy", "a"), plain("exact", "b"), config_map("same", "b"))


def names(store, **query):
    return [(row.name, row.cluster) for row in objects(look(store), query)["rows"]]


def test_what_is_converted_or_lossy_is_listed_the_worst_first(store):
    assert names(store) == [("lossy", "old"), ("exact", "old")]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"state": "converted"}, {"lossy", "exact"}),
        ({"state": "lossy"}, {"lossy"}),
        ({"state": "all", "cluster": "new"}, {"lossy", "exact", "same"}),
        ({"state": "all", "kind": "ConfigMap"}, {"same"}),
        ({"namespace": "b"}, {"exact"}),
        ({"severity": "dangerous"}, {"lossy"}),
        ({"severity": "harmless"}, set()),
        ({"q": "LOSS"}, {"lossy"}),
        ({"q": "timezone"}, {"lossy"}),
        ({"q": "v1beta1"}, {"lossy", "exact"}),
    ],
)
def test_filters(store, query, wanted):
    assert {name for name, _ in names(store, **query)} == wanted


@pytest.mark.parametrize("sort", ["name", "kind", "cluster"])
def test_sorting(store, sort):
    found = objects(look(store), {"state": "all", "sort": sort})["rows"]
    assert [getattr(row, sort) if sort != "name" else (row.namespace, row.name) for row in found] == sorted(
        getattr(row, sort) if sort != "name" else (row.namespace, row.name) for row in found
    )


def test_pages(shipped):
    store = fleet_store(shipped, *(cronjob(f"j{number:03}") for number in range(120)), clusters=(OLD,))
    first, second = (objects(look(store), {"page": page, "sort": "name"}) for page in ("1", "2"))
    assert (first["total"], first["pages"], len(first["rows"]), len(second["rows"])) == (120, 2, 100, 20)
    assert second["rows"][0].name == "j100"
    assert first["link"](page=2) == "/objects?sort=name&page=2"


def one(store, shipped, manifest, cluster=OLD):
    key = key_of(work_of(manifest, cluster, shipped))
    return one_object(look(store), key.namespace, key.name, "0")


def test_an_object_is_shown_before_and_after(store, shipped):
    found = one(store, shipped, cronjob("lossy", "a"))
    changed = [(line.before, line.after) for line in found["lines"] if line.changed]
    assert changed == [("apiVersion: batch/v1", "apiVersion: batch/v1beta1")]
    assert [line.before for line in found["lines"] if line.lost] == ["  timeZone: UTC"]
    assert found["steps"]
    assert [row.cluster for row in found["elsewhere"]] == ["new"]


def test_an_object_that_stays_is_the_same_on_both_sides(store, shipped):
    found = one(store, shipped, config_map("same", "b"))
    assert not any(line.changed for line in found["lines"])
    assert found["steps"] == []


def test_the_status_is_shown_there_and_back(shipped):
    store = fleet_store(shipped)
    statuses = [{"identifier": {"ordinal": 0}, "status": {"active": 1}}]
    work = work_of(cronjob(), OLD, shipped, status={"manifestStatuses": statuses})
    put(store, work)
    anchor = work_of(config_map("anchor"), OLD, shipped)
    name = work["metadata"]["name"]
    anchor["metadata"] |= {"labels": {ANCHOR_LABEL: "true"}, "annotations": {ANCHOR_OF_ANNOTATION: name}}
    report = ManifestReport("batch/v1", "CronJob", "report", "a", "Healthy", {"active": 2})
    message = pack(CarriedStatus(True, "", (report,)))
    anchor["status"] = {"conditions": [{"type": "Applied", "status": "False", "message": message}]}
    put(store, anchor)
    found = one(store, shipped, cronjob())["statuses"]
    assert {key: json.loads(text) for key, text in found.items()} == {"there": {"active": 1}, "back": {"active": 2}}


def test_the_timeline_has_the_events_of_the_work_and_its_binding(shipped):
    store = fleet_store(shipped)
    work = work_of(cronjob(), OLD, shipped)
    work["metadata"]["annotations"] |= {
        "resourcebinding.karmada.io/name": "report-cronjob",
        "resourcebinding.karmada.io/namespace": "a",
    }
    put(store, work)
    for number, about in enumerate([("Work", *key_of(work)), ("ResourceBinding", "a", "report-cronjob")]):
        fact = EventFact(*about, f"R{number}", bad=False, message="", at=float(number))
        store.event_changed(Change(Key("x", str(number)), None, fact, initial=True))
    found = [entry.what for entry in one(store, shipped, cronjob())["timeline"]]
    assert [what for what in found if what.startswith("R")] == ["R1", "R0"]


def test_texts_about_a_work_are_hidden_from_who_does_not_see_all_its_objects(shipped):
    store = fleet_store(shipped)
    work = work_of(cronjob("mine", "a"), OLD, shipped)
    work["spec"]["workload"]["manifests"].append(config_map("theirs", "b"))
    work["status"] = {"conditions": [{"type": "Applied", "status": "False", "message": "b/theirs failed"}]}
    put(store, work)
    key = key_of(work)
    texts = {
        sees: [entry.text for entry in one_object(look(store, *sees), *key, "0")["timeline"]] for sees in ((), "a")
    }
    assert any("b/theirs failed" in text for text in texts[()])
    assert not any("theirs" in text for text in texts["a"])
    with pytest.raises(NotFoundHereError):
        one_object(look(store, "a"), *key, "1")


def test_what_a_conversion_back_restores_is_shown():
    rules = converter(rule_text("steps:\n  - drop: {path: spec.zone, side: left, why: v2 knows no zones}"))
    lesser = Cluster.from_versions("old", {"a.example/v2": ["Thing"]})
    thing = {
        "apiVersion": "a.example/v1",
        "kind": "Thing",
        "metadata": {"name": "t", "namespace": "a"},
        "spec": {"zone": "Mars"},
    }
    found = one(fleet_store(rules, thing, clusters=(lesser,)), rules, thing, lesser)
    assert "Mars" in found["data"]
    assert [line.before for line in found["lines"] if line.lost] == ["  zone: Mars"]


@pytest.mark.parametrize("position", ["1", "x", "-1", "999999999999"])
def test_an_object_that_does_not_exist_is_not_found(store, shipped, position):
    key = key_of(work_of(config_map("same", "b"), NEW, shipped))
    with pytest.raises(NotFoundHereError):
        one_object(look(store), key.namespace, key.name, position)
