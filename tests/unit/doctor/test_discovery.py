"""APIServices that are not available, and versions that are not registered."""

import json

from converter.doctor.discovery import check_discovery
from converter.doctor.finding import Trouble

SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"
WORK = "/apis/work.karmada.io/v1alpha1/namespaces/karmada-es-old/works/w"


def service(karmada, name, status="True", reason="Passed"):
    condition = {"type": "Available", "status": status, "reason": reason, "message": "m"}
    metadata = {"name": name, "labels": {"apiconverter.dev/discovery": "true"}}
    karmada.put(f"{SERVICES}/{name}", {"metadata": metadata, "spec": {}, "status": {"conditions": [condition]}})


def converted(karmada, version):
    entry = {"kind": "CronJob", "name": "n", "from": "batch/v1", "to": version}
    sources = json.dumps([entry, None])
    metadata = {
        "name": "w", "namespace": "karmada-es-old", "labels": {"apiconverter.dev/converted": "true"},
        "annotations": {"apiconverter.dev/source-versions": sources},
    }  # fmt: skip
    karmada.objects[WORK] = {"metadata": metadata, "spec": {}}


async def found(patient):
    return [(item.trouble, item.thing.name) for item in await check_discovery(patient)]


async def test_all_available(patient, karmada):
    service(karmada, "v1beta1.batch")
    converted(karmada, "batch/v1beta1")
    assert await found(patient) == []


async def test_one_of_two_is_not_available(patient, karmada):
    service(karmada, "v1beta1.batch")
    service(karmada, "v1beta1.policy", "False", "FailedDiscoveryCheck")
    assert await found(patient) == [(Trouble.APISERVICE_UNAVAILABLE, "v1beta1.policy")]


async def test_all_of_them_because_the_server_does_not_answer(patient, karmada):
    for name in ("v1beta1.batch", "v1beta1.policy"):
        service(karmada, name, "False", "FailedDiscoveryCheck")
    (finding,) = await check_discovery(patient)
    assert finding.trouble is Trouble.DISCOVERY_DOWN
    assert finding.facts["apiServices"] == "v1beta1.batch, v1beta1.policy"


async def test_all_of_them_for_another_reason(patient, karmada):
    service(karmada, "v1beta1.batch", "False", "ServiceNotFound")
    assert await found(patient) == [(Trouble.APISERVICE_UNAVAILABLE, "v1beta1.batch")]


async def test_a_version_that_a_converted_work_needs_and_nobody_serves(patient, karmada):
    converted(karmada, "policy/v1beta1")
    assert await found(patient) == [(Trouble.DISCOVERY_DOWN, "v1beta1.policy")]


async def test_an_annotation_that_cannot_be_read(patient, karmada):
    converted(karmada, "policy/v1beta1")
    karmada.objects[WORK]["metadata"]["annotations"]["apiconverter.dev/source-versions"] = "{"
    assert await found(patient) == []
