"""`converter rules diff` as an admin uses it before rules are applied."""

import json
import re

import pytest

from converter.cli import FAILED, FINDINGS, OK, main
from tests.rulekit import rule_text

OLD = rule_text("steps:\n  - drop: {path: spec.zone, side: left, why: v2 knows no zones}")
NEW = rule_text("steps:\n  - rename: {spec.zone: spec.region}")
THINGS = """\
apiVersion: v1
kind: List
items:
  - {apiVersion: a.example/v1, kind: Thing, metadata: {name: one}, spec: {zone: Mars}}
  - {apiVersion: a.example/v1, kind: Thing, metadata: {name: two}, spec: {size: 1}}
"""
INVENTORY = """\
apiVersion: apiconverter.dev/v1alpha1
kind: ClusterInventory
clusters:
  - {name: old, versions: {a.example/v2: [Thing]}}
  - {name: new, versions: {a.example/v1: [Thing]}}
"""


@pytest.fixture
def diff(tmp_path, capsys):
    for name, text in (("old", OLD), ("new", NEW), ("things", THINGS), ("fleet", INVENTORY)):
        (tmp_path / f"{name}.yaml").write_text(text)

    def call(*arguments, changed="new", files=True):
        rules = [str(tmp_path / f"{changed}.yaml"), "--against", str(tmp_path / "old.yaml")]
        given = ["-f", str(tmp_path / "things.yaml")] if files else []
        code = main(["rules", "diff", *rules, *given, *arguments])
        return code, capsys.readouterr().out

    call.fleet = str(tmp_path / "fleet.yaml")
    return call


def test_a_changed_rule_shows_the_manifests_that_change(diff):
    code, out = diff("--to", "a.example/v2")
    assert code == FINDINGS
    assert [line for line in out.splitlines() if "region: Mars" in line and line.startswith("+")]
    assert re.search(r"Thing one .*a\.example/v2", out)
    assert "Thing two" not in out


def test_the_same_rules_change_nothing(diff):
    code, out = diff("--to", "a.example/v2", changed="old")
    assert code == OK
    assert len(out.splitlines()) == 1


def test_each_cluster_of_an_inventory_is_compared(diff):
    code, out = diff("--inventory", diff.fleet, "-o", "json")
    document = json.loads(out)
    assert (code, document["objects"]) == (FINDINGS, 2)
    [change] = document["changes"]
    assert (change["name"], change["for"], change["lossesThatEnd"]) == ("one", "old", ["spec.zone"])
    assert (change["before"]["spec"], change["after"]["spec"]) == ({}, {"region": "Mars"})
    assert diff("--inventory", diff.fleet, "--cluster", "new")[0] == OK


def test_the_works_of_a_live_fleet_are_read(diff, control_plane):
    code, out = diff("--kubeconfig", str(control_plane), "-o", "json", files=False)
    assert (code, json.loads(out)) == (OK, {"objects": 2, "changes": []})


def test_a_rule_that_refuses_is_shown(diff, tmp_path):
    (tmp_path / "hard.yaml").write_text(rule_text("steps:\n  - refuse: {path: spec.zone, side: left, why: never}"))
    code, out = diff("--to", "a.example/v2", "-o", "json", changed="hard")
    [change] = json.loads(out)["changes"]
    assert (code, change["after"]) == (FINDINGS, None)
    assert change["problem"]
    assert diff("--to", "a.example/v2", changed="hard")[0] == FINDINGS


@pytest.mark.parametrize(
    ("arguments", "files"),
    [(["--to", "a.example/v2"], False), (["--to", "a.example/v2", "--cluster", "old"], True),
     (["--inventory", "FLEET", "--cluster", "nowhere"], True), (["--inventory", "missing.yaml"], True)],
)  # fmt: skip
def test_options_that_do_not_go_together_are_wrong_usage(diff, arguments, files):
    given = [diff.fleet if argument == "FLEET" else argument for argument in arguments]
    assert diff(*given, files=files)[0] == FAILED


def test_broken_rules_are_reported(diff, tmp_path):
    (tmp_path / "bad.yaml").write_text(rule_text("steps: [{jump: {}}]"))
    assert diff("--to", "a.example/v2", changed="bad")[0] == FAILED
