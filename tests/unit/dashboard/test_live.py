"""What happens now."""

from __future__ import annotations

import pytest

from converter.client import Change
from converter.dashboard.live import MOST_STREAMS, REMEMBERED, Happening, LiveLog, TooManyStreamsError
from tests.dashboardkit import NEW, OLD, config_map, cronjob, fleet_store, key_of, put, work_of
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
