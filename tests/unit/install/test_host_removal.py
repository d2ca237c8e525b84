"""The host part: stopped, waited for, removed; nothing of anybody else."""

import pytest

from converter.install.host_removal import COLLECTIONS, CREATED, SELECTOR, StillRunningError, helm_release, remove, stop
from tests.fakes.apiserver import FakeApiServer

pytestmark = pytest.mark.virtual_time

NAMESPACE = "karmada-system"
LABELS = dict([SELECTOR.split("=")])


@pytest.fixture
def host():
    made = FakeApiServer()
    made.collections = {item.resource for item in COLLECTIONS} | {"pods"}
    return made


def put(host, resource, name, labels, namespace=NAMESPACE, **more):
    (prefix,) = {item.prefix for item in COLLECTIONS if item.resource == resource} or {"/api/v1"}
    path = f"{prefix}/namespaces/{namespace}/{resource}/{name}"
    host.put(path, {"metadata": {"name": name, "namespace": namespace, "labels": labels}, **more})
    return path


def controller(host):
    labels = {**LABELS, "app.kubernetes.io/component": "controller"}
    deployment = put(host, "deployments", "converter-controller", labels, spec={"replicas": 2})
    return deployment, put(host, "pods", "converter-controller-1", labels)


async def test_it_waits_until_the_pods_are_gone(host):
    deployment, pod = controller(host)
    waited = []

    async def sleep(_):
        waited.append(1)
        if len(waited) == 3:
            host.remove(pod)

    assert await stop(host, NAMESPACE, "controller", 60, sleep=sleep) == ["converter-controller"]
    assert host.objects[deployment]["spec"]["replicas"] == 0
    assert len(waited) == 3


async def test_pods_that_stay_are_named(host):
    controller(host)
    with pytest.raises(StillRunningError, match="converter-controller-1"):
        await stop(host, NAMESPACE, "controller", 3)


async def test_nothing_to_stop(host):
    assert await stop(host, NAMESPACE, "controller", 3) == []


async def test_all_of_ours_goes_and_nothing_else(host):
    for number, collection in enumerate(COLLECTIONS):
        put(host, collection.resource, f"ours-{number}", LABELS)
    for collection, name in CREATED:
        put(host, collection.resource, name, None)
    theirs = [
        put(host, "secrets", "karmada-cert", {}),
        put(host, "deployments", "ours-elsewhere", LABELS, namespace="karmada-two"),
    ]
    lines = []
    await remove(host, NAMESPACE, lines.append)
    assert sorted(host.objects) == sorted(theirs)
    assert len(lines) == len(COLLECTIONS) + len(CREATED)
    await remove(host, NAMESPACE, lines.append)
    assert sorted(host.objects) == sorted(theirs)


async def test_kinds_that_the_cluster_lacks_are_skipped(host):
    host.collections -= {"servicemonitors", "prometheusrules"}
    path = put(host, "services", "converter-admission", LABELS)
    await remove(host, NAMESPACE, lambda _: None)
    assert path not in host.objects


async def test_a_release_of_helm_is_found(host):
    assert await helm_release(host, NAMESPACE) is None
    deployment, _ = controller(host)
    metadata = host.objects[deployment]["metadata"]
    metadata["labels"]["app.kubernetes.io/managed-by"] = "Helm"
    metadata["annotations"] = {"meta.helm.sh/release-name": "conv"}
    assert await helm_release(host, NAMESPACE) == ("conv", NAMESPACE)
