"""What the commands say: on standard error about manifests, rules and options, and in tables."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml
from kubernetes.aio.client import Configuration

from converter.cli import main
from converter.cli.discovery_options import discovery_server
from converter.cli.manifest_files import InputError, items_of, read_documents
from converter.cli.options import UsageError
from converter.client import ApiServer
from converter.client.access import Access
from converter.client.credentials import LoadedHeader
from converter.install.installer import Finding
from converter.promote.apply import PolicyConflictError
from converter.promote.member import ProxyError
from tests.rulekit import rule_text
from tests.unit.cli.test_check import CLAIM, INVENTORY, MANIFESTS
from tests.unit.cli.test_convert import BUDGET, CRON, OLD_VERSIONS, SLICE, UNKNOWN, WITHOUT_SIDE_EFFECTS, to
from tests.unit.cli.test_discovery_options import URL, options
from tests.unit.cli.test_promote import CRON as CRON_JOB
from tests.unit.cli.test_promote import NAMESPACE, SHOP, Server
from tests.unit.cli.test_rules import CONTRADICTION, FAILING, WITHOUT_EXAMPLE

CERTS = Path(__file__).parents[1] / "data" / "crds" / "certs.yaml"


@pytest.fixture
def said(tmp_path, capsys):
    """Run a command on manifests or on a text, which is the last argument; both streams, one after the other."""

    def run(*arguments):
        *words, content = arguments
        text = content if isinstance(content, str) else yaml.safe_dump_all(content)
        (tmp_path / "a.yaml").write_text(text)
        (tmp_path / "fleet.yaml").write_text(INVENTORY)
        places = {"FILE": tmp_path / "a.yaml", "FLEET": tmp_path / "fleet.yaml"}
        main([str(places.get(word, word)) for word in words])
        captured = capsys.readouterr()
        return captured.out + captured.err

    return run


def refused(capsys, *arguments):
    """What a command says that argparse ends."""
    with pytest.raises(SystemExit):
        main([*arguments])
    captured = capsys.readouterr()
    return captured.out + captured.err


@pytest.mark.parametrize("command", ["convert", "explain", "check", "rules", "catalog", "coverage", "serve", "install"])
def test_the_help_of_a_command(capsys, command):
    assert f"usage: converter {command}" in refused(capsys, command, "--help")


def test_wrong_usage(capsys):
    assert "Run `converter convert --help` for usage." in refused(capsys, "convert", "--no-such")
    assert "not a whole number from 1 to" in refused(capsys, "serve", "--sample", "--max-body", "0")
    assert "not a number of seconds from 0 to" in refused(capsys, "serve", "--sample", "--drain-seconds", "nan")


def test_a_bug(monkeypatch, capsys):
    monkeypatch.setattr("converter.cli.catalog.load_catalog", lambda: 1 / 0)
    main(["catalog"])
    assert capsys.readouterr().err.startswith("converter: internal error: ZeroDivisionError")


def test_the_catalog_in_tables(capsys):
    def ask(*words):
        main(["catalog", *words])
        return capsys.readouterr().out

    assert ask().splitlines()[0].split() == ["RELEASE", "SERVED", "KNOWN", "MADE", "FROM"]
    assert "if enabled" in ask("v1.20", "--all")
    assert "batch/v1 CronJob spec in v1.24" in ask("v1.24.6-eks-abc", "CronJob", "--path", "spec")
    assert "scopes  <list of string>  BestEffort, " in ask("v1.20", "ResourceQuota")
    out = ask("diff", "v1.20", "v1.36")
    assert "only v1.36 serves:" in out
    assert "only v1.20 serves:" in out
    assert "batch/v1 CronJob, was batch/v1beta1" in out
    assert "more: converter catalog diff v1.20 v1.36 Deployment" in out
    assert "more:" not in ask("diff", "v1.20", "v1.36", "CronJob")
    assert ask("diff", "v1.24", "1.24.9") == "v1.24 and v1.24 do not differ\n"


def test_a_manifest_that_cannot_be_converted(said):
    words = "a.yaml#1: Widget w: cannot be converted: no rule converts Widget"
    assert words in said("convert", "-f", "FILE", "--to", "batch/v1beta1", [UNKNOWN, CRON])


def test_a_wrong_type(said):
    text = said("convert", "-f", "FILE", "--to", "policy/v1beta1", [{**BUDGET, "spec": "text"}])
    assert "spec: must be an object, not string" in text


def test_a_value_that_is_lost(said):
    text = said("convert", "-f", "FILE", *to(OLD_VERSIONS), [SLICE])
    assert "lost: spec.devices[name=gpu].allowMultipleAllocations = true" in text


def test_a_value_that_is_not_restored(said):
    text = said("convert", "-f", "FILE", "--to", "resource.k8s.io/v1alpha3", "--keep-losses", "-o", "json", [SLICE])
    edited, _ = json.JSONDecoder().raw_decode(text)
    edited["spec"]["devices"][0]["name"] = "other"
    text = said("convert", "-f", "FILE", "--to", "resource.k8s.io/v1", [edited])
    assert "ResourceSlice a: not restored: spec.devices[name=gpu].bindsToNode: " in text


def test_a_field_that_the_cluster_drops(said):
    cron = MANIFESTS.partition("---")[0]
    text = said("convert", "-f", "FILE", "--cluster", "old", "--inventory", "FLEET", cron)
    assert "dropped by cluster old: spec.timeZone" in text


def test_an_explanation(said):
    text = said("explain", "-f", "FILE", "--to", "policy/v1beta1", [BUDGET])
    assert "goes policy/v1 -> policy/v1beta1" in text
    assert "by rule poddisruptionbudget-v1-v1beta1" in text
    assert "lost: nothing" in text
    text = said("explain", "-f", "FILE", "--to", "acme.io/v2", [UNKNOWN])
    assert "no: no rule converts Widget" in text
    assert "to no other version" in text
    text = said("explain", "-f", "FILE", "--to", "policy/v9", [BUDGET])
    assert "rules lead from policy/v1 PodDisruptionBudget to policy/v1beta1" in text


def test_an_explanation_lists_what_the_cluster_refuses_apart(said):
    text = said("explain", "-f", "FILE", "--cluster", "new", "--inventory", "FLEET", [WITHOUT_SIDE_EFFECTS])
    lines = [line.strip() for line in text.splitlines()]
    assert lines[lines.index("refused:") + 1].startswith("webhooks[0].sideEffects")
    assert "lost: nothing" in lines


def test_the_last_lines_of_a_table(said):
    text = said("check", "-f", "FILE", "--inventory", "FLEET", MANIFESTS)
    assert "3 objects, 4 clusters" in text
    assert "unknown release, fields not checked: bare, vague" in text


def test_a_value_that_the_release_does_not_know(said):
    arguments = ("check", "-f", "FILE", "--fail-on", "degrading", "--release", "v1.21", "-o")
    assert 'v1.21 does not know the value \\"ReadWriteOncePod\\" and refuses it' in said(*arguments, "json", CLAIM)
    assert "refuses it; v1.22 would do" in " ".join(said(*arguments, "table", CLAIM).split())
    failure = ET.fromstring(said(*arguments, "junit", CLAIM)).find("testsuite/testcase/failure")
    assert "refuses it" in failure.get("message")


def test_a_problem_of_a_rule_file(said):
    text = said("rules", "lint", "FILE", rule_text("steps: [{jump: {}}]"))
    assert "a.yaml:7: a step is one of" in text
    assert "(docs/reference/steps.md describes each step)" in text
    assert "(did you mean rename? docs/" in said("rules", "lint", "FILE", rule_text("steps: [{renames: {}}]"))
    assert "spec.b is 1, expected 2" in said("rules", "test", "FILE", FAILING)
    assert "no example" in said("rules", "test", "FILE", WITHOUT_EXAMPLE)
    assert "rule cronjob-v1-v1beta1" in said("rules", "lint", "FILE", CONTRADICTION)
    assert "does not exist" in said("rules", "lint", "no/such/place", "")


def test_the_result_of_a_lint(said):
    assert "kinds: no problem" in said("rules", "lint", "")
    assert "cases: all pass" in said("rules", "test", "")
    assert "function horizontalpodautoscaler-v1:" in said("rules", "list", "")


def test_shipped_rules_for_the_versions_of_a_new_rule(said):
    crd = CERTS.read_text().replace("pki.example", "cert-manager.io").replace("Cert", "Certificate")
    rule = ["rules", "new", "--crd", "FILE", "--to", "v1", "--from"]
    one = said(*rule, "v1beta1", crd.replace("v1alpha2", "v1beta1"))
    assert "already convert Certificate from cert-manager.io/v1beta1 to cert-manager.io/v1" in one
    assert "to replace this one, add 'overrides: [" in one
    assert "the way that loses the fewest fields" in said(*rule, "v1alpha2", crd)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a: \xff", "UTF-8"), (b"a: 1\na: 2", "line 2"), (b"[1]", "must be an object"),
        (b"[" * 80_000, "nested deeper"), (b"a: &a [x]\nb: *c", "&c"), (b'{"a": 1, "a": 2}', "more than once"),
    ],
)  # fmt: skip
def test_input_that_cannot_be_read(tmp_path, data, words):
    (tmp_path / "a.yaml").write_bytes(data)
    with pytest.raises(InputError, match=r"a\.yaml: ") as caught:
        read_documents([str(tmp_path / "a.yaml")])
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("items", "words"),
    [("x", "List: items must be a list, not string"), ([1], r"List: items\[0\] must be an object, not integer")],
)
def test_items_that_are_not_objects(items, words):
    with pytest.raises(InputError, match=words):
        items_of({"kind": "List", "items": items})


def test_a_discovery_server_without_an_authority(tmp_path):
    with pytest.raises(UsageError, match=r"--discovery-ca-file or --certificate-secret"):
        discovery_server(options(*URL))
    with pytest.raises(UsageError, match="cannot use --discovery-ca-file"):
        discovery_server(options(*URL, "--discovery-ca-file", str(tmp_path / "ca.crt")))


def test_an_interpreter_of_a_user_and_one_that_karmada_refuses(monkeypatch, capsys):
    kind, name = "ResourceInterpreterCustomization", "converter-deployments-v1beta1-apps"
    found = [
        Finding(kind, name, "theirs", "retention: ResourceInterpreterCustomization mine"),
        Finding(kind, name, "refused", "denied"),
    ]
    assert installed(monkeypatch, found[:1]) == 0
    assert f"warning: {kind} {name} leaves out what another interpreter does: retention: {kind} mine" in err(capsys)
    assert installed(monkeypatch, found) == 1
    assert f"warning: {kind} {name} was refused and is left out; correct the reason" in err(capsys)


def installed(monkeypatch, findings):
    async def applied(*_):
        return findings

    async def connected(*_):
        return ApiServer(Access(Configuration(), LoadedHeader("", connected)))

    async def has_none(*_):
        return False

    async def nowhere(*_):
        return ""

    monkeypatch.setattr("converter.cli.karmada_part.install", applied)
    monkeypatch.setattr("converter.cli.karmada_part.has_dashboard", has_none)
    monkeypatch.setattr("converter.cli.clusters.installed_namespace", nowhere)
    monkeypatch.setattr(ApiServer, "connect", connected)
    return main(["install", "--karmada-part-only", "--kubeconfig", "karmada.config", "--namespace", "a"])


def err(capsys):
    return capsys.readouterr().err


def test_the_report_of_a_promotion(monkeypatch, capsys):
    karmada = Server()
    monkeypatch.setattr(ApiServer, "connect", karmada.connect)
    for item in (*SHOP, {**CRON_JOB, "spec": {**CRON_JOB["spec"], "timeZone": "Etc/UTC"}}):
        karmada.run(item)
    karmada.put("/api/v1/namespaces/demo", NAMESPACE)
    words = ["-n", "demo", "-C", "old", "--kubeconfig", "karmada.config"]
    assert main(["promote", "cronjob", "report", *words, "--dry-run"]) == 0
    text = capsys.readouterr().out
    assert "create   CronJob demo/report (batch/v1, batch/v1beta1 on old)" in text
    assert "loss     CronJob demo/report: dangerous: spec.timeZone" in text
    assert "dry run: would create PropagationPolicy promote-cronjob-report, and nothing was created" in text
    assert main(["promote", "cronjob", "report", *words, "--strict"]) == 1
    assert "nothing was created: --strict, and values would be lost" in err(capsys)
    karmada.fail = lambda method, path: (422, "Invalid") if (method, path[-9:]) == ("POST", "/services") else None
    assert main(["promote", "deployment", "shop", *words]) == 1
    assert "nothing was created: Karmada would refuse Service demo/web; correct it on the member" in err(capsys)
    karmada.fail = lambda *_: None
    assert main(["promote", "deployment", "shop", *words]) == 0
    assert "created PropagationPolicy promote-deployment-shop\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["gadget", "x"], "cluster old does not serve gadget; `kubectl get cluster old -o yaml` lists what it serves"),
        (
            ["cronjob", "x", "-n", "demo"],
            "cluster old has no CronJob x in namespace demo; check the name, and -n and -C",
        ),
        (["cronjob", "x"], "a CronJob is in a namespace; pass -n NAMESPACE"),
        (["cronjob", "x", "-C", "new"], "cluster new has not joined Karmada; pass one of: old"),
        (["cronjob"], "name the object as KIND NAME, or pass --all with -n NAMESPACE"),
        (["--all"], "--all needs -n NAMESPACE"),
        (["cronjob", "--all", "-n", "demo"], "leave KIND and NAME out"),
    ],
)
def test_a_promotion_that_cannot_begin(monkeypatch, capsys, words, text):
    monkeypatch.setattr(ApiServer, "connect", Server().connect)
    assert main(["promote", "-C", "old", "--kubeconfig", "karmada.config", *words]) == 2
    assert text in err(capsys)


def test_a_member_that_refuses_to_be_read():
    assert "your user needs the verb * on clusters/proxy old" in str(ProxyError("old", "forbidden"))


def test_another_policy_of_the_name_of_a_promotion():
    text = str(PolicyConflictError("PropagationPolicy", "promote-cronjob-report"))
    assert "exists and is different; delete it, or pass --policy-name NAME" in text


@pytest.mark.parametrize("text", ["{{- if .Values.on }}\na: 1\n{{- end }}\n", 'a:\n  {{ include "labels" . }}\n'])
def test_a_template_has_to_be_rendered(tmp_path, text):
    file = tmp_path / "a.yaml"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        list(read_documents([str(file)]))
    assert "helm template" in str(caught.value)


def test_what_a_conversion_by_name_does_is_said_with_it(capsys, tmp_path):
    crd = tmp_path / "crd.yaml"
    fields = [{"a": {"type": "integer", "default": size}, "b": {"type": "string"}} for size in (1, 2)]
    needs = ({}, {"required": ["b"]})
    specs = [{"type": "object", "properties": one, **more} for one, more in zip(fields, needs, strict=True)]
    versions = [
        {"name": name, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}}
        for name, spec in zip(("v1beta1", "v1"), specs, strict=True)
    ]
    names = {"kind": "Thing", "plural": "things"}
    spec = {"group": "a.example", "names": names, "versions": versions}
    crd.write_text(json.dumps({"kind": "CustomResourceDefinition", "metadata": {"name": "t"}, "spec": spec}))
    assert main(["rules", "new", "--crd", str(crd), "--from", "v1beta1", "--to", "v1"]) == 0
    told = capsys.readouterr().err
    assert "spec.b" in told
    assert {"1 for a.example/v1beta1", "1 for a.example/v1"} <= set(re.findall(r"1 for a\.example/v1(?:beta1)?", told))
