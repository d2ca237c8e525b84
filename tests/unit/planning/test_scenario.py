"""Clusters as they would be after a change of the fleet."""

from __future__ import annotations

import pytest

from converter.catalog import Release, UnknownReleaseError, load_catalog
from converter.clusters import Cluster, Fleet
from converter.planning import ScenarioError, joining, removed, with_release

CATALOG = load_catalog()
OLD, NEW = Release(1, 20), Release(1, 30)


def edge(change=None, release=OLD, **more):
    versions = {}
    for gvk in CATALOG.served(release):
        versions.setdefault(gvk.api_version, []).append(gvk.kind)
    if change is not None:
        change(versions)
    return Cluster.from_versions("edge", versions, release=release, **more)


def with_things(versions):
    versions["a.example/v1"] = ["Thing"]


@pytest.mark.parametrize("release", CATALOG.releases)
@pytest.mark.parametrize("then", [OLD, NEW])
def test_a_plain_cluster_serves_the_defaults_of_its_new_release(release, then):
    plain = Cluster.from_release("edge", release, CATALOG)
    found = with_release(plain, then, CATALOG)
    assert found.served == Cluster.from_release("edge", then, CATALOG).served
    assert (found.release, found.name) == (then, "edge")


def test_custom_resources_labels_and_settings_stay():
    found = with_release(edge(with_things, labels={"a": "b"}), NEW, CATALOG)
    assert found.serves("a.example/v1", "Thing")
    assert found.serves("batch/v1", "CronJob")
    assert not found.serves("batch/v1beta1", "CronJob")
    assert found.labels == {"a": "b"}


def switchable(release, then):
    """A version that both releases have, and serve only if it is switched on."""
    sets = [set(CATALOG.served(each, all_versions=True)) - set(CATALOG.served(each)) for each in (release, then)]
    return min(sets[0] & sets[1])


def test_what_a_cluster_switched_on_or_off_stays_so():
    release, then = Release(1, 33), Release(1, 34)
    on = switchable(release, then)

    def change(versions):
        versions.setdefault(on.api_version, []).append(on.kind)
        versions["autoscaling/v1"].remove("HorizontalPodAutoscaler")

    found = with_release(edge(change, release), then, CATALOG)
    assert found.serves(on.api_version, on.kind)
    assert not found.serves("autoscaling/v1", "HorizontalPodAutoscaler")
    assert found.serves("autoscaling/v2", "HorizontalPodAutoscaler")


def test_what_is_not_listed_is_not_switched_off_where_not_all_is_known():
    vague = Cluster.from_versions("edge", {"v1": ["ConfigMap"]}, complete=False, release=OLD)
    assert with_release(vague, NEW, CATALOG).serves("batch/v1", "CronJob")


@pytest.mark.parametrize("release", [None, Release(1, 2)])
def test_a_cluster_of_an_unknown_release_can_be_planned(release):
    cluster = Cluster.from_versions("edge", {"a.example/v1": ["Thing"]}, release=release)
    found = with_release(cluster, NEW, CATALOG)
    assert found.serves("a.example/v1", "Thing")
    assert found.serves("batch/v1", "CronJob")


def test_a_release_before_the_catalog_cannot_be_planned():
    with pytest.raises(UnknownReleaseError):
        with_release(edge(), Release(1, 2), CATALOG)


def test_a_cluster_that_joins_may_serve_custom_resources_or_has_those_of_another():
    alone = joining("new", NEW, CATALOG)
    assert (alone.name, alone.release, alone.complete) == ("new", NEW, False)
    like = edge(with_things, labels={"a": "b"})
    found = joining("new", NEW, CATALOG, like)
    assert (found.name, found.release, found.complete, found.labels) == ("new", NEW, True, {"a": "b"})
    assert found.serves("a.example/v1", "Thing")


def test_only_a_cluster_of_the_fleet_can_be_removed():
    fleet = Fleet.of([edge()])
    assert removed(fleet, "edge").after is None
    with pytest.raises(ScenarioError) as caught:
        removed(fleet, "other")
    assert (caught.value.cluster, caught.value.known) == ("other", ("edge",))
