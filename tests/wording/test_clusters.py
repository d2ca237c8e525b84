"""What messages about clusters and inventories say."""

from __future__ import annotations

import pytest

from converter.clusters import Cluster, InventoryError, read_inventory
from converter.errors import ManifestError
from tests.nonempty import some
from tests.unit.clusters.test_inventory import BROKEN, HEAD


@pytest.fixture
def write(tmp_path):
    def _write(text):
        file = tmp_path / "fleet.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    return _write


def test_each_problem_of_an_inventory(write):
    with pytest.raises(InventoryError) as caught:
        read_inventory(write(BROKEN))
    found = {problem.line: problem.problem for problem in caught.value.problems}
    expected = {
        4: "a cluster must have one of release, versions, cluster, not release and versions",
        5: "name is missing",
        6: "a cluster must have one of release, versions, cluster, not none of them",
        7: "'soon' is not a Kubernetes release",
        8: "older than",
        9: "'a/b/c' is not an apiVersion",
        10: "must be a list",
        11: "nowhere.json: No such file",
        12: "complete is allowed with versions only",
        13: "a cluster has no key 'color'",
        15: "the name 'k' is used more than once",
        16: "must be a mapping, not string",
        17: "must be a kind, not integer",
    }
    assert sorted(found) == sorted(expected)
    for line, problem in some(found.items()):
        assert expected[line] in problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "does not contain an inventory"),
        ("apiVersion: v1\nkind: ClusterInventory\nclusters: []", "'v1' is not one of apiconverter.dev/v1alpha1"),
        (HEAD, "clusters is missing"),
        (HEAD + "clusters: {a: b}", "must be a list"),
        (HEAD + "clusters: [", "not YAML"),
        ("- a", "must be a mapping"),
    ],
)
def test_what_is_not_an_inventory(write, text, problem):
    with pytest.raises(InventoryError) as caught:
        read_inventory(write(text))
    assert problem in str(caught.value)


def test_a_file_that_does_not_exist(tmp_path):
    with pytest.raises(InventoryError, match="cannot be read: No such file"):
        read_inventory(tmp_path / "none.yaml")


def test_what_is_not_a_cluster():
    with pytest.raises(ManifestError, match="is not a Karmada Cluster"):
        Cluster.from_karmada({})


@pytest.mark.parametrize(
    ("gates", "words"),
    [
        ("{CronJobTimezone: true}", "has a feature gate CronJobTimezone; did you mean CronJobTimeZone?"),
        ("{CronJobTimeZone: maybe}", "true or false"),
    ],
)
def test_feature_gates_that_cannot_be_used(write, gates, words):
    with pytest.raises(InventoryError) as caught:
        read_inventory(write(HEAD + f"clusters:\n  - {{name: a, release: v1.24, featureGates: {gates}}}\n"))
    assert words in str(caught.value)
