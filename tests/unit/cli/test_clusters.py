"""The options of commands that work on both API servers."""

import argparse
import base64
import json

import pytest

from converter.cli.clusters import (
    add_cluster_options,
    duration,
    host_kubeconfig,
    open_clusters,
    open_karmada_part,
    open_only_karmada,
    open_target,
)
from converter.cli.options import UsageError
from converter.client import ApiServer
from converter.install.detect import DetectionError
from tests.fakes.apiserver import FakeApiServer

SECONDS = {"2m": 120, "90s": 90, "1h30m": 5400, "0": 0, "24h": 86400, "1h0m1s": 3601}


@pytest.mark.parametrize(("text", "expected"), SECONDS.items())
def test_a_duration_is_read_as_kubectl_reads_it(text, expected):
    assert duration(text) == expected


@pytest.mark.parametrize("text", ["", "2", "m", "2m3", "3s2m", "-1s", "1.5h", "25h", "86401s", "²s"])
def test_anything_else_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError):
        duration(text)


def options(*given):
    parser = argparse.ArgumentParser()
    add_cluster_options(parser, wait="2m", namespace="karmada-system")
    return parser.parse_args(given)


def test_the_host_cluster_is_the_one_of_kubectl(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    assert host_kubeconfig(None) is None
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config").write_text("{}")
    assert host_kubeconfig(None) == str(tmp_path / ".kube" / "config")
    monkeypatch.setenv("KUBECONFIG", "/one")
    assert host_kubeconfig(None) == "/one"
    assert host_kubeconfig("/given") == "/given"
    monkeypatch.setenv("KUBECONFIG", "/one:/two")
    with pytest.raises(UsageError):
        host_kubeconfig(None)


def kubeconfig(file, server):
    entry = {"name": "one", "cluster": {"server": server}}
    context = {"name": "one", "context": {"cluster": "one", "user": "one"}}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [entry],
        "contexts": [context],
        "current-context": "one",
    }
    file.write_text(json.dumps({**content, "users": [{"name": "one", "user": {"token": "secret"}}]}))
    return str(file)


async def test_both_are_opened(tmp_path):
    karmada = kubeconfig(tmp_path / "karmada", "https://karmada:1")
    host = kubeconfig(tmp_path / "host", "https://host:1")
    args = options("--karmada-kubeconfig", karmada, "--kubeconfig", host, "--namespace", "fleet", "--wait", "5m")
    assert args.wait == 300
    async with open_clusters(args) as clusters:
        assert clusters.namespace == "fleet"
        assert clusters.karmada._url("/") == "https://karmada:1/"
        assert clusters.host._url("/") == "https://host:1/"


class Side(FakeApiServer):
    """One of the two API servers; ``karmada`` says whether it serves Karmada's kinds."""

    def __init__(self, uid, *, karmada=False):
        super().__init__()
        self.collections |= {"deployments", "secrets"}
        self.stand_for(uid, karmada=karmada)
        if karmada:
            self.objects["/version"] = {"gitVersion": "v1.36.3"}

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        """Nothing to close."""

    def add_karmada(self, namespace):
        container = {
            "name": "s", "image": "karmada-scheduler:v1.18.2",
            "command": ["/bin/karmada-scheduler", "--kubeconfig=/etc/kubeconfig"],
            "volumeMounts": [{"name": "k", "mountPath": "/etc/kubeconfig", "subPath": "kubeconfig"}],
        }  # fmt: skip
        spec = {
            "template": {"spec": {"containers": [container], "volumes": [{"name": "k", "secret": {"secretName": "k"}}]}}
        }
        metadata = {"name": "karmada-scheduler", "namespace": namespace}
        self.put(
            f"/apis/apps/v1/namespaces/{namespace}/deployments/karmada-scheduler", {"metadata": metadata, "spec": spec}
        )
        content = {
            "current-context": "k", "contexts": [{"name": "k", "context": {"cluster": "k"}}],
            "clusters": [{"name": "k", "cluster": {"server": f"https://{namespace}"}}],
        }  # fmt: skip
        data = {"kubeconfig": base64.b64encode(json.dumps(content).encode()).decode()}
        self.put(f"/api/v1/namespaces/{namespace}/secrets/k", {"metadata": {"name": "k"}, "data": data})


@pytest.fixture
def sides(monkeypatch):
    """Two API servers: ``connect`` gives Karmada's for every kubeconfig but ``host``."""
    host, karmada = Side("one"), Side("two", karmada=True)

    async def connect(kubeconfig=None, context=None):
        return host if kubeconfig == "host" else karmada

    monkeypatch.setattr(ApiServer, "connect", connect)
    return host, karmada


def target_options(*given):
    parser = argparse.ArgumentParser()
    add_cluster_options(parser)
    return parser.parse_args(["--kubeconfig", "host", *given])


async def test_karmada_is_found_in_the_host_cluster(sides):
    host, karmada = sides
    host.add_karmada("fleet-b")
    async with open_target(target_options()) as target:
        assert (target.karmada, target.host, target.namespace) == (karmada, host, "fleet-b")
        assert target.found.server_url == "https://fleet-b"


async def test_one_of_several_is_selected_by_its_namespace(sides):
    host, _ = sides
    for namespace in ("fleet-a", "fleet-b"):
        host.add_karmada(namespace)
    with pytest.raises(DetectionError):
        async with open_target(target_options()):
            pass
    async with open_target(target_options("--namespace", "fleet-a")) as target:
        assert target.found.namespace == "fleet-a"


async def test_a_managed_karmada_needs_its_kubeconfig(sides):
    with pytest.raises(UsageError):
        async with open_target(target_options()):
            pass
    async with open_target(target_options("--karmada-kubeconfig", "karmada")) as target:
        assert (target.found, target.namespace) == (None, "karmada-system")


async def test_nothing_is_searched_for_where_everything_is_given(sides):
    host, _ = sides
    host.fail = lambda _, path: (403, "Forbidden") if "deployments" in path else None
    given = target_options("--karmada-kubeconfig", "karmada", "--namespace", "fleet-a")
    async with open_target(given, must_find=False) as target:
        assert (target.found, target.namespace) == (None, "fleet-a")


async def test_two_kubeconfigs_of_one_api_server_are_refused(sides):
    _, karmada = sides
    karmada.objects["/api/v1/namespaces/kube-system"]["metadata"]["uid"] = "one"
    with pytest.raises(UsageError):
        async with open_target(target_options("--karmada-kubeconfig", "karmada")):
            pass


async def test_an_api_server_that_is_not_karmadas_is_refused(sides):
    _, karmada = sides
    del karmada.objects["/apis/work.karmada.io/v1alpha1"]
    with pytest.raises(UsageError):
        async with open_target(target_options("--karmada-kubeconfig", "karmada")):
            pass


async def test_what_needs_karmada_only_does_not_ask_the_host_cluster(sides, monkeypatch):
    host, karmada = sides

    async def connect(kubeconfig=None, context=None):
        assert kubeconfig == "karmada"
        return karmada

    monkeypatch.setattr(ApiServer, "connect", connect)
    async with open_only_karmada(target_options("--karmada-kubeconfig", "karmada", "--namespace", "n")) as found:
        assert found == (karmada, "n")
    assert host.reads == []


async def test_otherwise_it_finds_karmada_there(sides):
    host, karmada = sides
    host.add_karmada("fleet-b")
    async with open_only_karmada(target_options()) as found:
        assert found == (karmada, "fleet-b")


def put_binding(karmada, namespace):
    """The controller's ClusterRoleBinding, as an installation in a namespace has it."""
    name = "converter-controller"
    subject = {"kind": "ServiceAccount", "name": name, "namespace": namespace}
    path = f"/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/{name}"
    karmada.put(path, {"metadata": {"name": name}, "subjects": [subject]})


async def test_an_installation_in_another_namespace_than_karmadas_is_found(sides):
    host, karmada = sides
    host.add_karmada("fleet-b")
    put_binding(karmada, "converter-b")
    async with open_target(target_options()) as target:
        assert (target.namespace, target.found.namespace) == ("converter-b", "fleet-b")
    async with open_target(target_options("--karmada-kubeconfig", "karmada"), must_find=False) as target:
        assert (target.namespace, target.found) == ("converter-b", None)
    with pytest.raises(UsageError):
        async with open_target(target_options("--namespace", "fleet-b")):
            pass


@pytest.mark.parametrize("opened", [open_target, open_only_karmada, open_karmada_part])
async def test_a_namespace_in_which_the_converter_is_not_is_refused_before_anything_happens(sides, opened):
    """Otherwise `converter pause` stopped the webhooks, and looked for the controller in another namespace."""
    host, karmada = sides
    host.add_karmada("fleet-b")
    put_binding(karmada, "fleet-b")
    with pytest.raises(UsageError):
        async with opened(target_options("--karmada-kubeconfig", "karmada", "--namespace", "fleet-c")):
            pass
    async with opened(target_options("--karmada-kubeconfig", "karmada", "--namespace", "fleet-b")) as found:
        assert "fleet-b" in (found if isinstance(found, tuple) else [found.namespace])


async def test_in_an_emergency_karmada_alone_tells_the_namespace(sides, monkeypatch):
    host, karmada = sides
    put_binding(karmada, "fleet-b")
    host.fail = lambda *_: (503, "down")
    async with open_only_karmada(target_options("--karmada-kubeconfig", "karmada")) as found:
        assert found == (karmada, "fleet-b")
    assert host.reads == []


@pytest.mark.parametrize(("given", "namespace"), [((), "fleet-b"), (("--namespace", "fleet-b"), "fleet-b")])
async def test_the_karmada_part_alone_has_one_kubeconfig(sides, given, namespace):
    _, karmada = sides
    put_binding(karmada, "fleet-b")
    parser = argparse.ArgumentParser()
    add_cluster_options(parser)
    async with open_karmada_part(parser.parse_args(["--kubeconfig", "karmada", *given])) as found:
        assert found == (karmada, namespace)


async def test_the_karmada_part_has_a_default_namespace_before_it_is_installed(sides):
    _, karmada = sides
    async with open_karmada_part(target_options("--karmada-kubeconfig", "karmada")) as found:
        assert found == (karmada, "karmada-system")
