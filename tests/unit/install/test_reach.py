"""The Karmada API server is reached with the Secret's kubeconfig, from inside and outside of the host cluster."""

import pytest
import yaml

from converter.client import ApiServer, UnavailableError
from converter.install.detect import KarmadaInstallation, Method, SecretKey
from converter.install.reach import Address, UnreachableError, addresses, open_karmada
from tests.fakes.apiserver import FakeApiServer

SPACE = "fleet-a"
NAME = f"karmada-apiserver.{SPACE}.svc.cluster.local"
URL = f"https://{NAME}:5443"
SERVICE = f"/api/v1/namespaces/{SPACE}/services/karmada-apiserver"


@pytest.fixture
def host():
    made = FakeApiServer()
    made.collections |= {"nodes", "services"}
    return made


def serve(host, status=None, **spec):
    body = {"metadata": {"name": "karmada-apiserver"}, "spec": spec, "status": status or {}}
    host.objects[SERVICE] = body


async def test_the_address_of_the_kubeconfig_comes_first(host):
    assert await addresses(host, SPACE, URL) == [Address(URL)]
    assert await addresses(host, SPACE, "https://192.0.2.1:5443") == [Address("https://192.0.2.1:5443")]
    assert await addresses(host, SPACE, "https://karmada.example.com") == [Address("https://karmada.example.com")]


async def test_load_balancers_and_ports_of_nodes_come_next(host):
    ingress = [{"ip": "192.0.2.7"}, {"hostname": "lb.example.com"}]
    ports = [{"port": 443}, {"port": 5443, "nodePort": 32443}]
    serve(host, {"loadBalancer": {"ingress": ingress}}, ports=ports, externalIPs=["2001:db8::1"])
    node = [{"type": "InternalIP", "address": "10.0.0.1"}, {"type": "Hostname", "address": "one"}]
    host.objects["/api/v1/nodes/one"] = {"metadata": {"name": "one"}, "status": {"addresses": node}}
    found = await addresses(host, SPACE, URL)
    assert found == [
        Address(URL),
        Address("https://[2001:db8::1]:5443", NAME),
        Address("https://192.0.2.7:5443", NAME),
        Address("https://lb.example.com:5443", NAME),
        Address("https://10.0.0.1:32443", NAME),
    ]


async def test_a_service_without_that_port_leads_nowhere(host):
    serve(host, ports=[{"port": 443}])
    assert await addresses(host, SPACE, URL) == [Address(URL)]


def installation():
    content = {
        "apiVersion": "v1", "kind": "Config", "current-context": "k",
        "clusters": [{"name": "c", "cluster": {"server": URL}}],
        "contexts": [{"name": "k", "context": {"cluster": "c", "user": "u"}}],
        "users": [{"name": "u", "user": {"token": "secret"}}],
    }  # fmt: skip
    return KarmadaInstallation(
        Method.KARMADACTL, SPACE, "karmada", {}, URL, "", SecretKey("karmada-kubeconfig", "kubeconfig"),
        yaml.safe_dump(content), "v1.18.2",
    )  # fmt: skip


@pytest.fixture
def answering(monkeypatch):
    """Makes one address answer, and records what was asked."""
    asked = []

    def make(url):
        async def get(self, path, params=None, **_):
            asked.append((self._configuration.host, self._configuration.tls_server_name))
            if self._configuration.host != url:
                raise UnavailableError("GET /version", 0, "", "no such host")
            return b"{}"

        monkeypatch.setattr(ApiServer, "get", get)
        return asked

    return make


async def test_the_first_address_that_answers_is_used(host, answering):
    serve(host, {"loadBalancer": {"ingress": [{"ip": "192.0.2.7"}]}}, ports=[{"port": 5443}])
    asked = answering("https://192.0.2.7:5443")
    async with await open_karmada(host, installation()) as server:
        assert server._configuration.host == "https://192.0.2.7:5443"
    assert asked == [(URL, None), ("https://192.0.2.7:5443", NAME)]


async def test_what_was_tried_is_reported(host, answering):
    answering("nowhere")
    with pytest.raises(UnreachableError) as caught:
        await open_karmada(host, installation())
    assert caught.value.tried == {URL: "no such host"}
    assert "secret" not in str(caught.value)
