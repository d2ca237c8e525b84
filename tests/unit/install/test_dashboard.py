"""Whether an installation has the dashboard."""

from __future__ import annotations

from converter.install.dashboard import has_dashboard, stale_secret
from tests.fakes.apiserver import FakeApiServer

SPACE = "fleet-b"
ACCOUNT = f"/api/v1/namespaces/{SPACE}/serviceaccounts/converter-dashboard"
SECRET = f"/api/v1/namespaces/{SPACE}/secrets/converter-dashboard-kubeconfig"


async def test_its_account_says_whether_it_is_there():
    karmada = FakeApiServer()
    assert not await has_dashboard(karmada, SPACE)
    karmada.put(ACCOUNT, {"metadata": {"name": "converter-dashboard", "namespace": SPACE}})
    assert await has_dashboard(karmada, SPACE)
    assert not await has_dashboard(karmada, "fleet-a")


async def test_its_secret_is_found():
    host = FakeApiServer()
    assert await stale_secret(host, SPACE) == []
    host.put(SECRET, {"metadata": {"name": "converter-dashboard-kubeconfig", "namespace": SPACE}})
    (found,) = await stale_secret(host, SPACE)
    assert (found.path, found.uid) == (SECRET, host.objects[SECRET]["metadata"]["uid"])
