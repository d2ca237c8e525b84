"""The Karmada part of the installation on a real API server with Karmada's own CRDs: applied, checked, removed."""

from __future__ import annotations

import pytest
import yaml

from converter.client import ApiServer
from converter.install.installer import check, install, uninstall
from converter.install.manifests import WEBHOOKS, Addresses
from tests.controlplanes import build
from tests.controlplanes.karmada import VERSION
from tests.controlplanes.places import Places

ADDRESSES = Addresses(webhooks="https://127.0.0.1:9443", discovery_host="localhost", ca_bundle="Zm9v")
WEBHOOK_PATH = f"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/{WEBHOOKS}"


@pytest.fixture(scope="module")
def with_crds(apiservers):
    """A v1.36 API server that knows Karmada's CRDs."""
    server = apiservers["1.36"]
    folder = build.karmada_files(Places.from_environment(), VERSION) / "crds"
    for file in sorted(folder.rglob("*resourceinterpretercustomizations.yaml")):
        for document in yaml.safe_load_all(file.read_text()):
            server.client.create(document)
    return server


@pytest.fixture
async def karmada(with_crds):
    async with await ApiServer.connect(with_crds.kubeconfig) as server:
        yield server


async def states(server):
    return {finding.state for finding in await check(server, ADDRESSES)}


async def test_it_is_installed_checked_repaired_and_removed(karmada):
    told = []
    assert "missing" in await states(karmada)

    await install(karmada, ADDRESSES, told.append)
    assert await states(karmada) == {"installed"}
    assert any("MutatingWebhookConfiguration apiconverter" in line for line in told)

    await install(karmada, ADDRESSES, told.append)
    assert await states(karmada) == {"installed"}

    patch = {"metadata": {"labels": {"app.kubernetes.io/name": "other"}}}
    await karmada.patch(WEBHOOK_PATH, patch)
    (different,) = [finding for finding in await check(karmada, ADDRESSES) if finding.state == "different"]
    assert different.name == WEBHOOKS
    assert "labels" in different.detail

    await install(karmada, ADDRESSES, told.append)
    assert await states(karmada) == {"installed"}

    await uninstall(karmada, ADDRESSES, told.append)
    assert await states(karmada) == {"missing", "installed"}  # the namespace stays
    await uninstall(karmada, ADDRESSES, told.append)
    assert await states(karmada) == {"missing", "installed"}


async def test_another_address_is_a_difference(karmada):
    await install(karmada, ADDRESSES, lambda _: None)
    moved = Addresses(webhooks="https://elsewhere:443", discovery_host="localhost", ca_bundle="Zm9v")
    different = [finding for finding in await check(karmada, moved) if finding.state == "different"]
    assert sorted((finding.kind, finding.detail) for finding in different) == [
        ("MutatingWebhookConfiguration", "webhooks[0].clientConfig.url"),
        ("ValidatingWebhookConfiguration", "webhooks[0].clientConfig.url"),
    ]
    await uninstall(karmada, ADDRESSES, lambda _: None)
