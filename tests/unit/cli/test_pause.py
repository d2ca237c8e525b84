"""`converter pause` and `resume`: their exit codes, and that Karmada's kubeconfig is enough for them."""

import msgspec
import pytest

from converter.cli import main
from converter.client import ApiServer
from converter.install.held_lease import HOLDER
from converter.install.pause import CONDITION
from tests.fakes.karmada import LEASE
from tests.unit.cli.test_uninstall import Server
from tests.unit.install.conftest import WEBHOOK_PATH


@pytest.fixture
def karmada(monkeypatch):
    made = Server()
    made.collections.add("namespaces")
    made.put(WEBHOOK_PATH, {"metadata": {"name": "apiconverter"}, "webhooks": [{"name": "works.apiconverter.dev"}]})

    name = "converter-controller"
    subjects = [{"kind": "ServiceAccount", "name": name, "namespace": "karmada-system"}]
    path = f"/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/{name}"
    made.put(path, {"metadata": {"name": name}, "subjects": subjects})

    async def connect(_kubeconfig, _context):
        return made

    monkeypatch.setattr(ApiServer, "connect", connect)
    monkeypatch.setattr("converter.install.pause._SEEN", 0.0)
    return made


def run(command, *options):
    return main([command, "--karmada-kubeconfig", "karmada.config", *options])


def test_pause_and_resume(karmada):
    assert run("pause") == 0
    assert karmada.objects[LEASE]["spec"]["holderIdentity"] == HOLDER
    assert CONDITION in msgspec.json.encode(karmada.objects[WEBHOOK_PATH]).decode()
    assert run("resume") == 0
    assert LEASE not in karmada.objects
    assert CONDITION not in msgspec.json.encode(karmada.objects[WEBHOOK_PATH]).decode()
    assert run("resume") == 0


def test_an_old_api_server(karmada):
    karmada.fail = lambda _, path: (404, "NotFound") if "validatingadmission" in path else None
    assert run("pause") == 2
    assert LEASE not in karmada.objects


@pytest.mark.parametrize("command", ["pause", "resume"])
def test_a_karmada_must_be_there(monkeypatch, command):
    async def connect(_kubeconfig, _context):
        return Server()

    monkeypatch.setattr(ApiServer, "connect", connect)
    assert main([command, "--kubeconfig", "host.config"]) == 2
