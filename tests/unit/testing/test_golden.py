"""Golden files: compared, written in snapshot mode, and shown as a difference."""

import pytest

from converter.testing import ArgumentError, Golden, GoldenError, land, make_fleet, read_manifests
from tests.reviewkit import config_map, cronjob

FLEET = make_fleet("v1.20", "v1.36")
GADGET = {"apiVersion": "example.com/v1", "kind": "Gadget", "metadata": {"name": "g"}}


@pytest.fixture
def snapshot(tmp_path):
    return Golden(tmp_path / "golden", update=True)


@pytest.fixture
def golden(tmp_path):
    return Golden(tmp_path / "golden")


def test_a_missing_file_is_written_in_snapshot_mode_only(golden, snapshot):
    with pytest.raises(GoldenError) as caught:
        golden.compare("jobs", cronjob())
    assert caught.value.expected is None
    assert not golden.folder.exists()
    snapshot.compare("jobs", cronjob())
    golden.compare("jobs", cronjob())
    assert read_manifests(golden.folder / "jobs.yaml") == [cronjob()]
    assert snapshot.written == [golden.folder / "jobs.yaml"]


def test_a_difference_is_shown_and_the_file_stays(golden, snapshot):
    snapshot.compare("jobs", [config_map(), cronjob()])
    with pytest.raises(GoldenError) as caught:
        golden.compare("jobs", [config_map(), cronjob(suspend=True)])
    changed = [line for line in str(caught.value).splitlines() if line[:1] in "+-"]
    assert [line.split() for line in changed[2:]] == [["+", "suspend:", "true"]]
    golden.compare("jobs", [config_map(), cronjob()])


def test_what_is_equal_is_not_written_again(snapshot):
    snapshot.compare("jobs", cronjob())
    snapshot.compare("jobs", cronjob())
    assert len(snapshot.written) == 1


def test_a_long_difference_is_cut(golden, snapshot):
    snapshot.compare_text("long", "")
    with pytest.raises(GoldenError) as caught:
        golden.compare_text("long", "a line\n" * 10_000)
    assert len(str(caught.value).splitlines()) < 300


def test_line_ends_are_compared(golden, snapshot):
    snapshot.compare_text("ends", "a\r\n")
    with pytest.raises(GoldenError):
        golden.compare_text("ends", "a\n")


@pytest.mark.parametrize("name", ["", ".", "..", "../a", "a/b", "a\0", ".hidden", "a b", "x" * 200])
def test_a_name_leads_into_the_folder(snapshot, name):
    with pytest.raises(ArgumentError):
        snapshot.compare_text(name, "")


def test_each_cluster_has_a_file_with_its_losses(golden, snapshot):
    given = [cronjob(timeZone="UTC"), GADGET]
    with pytest.raises(GoldenError):
        golden.compare_landings("shop", given, FLEET)
    snapshot.compare_landings("shop", given, FLEET)
    golden.compare_landings("shop", given, FLEET)
    assert sorted(file.name for file in snapshot.written) == ["shop.v1.20.yaml", "shop.v1.36.yaml"]
    old, new = (golden.folder / f"shop.{name}.yaml" for name in FLEET)
    assert read_manifests(old) == [
        one.manifest for one in land(given, FLEET) if one.manifest and one.cluster == "v1.20"
    ]
    assert "spec.timeZone" in old.read_text()
    assert "#" not in new.read_text().partition("Gadget")[0].partition("---")[0]
    assert "Gadget g" in new.read_text()


def test_all_clusters_are_compared_before_the_error(snapshot, golden):
    snapshot.compare_landings("shop", cronjob(), FLEET)
    with pytest.raises(GoldenError) as caught:
        golden.compare_landings("shop", cronjob(suspend=True), FLEET)
    assert caught.value.file.name == "shop.v1.20.yaml"
