"""The named function for VolumeGroupSnapshotContent: the whole list of v1beta2, as JSON in an annotation of v1beta1."""

import json

import pytest

from converter.errors import ManifestError
from tests.stepkit import across, both_ways, converted

STEP = "call: volumegroupsnapshotcontent-infos"
ANNOTATION = "groupsnapshot.storage.kubernetes.io/volume-snapshot-info-list"
PLACE = f'metadata.annotations["{ANNOTATION}"]'
INFO = {"volumeHandle": "v", "snapshotHandle": "a<b", "restoreSize": 1, "readyToUse": True, "creationTime": 2}
PAIR = {"volumeHandle": "v", "snapshotHandle": "a<b"}
TEXT = r'[{"creationTime":2,"readyToUse":true,"restoreSize":1,"snapshotHandle":"a\u003cb","volumeHandle":"v"}]'


def infos(*items):
    return {"status": {"volumeSnapshotInfoList": list(items)}}


def pairs(*items, text=None):
    metadata = {} if text is None else {"metadata": {"annotations": {ANNOTATION: text}}}
    return {**metadata, "status": {"volumeSnapshotHandlePairList": list(items)}}


def test_the_whole_list_is_in_the_annotation_as_go_writes_it():
    both_ways(STEP, infos(INFO), pairs(PAIR, text=TEXT))


def test_an_empty_list_is_one_in_both_versions():
    both_ways(STEP, infos(), pairs(text="[]"))


def test_a_list_without_the_annotation_is_the_list():
    assert converted(STEP, "left", pairs(PAIR)) == infos(PAIR)


def test_the_annotation_is_enough():
    assert converted(STEP, "left", {"metadata": {"annotations": {ANNOTATION: TEXT, "a": "b"}}}) == {
        "metadata": {"annotations": {"a": "b"}},
        **infos(INFO),
    }


def test_another_list_than_that_of_the_annotation_is_lost_with_a_report():
    given = pairs({"volumeHandle": "w", "snapshotHandle": "x"}, text=TEXT)
    assert converted(STEP, "left", given, ["status.volumeSnapshotHandlePairList"]) == infos(INFO)


@pytest.mark.parametrize("text", ["", "[", "{}", "null", "[1]", "NaN", "[" * 10_000])
def test_an_annotation_that_is_not_such_a_list_is_lost_with_a_report(text):
    assert converted(STEP, "left", pairs(PAIR, text=text), [PLACE]) == infos(PAIR)


def test_an_annotation_of_the_newer_version_does_not_become_the_list():
    given = {"metadata": {"annotations": {ANNOTATION: TEXT}}, "status": {"readyToUse": True}}
    assert converted(STEP, "right", given, [PLACE]) == {"status": {"readyToUse": True}}


@pytest.mark.parametrize(("toward", "fields"), [("right", pairs(PAIR)["status"]), ("left", infos(INFO)["status"])])
def test_a_list_of_the_other_version_is_not_activated(toward, fields):
    name = next(iter(fields))
    assert converted(STEP, toward, {"status": {**fields, "readyToUse": True}}, [f"status.{name}"]) == {
        "status": {"readyToUse": True}
    }


def test_the_text_that_the_member_wrote_comes_back():
    given = pairs(PAIR, text=json.dumps(json.loads(TEXT), indent=1))
    made, _ = across(STEP, "left", given)
    assert not made.losses


@pytest.mark.parametrize(
    ("toward", "status"),
    [
        ("right", {"volumeSnapshotInfoList": "x"}),
        ("right", {"volumeSnapshotInfoList": ["x"]}),
        ("left", {"volumeSnapshotHandlePairList": {}}),
    ],
)
def test_what_is_not_a_list_of_objects_is_refused(toward, status):
    with pytest.raises(ManifestError):
        across(STEP, toward, {"status": status})


def test_null_says_nothing():
    assert converted(STEP, "right", {"status": {"volumeSnapshotInfoList": None, "readyToUse": True}}) == {
        "status": {"readyToUse": True}
    }
