"""`converter rules new` as an admin uses it."""

from pathlib import Path

import pytest

from converter.cli import FAILED, FINDINGS, OK, main
from converter.config import RuleFile, parse_rules
from tests.nonempty import some
from tests.shipped import shipped_engine

DATA = Path(__file__).parents[2] / "data" / "crds"
CERTS = ["rules", "new", "--crd", str(DATA / "certs.yaml")]


def test_a_rule_is_written_that_lint_and_test_accept(capsys, tmp_path):
    assert main([*CERTS, "--from", "v1alpha2", "--to", "v1"]) == OK
    rule = tmp_path / "cert.yaml"
    rule.write_text(capsys.readouterr().out)
    assert main(["rules", "lint", "--alone", str(rule)]) == OK
    assert main(["rules", "test", str(rule)]) == OK
    assert main(["rules", "lint", "--alone", str(rule), "--crd", str(DATA / "certs.yaml")]) == FINDINGS


def test_each_kind_with_both_versions_gets_a_rule(capsys, tmp_path):
    text = (DATA / "certs.yaml").read_text()
    both = tmp_path / "crds.yaml"
    both.write_text(f"{text}---\n{text.replace('Cert', 'Other').replace('certs', 'others')}")
    assert main(["rules", "new", "--crd", str(both), "--from", "v1alpha2", "--to", "v1"]) == OK
    rules = parse_rules([RuleFile("r.yaml", capsys.readouterr().out)])
    assert [rule.kinds for rule in rules] == [("Cert",), ("Other",)]
    assert main(["rules", "new", "--crd", str(both), "--from", "v1alpha2", "--to", "v1", "--kind", "Other"]) == OK
    (rule,) = parse_rules([RuleFile("r.yaml", capsys.readouterr().out)])
    assert rule.kinds == ("Other",)


def test_a_group_can_change(capsys, tmp_path):
    text = (DATA / "certs.yaml").read_text()
    other = tmp_path / "crd.yaml"
    other.write_text(text.replace("pki.example", "new.example"))
    arguments = ["--crd", str(other), "--from", "pki.example/v1alpha2", "--to", "new.example/v1"]
    assert main([*CERTS, *arguments]) == OK
    (rule,) = parse_rules([RuleFile("r.yaml", capsys.readouterr().out)])
    assert (rule.left, rule.right) == ("pki.example/v1alpha2", "new.example/v1")


@pytest.mark.parametrize("source", ["v1beta1", "v1alpha2"], ids=["one-rule", "several-rules"])
def test_shipped_rules_for_the_same_versions_are_named(capsys, tmp_path, source):
    text = (DATA / "certs.yaml").read_text()
    crd = tmp_path / "crd.yaml"
    crd.write_text(
        text.replace("pki.example", "cert-manager.io")
        .replace("Cert", "Certificate")
        .replace("certs", "certificates")
        .replace("v1alpha2", source)
    )
    assert main(["rules", "new", "--crd", str(crd), "--from", source, "--to", "v1"]) == OK
    captured = capsys.readouterr()
    (rule,) = parse_rules([RuleFile("r.yaml", captured.out)])
    route = shipped_engine().route(*rule.kinds, rule.left, rule.right)
    assert all(name in captured.err for name in some(route.described.rules))
    assert main([*CERTS, "--from", "v1alpha2", "--to", "v1"]) == OK
    assert "shipped" not in capsys.readouterr().err


@pytest.mark.parametrize(("strategy", "told"), [("None", True), ("Webhook", False)])
def test_a_crd_that_needs_no_rule_is_named(capsys, tmp_path, strategy, told):
    crd = tmp_path / "crd.yaml"
    text = (DATA / "certs.yaml").read_text()
    crd.write_text(text.replace("\n  versions:", f"\n  conversion: {{strategy: {strategy}}}\n  versions:"))
    assert main(["rules", "new", "--crd", str(crd), "--from", "v1alpha2", "--to", "v1"]) == OK
    captured = capsys.readouterr()
    assert ("certs.pki.example" in captured.err) is told
    assert parse_rules([RuleFile("r.yaml", captured.out)])


def test_two_crds_of_two_groups_need_a_rule(capsys, tmp_path):
    other = tmp_path / "crd.yaml"
    other.write_text((DATA / "certs.yaml").read_text().replace("pki.example", "new.example"))
    arguments = ["--crd", str(other), "--from", "pki.example/v1alpha2", "--to", "new.example/v1"]
    assert main([*CERTS, *arguments]) == OK
    assert not capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--from", "v1alpha2", "--to", "v7"], FINDINGS),
        (["--from", "v1", "--to", "v1"], FINDINGS),
        (["--from", "v1alpha2", "--to", "v1", "--kind", "Nothing"], FINDINGS),
        (["--from", "v1alpha2", "--to", "v1", "--crd", "missing.yaml"], FAILED),
    ],
)
def test_what_cannot_be_written_is_reported(capsys, arguments, code):
    assert main([*CERTS, *arguments]) == code
    captured = capsys.readouterr()
    assert captured.err
    assert not captured.out
