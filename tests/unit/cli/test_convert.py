"""`converter convert` and `converter explain` as a user runs them."""

import io
import json
import sys

import pytest
import yaml

from converter.cli import FAILED, FINDINGS, OK, main

CRON = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly"}, "spec": {"schedule": "@daily"}}
BUDGET = {
    "apiVersion": "policy/v1",
    "kind": "PodDisruptionBudget",
    "metadata": {"name": "web"},
    "spec": {"selector": {}},
}
UNKNOWN = {"apiVersion": "acme.io/v1", "kind": "Widget", "metadata": {"name": "w"}}
ROLLBACK = {
    "apiVersion": "apps/v1beta1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {"template": {"metadata": {"labels": {"a": "b"}}}},
}


@pytest.fixture
def files(tmp_path):
    def write(name, *documents, form="yaml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump_all(documents) if form == "yaml" else json.dumps(documents[0]))
        return str(path)

    return write


def run(capsys, *arguments):
    code = main([*arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_a_manifest_is_converted_to_yaml(files, capsys):
    code, out, err = run(capsys, "convert", "-f", files("a.yaml", CRON), "--to", "batch/v1beta1")
    assert (code, err) == (OK, "")
    assert yaml.safe_load(out) == {**CRON, "apiVersion": "batch/v1beta1"}


def test_json_in_and_json_out(files, capsys):
    code, out, _ = run(
        capsys, "convert", "-f", files("a.json", CRON, form="json"), "--to", "batch/v1beta1", "-o", "json"
    )
    assert code == OK
    assert json.loads(out)["apiVersion"] == "batch/v1beta1"


def test_a_field_that_no_cluster_with_the_version_knows_is_reported(files, capsys):
    budget = {**BUDGET, "spec": {"selector": {"matchLabels": {"a": "b"}}, "unhealthyPodEvictionPolicy": "AlwaysAllow"}}
    path = files("a.yaml", budget)
    code, out, err = run(capsys, "convert", "-f", path, "--to", "policy/v1beta1", "--strict")
    assert code == FINDINGS
    assert yaml.safe_load(out)["apiVersion"] == "policy/v1beta1"
    assert "spec.unhealthyPodEvictionPolicy" in err
    assert run(capsys, "convert", "-f", path, "--to", "policy/v1", "--strict")[0] == OK


def test_several_documents_keep_their_order(files, capsys):
    path = files("a.yaml", CRON, BUDGET)
    code, out, _ = run(capsys, "convert", "-f", path, "--to", "batch/v1beta1", "--to", "policy/v1beta1")
    assert code == OK
    assert [item["apiVersion"] for item in yaml.safe_load_all(out)] == ["batch/v1beta1", "policy/v1beta1"]


@pytest.mark.parametrize("kind", ["List", "CronJobList"])
def test_the_items_of_a_list_are_converted(files, capsys, kind):
    version = "v1" if kind == "List" else "batch/v1"
    path = files("a.yaml", {"apiVersion": version, "kind": kind, "items": [CRON, CRON]})
    code, out, _ = run(capsys, "convert", "-f", path, "--to", "batch/v1beta1")
    found = yaml.safe_load(out)
    assert code == OK
    assert found["apiVersion"] == ("v1" if kind == "List" else "batch/v1beta1")
    assert [item["apiVersion"] for item in found["items"]] == ["batch/v1beta1"] * 2


def test_standard_input_is_read(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(yaml.safe_dump(CRON)))
    code, out, _ = run(capsys, "convert", "-f", "-", "--to", "batch/v1beta1")
    assert (code, yaml.safe_load(out)["apiVersion"]) == (OK, "batch/v1beta1")


def test_a_directory_is_read_whole(files, capsys, tmp_path):
    files("d/b.yaml", BUDGET)
    files("d/sub/a.json", CRON, form="json")
    code, out, _ = run(capsys, "convert", "-f", str(tmp_path / "d"), "--to", "batch/v1beta1", "--to", "policy/v1beta1")
    assert code == OK
    assert len(list(yaml.safe_load_all(out))) == 2


def test_what_cannot_be_converted_is_reported_and_left_out(files, capsys):
    code, out, err = run(capsys, "convert", "-f", files("a.yaml", UNKNOWN, CRON), "--to", "batch/v1beta1")
    assert code == FINDINGS
    assert yaml.safe_load(out)["kind"] == "CronJob"
    assert "a.yaml#1: Widget w: " in err
    assert "CronJob" not in err


def test_what_no_rule_knows_can_be_passed_on(files, capsys):
    path = files("a.yaml", UNKNOWN, CRON)
    code, out, _ = run(capsys, "convert", "-f", path, "--to", "batch/v1beta1", "--skip-unknown")
    assert code == OK
    assert [item["kind"] for item in yaml.safe_load_all(out)] == ["Widget", "CronJob"]


def test_a_wrong_type_is_reported_with_its_place(files, capsys):
    bad = {**BUDGET, "spec": "text"}
    code, _, err = run(capsys, "convert", "-f", files("a.yaml", bad), "--to", "policy/v1beta1")
    assert code == FINDINGS
    assert "a.yaml: PodDisruptionBudget web: " in err
    assert ": spec: " in err


def test_a_diff_shows_what_changes(files, capsys):
    code, out, _ = run(capsys, "convert", "-f", files("a.yaml", CRON), "--to", "batch/v1beta1", "--diff")
    assert code == OK
    assert "-apiVersion: batch/v1\n+apiVersion: batch/v1beta1\n" in out


def test_losses_can_be_kept_and_restored(files, capsys, tmp_path):
    given = {**BUDGET, "spec": {"selector": None}}
    _, there, _ = run(capsys, "convert", "-f", files("a.yaml", given), "--to", "policy/v1beta1", "--keep-losses")
    old = tmp_path / "old.yaml"
    old.write_text(there)
    code, back, _ = run(capsys, "convert", "-f", str(old), "--to", "policy/v1")
    assert code == OK
    assert yaml.safe_load(back) == given


SCALER = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "web", "annotations": {"own": "x"}},
    "spec": {"maxReplicas": 3, "behavior": {}, "metrics": []},
}
EMPTY_BUDGET = {**BUDGET, "spec": {"selector": None}}
SLICE = {
    "apiVersion": "resource.k8s.io/v1",
    "kind": "ResourceSlice",
    "metadata": {"name": "a"},
    "spec": {"driver": "d", "devices": [{"name": "gpu", "allowMultipleAllocations": True, "bindsToNode": True}]},
}
OLD_VERSIONS = ("policy/v1beta1", "autoscaling/v1", "resource.k8s.io/v1alpha3", "batch/v1beta1")
NEW_VERSIONS = ("policy/v1", "autoscaling/v2", "resource.k8s.io/v1", "batch/v1")


LIST = {"apiVersion": "v1", "kind": "List"}


def flat(documents):
    """All manifests: JSON has one document, so several and the items of lists among them stand in one List."""
    for document in documents:
        yield from document.get("items", [document])


def to(versions):
    return [word for version in versions for word in ("--to", version)]


@pytest.mark.parametrize("form", ["yaml", "json"])
@pytest.mark.parametrize(
    "documents",
    [
        [EMPTY_BUDGET, SCALER, SLICE, CRON],
        [{"apiVersion": "v1", "kind": "List", "items": [SLICE, CRON, EMPTY_BUDGET, SCALER]}],
        [{"apiVersion": "resource.k8s.io/v1", "kind": "ResourceSliceList", "items": [SLICE, SLICE]}, EMPTY_BUDGET],
    ],
    ids=["documents", "a List", "a list of one kind and more"],
)
def test_everything_comes_back_exactly_from_what_was_kept(files, capsys, tmp_path, documents, form):
    path = files("new.yaml", *documents)
    code, there, _ = run(capsys, "convert", "-f", path, *to(OLD_VERSIONS), "--keep-losses", "-o", form)
    assert code == OK
    assert "apiconverter.dev/conversion-data" in there
    assert not [version for version in NEW_VERSIONS if f"{version}\n" in there]
    old = tmp_path / f"old.{form}"
    old.write_text(there)

    code, back, err = run(capsys, "convert", "-f", str(old), *to(NEW_VERSIONS))

    assert (code, err) == (OK, "")
    wanted = documents if form == "yaml" or len(documents) == 1 else [{**LIST, "items": list(flat(documents))}]
    assert list(yaml.safe_load_all(back)) == wanted


def test_an_edit_wins_over_what_was_kept_and_is_reported(files, capsys):
    options = ("--to", "resource.k8s.io/v1alpha3", "--keep-losses")
    _, there, _ = run(capsys, "convert", "-f", files("new.yaml", SLICE), *options)
    edited = yaml.safe_load(there)
    edited["spec"]["devices"][0]["name"] = "other"
    old = files("old.yaml", edited)
    code, back, err = run(capsys, "convert", "-f", old, "--to", "resource.k8s.io/v1")
    assert code == OK
    assert yaml.safe_load(back)["spec"]["devices"] == [{"name": "other"}]
    assert "old.yaml: ResourceSlice a: " in err
    assert ": spec.devices[name=gpu].bindsToNode: " in err
    assert run(capsys, "convert", "-f", old, "--to", "resource.k8s.io/v1", "--strict")[0] == FINDINGS


def test_without_what_was_kept_the_way_back_is_not_exact(files, capsys, tmp_path):
    _, there, err = run(capsys, "convert", "-f", files("new.yaml", SLICE), *to(OLD_VERSIONS))
    assert ": spec.devices[name=gpu].allowMultipleAllocations = true" in err
    (tmp_path / "old.yaml").write_text(there)
    _, back, _ = run(capsys, "convert", "-f", str(tmp_path / "old.yaml"), *to(NEW_VERSIONS))
    assert yaml.safe_load(back) != SLICE


@pytest.mark.parametrize("text", ["a: [", "- 1\n- 2\n", "text", '{"a":'])
def test_input_that_is_not_a_manifest_is_reported(capsys, tmp_path, text):
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    code, _, err = run(capsys, "convert", "-f", str(path), "--to", "batch/v1beta1")
    assert code == FAILED
    assert "bad.yaml" in err


def test_a_missing_file_is_reported(capsys):
    code, _, err = run(capsys, "convert", "-f", "no/such.yaml", "--to", "batch/v1")
    assert code == FAILED
    assert "no/such.yaml" in err


def inventory(tmp_path):
    path = tmp_path / "fleet.yaml"
    path.write_text(
        "apiVersion: apiconverter.dev/v1alpha1\nkind: ClusterInventory\n"
        "clusters:\n- {name: old, release: v1.20}\n- {name: new, release: v1.36}\n"
    )
    return str(path)


@pytest.mark.parametrize(("cluster", "version"), [("old", "batch/v1beta1"), ("new", "batch/v1")])
def test_a_cluster_gets_what_it_serves(files, capsys, tmp_path, cluster, version):
    fleet = inventory(tmp_path)
    code, out, _ = run(capsys, "convert", "-f", files("a.yaml", CRON), "--cluster", cluster, "--inventory", fleet)
    assert code == OK
    assert yaml.safe_load(out)["apiVersion"] == version


@pytest.mark.parametrize(
    "arguments",
    [
        ["--cluster", "old"],
        ["--cluster", "other", "--inventory", "FLEET"],
        ["--to", "batch/v1", "--inventory", "FLEET"],
    ],
)
def test_options_that_do_not_go_together_are_reported(files, capsys, tmp_path, arguments):
    fleet = inventory(tmp_path)
    given = [fleet if argument == "FLEET" else argument for argument in arguments]
    code, _, err = run(capsys, "convert", "-f", files("a.yaml", CRON), *given)
    assert code == FAILED
    assert err.startswith("converter: ")


def test_an_explanation_names_rules_steps_and_the_way_not_taken(files, capsys):
    path = files("a.yaml", {**BUDGET, "kind": "PodDisruptionBudget"})
    code, out, _ = run(capsys, "explain", "-f", path, "--to", "policy/v1beta1")
    assert code == OK
    assert "policy/v1 -> policy/v1beta1" in out
    assert " poddisruptionbudget-v1-v1beta1 (" in out


def test_an_explanation_without_a_manifest(capsys):
    arguments = ["--kind", "Ingress", "--from", "networking.k8s.io/v1", "--to", "extensions/v1beta1"]
    code, out, _ = run(capsys, "explain", *arguments)
    assert code == OK
    assert "networking.k8s.io/v1 -> networking.k8s.io/v1beta1 -> extensions/v1beta1" in out


def test_an_explanation_of_no_way(files, capsys):
    code, out, _ = run(capsys, "explain", "-f", files("a.yaml", UNKNOWN), "--to", "acme.io/v2")
    assert code == FINDINGS
    assert "a.yaml: Widget w\n" in out
    assert " -> " not in out


@pytest.mark.parametrize(
    "command", ["convert", "explain", "rules", "catalog", "coverage", "serve", "install", "status"]
)
def test_every_command_has_help(capsys, command):
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])
    assert caught.value.code == 0
    out, _ = capsys.readouterr()
    assert out.startswith("usage: ")


def test_wrong_usage_names_the_command(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["convert", "--no-such"])
    assert caught.value.code == FAILED
    assert capsys.readouterr().err.startswith("converter convert: ")


def test_what_every_cluster_refuses_is_reported_without_a_cluster(files, capsys):
    hook = {"name": "w.example.test", "clientConfig": {"url": "https://example.test"}}
    kind = {"kind": "ValidatingWebhookConfiguration", "metadata": {"name": "w"}, "webhooks": [hook]}
    path = files("a.yaml", {"apiVersion": "admissionregistration.k8s.io/v1beta1", **kind})
    code, out, err = run(capsys, "convert", "-f", path, "--to", "admissionregistration.k8s.io/v1", "--strict")
    assert code == FINDINGS
    assert yaml.safe_load(out)["webhooks"][0]["sideEffects"] == "Unknown"
    assert "webhooks[0].sideEffects" in err
    hook["sideEffects"] = "None"
    path = files("a.yaml", {"apiVersion": "admissionregistration.k8s.io/v1beta1", **kind})
    assert run(capsys, "convert", "-f", path, "--to", "admissionregistration.k8s.io/v1", "--strict")[0] == OK


FLEET = """\
apiVersion: apiconverter.dev/v1alpha1
kind: ClusterInventory
clusters: [{name: edge, release: v1.24}]
"""
WITHOUT_SIDE_EFFECTS = {
    "apiVersion": "admissionregistration.k8s.io/v1beta1",
    "kind": "MutatingWebhookConfiguration",
    "metadata": {"name": "w"},
    "webhooks": [{"name": "w.example.test"}],
}


def test_explain_lists_what_the_cluster_refuses(files, capsys, tmp_path):
    (tmp_path / "fleet.yaml").write_text(FLEET)
    path = files("a.yaml", WITHOUT_SIDE_EFFECTS)
    code, out, _ = run(capsys, "explain", "-f", path, "--cluster", "edge", "--inventory", str(tmp_path / "fleet.yaml"))
    assert code == OK
    assert out.count("webhooks[0].sideEffects") >= 1
