"""Karmada is found in a host cluster, however it was installed."""

import base64
import copy

import pytest
import yaml

from converter.install.detect import (
    DetectionError,
    Method,
    SecretKey,
    find_installations,
    is_scheduler,
    kubeconfig_source,
    release_of,
    select,
    server_of,
)
from tests.fakes.apiserver import FakeApiServer

URL = "https://karmada-apiserver.karmada-system.svc.cluster.local:5443"
CA = base64.b64encode(b"an authority").decode()


def kubeconfig(server=URL, authority=CA):
    cluster = {"server": server} | ({"certificate-authority-data": authority} if authority else {})
    return yaml.safe_dump({
        "apiVersion": "v1", "kind": "Config", "current-context": "karmada",
        "clusters": [{"name": "karmada-apiserver", "cluster": cluster}],
        "contexts": [
            {"name": "other", "context": {"cluster": "gone", "user": "x"}},
            {"name": "karmada", "context": {"cluster": "karmada-apiserver", "user": "karmada-admin"}},
        ],
        "users": [{"name": "karmada-admin", "user": {"client-key-data": "c2VjcmV0"}}],
    })  # fmt: skip


def deployment(
    name, namespace, command, mounts, volumes, *, image="docker.io/karmada/karmada-scheduler:v1.18.2", **metadata
):
    container = {"name": name, "image": image, "command": command, "volumeMounts": mounts}
    spec = {"template": {"spec": {"containers": [container], "volumes": volumes}}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, **metadata},
        "spec": spec,
    }


def by_karmadactl(namespace="karmada-system"):
    """makeKarmadaSchedulerDeployment in pkg/karmadactl/cmdinit/kubernetes/deployments.go."""
    mounts = [
        {"name": "karmada-kubeconfig", "readOnly": True, "mountPath": "/etc/kubeconfig", "subPath": "kubeconfig"},
        {"name": "karmada-cert", "readOnly": True, "mountPath": "/etc/karmada/pki"},
    ]
    volumes = [{"name": name, "secret": {"secretName": name}} for name in ("karmada-kubeconfig", "karmada-cert")]
    command = ["/bin/karmada-scheduler", "--kubeconfig=/etc/kubeconfig", "--leader-elect=true"]
    labels = {"karmada.io/bootstrapping": "app-defaults"}
    return deployment("karmada-scheduler", namespace, command, mounts, volumes, labels=labels)


def by_karmadactl_split(namespace="karmada-system"):
    """The same since the layout of Secrets by component."""
    mounts = [{"name": "karmada-config", "mountPath": "/etc/karmada/config"}]
    volumes = [{"name": "karmada-config", "secret": {"secretName": "karmada-scheduler-config"}}]
    command = ["/bin/karmada-scheduler", "--kubeconfig=/etc/karmada/config/karmada.config"]
    labels = {"karmada.io/bootstrapping": "app-defaults"}
    return deployment("karmada-scheduler", namespace, command, mounts, volumes, labels=labels)


def by_helm(namespace="fleet-b", release="blue"):
    """charts/karmada/templates/karmada-scheduler.yaml."""
    mounts = [{"name": "kubeconfig-secret", "subPath": "kubeconfig", "mountPath": "/etc/kubeconfig"}]
    volumes = [{"name": "kubeconfig-secret", "secret": {"secretName": f"{release}-kubeconfig"}}]
    command = ["/bin/karmada-scheduler", "--kubeconfig=/etc/kubeconfig", "--secure-port=10351"]
    metadata = {
        "labels": {"app": f"{release}-scheduler", "app.kubernetes.io/managed-by": "Helm"},
        "annotations": {"meta.helm.sh/release-name": release, "meta.helm.sh/release-namespace": namespace},
    }
    return deployment(f"{release}-scheduler", namespace, command, mounts, volumes, **metadata)


def by_operator(namespace="test", name="demo"):
    """KarmadaSchedulerDeployment in operator/pkg/controlplane/manifests.go."""
    mounts = [
        {"name": "karmada-certs", "mountPath": "/etc/karmada/pki", "readOnly": True},
        {"name": "karmada-config", "mountPath": "/etc/karmada/config"},
    ]
    volumes = [
        {"name": "karmada-certs", "secret": {"secretName": f"{name}-karmada-cert"}},
        {"name": "karmada-config", "secret": {"secretName": f"{name}-karmada-scheduler-config"}},
    ]
    command = ["/bin/karmada-scheduler", "--kubeconfig", "/etc/karmada/config/karmada.config", "--v=4"]
    labels = {"karmada-app": "karmada-scheduler", "app.kubernetes.io/managed-by": "karmada-operator"}
    return deployment(f"{name}-karmada-scheduler", namespace, command, mounts, volumes, labels=labels)


class Host(FakeApiServer):
    def __init__(self):
        super().__init__()
        self.collections |= {"deployments", "secrets"}

    def deploy(self, manifest):
        self.put(
            f"/apis/apps/v1/namespaces/{manifest['metadata']['namespace']}/deployments/{manifest['metadata']['name']}",
            manifest,
        )

    def secret(self, namespace, name, key, text):
        data = {key: base64.b64encode(text.encode()).decode()}
        self.put(
            f"/api/v1/namespaces/{namespace}/secrets/{name}",
            {"metadata": {"name": name, "namespace": namespace}, "data": data},
        )


@pytest.fixture
def host():
    return Host()


async def only(host, namespace=None):
    (found,) = await find_installations(host, namespace)
    return found


async def test_by_karmadactl(host):
    host.deploy(by_karmadactl())
    host.secret("karmada-system", "karmada-kubeconfig", "kubeconfig", kubeconfig())
    found = await only(host)
    assert (found.method, found.namespace, found.name) == (Method.KARMADACTL, "karmada-system", "karmada")
    assert (found.server_url, found.ca_bundle, found.release) == (URL, CA, "v1.18.2")
    assert found.admin == SecretKey("karmada-kubeconfig", "kubeconfig")
    assert found.kubeconfig == kubeconfig()
    assert found.scheduler["spec"] == by_karmadactl()["spec"]


async def test_by_karmadactl_with_a_secret_for_each_component(host):
    host.deploy(by_karmadactl_split())
    host.secret("karmada-system", "karmada-scheduler-config", "karmada.config", kubeconfig())
    found = await only(host)
    assert found.method is Method.KARMADACTL
    assert found.admin == SecretKey("karmada-scheduler-config", "karmada.config"), "no other is there"


async def test_by_helm_under_another_name(host):
    host.deploy(by_helm())
    host.secret("fleet-b", "blue-kubeconfig", "kubeconfig", kubeconfig("https://blue-apiserver.fleet-b.svc:5443"))
    found = await only(host)
    assert (found.method, found.namespace, found.name) == (Method.HELM, "fleet-b", "blue")
    assert found.server_url == "https://blue-apiserver.fleet-b.svc:5443"
    assert found.admin == SecretKey("blue-kubeconfig", "kubeconfig")


async def test_by_the_operator(host):
    host.deploy(by_operator())
    host.secret("test", "demo-karmada-scheduler-config", "karmada.config", kubeconfig("https://inside:5443"))
    host.secret("test", "demo-karmada-admin-config", "karmada.config", kubeconfig("https://admin:5443"))
    found = await only(host)
    assert (found.method, found.namespace, found.name) == (Method.OPERATOR, "test", "demo-karmada")
    assert found.admin == SecretKey("demo-karmada-admin-config", "karmada.config")
    assert found.server_url == "https://inside:5443", "the address for Pods is the one that a Pod uses"
    assert "https://admin:5443" in found.kubeconfig


async def test_by_anything_else(host):
    plain = by_karmadactl()
    del plain["metadata"]["labels"]
    host.deploy(plain)
    host.secret("karmada-system", "karmada-kubeconfig", "kubeconfig", kubeconfig(authority=""))
    found = await only(host)
    assert (found.method, found.ca_bundle) == (Method.UNKNOWN, "")
    assert found.admin == SecretKey("karmada-kubeconfig", "kubeconfig")


async def test_a_host_cluster_without_karmada(host):
    host.deploy(deployment("web", "default", ["/bin/web"], [], [], image="registry.example/web:1"))
    assert await find_installations(host) == []
    assert select([]) is None


async def test_several_on_one_host_cluster(host):
    for manifest in (by_helm("fleet-b", "blue"), by_karmadactl("fleet-a")):
        host.deploy(manifest)
    host.secret("fleet-b", "blue-kubeconfig", "kubeconfig", kubeconfig(authority="Yg=="))
    host.secret("fleet-a", "karmada-kubeconfig", "kubeconfig", kubeconfig(authority="YQ=="))
    found = await find_installations(host)
    assert [one.namespace for one in found] == ["fleet-a", "fleet-b"]
    assert select(found, ca_bundle="Yg==").namespace == "fleet-b"
    for authority in ("", "Yw=="):
        with pytest.raises(DetectionError) as caught:
            select(found, ca_bundle=authority)
        assert caught.value.namespaces == ("fleet-a", "fleet-b")
    assert select(await find_installations(host, "fleet-b")).name == "blue"
    assert await find_installations(host, "elsewhere") == []


async def test_two_in_one_namespace_need_a_decision(host):
    for name in ("one", "two"):
        host.deploy(by_operator("shared", name))
        host.secret("shared", f"{name}-karmada-scheduler-config", "karmada.config", kubeconfig(authority=name))
    found = await find_installations(host, "shared")
    with pytest.raises(DetectionError):
        select(found)
    assert select(found, ca_bundle="two").name == "two-karmada"


@pytest.mark.parametrize("word", ["--scheduler-name=apiconverter", "--scheduler-name=mine"])
async def test_a_scheduler_with_another_name_is_not_karmada_s_own(host, word):
    second = copy.deepcopy(by_karmadactl())
    second["metadata"]["name"] = "second"
    second["spec"]["template"]["spec"]["containers"][0]["command"].append(word)
    assert not is_scheduler(second)
    host.deploy(by_karmadactl())
    host.deploy(second)
    host.secret("karmada-system", "karmada-kubeconfig", "kubeconfig", kubeconfig())
    assert (await only(host)).scheduler["metadata"]["name"] == "karmada-scheduler"


def test_arguments_may_be_split_between_command_and_args():
    manifest = by_karmadactl()
    (container,) = manifest["spec"]["template"]["spec"]["containers"]
    container["command"], container["args"] = container["command"][:1], container["command"][1:]
    assert is_scheduler(manifest)
    assert kubeconfig_source(manifest) == SecretKey("karmada-kubeconfig", "kubeconfig")
    container["command"] = []
    assert is_scheduler(manifest), "the image says what runs where the program is the image's own"
    container["image"] = "registry.example/something-else"
    assert not is_scheduler(manifest)


def test_the_entry_of_a_secret_can_have_another_name_as_a_file():
    manifest = by_operator()
    volume = manifest["spec"]["template"]["spec"]["volumes"][1]
    volume["secret"]["items"] = [{"key": "config", "path": "karmada.config"}]
    assert kubeconfig_source(manifest) == SecretKey("demo-karmada-scheduler-config", "config")
    volume["projected"] = volume.pop("secret")
    assert kubeconfig_source(manifest) is None
    manifest["spec"]["template"]["spec"]["containers"][0]["command"] = ["/bin/karmada-scheduler"]
    assert kubeconfig_source(manifest) is None


async def test_a_kubeconfig_that_cannot_be_read_is_reported(host):
    host.deploy(by_karmadactl())
    with pytest.raises(DetectionError):
        await find_installations(host)
    host.secret("karmada-system", "karmada-kubeconfig", "kubeconfig", "no kubeconfig")
    with pytest.raises(DetectionError):
        await find_installations(host)


async def test_one_without_a_secret_is_reported(host):
    manifest = by_karmadactl()
    manifest["spec"]["template"]["spec"]["volumes"] = []
    host.deploy(manifest)
    with pytest.raises(DetectionError):
        await find_installations(host)


async def test_who_may_not_list_all_namespaces_has_to_name_one(host):
    host.deploy(by_karmadactl())
    host.secret("karmada-system", "karmada-kubeconfig", "kubeconfig", kubeconfig())
    host.fail = lambda _, path: (403, "Forbidden") if path == "/apis/apps/v1/deployments" else None
    with pytest.raises(DetectionError):
        await find_installations(host)
    assert (await only(host, "karmada-system")).method is Method.KARMADACTL


@pytest.mark.parametrize("text", ["", "[]", "a: [", "clusters: {}", "current-context: x\nclusters: []\ncontexts: []"])
def test_what_is_not_a_kubeconfig(text):
    with pytest.raises(DetectionError):
        server_of(text)


RELEASES = {
    "docker.io/karmada/karmada-scheduler:v1.18.2": "v1.18.2",
    "mirror:5000/karmada-scheduler:v1.14.0-rc.1": "v1.14.0-rc.1",
    "karmada-scheduler:v1.18.2@sha256:0a": "v1.18.2",
    "mirror:5000/karmada-scheduler": "",
    "karmada-scheduler:latest": "",
    "karmada-scheduler@sha256:0a": "",
}


@pytest.mark.parametrize(("image", "release"), RELEASES.items())
def test_the_release_is_read_from_the_image(image, release):
    assert release_of(image) == release
