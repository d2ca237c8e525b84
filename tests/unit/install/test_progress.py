"""Waiting for the processes of the host part, and the reasons why they do not run."""

import pytest

from converter.install.host import CERTIFICATES
from converter.install.progress import Availability, HostProcesses, NotRunningError, reasons_of, rollout_of
from tests.fakes.apiserver import FakeApiServer
from tests.fakes.virtual_time import advance

pytestmark = pytest.mark.virtual_time

SPACE = "karmada-system"
NAMES = ("converter-controller", "converter-admission")


def deployment(name="converter-admission", **status):
    return {"metadata": {"name": name, "generation": 1}, "spec": {"replicas": 2}, "status": status}


ROLLOUTS = [
    ({}, 0),
    ({"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 1}, 1),
    ({"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}, 2),
    ({"observedGeneration": 0, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}, 1),
    ({"observedGeneration": 1, "replicas": 3, "updatedReplicas": 2, "availableReplicas": 3}, 1),
    ({"observedGeneration": 1, "replicas": 2, "updatedReplicas": 1, "availableReplicas": 2}, 1),
]


@pytest.mark.parametrize(("status", "available"), ROLLOUTS)
def test_a_rollout_is_complete_when_every_pod_is_of_the_present_template(status, available):
    found = rollout_of(deployment(**status))
    assert (found.available, found.wanted, found.complete) == (available, 2, available == 2)


@pytest.fixture
def host():
    made = FakeApiServer()
    made.collections |= {"pods", "deployments", "secrets"}
    for name in NAMES:
        made.put(f"/apis/apps/v1/namespaces/{SPACE}/deployments/{name}", deployment(name))
    made.put(f"/api/v1/namespaces/{SPACE}/secrets/{CERTIFICATES}", {"metadata": {"name": CERTIFICATES}})
    return made


def make_available(host, name):
    path = f"/apis/apps/v1/namespaces/{SPACE}/deployments/{name}"
    stored = host.objects[path]
    stored["status"] = {"observedGeneration": stored["metadata"]["generation"], "replicas": 2, "updatedReplicas": 2,
                        "availableReplicas": 2}  # fmt: skip


def issue(host):
    host.objects[f"/api/v1/namespaces/{SPACE}/secrets/{CERTIFICATES}"]["data"] = {"ca.crt": "Zm9v"}


async def test_it_waits_for_the_processes_and_the_certificates_and_reports_each_change(host):
    told = []

    def change(line):
        told.append(line)
        if len(told) == 1:
            make_available(host, NAMES[0])
        if len(told) == 2:
            issue(host)
        if len(told) == 3:
            make_available(host, NAMES[1])

    assert await HostProcesses(host, SPACE).wait(NAMES, 60, change) == "Zm9v"
    assert len(told) == 4, "a line for each change, and no other"


async def test_what_does_not_come_is_an_error_with_reasons(host):
    make_available(host, NAMES[0])
    waiting = {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}
    labels = {"app.kubernetes.io/name": "karmada-api-version-converter", "app.kubernetes.io/component": "admission"}
    pod = {
        "metadata": {"name": "converter-admission-1", "labels": labels},
        "status": {"containerStatuses": [{"name": "converter", "state": {"waiting": waiting}}]},
    }
    host.put(f"/api/v1/namespaces/{SPACE}/pods/converter-admission-1", pod)
    with pytest.raises(NotRunningError) as caught:
        await HostProcesses(host, SPACE).wait(NAMES, 5, lambda _: None)
    assert caught.value.waiting == (Availability(NAMES[1], 0, 2),)
    (reason,) = caught.value.reasons
    assert "converter-admission-1" in reason
    assert "Back-off pulling image" in reason


async def test_without_a_right_to_pods_there_are_no_reasons(host):
    host.fail = lambda _, path: (403, "Forbidden") if path.endswith("/pods") else None
    with pytest.raises(NotRunningError) as caught:
        await HostProcesses(host, SPACE).wait([*NAMES, "converter-missing"], 0, lambda _: None)
    assert caught.value.reasons == ()
    assert {one.name for one in caught.value.waiting} == {*NAMES, "converter-missing"}
    await advance(0)


def pod_status(**status):
    return {"metadata": {"name": "pod-of-ours"}, "status": status}


REASONS = [
    ({}, 0),
    ({"containerStatuses": [{"state": {"running": {}}}]}, 0),
    ({"containerStatuses": [{"state": {"waiting": {"reason": "ContainerCreating"}}}]}, 0),
    ({"containerStatuses": [{"state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}, 1),
    ({"initContainerStatuses": [{"state": {"waiting": {"reason": "Odd", "message": "m"}}}]}, 1),
    ({"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}]}, 1),
    ({"conditions": [{"type": "PodScheduled", "status": "True"}]}, 0),
]


@pytest.mark.parametrize(("status", "count"), REASONS)
def test_the_reasons_of_a_pod(status, count):
    found = reasons_of(pod_status(**status))
    assert len(found) == count
    assert [reason for reason in found if "pod-of-ours" not in reason] == []
