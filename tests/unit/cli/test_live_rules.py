"""`converter rules diff`, `lint` and `graph` with the rules that a control plane uses: files and rule objects."""

import json

import pytest

from converter.cli import FAILED, FINDINGS, OK, main
from converter.yaml import load_all
from tests.rulekit import rule_text

STEPS = "steps:\n  - rename: {spec.timeZone: spec.zone}"
CRON = {"left": "batch/v1", "right": "example.com/v1"}
THING = {"left": "example.com/v1", "right": "example.com/v2"}


def rule(name, steps=STEPS, kind="CronJob", **between):
    return rule_text(steps, name=name, **(between or CRON)).replace("kind: Thing", f"kind: {kind}")


def stored_object(text, created="2026-01-01T00:00:00Z"):
    (found,) = load_all(text)
    found["metadata"] |= {"uid": found["metadata"]["name"], "generation": 3, "creationTimestamp": created}
    return found


def crd(**fields):
    """The CRD of Thing; each version has these fields of the spec."""
    versions = []
    for name, some in fields.items():
        spec = {"type": "object", "properties": {field: {"type": "string"} for field in some}}
        schema = {"type": "object", "properties": {"spec": spec}}
        versions.append({"name": name, "served": True, "schema": {"openAPIV3Schema": schema}})
    names = {"plural": "things", "kind": "Thing"}
    spec = {"group": "example.com", "scope": "Namespaced", "names": names, "versions": versions}
    return {"metadata": {"name": "things.example.com", "uid": "c", "generation": 1}, "spec": spec}


@pytest.fixture
def run(control_plane, capsys):
    def call(*words):
        code = main(["rules", *words, "--kubeconfig", str(control_plane)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


@pytest.fixture
def write(tmp_path):
    def call(text, name="changed.yaml"):
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    return call


WEIGHTS = """\
apiVersion: apiconverter.dev/v1alpha1
kind: FieldWeights
metadata: {name: zones}
spec: {weights: [{weight: WEIGHT, kinds: [CronJob], fields: [spec.timeZone]}]}
"""


def test_an_object_in_a_file_replaces_the_one_of_its_name_in_diff(run, write, stored):
    """The shipped rule converts CronJob to batch/v1beta1; an object that overrides it is part of what is now."""
    away = rule("zones", "steps: []\nunconvertible: never", left="batch/v1", right="batch/v1beta1")
    override = away.replace("spec:\n", "spec:\n  overrides: [cronjob-v1-v1beta1]\n").replace("steps: []\n  ", "")
    stored["conversionrules"].append(stored_object(override))
    code, out, err = run("diff", write(override), "-o", "json")
    assert (code, json.loads(out or "null")) == (OK, {"objects": 2, "changes": []}), err


def test_a_document_that_the_webhook_would_refuse_is_refused_by_diff_and_lint(run, write, stored):
    stored["conversionrules"].append(stored_object(rule("first")))
    second = write(rule("second"))
    for verb in ("diff", "lint"):
        code, _, err = run(verb, second)
        assert code in {FAILED, FINDINGS}
        assert "ConversionRule second" in err, "two rules for one pair of versions"
    assert run("lint", write(rule("first", "steps: []")))[0] == OK, "a new spec of the one that is there"


def test_lint_lists_the_problems_of_the_objects_that_are_there(run, stored):
    assert run("lint")[0] == OK
    stored["conversionrules"] += [stored_object(rule("good")), stored_object(rule("bad", "steps: [{fly: 1}]"))]
    code, _, err = run("lint")
    assert code == FINDINGS
    assert "ConversionRule bad" in err
    assert "ConversionRule good" not in err


def test_lint_proves_rules_against_the_crds_of_the_control_plane(run, write, stored):
    stored["customresourcedefinitions"].append(crd(v1=["size"], v2=["size", "color"]))
    text = rule("things", "steps: []", kind="Thing", **THING)
    code, _, err = run("lint", write(text))
    assert (code, "spec.color" in err) == (FINDINGS, True)
    drop = 'steps: [{drop: {path: spec.color, side: right, why: "v1 has no colors"}}]'
    assert run("lint", write(rule("things", drop, kind="Thing", **THING)))[0] == OK


def test_graph_draws_files_objects_and_what_would_be_applied(run, write, stored, tmp_path):
    stored["conversionrules"].append(stored_object(rule("object", kind="Plum", **THING)))
    (tmp_path / "files").mkdir()
    write(rule("file", kind="Fig", **THING), "files/fig.yaml")
    code, out, _ = run("graph", write(rule("new", kind="Kiwi", **THING)), "--rules", str(tmp_path / "files"))
    assert code == OK
    assert {"Plum", "Fig", "Kiwi", "Ingress"} <= {word for line in out.splitlines() for word in line.split()}


@pytest.mark.parametrize("words", [("graph",), ("lint",), ("diff", "x", "--to", "a/v1", "-f", "y")])
def test_rules_of_a_control_plane_need_the_control_plane(words):
    assert main(["rules", *words, "--rules", "x"]) == FAILED


@pytest.mark.parametrize("more", [("--alone",), ("--crd", "x")])
def test_lint_reads_rules_and_crds_from_one_place(run, more):
    assert run("lint", *more)[0] == FAILED
