"""Releases below the floors."""

import base64

import pytest

from converter.doctor.finding import Finding, Trouble, Unchecked
from converter.doctor.releases import check_releases
from tests.unit.doctor.conftest import NAMESPACE

CONFIG = """\
apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: c, user: c}}]
clusters: [{name: c, cluster: {server: "https://karmada-apiserver:5443"}}]
users: [{name: c, user: {}}]
"""


def scheduler(host, tag):
    secret = {"metadata": {"name": "kubeconfig", "namespace": NAMESPACE}}
    secret["data"] = {"kubeconfig": base64.b64encode(CONFIG.encode()).decode()}
    for name in ("kubeconfig", "karmada-kubeconfig"):
        host.put(f"/api/v1/namespaces/{NAMESPACE}/secrets/{name}", secret)
    container = {
        "name": "karmada-scheduler",
        "image": f"docker.io/karmada/karmada-scheduler:{tag}",
        "command": ["/bin/karmada-scheduler", "--kubeconfig=/etc/kubeconfig"],
        "volumeMounts": [{"name": "k", "mountPath": "/etc/kubeconfig", "subPath": "kubeconfig"}],
    }
    volumes = [{"name": "k", "secret": {"secretName": "kubeconfig"}}]
    metadata = {
        "name": "karmada-scheduler", "namespace": NAMESPACE,
        "labels": {"karmada.io/bootstrapping": "app-defaults"},
    }  # fmt: skip
    spec = {"template": {"spec": {"containers": [container], "volumes": volumes}}}
    host.put(
        f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/karmada-scheduler", {"metadata": metadata, "spec": spec}
    )


async def found(patient):
    return [
        (item.thing.name, item.facts["oldest"]) for item in await check_releases(patient) if isinstance(item, Finding)
    ]


@pytest.mark.parametrize(
    ("tag", "floor"),
    [("v1.12.3", "v1.12.10"), ("v1.13.6", "v1.13.7"), ("v1.14.0", "v1.14.4"), ("v1.11.9", "v1.12.0")],
)
async def test_karmada_below_a_floor(patient, host, tag, floor):
    scheduler(host, tag)
    assert await found(patient) == [("karmada", floor)]


@pytest.mark.parametrize("tag", ["v1.12.10", "v1.14.4", "v1.15.0", "v1.18.2"])
async def test_karmada_at_a_floor_or_above(patient, host, tag):
    scheduler(host, tag)
    assert await check_releases(patient) == []


async def test_an_image_that_does_not_say(patient, host):
    scheduler(host, "latest")
    assert [type(item) for item in await check_releases(patient)] == [Unchecked]


async def test_api_servers_that_are_too_old(patient, karmada, host):
    scheduler(host, "v1.18.2")
    karmada.objects["/version"]["gitVersion"] = "v1.27.9"
    host.objects["/version"]["gitVersion"] = "v1.23.0"
    assert {trouble.trouble for trouble in await check_releases(patient)} == {Trouble.KARMADA_TOO_OLD}
    assert [floor for _, floor in await found(patient)] == ["v1.28", "v1.24"]


async def test_without_the_host(without_host):
    assert [type(item) for item in await check_releases(without_host)] == [Unchecked]
