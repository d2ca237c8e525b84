"""The view *Live*, and the chart."""

from __future__ import annotations

import json

from converter.dashboard.fleet_view import fleet
from converter.dashboard.live_view import live
from tests.dashboardkit import OLD, cronjob, fleet_store, look, put, work_of


def test_happenings_and_the_chart_are_the_viewers_own(shipped):
    store = fleet_store(shipped, now=lambda: 6_000_000.0)
    for name, namespace in (("mine", "a"), ("theirs", "b")):
        put(store, work_of(cronjob(name, namespace), OLD, shipped))
    mine, all_of_it = live(look(store, "a")), live(look(store))
    assert {item.name for item in mine["happenings"]} == {"mine"}
    assert (mine["hour_sums"], all_of_it["hour_sums"]) == ([1, 1, 0], [2, 2, 0])
    times, *counts = json.loads(mine["series"])
    assert (times[-1], [column[-1] for column in counts]) == (6_000_000, [1, 1, 0])
    assert fleet(look(store, "a"), {})["series"] == mine["series"]
