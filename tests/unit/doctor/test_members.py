"""Members older than v1.19, and what Karmada's processes are told about watch-lists."""

import pytest

from converter.doctor.finding import Finding, Trouble, Unchecked
from converter.doctor.members import VARIABLE, check_members
from tests.unit.doctor.conftest import NAMESPACE

MANAGER = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/any-name"


def member(karmada, name, version, ready="True", mode="Push"):
    conditions = [{"type": "Ready", "status": ready, "reason": "ClusterReady"}]
    status = {"kubernetesVersion": version, "conditions": conditions}
    path = f"/apis/cluster.karmada.io/v1alpha1/clusters/{name}"
    karmada.put(path, {"metadata": {"name": name}, "spec": {"syncMode": mode}, "status": status})


def manager(host, value):
    env = [] if value is None else [{"name": VARIABLE, "value": value}]
    container = {"name": "any", "command": ["/bin/karmada-controller-manager"], "env": env}
    spec = {"template": {"spec": {"containers": [container]}}}
    host.put(MANAGER, {"metadata": {"name": "any-name", "namespace": NAMESPACE}, "spec": spec})


async def found(patient):
    return [(item.trouble, item.thing.name) for item in await check_members(patient) if isinstance(item, Finding)]


@pytest.mark.parametrize("value", [None, "true", ""])
async def test_watch_list_is_on(patient, karmada, host, value):
    member(karmada, "ancient", "v1.16.15", ready="False")
    manager(host, value)
    assert await found(patient) == [(Trouble.WATCH_LIST_ON, "any-name")]


@pytest.mark.parametrize("value", ["false", "False"])
async def test_watch_list_is_off(patient, karmada, host, value):
    member(karmada, "ancient", "v1.18.20")
    manager(host, value)
    assert await check_members(patient) == []


async def test_newer_members_do_not_mind(patient, karmada, host):
    member(karmada, "old", "v1.19.0")
    manager(host, None)
    assert await check_members(patient) == []


async def test_an_agent_is_out_of_sight_unless_its_cluster_is_not_ready(patient, karmada, host):
    manager(host, "false")
    member(karmada, "pull", "v1.18.20", mode="Pull")
    assert [type(item) for item in await check_members(patient)] == [Unchecked]
    karmada.objects["/apis/cluster.karmada.io/v1alpha1/clusters/pull"]["status"]["conditions"][0]["status"] = "False"
    patient._clusters = None
    assert await found(patient) == [(Trouble.WATCH_LIST_ON, "pull")]


async def test_without_the_host_a_cluster_that_is_not_ready_is_the_evidence(without_host, karmada):
    member(karmada, "ancient", "v1.16.15", ready="Unknown")
    assert await found(without_host) == [(Trouble.WATCH_LIST_ON, "ancient")]


async def test_a_member_that_never_got_a_status_is_asked_itself(without_host, karmada):
    path = "/apis/cluster.karmada.io/v1alpha1/clusters/ancient"
    karmada.put(path, {"metadata": {"name": "ancient"}, "spec": {"syncMode": "Push"}, "status": {}})
    assert [type(item) for item in await check_members(without_host)] == [Unchecked]
    karmada.objects[f"{path}/proxy/version"] = {"gitVersion": "v1.16.15"}
    (finding,) = await check_members(without_host)
    assert (finding.trouble, finding.facts["release"]) == (Trouble.WATCH_LIST_ON, "v1.16.15")
    karmada.objects[f"{path}/proxy/version"] = {"gitVersion": "v1.19.0"}
    assert await check_members(without_host) == []
