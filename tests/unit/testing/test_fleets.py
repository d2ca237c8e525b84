"""Fleets of releases, of files, and of a live Karmada."""

import json
from pathlib import Path

import pytest

from converter.catalog import CatalogError
from converter.errors import ConverterError
from converter.testing import FleetError, make_fleet, read_fleet, read_live_fleet

SAVED = Path(__file__).parents[2] / "data" / "clusters"
INVENTORY = """\
apiVersion: apiconverter.dev/v1alpha1
kind: ClusterInventory
clusters: [{name: edge, release: v1.20}]
"""


def test_releases_with_and_without_names():
    fleet = make_fleet("v1.36", edge="v1.20")
    assert {name: str(cluster.release) for name, cluster in fleet.items()} == {"v1.36": "v1.36", "edge": "v1.20"}
    assert fleet["edge"].serves("batch/v1beta1", "CronJob")
    assert not fleet["v1.36"].serves("batch/v1beta1", "CronJob")


@pytest.mark.parametrize("release", ["v1.x", "v0.1", "newest"])
def test_what_is_not_a_known_release(release):
    with pytest.raises(CatalogError):
        make_fleet(release)


def test_a_fleet_needs_a_cluster():
    with pytest.raises(FleetError):
        make_fleet()


def test_saved_clusters_of_a_folder():
    fleet = read_fleet(SAVED)
    assert set(fleet) == {json.loads(file.read_text())["metadata"]["name"] for file in SAVED.glob("*.json")}
    assert len({cluster.served["Ingress"] for cluster in fleet.values()}) > 1


def test_what_kubectl_lists_is_read(tmp_path):
    items = [json.loads(file.read_text()) for file in sorted(SAVED.glob("*.json"))]
    listed = tmp_path / "clusters.json"
    listed.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    assert read_fleet(listed) == read_fleet(SAVED)


def test_an_inventory(tmp_path):
    (tmp_path / "fleet.yaml").write_text(INVENTORY)
    assert str(read_fleet(tmp_path / "fleet.yaml")["edge"].release) == "v1.20"


@pytest.mark.parametrize(
    "text",
    [
        "kind: ConfigMap\napiVersion: v1\n",
        "kind: Cluster\napiVersion: cluster.x-k8s.io/v1\nmetadata: {name: a}\n",
        "kind: Cluster\napiVersion: cluster.karmada.io/v1alpha1\n",
        "kind: List\napiVersion: v1\nitems: []\n",
        f"{INVENTORY}---\n{INVENTORY}",
        "",
        "a: [",
    ],
)
def test_a_file_that_makes_no_fleet(text, tmp_path):
    (tmp_path / "fleet.yaml").write_text(text)
    with pytest.raises(ConverterError):
        read_fleet(tmp_path / "fleet.yaml")


def test_a_live_karmada(control_plane):
    fleet = read_live_fleet(control_plane)
    assert {name: str(cluster.release) for name, cluster in fleet.items()} == {"old": "v1.22"}


def test_a_live_karmada_without_a_kubeconfig(tmp_path):
    with pytest.raises(ConverterError):
        read_live_fleet(tmp_path / "nothing")
