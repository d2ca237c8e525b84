"""``converter catalog``: answers on standard output, as a table or as JSON."""

import argparse
import itertools
import json

import pytest

from converter.cli import catalog as command
from converter.errors import ConverterError


@pytest.fixture
def ask(capsys):
    parser = argparse.ArgumentParser()
    command.register(parser.add_subparsers())

    def run(*words):
        args = parser.parse_args(["catalog", *words])
        assert args.run(args) == 0
        return capsys.readouterr().out

    return run


def test_the_releases(ask):
    lines = ask().splitlines()
    assert [line.split()[0] for line in lines[1:]] == [f"v1.{minor}" for minor in range(12, 38)]


def test_what_a_release_serves(ask):
    default, every = ask("v1.20"), ask("v1.20", "--all")
    assert "batch/v2alpha1" not in default
    assert "batch/v2alpha1" in every
    kinds = json.loads(ask("v1.20", "--all", "-o", "json"))
    assert {kind["default_on"] for kind in kinds if kind["api_version"] == "batch/v2alpha1"} == {False}


def test_a_kind_and_its_fields(ask):
    out = ask("v1.24.6-eks-abc", "CronJob", "--path", "spec")
    assert "\nbatch/v1 CronJob spec " in out
    assert json.loads(ask("v1.24.6-eks-abc", "CronJob", "-o", "json"))["release"] == "v1.24"
    assert "  timeZone  <string>" in out


def test_values_stand_beside_a_field_where_releases_differ_about_them(ask):
    quota = ask("v1.20", "ResourceQuota").splitlines()
    (scopes,) = (line for line in quota if line.lstrip().startswith("scopes "))
    values = scopes.partition(">")[2].strip()
    assert values == "BestEffort, NotBestEffort, NotTerminating, PriorityClass, Terminating"
    assert "  restartPolicy  <string>\n" in ask("v1.20", "Pod", "--path", "spec")


def test_json_says_the_same(ask):
    found = json.loads(ask("v1.20", "CronJob", "-o", "json", "--depth", "1"))
    assert [version["api_version"] for version in found["versions"]] == ["batch/v1beta1", "batch/v2alpha1"]
    assert {"name": "spec", "type": "V1beta1CronJobSpec", "fields": [], "values": []} in found["fields"]
    assert json.loads(ask("-o", "json"))[0] == "v1.12"
    pods = [kind for kind in json.loads(ask("v1.20", "-o", "json")) if kind["kind"] == "Pod"]
    assert [(kind["api_version"], kind["plural"], kind["namespaced"]) for kind in pods] == [("v1", "pods", True)]


def test_two_releases(ask):
    found = json.loads(ask("diff", "v1.20", "v1.36", "-o", "json"))
    assert ("batch/v1", "CronJob") in {(kind["api_version"], kind["kind"]) for kind in found["gained"]}
    assert ("batch/v2alpha1", "CronJob") not in {(kind["api_version"], kind["kind"]) for kind in found["lost"]}
    assert ("extensions/v1beta1", "Ingress") in {(kind["api_version"], kind["kind"]) for kind in found["lost"]}
    assert [kind["was"] for kind in found["kinds"] if kind["kind"] == "CronJob"] == ["batch/v1beta1"]
    assert ask("diff", "v1.20", "v1.36").count("+ metadata.managedFields[*].subresource") == 1


def below(out, title):
    """The indented lines after a title."""
    lines = out.splitlines()
    return list(itertools.takewhile(lambda line: line.startswith("  "), lines[lines.index(title) + 1 :]))


def test_two_releases_and_a_kind_show_every_field(ask):
    assert "  + spec.timeZone" in ask("diff", "v1.20", "v1.36", "CronJob")
    shortened = below(ask("diff", "v1.20", "v1.36"), "apps/v1 Deployment")
    whole = below(ask("diff", "v1.20", "v1.36", "Deployment"), "apps/v1 Deployment")
    assert len(shortened) == 12 + 1  # the last line says how many more there are
    assert len(whole) > len(shortened)
    assert {line[:4] for line in whole} <= {"  + ", "  - ", "  ~ "}
    assert json.loads(ask("diff", "v1.20", "v1.36", "CronJob", "-o", "json"))["kinds"][0]["kind"] == "CronJob"


def test_two_releases_that_agree(ask):
    found = json.loads(ask("diff", "v1.24", "1.24.9", "-o", "json"))
    assert found == {"old": "v1.24", "new": "v1.24", "gained": [], "lost": [], "kinds": []}


@pytest.mark.parametrize(
    "words", [["diff"], ["diff", "v1.20"], ["v1.20", "Pod", "more"], ["nonsense"], ["v1.2"], ["v1.20", "Nonsense"]]
)
def test_what_cannot_be_answered_is_an_error_with_a_hint(ask, words):
    with pytest.raises(ConverterError):
        ask(*words)
