"""The option --crds of `converter check` and `converter convert`."""

from __future__ import annotations

import json
from io import StringIO

import pytest

from converter.cli import FAILED, FINDINGS, OK, main
from converter.yaml import load

CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: gadgets.acme.io}}
spec:
  group: acme.io
  scope: Namespaced
  names: {{plural: gadgets, kind: Gadget}}
  conversion: {{strategy: {strategy}}}
  versions:
  - name: v1
    served: true
    schema: {{openAPIV3Schema: {{type: object, properties: {{spec: {{type: object, properties: {{{fields}}}}}}}}}}}
  - name: v1alpha1
    served: true
    schema: {{openAPIV3Schema: {{type: object, properties: {{spec: {{type: object, properties: {{size: {{}}}}}}}}}}}}
"""
FIELDS = "size: {type: integer}, color: {type: string}"
GADGET = {
    "apiVersion": "acme.io/v1",
    "kind": "Gadget",
    "metadata": {"name": "g", "namespace": "demo"},
    "spec": {"size": 3, "color": "red", "typo": True},
}
INVENTORY = """\
apiVersion: apiconverter.dev/v1alpha1
kind: ClusterInventory
clusters:
  - {name: old, versions: {acme.io/v1alpha1: [Gadget]}}
  - {name: new, versions: {acme.io/v1: [Gadget]}}
  - {name: plain, release: v1.30}
"""


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "g.json").write_text(json.dumps(GADGET))
    (tmp_path / "fleet.yaml").write_text(INVENTORY)
    (tmp_path / "crd.yaml").write_text(CRD.format(strategy="None", fields=FIELDS))
    (tmp_path / "webhook.yaml").write_text(CRD.format(strategy="Webhook", fields=FIELDS))
    (tmp_path / "older.yaml").write_text(CRD.format(strategy="None", fields="size: {}"))
    return tmp_path


def check(capsys, *arguments):
    code = main(["check", "-f", "g.json", "-o", "json", "--fail-on", "harmless", *arguments])
    report = json.loads(capsys.readouterr().out)
    found = {(item["cluster"], item["sort"], item["field"]) for item in report["findings"]}
    return code, found


@pytest.mark.usefixtures("files")
def test_each_cluster_drops_what_the_version_that_it_gets_lacks(capsys):
    assert check(capsys, "--inventory", "fleet.yaml", "--crds", "crd.yaml") == (
        FINDINGS,
        {
            ("old", "loss", "spec.color"),
            ("old", "loss", "spec.typo"),
            ("new", "loss", "spec.typo"),
            ("plain", "loss", "spec.typo"),
        },
    )


@pytest.mark.usefixtures("files")
def test_a_cluster_of_a_release_serves_the_crds(capsys):
    assert check(capsys, "--release", "v1.30")[1] == {("v1.30", "unreachable", None)}
    assert check(capsys, "--release", "v1.30", "--crds", "crd.yaml")[1] == {("v1.30", "loss", "spec.typo")}


@pytest.mark.usefixtures("files")
def test_the_same_version_can_lack_a_field_in_one_cluster(capsys):
    options = ("--inventory", "fleet.yaml", "--cluster", "new", "--crds", "crd.yaml")
    assert check(capsys, *options)[1] == {("new", "loss", "spec.typo")}
    assert check(capsys, *options, "--crds", "new=older.yaml")[1] == {
        ("new", "loss", "spec.color"),
        ("new", "loss", "spec.typo"),
    }


@pytest.mark.usefixtures("files")
def test_a_webhook_is_not_asked(capsys):
    code, found = check(capsys, "--inventory", "fleet.yaml", "--cluster", "old", "--crds", "webhook.yaml")
    assert (code, found) == (FINDINGS, {("old", "unreachable", None)})


@pytest.mark.usefixtures("files")
def test_a_manifest_is_converted_by_name_and_back(capsys, monkeypatch):
    options = ["--crds", "crd.yaml", "-o", "json", "--keep-losses"]
    assert main(["convert", "-f", "g.json", "--to", "acme.io/v1alpha1", *options]) == OK
    captured = capsys.readouterr()
    assert load(captured.out)["spec"] == {"size": 3, "typo": True}
    assert [line.count("spec.") for line in captured.err.splitlines()] == [1, 1]
    monkeypatch.setattr("sys.stdin", StringIO(captured.out))
    assert main(["convert", "-f", "-", "--to", "acme.io/v1", *options]) == OK
    assert load(capsys.readouterr().out) == GADGET


@pytest.mark.usefixtures("files")
def test_strict_counts_what_the_target_drops(capsys):
    assert main(["convert", "-f", "g.json", "--to", "acme.io/v1", "--crds", "crd.yaml", "--strict"]) == FINDINGS
    capsys.readouterr()


@pytest.mark.usefixtures("files")
def test_two_files_of_one_crd_are_put_together(capsys, files):
    for name in ("v1", "v1alpha1"):
        crd = load((files / "crd.yaml").read_text())
        crd["spec"]["versions"] = [one for one in crd["spec"]["versions"] if one["name"] == name]
        (files / f"{name}.json").write_text(json.dumps(crd))
    options = ["--crds", "v1.json", "--crds", "v1alpha1.json"]
    assert main(["convert", "-f", "g.json", "--to", "acme.io/v1alpha1", *options]) == OK
    capsys.readouterr()


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("crds", ["nowhere=crd.yaml", "missing.yaml", "g.json", "new=missing.yaml"])
def test_wrong_usage_is_refused(capsys, crds):
    arguments = ["--inventory", "fleet.yaml", "--cluster", "new", "--crds", crds]
    assert main(["check", "-f", "g.json", *arguments]) == FAILED
    assert capsys.readouterr().err


@pytest.mark.usefixtures("files")
def test_the_route_is_explained(capsys):
    arguments = ["explain", "-f", "g.json", "--to", "acme.io/v1alpha1", "--crds"]
    assert main([*arguments, "crd.yaml"]) == OK
    out = capsys.readouterr().out
    assert "crd/gadgets.acme.io/v1-v1alpha1" in out
    assert "spec.color" in out
    assert main([*arguments, "webhook.yaml"]) == FINDINGS
    capsys.readouterr()
