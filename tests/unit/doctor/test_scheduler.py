"""The converter's scheduler: it runs, it is down, or nobody needs it."""

import datetime as dt

import pytest

from converter.client.clock import micro_timestamp, utc_now
from converter.doctor.finding import Trouble
from converter.doctor.scheduler import check_scheduler
from tests.unit.doctor.conftest import LEASES, NAMESPACE

LEASE = f"{LEASES}/apiconverter-scheduler"
BINDING = "/apis/work.karmada.io/v1alpha2/namespaces/shop/resourcebindings/b"
DEPLOYMENT = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/converter-scheduler"


def bind(karmada):
    metadata = {"name": "b", "namespace": "shop", "labels": {"apiconverter.dev/scheduler": "apiconverter"}}
    karmada.put(BINDING, {"metadata": metadata, "spec": {"schedulerName": "apiconverter"}})


def stale(karmada):
    karmada.objects[LEASE]["spec"]["renewTime"] = micro_timestamp(utc_now() - dt.timedelta(minutes=5))


async def test_it_runs(patient, karmada):
    bind(karmada)
    assert await check_scheduler(patient) == []


@pytest.mark.parametrize("broken", [stale, lambda karmada: karmada.objects[LEASE]["spec"].update(holderIdentity="")])
async def test_its_lease_is_not_renewed(patient, karmada, broken):
    bind(karmada)
    broken(karmada)
    (finding,) = await check_scheduler(patient)
    assert finding.trouble is Trouble.SCHEDULER_MISSING
    assert finding.facts["bindings"] == "1"
    assert "install" in finding.command, "there is no Deployment"


@pytest.mark.parametrize(("spec", "word"), [({"replicas": 2}, "restart"), ({}, "restart"), ({"replicas": 0}, "scale")])
async def test_a_deployment_without_a_ready_pod_is_mended(patient, karmada, host, spec, word):
    metadata = {"name": "converter-scheduler", "namespace": NAMESPACE}
    host.put(DEPLOYMENT, {"metadata": metadata, "spec": spec, "status": {}})
    stale(karmada)
    (finding,) = await check_scheduler(patient)
    assert finding.facts["readyReplicas"] == "0"
    assert word in finding.command


async def test_bindings_wait_for_one_that_never_ran(without_host, karmada):
    karmada.remove(LEASE)
    assert await check_scheduler(without_host) == []
    bind(karmada)
    assert [item.trouble for item in await check_scheduler(without_host)] == [Trouble.SCHEDULER_MISSING]


async def test_karmadas_own_does_its_work(patient, karmada):
    karmada.remove(LEASE)
    assert await check_scheduler(patient) == [], "none was installed"
    bind(karmada)
    patient.scheduler_name = ""
    assert await check_scheduler(patient) == []
