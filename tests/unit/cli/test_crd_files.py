"""The option --crd of `converter rules lint`, as an admin uses it."""

import re
from pathlib import Path

import pytest

from converter.cli import FAILED, FINDINGS, OK, main

DATA = Path(__file__).parents[2] / "data" / "crds"


@pytest.mark.parametrize("name", ["certs", "releases", "sets"])
def test_a_complete_rule_is_proved(capsys, name):
    rule, crd = DATA / "rules" / f"{name}.yaml", DATA / f"{name}.yaml"
    assert main(["rules", "lint", "--alone", str(rule), "--crd", str(crd)]) == OK
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_what_a_rule_forgets_is_listed_with_its_place(capsys, tmp_path):
    rule = tmp_path / "certs.yaml"
    text = (DATA / "rules" / "certs.yaml").read_text()
    rule.write_text(re.sub(r"    - duration: .*\n", "", text))
    assert main(["rules", "lint", "--alone", str(rule), "--crd", str(DATA)]) == FINDINGS
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith(f"{rule}:1: ")]
    assert [re.findall(r"spec\.\w+", line) for line in lines] == [["spec.renewBefore"], ["spec.renewBeforeSeconds"]]


def test_a_rule_of_a_kind_without_a_crd_is_named_as_not_proved(capsys):
    rule = DATA / "rules" / "certs.yaml"
    assert main(["rules", "lint", "--alone", str(rule), "--crd", str(DATA / "pools.yaml")]) == OK
    shown = capsys.readouterr()
    assert not re.search(r"\d pairs? of versions", shown.out)
    assert shown.err.startswith(f"{rule}:1: ")


def test_only_the_named_rules_are_held_against_the_crds(capsys, tmp_path):
    """The CRDs of a project can be older than the shipped rules for it."""
    old = tmp_path / "crd.yaml"
    text = (DATA / "certs.yaml").read_text().replace("pki.example", "cert-manager.io")
    old.write_text(text.replace("kind: Cert,", "kind: Certificate,"))
    crds = ["--crd", str(old), "--crd", str(DATA / "sets.yaml")]
    assert main(["rules", "lint", str(DATA / "rules" / "sets.yaml"), *crds]) == OK
    assert main(["rules", "lint", *crds]) == FINDINGS
    assert "cert-manager.yaml" in capsys.readouterr().err


def test_crds_are_not_needed(capsys):
    assert main(["rules", "lint", "--alone", str(DATA / "rules")]) == OK
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_file_without_a_crd_is_wrong_usage(capsys, tmp_path):
    pod = tmp_path / "pod.yaml"
    pod.write_text("apiVersion: v1\nkind: Pod\n")
    assert main(["rules", "lint", "--crd", str(pod)]) == FAILED
    broken = tmp_path / "crd.yaml"
    broken.write_text("kind: CustomResourceDefinition\nspec: 3\n")
    assert main(["rules", "lint", "--crd", str(broken)]) == FAILED
    assert main(["rules", "lint", "--crd", str(tmp_path / "nothing.yaml")]) == FAILED
    assert not capsys.readouterr().out
