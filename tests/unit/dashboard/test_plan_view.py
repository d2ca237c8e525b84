"""What if: planned changes of a cluster."""

from __future__ import annotations

import pytest

from converter.dashboard import plan_view
from converter.dashboard.look import NotFoundHereError
from converter.dashboard.plan_view import what_if
from tests.dashboardkit import OLD, config_map, cronjob, fleet_store, look


@pytest.fixture
def store(shipped):
    return fleet_store(shipped, cronjob("job", "a"), config_map("map", "b"))


def changes(found):
    return {line["label"]: [name for name, _ in line["changes"]] for line in found["plans"]}


async def test_without_a_question_nothing_is_planned(store):
    found = await what_if(look(store), {})
    assert found["plans"] is None
    assert [name for name, _ in found["clusters"]] == ["new", "old"]


async def test_an_upgrade_is_planned(store):
    found = await what_if(look(store), {"cluster": "old", "to": "v1.30"})
    assert changes(found) == {"a/job": ["version", "loss-ends"]}
    (line,) = found["plans"]
    assert (line["now"], line["then"]) == ("batch/v1beta1", "batch/v1")
    assert line["page"].startswith("/objects/karmada-es-old/")
    assert (found["planned"], found["counts"]) == (2, {"version": 1, "loss-ends": 1})


async def test_a_removal_tells_who_else_has_the_object(shipped, store):
    assert changes(await what_if(look(store), {"cluster": "old", "to": "removed"})) == {
        "a/job": ["leaves"],
        "b/map": ["leaves"],
    }
    alone = fleet_store(shipped, cronjob("job", "a"), clusters=(OLD,))
    assert changes(await what_if(look(alone), {"cluster": "old", "to": "removed"})) == {"a/job": ["last"]}


async def test_a_new_cluster_is_planned_with_each_object_once(store):
    found = await what_if(look(store), {"cluster": "third", "to": "v1.20"})
    assert found["planned"] == 2
    assert changes(found) == {"a/job": ["version", "loss-begins"]}


async def test_a_tenant_plans_their_own_objects(store):
    found = await what_if(look(store, "b"), {"cluster": "old", "to": "v1.30"})
    assert (found["planned"], changes(found)) == (1, {})


async def test_a_release_that_cannot_be_planned_is_told(store):
    assert (await what_if(look(store), {"cluster": "old", "to": "latest"}))["problem"]
    assert (await what_if(look(store), {"cluster": "old", "to": "v1.2"}))["problem"]


async def test_a_hidden_cluster_is_not_found(shipped):
    hidden = look(fleet_store(shipped), "a", clusters=False)
    for to in ("v1.30", "removed"):
        with pytest.raises(NotFoundHereError):
            await what_if(hidden, {"cluster": "old", "to": to})


async def test_the_work_of_a_page_is_bounded(shipped, monkeypatch):
    monkeypatch.setattr(plan_view, "MOST_OBJECTS", 3)
    store = fleet_store(shipped, *(cronjob(str(number)) for number in range(5)), clusters=(OLD,))
    found = await what_if(look(store), {"cluster": "old", "to": "v1.30"})
    assert (found["planned"], found["left_out"]) == (3, 2)
