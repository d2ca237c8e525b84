"""The namespace of an installation is read from Karmada, or from what is left of it."""

import base64
import json

import pytest

from converter.client import UnavailableError
from converter.install.installed import MARK, ServerAddress, installed_namespace, left_on_host
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


async def test_without_the_binding_an_account_that_is_left_tells_it():
    karmada = FakeApiServer()
    karmada.collections |= {"mutatingwebhookconfigurations", "serviceaccounts"}
    await install(karmada, Addresses(namespace="fleet-b"), lambda _: None)
    del karmada.objects[MARK]
    assert await installed_namespace(karmada) == "fleet-b"
    for path in [path for path in karmada.objects if "/serviceaccounts/" in path]:
        del karmada.objects[path]
    assert await installed_namespace(karmada) == ""


def secret(namespace, name, server="https://a:5443", authority=""):
    cluster = {"server": server} | ({"certificate-authority-data": authority} if authority else {})
    config = {
        "current-context": "a", "contexts": [{"name": "a", "context": {"cluster": "a"}}],
        "clusters": [{"name": "a", "cluster": cluster}],
    }  # fmt: skip
    data = {"kubeconfig": base64.b64encode(json.dumps(config).encode()).decode()}
    return {"metadata": {"name": name, "namespace": namespace}, "data": data}


ONE, TWO = (base64.b64encode(text).decode() for text in (b"one\n", b"two\n"))
CASES = {
    "nothing is left": ([], [ServerAddress("https://a:5443", ONE)], ""),
    "its authority decides": (
        [("b", "https://a:5443", ONE), ("c", "https://a:5443", TWO)], [ServerAddress("https://public", ONE)], "b",
    ),
    "white space does not": (
        [("b", "https://a:5443", base64.b64encode(b"one").decode())], [ServerAddress("", ONE)], "b",
    ),
    "without an authority its address does": (
        [("b", "https://a", ""), ("c", "https://b", "")], [ServerAddress("https://b", "")], "c",
    ),
    "another Karmada's is left alone": ([("b", "https://a:5443", TWO)], [ServerAddress("https://a:5443", ONE)], ""),
    "nothing is known": ([("b", "https://a:5443", ONE)], [ServerAddress("", "")], ""),
    "two are": ([("b", "x", ONE), ("c", "x", ONE)], [ServerAddress("", ONE)], ""),
}  # fmt: skip


@pytest.mark.parametrize(("left", "known", "wanted"), CASES.values(), ids=CASES)
async def test_a_secret_on_the_host_tells_for_which_karmada_it_is(left, known, wanted):
    host = FakeApiServer()
    host.collections |= {"secrets"}
    for namespace, server, authority in left:
        name = "converter-scheduler-kubeconfig"
        found = secret(namespace, name, server, authority)
        host.put(f"/api/v1/namespaces/{namespace}/secrets/{name}", found)
    other = {"metadata": {"name": "converter-admission-kubeconfig", "namespace": "d"}, "data": {"kubeconfig": "!"}}
    host.put("/api/v1/namespaces/d/secrets/converter-admission-kubeconfig", other)
    assert await left_on_host(host, known) == wanted
