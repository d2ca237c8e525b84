"""Clusters from a file."""

from __future__ import annotations

import json
import shutil

import pytest

from converter.catalog import GateSettings, Release
from converter.clusters import InventoryError, read_inventory
from converter.errors import ProblemCode
from tests.nonempty import some
from tests.reviewkit import DATA

HEAD = "apiVersion: apiconverter.dev/v1alpha1\nkind: ClusterInventory\n"


@pytest.fixture
def write(tmp_path):
    shutil.copytree(DATA / "clusters", tmp_path / "clusters")

    def _write(text: str, name: str = "fleet.yaml"):
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        return file

    return _write


def test_clusters_are_given_in_three_ways(write):
    fleet = read_inventory(
        write(
            HEAD
            + """clusters:
  - {name: old, release: v1.20, labels: {site: north}}
  - name: edge
    versions: {apps/v1: [Deployment, DaemonSet], networking.k8s.io/v1beta1: [Ingress]}
  - {name: vague, complete: false, versions: {v1: [ConfigMap]}}
  - {name: saved, cluster: clusters/old.json, labels: {site: south}}
"""
        )
    )
    assert list(fleet) == ["edge", "old", "saved", "vague"]
    assert fleet["old"].release == Release(1, 20)
    assert fleet["old"].labels == {"site": "north"}
    assert fleet["edge"].versions_of("Ingress") == ("networking.k8s.io/v1beta1",)
    assert fleet["edge"].complete
    assert not fleet["vague"].complete
    assert fleet["saved"].name == "saved"
    assert fleet["saved"].versions_of("CronJob") == ("batch/v1beta1",)
    assert fleet["saved"].labels["site"] == "south"


def test_json_will_do(write):
    document = {
        "apiVersion": "apiconverter.dev/v1alpha1",
        "kind": "ClusterInventory",
        "clusters": [{"name": "old", "release": "1.16"}],
    }
    assert read_inventory(write(json.dumps(document), "fleet.json"))["old"].release == Release(1, 16)


def test_no_clusters_are_allowed(write):
    assert len(read_inventory(write(HEAD + "clusters: []"))) == 0


BROKEN = (
    HEAD
    + """clusters:
  - {name: a, release: v1.20, versions: {}}
  - {release: v1.20}
  - {name: c}
  - {name: d, release: soon}
  - {name: e, release: v1.2}
  - {name: f, versions: {a/b/c: [Thing]}}
  - {name: g, versions: {apps/v1: Deployment}}
  - {name: h, cluster: nowhere.json}
  - {name: i, release: v1.20, complete: true}
  - {name: j, release: v1.20, color: red}
  - {name: k, release: v1.20}
  - {name: k, release: v1.24}
  - just a name
  - {name: m, versions: {v1: [1]}}
"""
)


def test_every_problem_is_reported_with_its_line(write):
    with pytest.raises(InventoryError) as caught:
        read_inventory(write(BROKEN))
    assert {problem.line: problem.code for problem in caught.value.problems} == {
        4: ProblemCode.CONFLICT,
        5: ProblemCode.MISSING,
        6: ProblemCode.CONFLICT,
        7: ProblemCode.INVALID,
        8: ProblemCode.INVALID,
        9: ProblemCode.INVALID,
        10: ProblemCode.WRONG_TYPE,
        11: ProblemCode.UNREADABLE,
        12: ProblemCode.CONFLICT,
        13: ProblemCode.UNKNOWN_KEY,
        15: ProblemCode.DUPLICATE,
        16: ProblemCode.WRONG_TYPE,
        17: ProblemCode.WRONG_TYPE,
    }
    assert len(caught.value.problems) == 13


@pytest.mark.parametrize(
    "text",
    [
        "",
        "apiVersion: v1\nkind: ClusterInventory\nclusters: []",
        HEAD,
        HEAD + "clusters: {a: b}",
        HEAD + "clusters: [",
        "- a",
    ],
)
def test_what_is_not_an_inventory_is_refused(write, text):
    with pytest.raises(InventoryError):
        read_inventory(write(text))


@pytest.mark.parametrize("content", ["[]", "{", '{"metadata": {"name": "x"}, "status": {"apiEnablements": 1}}', "NaN"])
def test_a_broken_saved_cluster_is_reported(write, content):
    write(content, "broken.json")
    with pytest.raises(InventoryError, match=r"broken\.json"):
        read_inventory(write(HEAD + "clusters: [{name: x, cluster: broken.json}]"))


def test_a_missing_file_is_reported(tmp_path):
    with pytest.raises(InventoryError, match=r"none\.yaml"):
        read_inventory(tmp_path / "none.yaml")


def test_a_cluster_can_set_feature_gates(write):
    entry = "clusters:\n  - {name: a, release: v1.24, featureGates: {CronJobTimeZone: true, AllBeta: false}}\n"
    fleet = read_inventory(write(HEAD + entry))
    assert fleet["a"].gates == GateSettings.of({"CronJobTimeZone": True, "AllBeta": False})


@pytest.mark.parametrize(
    ("gates", "code", "names"),
    [
        ("{CronJobTimezone: true}", ProblemCode.INVALID, ("CronJobTimezone", "CronJobTimeZone?")),
        ("{CronJobTimeZone: maybe}", ProblemCode.WRONG_TYPE, ("CronJobTimeZone",)),
    ],
)
def test_feature_gates_that_cannot_be_used_are_problems(write, gates, code, names):
    with pytest.raises(InventoryError) as raised:
        read_inventory(write(HEAD + f"clusters:\n  - {{name: a, release: v1.24, featureGates: {gates}}}\n"))
    (problem,) = raised.value.problems
    assert problem.code is code
    assert all(name in problem.problem for name in some(names))


@pytest.mark.parametrize("deep", ["[" * 80_000, "a: &a [" + "*a, " * 9 + "]", "a: 1\na: 2\n"])
def test_a_file_that_no_reader_should_follow_is_a_problem_with_its_place(write, deep):
    with pytest.raises(InventoryError) as caught:
        read_inventory(write(deep))
    assert caught.value.problems[0].line >= 1
    write(deep, "saved.yaml")
    with pytest.raises(InventoryError) as caught:
        read_inventory(write(HEAD + "clusters:\n  - {name: a, cluster: saved.yaml}\n"))
    assert [problem.line for problem in caught.value.problems] == [4]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_with_a_byte_order_mark_is_read(write, encoding):
    file = write("")
    file.write_bytes((HEAD + "clusters: [{name: a, release: v1.20}]\n").encode(encoding))
    assert list(read_inventory(file)) == ["a"]
