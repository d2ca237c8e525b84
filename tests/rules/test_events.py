"""Events, which have other names in the core group than in events.k8s.io."""

import pytest

CORE, V1, BETA = "v1", "events.k8s.io/v1", "events.k8s.io/v1beta1"
NEW = {
    "regarding": {"kind": "Pod", "name": "p"},
    "note": "m",
    "deprecatedSource": {"component": "c"},
    "deprecatedFirstTimestamp": "2026-01-02T03:04:05Z",
    "deprecatedLastTimestamp": "2026-01-02T03:05:05Z",
    "deprecatedCount": 3,
    "reportingController": "kubelet",
    "reportingInstance": "n",
}
OLD = {
    "involvedObject": {"kind": "Pod", "name": "p"},
    "message": "m",
    "source": {"component": "c"},
    "firstTimestamp": "2026-01-02T03:04:05Z",
    "lastTimestamp": "2026-01-02T03:05:05Z",
    "count": 3,
    "reportingComponent": "kubelet",
    "reportingInstance": "n",
}


def convert(shipped, source, target, /, **fields):
    result = shipped.convert({"apiVersion": source, "kind": "Event", **fields}, to=target)
    return {key: value for key, value in result.manifest.items() if key not in ("apiVersion", "kind")}


@pytest.mark.parametrize("version", [V1, BETA])
def test_every_name_both_ways(shipped, version):
    assert convert(shipped, version, CORE, **NEW) == OLD
    assert convert(shipped, CORE, version, **OLD) == NEW


@pytest.mark.parametrize("version", [V1, BETA])
def test_the_core_group_writes_who_reports_even_where_nobody_says_so(shipped, version):
    nobody = {"reportingComponent": "", "reportingInstance": ""}
    assert convert(shipped, version, CORE) == nobody
    assert convert(shipped, CORE, version, **nobody) == {}


@pytest.mark.parametrize("version", [V1, BETA])
def test_only_events_k8s_io_writes_a_series_without_a_count(shipped, version):
    series = {"lastObservedTime": None}
    assert convert(shipped, CORE, version, series=series)["series"] == {"count": 0, "lastObservedTime": None}
    assert convert(shipped, version, CORE, series={"count": 0})["series"] == {}
    assert "series" not in convert(shipped, CORE, version)


def test_the_state_of_a_series_is_reported_as_a_loss(shipped):
    for source in (BETA, CORE):
        given = {"apiVersion": source, "kind": "Event", "series": {"count": 2, "state": "Ongoing"}}
        result = shipped.convert(given, to=V1)
        assert result.manifest["series"] == {"count": 2}
        assert [loss.path for loss in result.losses] == ["series.state"]
    assert convert(shipped, BETA, CORE, series={"count": 2, "state": ""})["series"] == {"count": 2}


def test_a_field_of_the_other_group_is_dropped(shipped):
    assert convert(shipped, CORE, V1, note="x") == convert(shipped, CORE, V1)
