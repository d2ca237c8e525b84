"""A Work that has to come back converted: it does, the webhook does not answer, or another webhook undoes it."""

import pytest

from converter.doctor.finding import Trouble, Unchecked
from converter.doctor.webhooks import check_webhooks
from converter.install.held_lease import hold
from tests.fakes.karmada import OLD, Karmada, cluster
from tests.unit.doctor.conftest import NAMESPACE
from tests.unit.install.conftest import WEBHOOK_PATH

OTHERS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/theirs"


@pytest.fixture
def fleet(karmada):
    """Our real webhook in front of the API server, and a cluster."""
    made = Karmada()
    karmada.webhooks = [made.server.webhooks[0]]

    def serve(versions):
        path = "/apis/cluster.karmada.io/v1alpha1/clusters/old"
        thing = {**cluster("old", versions), "spec": {}}
        karmada.objects[path] = thing
        made.server.objects[path] = thing
        made.refresh_webhooks()

    serve(OLD)
    return serve


async def test_it_comes_back_converted(patient, fleet):
    assert await check_webhooks(patient) == []


@pytest.mark.usefixtures("fleet")
async def test_the_webhook_does_not_answer(patient, karmada):
    karmada.fail = lambda method, path: (500, "x509") if (method, path[-6:]) == ("POST", "/works") else None
    (finding,) = await check_webhooks(patient)
    assert finding.trouble is Trouble.WEBHOOK_UNREACHABLE
    assert "x509" in finding.facts["answer"]


@pytest.mark.usefixtures("fleet")
async def test_another_webhook_undoes_it(patient, karmada):
    karmada.webhooks = []
    rules = [{"apiGroups": ["work.karmada.io"], "resources": ["works"]}]
    karmada.put(OTHERS, {"metadata": {"name": "theirs"}, "webhooks": [{"name": "undo.example", "rules": rules}]})
    elsewhere = [{"apiGroups": [""], "resources": ["pods"]}]
    karmada.put(f"{OTHERS}-2", {"metadata": {"name": "theirs-2"}, "webhooks": [{"name": "pods", "rules": elsewhere}]})
    (finding,) = await check_webhooks(patient)
    assert finding.trouble is Trouble.WEBHOOK_UNDONE
    assert finding.thing.name == "theirs"
    assert finding.facts["expected"] == "batch/v1beta1"
    assert finding.facts["returned"] == "batch/v1"
    assert finding.facts["otherWebhooks"] == "theirs/undo.example"


async def test_no_cluster_needs_a_conversion(patient, fleet):
    fleet({"v1": ["ConfigMap"]})
    result = await check_webhooks(patient)
    assert [type(item) for item in result] == [Unchecked]


async def test_there_is_no_cluster(patient):
    assert [type(item) for item in await check_webhooks(patient)] == [Unchecked]


@pytest.mark.usefixtures("fleet")
async def test_paused(patient, karmada):
    await hold(karmada, NAMESPACE)
    assert [item.trouble for item in await check_webhooks(patient)] == [Trouble.PAUSED]


async def test_not_installed_is_the_finding_of_another_check(patient, karmada):
    karmada.remove(WEBHOOK_PATH)
    assert await check_webhooks(patient) == []
