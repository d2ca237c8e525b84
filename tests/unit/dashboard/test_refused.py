"""Objects that a cluster does not get, read from bindings."""

from __future__ import annotations

import json

import pytest

from converter.client import Change, Key
from converter.dashboard.fleet_view import MOST_REFUSED, fleet
from converter.dashboard.refused import NOTHING, read_binding
from converter.karmada.denial import render_denial
from converter.karmada.names import WORK_REFUSED
from tests.dashboardkit import fleet_store, look

WHY = render_denial(["old", "older"], "no route; value hunter2")


def binding(kind="CronJob", namespace="a", name="web", status="True", condition=WORK_REFUSED):
    resource = {"apiVersion": "batch/v1", "kind": kind, "namespace": namespace, "name": name}
    conditions = [{"type": "Scheduled", "status": "False", "message": "x"},
                  {"type": condition, "status": status, "message": WHY}]  # fmt: skip
    return json.dumps({"spec": {"resource": resource}, "status": {"conditions": conditions}}).encode()


def put(store, raw, name="web"):
    store.refused.changed(Change(Key("a", f"{name}-cronjob"), None, read_binding(raw) if raw is not None else None))


def test_a_refused_work_is_read_with_its_clusters():
    found = read_binding(binding())
    assert (found.kind, found.namespace, found.name, found.version) == ("CronJob", "a", "web", "batch/v1")
    assert found.clusters == ("old", "older")
    assert "no route" in found.why


@pytest.mark.parametrize("raw", [b"{}", b'{"status": {}}', binding(status="False"), binding(condition="Other")])
def test_of_a_binding_without_one_nothing_is_kept(raw):
    assert read_binding(raw) is NOTHING


def test_a_text_about_a_secret_is_not_kept():
    found = read_binding(binding(kind="Secret"))
    assert found.clusters == ("old", "older")
    assert "hunter2" not in repr(found)


def test_the_fleet_lists_them_for_who_sees_their_namespace(shipped):
    store = fleet_store(shipped)
    put(store, binding())
    assert "a" in store.namespaces, "Karmada is asked about it, although no Work is there"
    assert [one.name for one in fleet(look(store, "a"), {})["refused"]] == ["web"]
    assert fleet(look(store, "b"), {})["refused_count"] == 0
    put(store, binding(status="False"))
    assert fleet(look(store), {})["refused"] == []
    put(store, binding())
    put(store, None)
    assert fleet(look(store), {})["refused"] == []


def test_a_page_lists_some_and_counts_all(shipped):
    store = fleet_store(shipped)
    for number in range(MOST_REFUSED + 5):
        put(store, binding(name=f"w{number}"), f"w{number}")
    found = fleet(look(store), {})
    assert (len(found["refused"]), found["refused_count"]) == (MOST_REFUSED, MOST_REFUSED + 5)
