"""What a cluster is known to serve."""

from __future__ import annotations

import json

import pytest

from converter.catalog import DEFAULT_GATES, GateSettings, Release, UnknownReleaseError, load_catalog
from converter.clusters import Cluster, Fleet, FleetView
from converter.clusters.cluster import version_priority
from converter.errors import ManifestError
from tests.reviewkit import DATA


def karmada(**status):
    return {"metadata": {"name": "c", "labels": {"site": "north"}}, "status": status}


def enablement(group_version, *kinds):
    return {"groupVersion": group_version, "resources": [{"name": f"{kind.lower()}s", "kind": kind} for kind in kinds]}


def test_versions_are_ordered_as_kubernetes_orders_them():
    given = [
        "extensions/v1beta1", "a/v11alpha2", "a/v1", "a/v10", "a/v2", "a/v3beta1", "a/v11beta2", "a/v10beta3",
        "a/v12alpha1", "a/foo1", "a/foo10", "b/v2", "v1",
    ]  # fmt: skip
    assert sorted(given, key=version_priority) == [
        "a/v10", "a/v2", "b/v2", "v1", "a/v1", "a/v11beta2", "a/v10beta3", "a/v3beta1", "extensions/v1beta1",
        "a/v12alpha1", "a/v11alpha2", "a/foo1", "a/foo10",
    ]  # fmt: skip


def test_what_a_cluster_serves():
    cluster = Cluster.from_versions("c", {"apps/v1beta1": ["Deployment"], "apps/v1": ["Deployment", "DaemonSet"]})
    assert cluster.serves("apps/v1", "DaemonSet")
    assert not cluster.serves("apps/v1beta1", "DaemonSet")
    assert not cluster.serves("apps/v1", "Nothing")
    assert cluster.versions_of("Deployment") == ("apps/v1", "apps/v1beta1")
    assert cluster.versions_of("Nothing") == ()
    assert cluster.complete
    assert hash(cluster) == hash(Cluster.from_versions("c", {}))


def test_an_api_version_that_is_none_is_refused():
    with pytest.raises(ManifestError, match="a/b/c"):
        Cluster.from_versions("c", {"a/b/c": ["Thing"]})


def test_a_release_serves_what_the_catalog_says():
    cluster = Cluster.from_release("c", Release.parse("v1.20"), load_catalog())
    assert cluster.versions_of("CronJob") == ("batch/v1beta1",)
    assert cluster.release == Release(1, 20)
    assert cluster.complete
    with pytest.raises(UnknownReleaseError):
        Cluster.from_release("c", Release(1, 2), load_catalog())


def test_captured_clusters():
    old, new = (
        Cluster.from_karmada(json.loads((DATA / f"clusters/{name}.json").read_bytes())) for name in ("old", "new")
    )
    assert (old.name, old.complete, old.release) == ("old", True, None)  # built from source: v0.0.0-master+$Format:%h$
    assert old.versions_of("CronJob") == ("batch/v1beta1",)
    assert old.versions_of("HorizontalPodAutoscaler") == (
        "autoscaling/v1", "autoscaling/v2beta2", "autoscaling/v2beta1",
    )  # fmt: skip
    assert new.versions_of("CronJob") == ("batch/v1",)
    assert new.serves("v1", "Namespace")


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("v1.24.6-eks-abc", Release(1, 24)),
        ("v1.27.3+k3s1", Release(1, 27)),
        ("v0.0.0-master+$Format:%h$", None),
        ("", None),
        (None, None),
        ("unknown", None),
    ],
)
def test_releases_as_vendors_write_them(text, release):
    assert Cluster.from_karmada(karmada(kubernetesVersion=text)).release == release


@pytest.mark.parametrize(
    ("conditions", "complete"),
    [
        ([{"type": "CompleteAPIEnablements", "status": "True"}], True),
        ([{"type": "CompleteAPIEnablements", "status": "False"}], False),
        ([{"type": "Ready", "status": "True"}], False),
        ([], False),
        (None, False),
    ],
)
def test_completeness_is_what_the_condition_says(conditions, complete):
    assert Cluster.from_karmada(karmada(conditions=conditions)).complete is complete


def test_a_cluster_that_never_was_ready_serves_nothing_for_certain():
    cluster = Cluster.from_karmada({"metadata": {"name": "c"}})
    assert not cluster.complete
    assert cluster.served == {}


def test_labels_and_odd_enablements():
    cluster = Cluster.from_karmada(
        karmada(
            apiEnablements=[
                enablement("a.example/v1", "Thing"),
                {"groupVersion": "b.example/v1", "resources": None},
                {
                    "groupVersion": "c.example/v1",
                    "resources": [{"name": "things/status", "kind": "Thing"}, {"name": "x"}],
                },
            ]
        )
    )
    assert cluster.labels == {"site": "north"}
    assert dict(cluster.served) == {"Thing": ("a.example/v1",)}


@pytest.mark.parametrize("broken", [{}, [], None, {"metadata": {"name": 1}}, karmada(apiEnablements="all")])
def test_what_is_not_a_cluster_is_refused(broken):
    with pytest.raises(ManifestError):
        Cluster.from_karmada(broken)


def test_a_fleet_is_a_mapping_that_never_changes():
    one, two = Cluster.from_versions("one", {}), Cluster.from_versions("two", {})
    fleet = Fleet.of([two, one])
    assert list(fleet) == ["one", "two"]
    assert fleet["one"] is one
    assert fleet.find("three") is None
    assert fleet == Fleet({"two": two, "one": one})
    assert len(fleet) == 2
    assert repr(fleet) == "Fleet(one, two)"


def test_a_view_is_ready_once_it_has_seen_a_fleet():
    view = FleetView()
    assert not view.ready
    assert not view.current
    fleet = Fleet()
    view.replace(fleet)
    assert view.ready
    assert view.current is fleet
    assert FleetView(fleet).ready


def annotated(text):
    cluster = karmada(kubernetesVersion="v1.24.0")
    cluster["metadata"]["annotations"] = {"apiconverter.dev/feature-gates": text}
    return Cluster.from_karmada(cluster)


def test_an_annotation_sets_feature_gates():
    assert annotated("CronJobTimeZone=true").gates == GateSettings.of({"CronJobTimeZone": True})
    assert Cluster.from_karmada(karmada()).gates == DEFAULT_GATES


@pytest.mark.parametrize(
    "text", ["CronJobTimeZone", "CronJobTimezone=true", "CronJobTimeZone=true,CronJobTimeZone=true"]
)
def test_an_annotation_that_cannot_be_used_says_why_and_sets_nothing(text):
    cluster = annotated(text)
    assert cluster.gates == DEFAULT_GATES
    assert "CronJobTime" in cluster.gates_problem
