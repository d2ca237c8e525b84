"""The namespace of an installation is read from Karmada."""

import pytest

from converter.client import UnavailableError
from converter.install.installed import installed_namespace
from converter.install.installer import install
from converter.install.manifests import Addresses
from tests.fakes.apiserver import FakeApiServer


async def test_an_installation_tells_its_namespace():
    karmada = FakeApiServer()
    karmada.collections |= {"mutatingwebhookconfigurations"}
    assert await installed_namespace(karmada) == ""
    await install(karmada, Addresses(namespace="fleet-b"), lambda _: None)
    assert await installed_namespace(karmada) == "fleet-b"


@pytest.mark.parametrize("subjects", [None, [], [{"kind": "User", "name": "converter-controller"}]])
async def test_a_binding_without_our_account_tells_nothing(subjects):
    karmada = FakeApiServer()
    path = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/converter-controller"
    karmada.put(path, {"metadata": {"name": "converter-controller"}, "subjects": subjects})
    assert await installed_namespace(karmada) == ""


async def test_rights_may_be_missing_but_not_the_server():
    karmada = FakeApiServer()
    karmada.fail = lambda *_: (403, "Forbidden")
    assert await installed_namespace(karmada) == ""
    karmada.fail = lambda *_: (503, "down")
    with pytest.raises(UnavailableError):
        await installed_namespace(karmada)
