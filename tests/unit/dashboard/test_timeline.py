"""What happened to one object."""

from __future__ import annotations

from dataclasses import replace

from converter.client import Change, Key
from converter.dashboard.objects_view import one_object
from converter.dashboard.store import ClusterFacts, EventFact
from tests.dashboardkit import NEW, OLD, cronjob, fleet_store, key_of, look, put, work_of


def test_everything_about_the_object_is_listed_the_latest_first(shipped):
    times = iter((2e9, 2.1e9, 2.2e9, 2.3e9))
    store = fleet_store(shipped, now=lambda: next(times))
    condition = {"type": "Applied", "status": "True", "lastTransitionTime": "2026-01-01T00:01:00Z"}
    put(store, work_of(cronjob("web"), OLD, shipped, status={"conditions": [condition]}))
    put(store, work_of(cronjob("other"), OLD, shipped))
    store.cluster_changed(Change(Key("", "old"), ClusterFacts(OLD), ClusterFacts(replace(NEW, name="old"))))
    key = key_of(work_of(cronjob("web"), OLD, shipped))
    fact = EventFact("Work", *key, "FieldsDropped", bad=True, message="text", at=3e9)
    store.event_changed(Change(Key("x", "1"), None, fact, initial=True))
    found = one_object(look(store), *key, "0")["timeline"]
    assert [entry.what.split()[-1] for entry in found] == [
        "FieldsDropped", "upgraded", "lossy", "converted", "Applied", "created"
    ]  # fmt: skip
    assert [entry.bad for entry in found] == [True, False, True, False, False, False]
    assert [entry.at for entry in found] == sorted((entry.at for entry in found), reverse=True)
