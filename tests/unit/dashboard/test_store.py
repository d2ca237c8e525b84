"""The dashboard's copy of the fleet."""

from __future__ import annotations

import json

import pytest

from converter.client import Change, Key
from converter.dashboard.objects_view import one_object
from converter.dashboard.store import EVENTS_OF_AN_OBJECT, ClusterFacts, EventFact, read_cluster, read_event
from converter.errors import ManifestError
from converter.karmada.names import ANCHOR_LABEL, ANCHOR_OF_ANNOTATION
from tests.dashboardkit import NEW, OLD, config_map, cronjob, fleet_store, key_of, look, put, work_of


def event(reason="VersionConverted", *, name="web", bad=False, at=1.0, kind="Work", namespace="karmada-es-old"):
    return EventFact(kind, namespace, name, reason, bad, "text", at)


def test_rows_are_sorted_and_follow_changes(shipped):
    store = fleet_store(shipped, cronjob("b"), cronjob("a"))
    assert [(row.name, row.cluster) for row in store.rows] == [("a", "new"), ("a", "old"), ("b", "new"), ("b", "old")]
    gone = key_of(work_of(cronjob("a"), OLD, shipped))
    store.work_changed(Change(gone, store.work(gone), None))
    assert [(row.name, row.cluster) for row in store.rows] == [("a", "new"), ("b", "new"), ("b", "old")]
    assert store.work(gone) is None


def test_works_are_found_by_cluster(shipped):
    store = fleet_store(shipped, cronjob(), config_map())
    assert {row.cluster for work in store.works_of("old") for row in work.rows} == {"old"}
    assert len(list(store.works_of(""))) == 4


def test_the_anchor_of_a_work_is_found_until_it_goes(shipped):
    store = fleet_store(shipped)
    anchor = work_of(config_map("anchor"), OLD, shipped)
    anchor["metadata"] |= {"labels": {ANCHOR_LABEL: "true"}, "annotations": {ANCHOR_OF_ANNOTATION: "web"}}
    put(store, anchor)
    assert store.anchor_of(Key("karmada-es-old", "web")) == store.work(key_of(anchor))
    store.work_changed(Change(key_of(anchor), store.work(key_of(anchor)), None))
    assert store.anchor_of(Key("karmada-es-old", "web")) is None


def test_clusters_follow_changes(shipped):
    store = fleet_store(shipped)
    assert set(store.clusters) == {"new", "old"}
    store.cluster_changed(Change(Key("", "old"), ClusterFacts(OLD), None))
    assert set(store.clusters) == {"new"}


def test_events_are_listed_by_object_latest_first_and_bounded(shipped):
    store = fleet_store(shipped)
    for number in range(EVENTS_OF_AN_OBJECT + 10):
        store.event_changed(Change(Key("x", f"e{number}"), None, event(f"R{number}", at=float(number)), initial=True))
    found = store.events_of("Work", "karmada-es-old", "web")
    assert len(found) == EVENTS_OF_AN_OBJECT
    assert found[0].reason == f"R{EVENTS_OF_AN_OBJECT + 9}"
    last = Key("x", f"e{EVENTS_OF_AN_OBJECT + 9}")
    store.event_changed(Change(last, event(), None))
    assert found[0] not in store.events_of("Work", "karmada-es-old", "web")


def test_a_warning_happens_and_a_repeated_list_does_not(shipped):
    store = fleet_store(shipped)
    store.event_changed(Change(Key("x", "1"), None, event("FieldsDropped", bad=True), initial=True))
    store.event_changed(Change(Key("x", "2"), None, event("VersionConverted")))
    assert store.live.latest == ()
    store.event_changed(Change(Key("x", "3"), None, event("FieldsDropped", bad=True)))
    assert [(item.what, item.bad, item.cluster) for item in store.live.latest] == [("FieldsDropped", True, "old")]


def test_a_warning_about_a_work_belongs_to_the_namespace_of_its_objects(shipped):
    store = fleet_store(shipped, cronjob())
    name = key_of(work_of(cronjob(), OLD, shipped)).name
    store.event_changed(Change(Key("x", "1"), None, event("FieldsDropped", bad=True, name=name)))
    store.event_changed(Change(Key("x", "2"), None, event("FieldsDropped", bad=True, name="unknown")))
    assert [(item.namespace, item.scope) for item in store.live.latest] == [("a", ("a",)), ("", None)]


def test_a_warning_about_objects_of_several_namespaces_belongs_to_who_sees_all_of_them(shipped):
    store = fleet_store(shipped)
    work = work_of(cronjob(), OLD, shipped)
    work["spec"]["workload"]["manifests"].append(config_map("theirs", "b"))
    put(store, work, initial=True)
    store.event_changed(Change(Key("x", "1"), None, event("FieldsDropped", bad=True, name=key_of(work).name)))
    (item,) = store.live.latest
    assert item.scope == ("a", "b")
    assert [look(store, *sees).happens(item) for sees in ((), ("a",), ("a", "b"), ("",))] == [True, False, True, False]


def secret(name="password"):
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "a"}, "data": {"x": "eA=="}}


def test_a_warning_about_a_secret_is_shown_without_its_message(shipped):
    store = fleet_store(shipped)
    work = work_of(secret(), OLD, shipped, status={"conditions": [
        {"type": "Applied", "status": "False", "message": "Invalid value: hunter2"}]})  # fmt: skip
    put(store, work)
    name = key_of(work).name
    about = {"Work": ("karmada-es-old", name), "ResourceBinding": ("a", "password-secret")}
    for number, (kind, (namespace, name)) in enumerate(about.items()):
        fact = EventFact(kind, namespace, name, "SyncWorkFailed", bad=True, message="Invalid value: hunter2", at=1.0)
        store.event_changed(Change(Key("x", str(number)), None, fact))
    shown = one_object(look(store), *key_of(work), "0")
    assert len(store.live.latest) == 2
    assert {entry.what for entry in shown["timeline"]} >= {"SyncWorkFailed", "Applied"}
    assert "hunter2" not in repr((store.live.latest, shown))


def test_an_event_is_read_with_its_latest_time():
    raw = {
        "metadata": {"creationTimestamp": "2026-01-01T00:00:00Z"},
        "involvedObject": {"kind": "Work", "namespace": "karmada-es-old", "name": "web"},
        "reason": "FieldsDropped",
        "type": "Warning",
        "message": "text",
        "lastTimestamp": "2026-01-01T00:00:10Z",
    }
    found = read_event(json.dumps(raw).encode())
    assert (found.name, found.reason, found.bad, found.at) == ("web", "FieldsDropped", True, 1767225610.0)
    assert read_event(b'{"metadata":{},"involvedObject":{}}').at == 0


@pytest.mark.parametrize(
    ("conditions", "ready"),
    [([], ""), ([{"type": "Ready", "status": "True"}], "True"), ([{"type": "Ready", "status": "False"}], "False")],
)
def test_a_cluster_is_read_with_its_readiness(conditions, ready):
    raw = {"metadata": {"name": "m"}, "status": {"kubernetesVersion": "v1.20.1", "conditions": conditions}}
    found = read_cluster(json.dumps(raw).encode())
    assert (found.cluster.name, found.ready) == ("m", ready)


def test_what_is_not_a_cluster_is_refused():
    with pytest.raises(ManifestError):
        read_cluster(b"{}")


def test_a_new_release_is_seen(shipped):
    store = fleet_store(shipped)
    store.cluster_changed(Change(Key("", "old"), ClusterFacts(OLD), ClusterFacts(NEW)))
    assert store.clusters["old"].cluster.release == NEW.release
