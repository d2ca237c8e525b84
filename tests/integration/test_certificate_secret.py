"""Certificates in a Secret of a real API server: made, kept, mended, and trusted by the webhooks."""

from __future__ import annotations

import base64
import datetime as dt

import msgspec
import pytest

from converter.certificates.issue import SERVING_LIFE, CertificateError, CertificateProblem
from converter.client import ApiServer, NotFoundError
from converter.client.collections import SECRETS
from converter.controllers.certificate_secret import CertificateSecret, read
from converter.install.installer import trust
from converter.install.manifests import WEBHOOKS

PATH = SECRETS.object_path("default", "converter-tls")
WEBHOOK = f"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/{WEBHOOKS}"
EMPTY = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "converter-tls", "labels": {"mine": "yes"}},
    "type": "Opaque",
}
"""As deploy/host ships it."""
NOW = dt.datetime.now(dt.UTC)


@pytest.fixture(params=["1.24", "1.36"])
async def server(request, apiservers):
    async with await ApiServer.connect(apiservers[request.param].kubeconfig) as server:
        await server.create(SECRETS.path("default"), EMPTY)
        yield server
        for path in (PATH, WEBHOOK):
            try:
                found = msgspec.json.decode(await server.get(path))
            except Exception:  # noqa: BLE001  not there
                continue
            await server.delete(path, uid=found["metadata"]["uid"])


@pytest.fixture
def keeper(server):
    told = []

    async def publish(trusted):
        told.append(trusted)
        await trust(server, base64.b64encode(trusted).decode())

    keeper = CertificateSecret(server, "default", "converter-tls", ["converter.example"], publish)
    keeper.told = told
    return keeper


async def secret(server):
    return msgspec.json.decode(await server.get(PATH))


async def test_it_is_filled_kept_renewed_and_repaired(server, keeper):
    await keeper.reconcile(NOW)
    first = await secret(server)
    assert (first["type"], first["metadata"]["labels"]) == ("Opaque", {"mine": "yes"})
    assert keeper.told == [read(first).trusted]

    await keeper.reconcile(NOW)
    assert (await secret(server))["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]

    await keeper.reconcile(NOW + SERVING_LIFE * 0.7)
    renewed = await secret(server)
    assert renewed["data"]["tls.crt"] != first["data"]["tls.crt"]
    assert renewed["data"]["ca.crt"] == first["data"]["ca.crt"]

    await server.patch(PATH, {"data": {"signer.key": "Z2FyYmFnZQ=="}})
    await keeper.reconcile(NOW)
    mended = read(await secret(server))
    assert mended.trusted.startswith(mended.authority.certificate)
    assert base64.b64decode(first["data"]["ca.crt"]) in mended.trusted, "clients that trust the old one go on to"


async def test_a_secret_that_is_missing_is_an_error_and_is_not_created(server, keeper):
    await server.delete(PATH, uid=(await secret(server))["metadata"]["uid"])
    with pytest.raises(CertificateError) as caught:
        await keeper.reconcile(NOW)
    assert caught.value.code is CertificateProblem.MISSING
    with pytest.raises(NotFoundError):
        await secret(server)


async def test_the_webhooks_trust_it_and_only_a_change_is_written(server, keeper):
    webhook = {
        "name": "works.apiconverter.dev",
        "clientConfig": {"url": "https://127.0.0.1:9/mutate/works"},
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "rules": [],
    }
    configuration = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": WEBHOOKS},
        "webhooks": [webhook, {**webhook, "name": "bindings.apiconverter.dev"}],
    }
    await server.create(WEBHOOK.rpartition("/")[0], configuration)
    await keeper.reconcile(NOW)
    found = msgspec.json.decode(await server.get(WEBHOOK))
    bundles = {base64.b64decode(item["clientConfig"]["caBundle"]) for item in found["webhooks"]}
    assert bundles == {keeper.authority}
    await keeper.reconcile(NOW)
    again = msgspec.json.decode(await server.get(WEBHOOK))
    assert again["metadata"]["resourceVersion"] == found["metadata"]["resourceVersion"]
