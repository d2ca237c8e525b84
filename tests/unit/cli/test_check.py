"""`converter check` as a user and a pipeline run it."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ET

import pytest

from converter.cli import FINDINGS, OK, main

MANIFESTS = """\
# the nightly report
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
- apiVersion: policy/v1
  kind: PodDisruptionBudget
  metadata: {name: web}
  spec:
    selector: {}
    unhealthyPodEvictionPolicy: AlwaysAllow
- {apiVersion: v1, kind: ConfigMap, metadata: {name: fine}, data: {any: thing}}
"""

INVENTORY = """\
apiVersion: apiconverter.dev/v1alpha1
kind: ClusterInventory
clusters:
  - {name: old, release: v1.20}
  - {name: new, release: v1.36}
  - {name: vague, complete: false, versions: {v1: [ConfigMap]}}
  - {name: bare, versions: {v1: [ConfigMap]}}
"""


@pytest.fixture
def files(tmp_path):
    (tmp_path / "all.yaml").write_text(MANIFESTS)
    (tmp_path / "fleet.yaml").write_text(INVENTORY)
    return tmp_path


def run(capsys, *arguments):
    code = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def check(capsys, files, *arguments):
    return run(capsys, "check", "-f", files / "all.yaml", *arguments)


def found(out):
    return [(item["object"], item["cluster"], item["field"], item["weight"]) for item in json.loads(out)["findings"]]


TWO = [
    ("demo/report", "v1.22", "spec.timeZone", "dangerous"),
    ("web", "v1.22", "spec.unhealthyPodEvictionPolicy", "degrading"),
]


def test_a_release_is_a_cluster(capsys, files):
    code, out, _ = check(capsys, files, "--release", "v1.22", "-o", "json")
    assert code == 1
    assert found(out) == TWO
    assert [item["since"] for item in json.loads(out)["findings"]] == ["v1.25", "v1.27"]


@pytest.mark.parametrize(
    ("threshold", "release", "code"),
    [
        ("dangerous", "v1.22", 1), ("dangerous", "v1.25", 0), ("degrading", "v1.25", 1), ("harmless", "v1.36", 0),
        ("never", "v1.22", 0),
    ],
)  # fmt: skip
def test_the_exit_code_says_whether_something_is_severe_enough(capsys, files, threshold, release, code):
    assert check(capsys, files, "--release", release, "--fail-on", threshold)[0] == code


def test_a_whole_inventory_or_one_cluster_of_it(capsys, files):
    _, out, _ = check(capsys, files, "--inventory", files / "fleet.yaml", "-o", "json")
    items = json.loads(out)["findings"]
    assert {item["cluster"] for item in items} == {"old", "vague", "bare"}
    assert {(item["sort"], item["weight"]) for item in items if item["cluster"] == "bare"} == {
        ("unreachable", "dangerous")
    }
    assert {(item["sort"], item["weight"]) for item in items if item["cluster"] == "vague"} == {
        ("unreachable", "degrading")
    }
    code, out, _ = check(capsys, files, "--inventory", files / "fleet.yaml", "--cluster", "new", "-o", "json")
    assert (code, found(out)) == (0, [])


def test_the_table_says_which_clusters_were_not_looked_at(capsys, files):
    _, out, _ = check(capsys, files, "--inventory", files / "fleet.yaml")
    assert "old (v1.20)" in out
    counts, unchecked = out.splitlines()[-2:]
    assert re.findall(r"[0-9]+", counts)[:2] == ["3", "4"]  # objects and clusters
    assert unchecked.endswith(": bare, vague")


def test_standard_input_is_read(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(MANIFESTS))
    code, out, _ = run(capsys, "check", "-f", "-", "--release", "v1.22", "-o", "json")
    assert (code, found(out)) == (1, TWO)


def test_sarif_points_at_the_lines(capsys, files):
    _, out, _ = check(capsys, files, "--release", "v1.22", "-o", "sarif")
    document = json.loads(out)
    assert document["version"] == "2.1.0"
    (results,) = (each["results"] for each in document["runs"])
    assert [result["locations"][0]["physicalLocation"]["region"]["startLine"] for result in results] == [7, 17]
    assert [result["level"] for result in results] == ["error", "warning"]
    known = {rule["id"] for rule in document["runs"][0]["tool"]["driver"]["rules"]}
    assert {result["ruleId"] for result in results} == known


def test_sarif_of_standard_input_has_no_file(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(MANIFESTS))
    _, out, _ = run(capsys, "check", "-f", "-", "--release", "v1.22", "-o", "sarif")
    assert "physicalLocation" not in out


def test_junit_fails_what_is_severe_enough_and_lists_the_rest(capsys, files):
    _, out, _ = check(capsys, files, "--release", "v1.22", "-o", "junit")
    (suite,) = ET.fromstring(out)
    assert suite.attrib == {"name": "v1.22", "tests": "3", "failures": "1"}
    report, budget, fine = suite
    assert "spec.timeZone" in report.find("failure").attrib["message"]
    assert "unhealthyPodEvictionPolicy" in budget.find("system-out").text
    assert len(fine) == 0


def test_what_is_not_a_manifest_is_a_finding(capsys, tmp_path):
    (tmp_path / "a.yaml").write_text("kind: CronJob\n")
    code, out, _ = run(capsys, "check", "-f", tmp_path / "a.yaml", "--release", "v1.22", "-o", "json")
    assert code == 1
    assert json.loads(out)["findings"][0]["sort"] == "unreadable"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--cluster", "old"],
        ["--inventory", "FLEET", "--cluster", "nowhere"],
        ["--release", "soon"],
        ["--release", "v1.2"],
    ],
)
def test_bad_usage_is_reported(capsys, files, arguments):
    given = [files / "fleet.yaml" if word == "FLEET" else word for word in arguments]
    code, _, said = check(capsys, files, *given)
    assert code == 2
    assert said.startswith("converter: ")


def test_an_admins_table_of_weights_counts(capsys, files):
    (files / "weights.yaml").write_text(
        """apiVersion: apiconverter.dev/v1alpha1
kind: FieldWeights
spec:
  weights:
    - {weight: harmless, kinds: [CronJob], fields: [spec.timeZone], namespaces: [demo], clusters: ["v1.2*"]}
"""
    )
    _, out, _ = check(capsys, files, "--release", "v1.22", "--rules", files / "weights.yaml", "-o", "json")
    assert found(out)[0][-1] == "harmless"
    _, out, _ = check(capsys, files, "--release", "1.22", "--rules", files / "weights.yaml", "-o", "json")
    assert found(out)[0][-1] == "dangerous"


CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec:
  accessModes:
  - ReadWriteOncePod
"""


def test_a_value_that_the_release_does_not_know_is_found_with_its_line(capsys, tmp_path):
    (tmp_path / "claim.yaml").write_text(CLAIM)
    arguments = ("check", "-f", tmp_path / "claim.yaml", "--fail-on", "degrading", "--release")
    code, out, _ = run(capsys, *arguments, "v1.21", "-o", "json")
    (finding,) = json.loads(out)["findings"]
    assert (code, finding["field"], finding["since"]) == (1, "spec.accessModes[0]", "v1.22")
    assert {"v1.21", '"ReadWriteOncePod"'} <= set(finding["message"].split())
    _, out, _ = run(capsys, *arguments, "v1.21", "-o", "sarif")
    (result,) = json.loads(out)["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 6
    _, out, _ = run(capsys, *arguments, "v1.21")
    assert {"v1.22", '"ReadWriteOncePod"'} <= set(out.split())
    _, out, _ = run(capsys, *arguments, "v1.21", "-o", "junit")
    assert "spec.accessModes[0]" in ET.fromstring(out).find("testsuite/testcase/failure").get("message")
    assert run(capsys, *arguments, "v1.22")[0] == 0


WEBHOOK = """\
apiVersion: admissionregistration.k8s.io/v1beta1
kind: MutatingWebhookConfiguration
metadata: {name: w}
webhooks: [{name: w.example.test, clientConfig: {url: "https://example.test"}}]
"""
CRD = """\
apiVersion: apiextensions.k8s.io/v1beta1
kind: CustomResourceDefinition
metadata: {name: widgets.example.test}
spec: {group: example.test, version: v1, names: {kind: Widget, plural: widgets}}
"""
PROBE = """\
apiVersion: v1
kind: Pod
metadata: {name: p}
spec: {containers: [{name: a, livenessProbe: {grpc: {port: 1}}}]}
"""


@pytest.mark.parametrize(
    ("text", "release", "field"),
    [
        (WEBHOOK, "v1.24", "webhooks[0].sideEffects"),
        (CRD, "v1.24", "spec.preserveUnknownFields"),
        (PROBE, "v1.20", "spec.containers[0].livenessProbe.grpc"),
    ],
)
def test_a_certain_refusal_is_a_finding_of_its_own_that_fails_the_run(capsys, tmp_path, text, release, field):
    (tmp_path / "a.yaml").write_text(text)
    for form in ("table", "sarif", "junit", "json"):
        code, out, _ = run(capsys, "check", "-f", str(tmp_path / "a.yaml"), "--release", release, "-o", form)
        assert code == FINDINGS
    findings = {(item["sort"], item["weight"], item["field"]) for item in json.loads(out)["findings"]}
    assert ("refused", "dangerous", field) in findings
    assert run(capsys, "check", "-f", str(tmp_path / "a.yaml"), "--release", release, "--fail-on", "never")[0] == OK


def test_check_lists_every_loss_of_files_for_a_threshold(capsys, files):
    common = ("--fail-on", "harmless", "-o", "json")
    code, out, _ = check(capsys, files, "--release", "v1.22", *common)
    assert (code, found(out)) == (1, TWO)
    assert check(capsys, files, "--release", "v1.36", *common)[0] == 0


def test_convert_reports_what_the_cluster_will_drop(capsys, files):
    (files / "cron.yaml").write_text(MANIFESTS.partition("---")[0])
    common = ["convert", "-f", files / "cron.yaml", "--cluster", "old", "--inventory", files / "fleet.yaml"]
    code, out, said = run(capsys, *common)
    assert code == 0
    assert "batch/v1beta1" in out
    assert "timeZone: Europe/Berlin" in out
    assert " old: spec.timeZone" in said
    assert run(capsys, *common, "--strict")[0] == 1
