"""A control plane in memory with the Karmada part of the installation: only webhooks that are configured are called."""

import pytest

from converter.install.installer import install
from converter.install.manifests import WEBHOOKS, Addresses
from tests.fakes.karmada import Karmada

ADDRESSES = Addresses(ca_bundle="Zm9v")
WEBHOOK_PATH = f"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/{WEBHOOKS}"


class Configured(list):
    """The webhooks of this process that the stored configuration names."""

    def __init__(self, webhooks, server):
        super().__init__(webhooks)
        self.server = server

    @property
    def all(self):
        """Those that are not configured, too."""
        return super().__iter__()

    def __iter__(self):
        stored = self.server.objects.get(WEBHOOK_PATH, {})
        names = {hook["name"].replace("binding-status", "bindingstatus") for hook in stored.get("webhooks") or ()}
        return (hook for hook in super().__iter__() if hook.name in names)


@pytest.fixture
async def karmada():
    made = Karmada()
    await configure(made)
    yield made
    await made.stop_all()
    assert made.broken == []


async def configure(karmada):
    """Install the Karmada part, and call its webhooks from then on."""
    karmada.server.collections |= {"apiservices", "deployments", "pods", "secrets", "configmaps"}
    karmada.server.webhooks = Configured(list(karmada.server.webhooks), karmada.server)
    await install(karmada.server, ADDRESSES, lambda _: None)
