"""What happens now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from converter.client import Change, Key
from converter.dashboard.live import MOST_STREAMS, REMEMBERED, Happening, LiveLog, TooManyStreamsError
from converter.dashboard.store import ClusterFacts
from tests.dashboardkit import NEW, OLD, config_map, cronjob, fleet_store, key_of, look, put, work_of
from tests.nonempty import some


def happening(name="x"):
    return Happening(0, 1.0, "converted", "old", "CronJob", "a", name, "text")


def seen(store):
    return [(item.what, item.name, item.bad) for item in store.live.latest]


def test_a_work_that_comes_is_converted_and_lossy(shipped):
    store = fleet_store(shipped)
    put(store, work_of(cronjob(), OLD, shipped))
    put(store, work_of(config_map(), OLD, shipped))
    assert seen(store) == [("converted", "report", False), ("lossy", "report", True)]
    assert all(item.link for item in some(store.live.latest))


def test_a_cluster_that_is_upgraded_is_seen_moving(shipped):
    store = fleet_store(shipped, cronjob(), clusters=(OLD,))
    put(
        store,
        {
            **work_of(cronjob(), NEW, shipped),
            "metadata": work_of(cronjob(), OLD, shipped)["metadata"] | {"annotations": {}},
        },
    )
    assert seen(store) == [("restored", "report", False)]


def test_what_happens_to_a_cluster_is_said(shipped):
    store = fleet_store(shipped, cronjob("mine", "a"), clusters=(OLD,))
    key = Key("", "old")
    raised = ClusterFacts(replace(NEW, name="old"))
    steps = [
        (ClusterFacts(OLD), raised, ("upgraded", False)),
        (raised, raised._replace(ready="False", why="no route"), ("unready", True)),
        (raised._replace(ready="False"), raised, ("ready", False)),
        (raised, None, ("removed", False)),
        (None, ClusterFacts(OLD), ("joined", False)),
        (ClusterFacts(OLD), ClusterFacts(OLD), None),
    ]
    for before, after, said in steps:
        count = len(store.live.latest)
        store.cluster_changed(Change(key, before, after))
        news = [(item.what, item.bad) for item in store.live.latest[count:]]
        assert news == ([said] if said else [])
    upgraded = store.live.latest[0]
    assert (upgraded.cluster, str(OLD.release) in upgraded.text, str(NEW.release) in upgraded.text) == (
        "old",
        True,
        True,
    )


def test_a_cluster_is_spoken_of_to_those_who_see_it(shipped):
    store = fleet_store(shipped, cronjob("mine", "a"), clusters=(OLD,))
    store.cluster_changed(Change(Key("", "old"), ClusterFacts(OLD), ClusterFacts(OLD, "False")))
    (item,) = store.live.latest
    assert look(store, "a", clusters=False).happens(item)
    assert not look(store, "b", clusters=False).happens(item)
    assert look(store, "b", clusters=True).happens(item)


def test_a_converted_object_that_goes_has_no_link(shipped):
    store = fleet_store(shipped, cronjob(), config_map(), clusters=(OLD,))
    for manifest in (cronjob(), config_map()):
        key = key_of(work_of(manifest, OLD, shipped))
        store.work_changed(Change(key, store.work(key), None))
    assert seen(store) == [("deleted", "report", False)]
    assert store.live.latest[0].link == ""


def test_a_change_of_status_alone_is_no_news(shipped):
    store = fleet_store(shipped, cronjob(), clusters=(OLD,))
    put(store, work_of(cronjob(), OLD, shipped, status={"conditions": [{"type": "Applied", "status": "True"}]}))
    assert seen(store) == []


def test_the_latest_are_remembered_and_numbered():
    log = LiveLog()
    log.add(happening(str(number)) for number in range(REMEMBERED + 5))
    assert len(log.latest) == REMEMBERED
    assert [item.number for item in log.latest[-2:]] == [REMEMBERED + 4, REMEMBERED + 5]


def test_a_slow_viewer_misses_the_oldest():
    log = LiveLog()
    with log.following() as stream:
        log.add(happening(str(number)) for number in range(1000))
        waiting = [stream.get_nowait().number for _ in range(stream.qsize())]
    assert waiting[-1] == 1000
    assert len(waiting) == stream.maxsize
    log.add([happening()])
    assert stream.empty(), "whoever left gets nothing"


def test_the_number_of_viewers_is_bounded():
    log = LiveLog()
    contexts = [log.following() for _ in range(MOST_STREAMS)]
    for context in contexts:
        context.__enter__()
    with pytest.raises(TooManyStreamsError), log.following():
        pass
    contexts[0].__exit__(None, None, None)
    with log.following():
        pass
