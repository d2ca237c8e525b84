"""`converter plan` as an administrator and a pipeline run it."""

from __future__ import annotations

import json

import pytest

from converter.cli import FAILED, FINDINGS, OK, main

MANIFESTS = """\
apiVersion: batch/v1
kind: CronJob
metadata: {name: report, namespace: demo}
spec:
  schedule: "@daily"
  timeZone: Europe/Berlin
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: fine}, data: {any: thing}}
- {apiVersion: v1, kind: Service, metadata: {name: web}, spec: {internalTrafficPolicy: Local, ports: [{port: 80}]}}
"""

INVENTORY = """\
apiVersion: apiconverter.dev/v1alpha1
kind: ClusterInventory
clusters:
  - {name: old, release: v1.20}
  - {name: new, release: v1.36}
"""


@pytest.fixture
def plan(tmp_path, capsys):
    (tmp_path / "all.yaml").write_text(MANIFESTS)
    (tmp_path / "fleet.yaml").write_text(INVENTORY)

    def call(*arguments, files=True):
        given = ["-f", str(tmp_path / "all.yaml")] if files else []
        code = main(["plan", *given, "--inventory", str(tmp_path / "fleet.yaml"), *arguments])
        return code, capsys.readouterr().out

    return call


def listed(out):
    return {item["name"]: item for item in json.loads(out)["objects"]}


def test_an_upgrade_is_planned_as_json(plan):
    code, out = plan("--cluster", "old", "--to", "v1.36", "-o", "json")
    assert code == OK
    document = json.loads(out)
    assert (document["cluster"], document["from"], document["to"]) == ("old", "v1.20", "v1.36")
    report = listed(out)["report"]
    assert report["changes"] == ["version", "loss-ends"]
    assert (report["sent"], report["now"], report["then"]) == ("batch/v1", "batch/v1beta1", "batch/v1")
    assert [(loss["field"], loss["weight"], loss["since"]) for loss in report["end"]] == [
        ("spec.timeZone", "dangerous", "v1.25")
    ]
    assert listed(out)["fine"]["changes"] == []


def test_a_downgrade_is_a_finding_and_a_table_names_each_loss(plan):
    code, out = plan("--cluster", "new", "--to", "v1.20")
    assert code == FINDINGS
    assert "spec.timeZone" in out
    assert "spec.internalTrafficPolicy" in out


@pytest.mark.parametrize(("threshold", "code"), [("dangerous", FINDINGS), ("harmless", FINDINGS), ("never", OK)])
def test_fail_on_decides_which_losses_are_findings(plan, threshold, code):
    assert plan("--cluster", "new", "--to", "v1.20", "--fail-on", threshold)[0] == code


def test_a_removed_cluster_that_is_the_last_is_a_finding(plan):
    code, out = plan("--cluster", "old", "--remove", "-o", "json")
    assert code == FINDINGS
    changes = {item["name"]: item["changes"] for item in json.loads(out)["objects"]}
    assert changes == {"report": ["last"], "fine": ["last"], "web": ["last"]}
    assert json.loads(out)["to"] is None


def test_a_new_cluster_is_planned(plan):
    code, out = plan("--cluster", "third", "--to", "v1.22", "--like", "old", "-o", "json")
    assert code == FINDINGS
    assert json.loads(out)["from"] is None
    assert listed(out)["report"]["changes"] == ["loss-begins"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--cluster", "third", "--remove"],
        ["--cluster", "old", "--to", "v1.2"],
        ["--cluster", "old", "--to", "latest"],
        ["--cluster", "old", "--to", "v1.30", "--like", "new"],
        ["--cluster", "old", "--remove", "--like", "new"],
        ["--cluster", "third", "--to", "v1.30", "--like", "fourth"],
    ],
)
def test_what_cannot_be_planned_is_refused(plan, arguments):
    assert plan(*arguments) == (FAILED, "")


def test_an_inventory_needs_files_and_a_control_plane_has_its_own_objects(plan, tmp_path):
    assert plan("--cluster", "old", "--to", "v1.30", files=False) == (FAILED, "")
    assert main(["plan", "-f", "x", "--kubeconfig", str(tmp_path / "k"), "--cluster", "old", "--to", "v1.30"]) == FAILED


def test_a_value_of_a_secret_is_never_printed(tmp_path, plan):
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nimmutable: true\nstringData: {a: hunter2}\n"
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "s.yaml").write_text(secret)
    _, out = plan("-f", str(tmp_path / "more"), "--cluster", "new", "--to", "v1.17")
    assert "Secret s" in out
    assert "hunter2" not in out


def test_the_works_of_a_live_fleet_are_planned_page_by_page(capsys, control_plane):
    code = main(["plan", "--kubeconfig", str(control_plane), "--cluster", "old", "--to", "v1.30", "-o", "json"])
    assert code == OK
    found = listed(capsys.readouterr().out)
    assert {name: (item["work"], item["changes"]) for name, item in found.items()} == {
        name: (f"karmada-es-old/{name}", ["loss-ends"]) for name in ("first", "second")
    }
