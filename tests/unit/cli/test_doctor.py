"""`converter doctor`: its exit codes and its output."""

import json

import pytest

from converter.cli import main
from converter.client import ApiServer
from tests.nonempty import some
from tests.unit.doctor.conftest import Server


class Connected(Server):
    """What `ApiServer.connect` gives."""

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        return None


@pytest.fixture
def servers(monkeypatch):
    made = {"karmada.config": Connected("v1.31.0"), "host.config": Connected("v1.30.0")}
    made["karmada.config"].stand_for("karmada", karmada=True)
    made["host.config"].stand_for("host")

    async def connect(kubeconfig, _context):
        return made[kubeconfig]

    monkeypatch.setattr(ApiServer, "connect", connect)
    return made


def doctor(*options):
    return main(["doctor", "--karmada-kubeconfig", "karmada.config", *options])


@pytest.mark.usefixtures("servers")
def test_findings(capsys):
    assert doctor("--karmada-part-only", "--output", "json") == 1
    data = json.loads(capsys.readouterr().out)
    assert "not-installed" in {item["trouble"] for item in data["findings"]}
    assert all(item["command"] for item in some(data["findings"]))
    assert {item["check"] for item in data["unchecked"]} >= {"identities", "releases", "replicas"}


def test_a_check_that_failed(servers, capsys):
    asked_first = ("bindings", "serviceaccounts")  # for the namespace
    servers["karmada.config"].fail = lambda _, path: None if any(map(path.count, asked_first)) else (503, "down")
    assert doctor("--karmada-part-only") == 2
    assert "discovery" in capsys.readouterr().out


@pytest.mark.usefixtures("servers")
def test_both_api_servers(capsys):
    assert doctor("--kubeconfig", "host.config") == 1
    out = capsys.readouterr().out
    assert "identity-refused: Secret karmada-system/converter-admission-kubeconfig" in out
    assert "converter install --karmada-kubeconfig karmada.config --kubeconfig host.config" in out


@pytest.mark.usefixtures("servers")
def test_the_only_kubeconfig_is_karmadas():
    assert main(["doctor", "--karmada-part-only", "--kubeconfig", "karmada.config"]) == 1


def test_nothing_to_look_at(servers, monkeypatch):
    servers[None] = servers["host.config"]
    monkeypatch.setattr("converter.cli.clusters.host_kubeconfig", lambda given: given)
    assert main(["doctor"]) == 2  # the host cluster has no Karmada
