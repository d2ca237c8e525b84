"""What is trusted, and what signed the certificate."""

import pytest

from converter.doctor.authorities import check_authorities
from converter.doctor.finding import Finding, Trouble, Unchecked
from tests.unit.doctor.certificates import AUTHORITY, OTHER, bundle, serving
from tests.unit.install.conftest import WEBHOOK_PATH

SERVICE = "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.batch"


def trust(karmada, text, index=0):
    karmada.objects[WEBHOOK_PATH]["webhooks"][index]["clientConfig"]["caBundle"] = text


def register(karmada, text):
    labels = {"apiconverter.dev/discovery": "true"}
    karmada.put(SERVICE, {"metadata": {"name": "v1beta1.batch", "labels": labels}, "spec": {"caBundle": text}})


async def found(patient):
    return {item.thing.name: item.trouble for item in await check_authorities(patient) if isinstance(item, Finding)}


async def test_one_that_signed_the_certificate_is_well(patient):
    assert await check_authorities(patient) == []


async def test_during_a_rotation_both_are_trusted(patient, karmada):
    for index in range(3):
        trust(karmada, bundle(OTHER, AUTHORITY), index)
    register(karmada, bundle(AUTHORITY))
    assert await check_authorities(patient) == []


@pytest.mark.parametrize("text", [bundle(OTHER), "", "!", "bm8gY2VydGlmaWNhdGU="])
async def test_one_that_did_not(patient, karmada, text):
    trust(karmada, text)
    assert await found(patient) == {"works.apiconverter.dev": Trouble.CA_MISMATCH}


async def test_an_apiservice_with_another_one(patient, karmada):
    register(karmada, bundle(OTHER))
    assert await found(patient) == {"v1beta1.batch": Trouble.CA_MISMATCH}


async def test_an_administrators_own_certificate_counts(patient, karmada, host):
    secret = host.objects["/api/v1/namespaces/karmada-system/secrets/converter-tls"]
    secret["data"]["tls.crt"] = bundle(serving(OTHER))
    hooks = {f"{name}.apiconverter.dev" for name in ("works", "bindings", "binding-status", "deletions", "rules")}
    assert set(await found(patient)) == hooks


async def test_without_the_host_they_are_compared_with_each_other(without_host, karmada):
    assert [type(item) for item in await check_authorities(without_host)] == [Unchecked]
    register(karmada, bundle(OTHER))
    assert "v1beta1.batch" in await found(without_host)


async def test_not_installed(patient, karmada):
    karmada.remove(WEBHOOK_PATH)
    assert list((await found(patient)).values()) == [Trouble.NOT_INSTALLED]
