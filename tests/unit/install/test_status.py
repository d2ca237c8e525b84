"""The state of an installation, and each problem that it can have."""

import base64
import datetime as dt

import pytest

from converter.certificates.rotate import advance
from converter.controllers.certificate_secret import written
from converter.install.apply import Applier
from converter.install.held_lease import hold
from converter.install.host import CERTIFICATES, HostOptions, host_part
from converter.install.identities import TokenProblem, ensure_identities
from converter.install.manifests import WEBHOOKS, Addresses, karmada_part, place_of
from converter.install.status import StatusReader
from tests.fakes.tokens import TokenServer

SPACE = "karmada-system"
NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
MATERIAL = advance(None, ["converter-admission.karmada-system.svc"], NOW)
TLS = f"/api/v1/namespaces/{SPACE}/secrets/{CERTIFICATES}"
WEBHOOK = f"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/{WEBHOOKS}"
ADMISSION = f"/apis/apps/v1/namespaces/{SPACE}/deployments/converter-admission"


class Site:
    def __init__(self):
        self.time = NOW
        self.karmada, self.host = TokenServer(lambda: self.time), TokenServer(lambda: self.time)
        self.karmada.collections |= {"services", "apiservices"}

    async def install(self):
        bundle = base64.b64encode(MATERIAL.trusted).decode()
        part = karmada_part(Addresses(ca_bundle=bundle))
        await Applier(self.karmada, part).apply(part)
        for manifest in host_part(HostOptions()):
            self.host.put(place_of(manifest).path, manifest)
            if manifest["kind"] == "Deployment":
                replicas = manifest["spec"]["replicas"]
                self.host.objects[place_of(manifest).path]["status"] = {
                    "observedGeneration": 1, "replicas": replicas, "updatedReplicas": replicas,
                    "availableReplicas": replicas,
                }  # fmt: skip
        self.host.objects[TLS]["data"] = written(MATERIAL)
        await ensure_identities(
            self.karmada, self.host, server_url="https://k", ca_bundle="", now=lambda: self.time,
            identities=("admission", "controller", "discovery"),
        )  # fmt: skip

    async def read(self):
        reader = StatusReader(self.karmada, self.host, Addresses(), scheduler=False, now=lambda: self.time)
        return await reader.read()


@pytest.fixture
async def site():
    site = Site()
    await site.install()
    return site


async def test_nothing_is_wrong_with_a_good_installation(site):
    found = await site.read()
    assert found.problems == []
    assert {one.version for one in found.processes} == {"0.1.0"}
    assert {one.rollout.complete for one in found.processes} == {True}
    assert {one.problem for one in found.identities} == {None}
    assert {one.name for one in found.certificates} == {"CA", "serving"}
    assert (found.trusted, found.services, found.works) == (True, {}, 0)


async def test_the_dashboard_counts_where_it_is_installed(site):
    assert "converter-dashboard" not in {one.rollout.name for one in (await site.read()).processes}
    account = {"metadata": {"name": "converter-dashboard", "namespace": SPACE}}
    site.karmada.put(f"/api/v1/namespaces/{SPACE}/serviceaccounts/converter-dashboard", account)
    found = await site.read()
    assert not next(one for one in found.processes if one.rollout.name == "converter-dashboard").rollout.complete
    assert {one.name: one.problem for one in found.identities}["dashboard"] is TokenProblem.NO_SECRET
    assert {one.state for one in found.objects if one.name == "converter-dashboard"} == {"missing"}


async def test_converted_works_are_counted(site):
    for number in range(3):
        labels = {"apiconverter.dev/converted": "true"} if number else {}
        path = f"/apis/work.karmada.io/v1alpha1/namespaces/karmada-es-old/works/w{number}"
        site.karmada.put(path, {"metadata": {"name": f"w{number}", "labels": labels}})
    assert (await site.read()).works == 2


async def test_a_pause_is_a_problem(site):
    assert not (await site.read()).paused
    await hold(site.karmada, "karmada-system")
    found = await site.read()
    assert found.paused
    assert len(found.problems) == 1


async def one_problem(site, word):
    (problem,) = (await site.read()).problems
    assert word in problem


async def test_a_process_that_is_down_or_missing_is_a_problem(site):
    site.host.objects[ADMISSION]["status"]["availableReplicas"] = 1
    await one_problem(site, "converter-admission")
    site.host.remove(ADMISSION)
    await one_problem(site, "converter-admission")


async def test_processes_of_several_releases_are_a_problem(site):
    site.host.objects[ADMISSION]["metadata"]["labels"]["app.kubernetes.io/version"] = "0.0.9"
    await one_problem(site, "0.0.9")


async def test_a_token_that_ended_is_a_problem(site):
    token = base64.b64decode(
        site.host.objects[f"/api/v1/namespaces/{SPACE}/secrets/converter-admission-kubeconfig"]["data"]["token"]
    ).decode()
    site.karmada.expire(token)
    await one_problem(site, "converter-admission")


async def test_an_object_that_is_missing_or_different_is_a_problem(site):
    path = next(path for path in site.karmada.objects if path.endswith("/clusterroles/converter-controller"))
    site.karmada.objects[path]["rules"] = []
    await one_problem(site, "rules")
    site.karmada.remove(path)
    await one_problem(site, "missing")


async def test_a_ca_that_the_webhooks_do_not_trust_is_a_problem(site):
    for webhook in site.karmada.objects[WEBHOOK]["webhooks"]:
        webhook["clientConfig"]["caBundle"] = "b3RoZXI="
    found = await site.read()
    assert not found.trusted
    assert len(found.problems) == 1


async def test_a_certificate_that_ended_is_a_problem(site):
    site.time = NOW + dt.timedelta(days=91)
    problems = (await site.read()).problems
    assert any("serving" in problem for problem in problems)
    assert not any("CA certificate" in problem for problem in problems)


async def test_an_api_service_that_is_down_is_a_problem(site):
    labels = {"apiconverter.dev/discovery": "true"}
    path = "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.batch"
    site.karmada.put(path, {"metadata": {"name": "v1beta1.batch", "labels": labels}})
    assert (await site.read()).services == {"v1beta1.batch": ""}
    await one_problem(site, "v1beta1.batch")


async def test_without_an_installation_everything_is_a_problem():
    found = await Site().read()
    assert not found.trusted
    assert found.certificates == []
    assert {one.image for one in found.processes} == {""}
    assert len(found.problems) > 10
