"""The Jobs of the chart: what each applies, in which order, and that it can be repeated."""

import base64
import datetime as dt
from dataclasses import replace

import msgspec
import pytest

from converter.client import RejectedError
from converter.engine import Engine
from converter.install.flow import DowngradeError
from converter.install.manifests import (
    FIELD_MANAGER,
    FORMAT,
    FORMAT_ANNOTATION,
    LAST_KINDS,
    WEBHOOKS,
    Addresses,
    karmada_part,
    place_of,
)
from converter.install.progress import NotRunningError
from converter.install.release_jobs import PROCESSES, ReleaseJobs
from converter.install.release_scheduler import SchedulerMissingError, SchedulerSettings
from converter.install.rights import REVIEWS, RightsError
from converter.install.tokens import secret_of
from converter.install.versions import VersionError
from tests.fakes.apiserver import FakeApiServer
from tests.fakes.tokens import TokenServer
from tests.nonempty import some

pytestmark = pytest.mark.virtual_time
NAMESPACE = "karmada-one"
URL = "https://karmada-apiserver.karmada-one.svc:5443"
CA = base64.b64encode(b"pem").decode()
ADDRESSES = Addresses(
    f"https://converter-admission.{NAMESPACE}.svc:443", f"converter-discovery.{NAMESPACE}.svc", namespace=NAMESPACE
)
MANIFESTS = karmada_part(ADDRESSES)
HOOK = f"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/{WEBHOOKS}"
SECRETS = f"/api/v1/namespaces/{NAMESPACE}/secrets"
DEPLOYMENTS = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"


class Karmada(TokenServer):
    """Grants all rights but the denied ones."""

    def __init__(self):
        super().__init__(lambda: dt.datetime.now(dt.UTC))
        self.denied = set()
        self.collections |= {place_of(item).collection.resource for item in MANIFESTS} | {"apiservices", "leases"}
        self.objects["/version"] = {"gitVersion": "v1.36.3"}

    async def create(self, path, body):
        if path == REVIEWS:
            allowed = body["spec"]["resourceAttributes"]["resource"] not in self.denied
            return msgspec.json.encode({"status": {"allowed": allowed}})
        return await super().create(path, body)


class Site:
    """Karmada, the host cluster, and one release between them."""

    def __init__(self, scheduler=SchedulerSettings(name="")):  # noqa: B008  frozen
        self.karmada = Karmada()
        self.host = FakeApiServer()
        self.host.collections |= {"deployments"}
        self.host.objects["/version"] = {"gitVersion": "v1.30.14"}
        self.said = []
        self.jobs = ReleaseJobs(
            self.karmada, self.host, ADDRESSES, "converter-tls", scheduler, self.said.append, 5, self.sleep
        )

    async def sleep(self, _):
        pass

    async def before(self):
        await self.jobs.before(URL, CA)

    def run_processes(self, available=2):
        status = {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "availableReplicas": available}
        for name in some(PROCESSES):
            metadata = {"name": name, "namespace": NAMESPACE}
            spec = {"replicas": 2, "template": {"spec": {"containers": [{"image": "converter:1", "args": ["serve"]}]}}}
            self.host.put(f"{DEPLOYMENTS}/{name}", {"metadata": metadata, "spec": spec, "status": status})

    def write_certificates(self):
        self.host.put(f"{SECRETS}/converter-tls", {"metadata": {"name": "converter-tls"}, "data": {"ca.crt": CA}})

    def present(self):
        return {item["kind"] for item in MANIFESTS if place_of(item).path in self.karmada.objects}


@pytest.fixture
def site():
    return Site()


async def test_before_prepares_what_the_pods_wait_for_and_no_webhook(site):
    await site.before()
    assert site.present() == {item["kind"] for item in MANIFESTS} - set(LAST_KINDS)
    assert f"{SECRETS}/{secret_of('scheduler')}" not in site.host.objects, "this release has no scheduler of its own"
    for identity in ("admission", "controller"):
        assert set(site.host.objects[f"{SECRETS}/{secret_of(identity)}"]["data"]) == {"kubeconfig", "token"}
    assert [path for path in site.host.objects if NAMESPACE not in path] == ["/version"], "only in its namespace"


async def test_the_dashboard_has_an_identity_while_the_release_has_it(site):
    site.write_certificates()
    site.run_processes()
    secret = f"{SECRETS}/{secret_of('dashboard')}"
    for there in (True, False):
        site.jobs = replace(site.jobs, addresses=replace(ADDRESSES, dashboard=there))
        if there:
            running = site.host.objects[f"{DEPLOYMENTS}/converter-controller"]
            metadata = {"name": "converter-dashboard", "namespace": NAMESPACE}
            site.host.put(f"{DEPLOYMENTS}/converter-dashboard", {**running, "metadata": metadata})
        await site.before()
        await site.jobs.after()
        kinds = {path.split("/")[-2] for path in site.karmada.objects if path.endswith("/converter-dashboard")}
        assert kinds == ({"serviceaccounts", "clusterroles", "clusterrolebindings"} if there else set())
        assert (secret in site.host.objects) == there
        for path, thing in site.karmada.objects.items():
            if path.endswith("/converter-dashboard"):  # which an API server itself writes
                thing["metadata"]["managedFields"] = [{"manager": FIELD_MANAGER, "operation": "Apply"}]


async def test_after_applies_the_webhooks_last_and_they_trust_the_certificates(site):
    await site.before()
    site.write_certificates()
    site.run_processes()
    assert await site.jobs.after() == []
    assert site.present() == {item["kind"] for item in MANIFESTS}
    writes = [write.rsplit("/", 2)[-2:] for write in site.karmada.writes]
    last = [kind for kind, _ in writes if kind.endswith(("interpretercustomizations", "webhookconfigurations"))]
    assert last[-2:] == ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"]
    assert "validatingwebhookconfigurations" not in last[:-2]
    for webhook in some(site.karmada.objects[HOOK]["webhooks"]):
        assert webhook["clientConfig"]["caBundle"] == CA
        assert webhook["clientConfig"]["url"].startswith(ADDRESSES.webhooks)


async def test_both_can_be_repeated_and_keep_the_tokens(site):
    tokens = []
    for _ in range(2):
        await site.before()
        tokens.append(site.host.objects[f"{SECRETS}/{secret_of('admission')}"]["data"]["token"])
        if not tokens[1:]:
            site.write_certificates()
            site.run_processes()
        await site.jobs.after()
    assert tokens[0] == tokens[1]


async def test_after_waits_for_the_processes(site):
    await site.before()
    site.write_certificates()
    site.run_processes(available=1)
    with pytest.raises(NotRunningError):
        await site.jobs.after()
    assert HOOK not in site.karmada.objects, "no webhook without a process"


@pytest.mark.parametrize("secret", [None, {}, {"tls.crt": CA}], ids=["none", "empty", "other keys"])
async def test_after_waits_for_the_authority(site, secret):
    site.run_processes()
    if secret is not None:
        site.host.put(f"{SECRETS}/converter-tls", {"metadata": {"name": "converter-tls"}, "data": secret})
    with pytest.raises(NotRunningError):
        await site.jobs.after()
    assert HOOK not in site.karmada.objects


async def test_an_interpreter_that_karmada_refuses_does_not_stop_the_rest(site):
    await site.before()
    site.write_certificates()
    site.run_processes()
    refused = next(item["metadata"]["name"] for item in MANIFESTS if item["kind"] == LAST_KINDS[0])
    site.karmada.fail = lambda _, path: (403, "Forbidden") if path.endswith(f"/{refused}") else None
    (step,) = await site.jobs.after()
    assert step.name == refused
    assert HOOK in site.karmada.objects


async def test_nothing_is_written_without_the_rights_in_karmada(site):
    site.karmada.denied = {"mutatingwebhookconfigurations"}
    with pytest.raises(RightsError) as caught:
        await site.before()
    assert {right.resource for right in caught.value.missing} == {"mutatingwebhookconfigurations"}
    assert site.karmada.writes == []
    assert site.host.writes == []


async def test_a_release_that_cannot_read_what_is_stored_does_not_begin(site):
    """As with `helm rollback` past a change of the format."""
    await site.before()
    site.write_certificates()
    site.run_processes()
    await site.jobs.after()
    site.karmada.objects[HOOK]["metadata"]["annotations"][FORMAT_ANNOTATION] = str(FORMAT + 1)
    writes = len(site.karmada.writes)
    with pytest.raises(DowngradeError):
        await site.before()
    assert len(site.karmada.writes) == writes


async def test_after_deletes_what_another_release_applied_and_this_one_does_not_have(site):
    site.write_certificates()
    site.run_processes()
    labels = {"app.kubernetes.io/name": "karmada-api-version-converter"}
    applied = [{"manager": FIELD_MANAGER, "operation": "Apply"}]
    path = "/apis/rbac.authorization.k8s.io/v1/clusterroles/converter-newer"
    metadata = {"name": "converter-newer", "labels": labels, "managedFields": applied}
    site.karmada.put(path, {"metadata": metadata})
    await site.jobs.after()
    assert path not in site.karmada.objects
    assert HOOK in site.karmada.objects


async def test_a_namespace_that_exists_is_not_touched(site):
    path = f"/api/v1/namespaces/{NAMESPACE}"
    site.karmada.put(path, {"metadata": {"name": NAMESPACE, "labels": {"a": "b"}}})
    await site.before()
    assert not [write for write in site.karmada.writes if write.endswith(path)]


@pytest.mark.parametrize(("side", "old"), [("karmada", "v1.27.16"), ("host", "v1.23.17")])
async def test_a_release_that_is_too_old_is_refused(site, side, old):
    getattr(site, side).objects["/version"] = {"gitVersion": old}
    with pytest.raises(VersionError) as caught:
        await site.before()
    assert caught.value.found == old
    assert site.karmada.writes == []


async def test_a_karmada_that_is_too_old_is_found_by_its_scheduler(site):
    container = {"image": "docker.io/karmada/karmada-scheduler:v1.11.3", "command": ["/bin/karmada-scheduler"]}
    spec = {"template": {"spec": {"containers": [container]}}}
    site.host.put(f"{DEPLOYMENTS}/one-scheduler", {"metadata": {"name": "one-scheduler"}, "spec": spec})
    with pytest.raises(VersionError) as caught:
        await site.before()
    assert caught.value.found == "v1.11.3"


async def test_what_karmada_refuses_is_not_hidden(site):
    site.karmada.fail = lambda _, path: (403, "Forbidden") if "clusterrolebindings" in path else None
    with pytest.raises(RejectedError):
        await site.before()


# The scheduler.

KARMADAS = {
    "metadata": {"name": "one-scheduler", "namespace": NAMESPACE},
    "spec": {
        "replicas": 2,
        "template": {
            "metadata": {"labels": {"app": "karmada-scheduler"}},
            "spec": {
                "containers": [
                    {
                        "name": "karmada-scheduler",
                        "image": "docker.io/karmada/karmada-scheduler:v1.18.2",
                        "command": ["/bin/karmada-scheduler", "--kubeconfig=/etc/karmada.config", "--v=4"],
                    }
                ]
            },
        },
    },
}
OWN = f"{DEPLOYMENTS}/converter-scheduler"


@pytest.fixture
def scheduled():
    site = Site(SchedulerSettings(replicas=3, extra_args=["--v=2"]))
    site.host.put(f"{DEPLOYMENTS}/one-scheduler", KARMADAS)
    site.write_certificates()
    site.run_processes()
    return site


async def test_after_applies_a_copy_of_karmada_s_scheduler_before_the_webhooks(scheduled):
    await scheduled.before()
    assert OWN not in scheduled.host.objects
    assert f"{SECRETS}/{secret_of('scheduler')}" in scheduled.host.objects
    with pytest.raises(NotRunningError) as caught:
        await scheduled.jobs.after()
    assert [one.name for one in caught.value.waiting] == ["converter-scheduler"], (
        "nothing schedules without it, so it is waited for"
    )
    assert HOOK not in scheduled.karmada.objects
    made = scheduled.host.objects[OWN]
    assert made["spec"]["replicas"] == 3
    (container,) = made["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "docker.io/karmada/karmada-scheduler:v1.18.2"
    assert "--scheduler-name=apiconverter" in container["args"]
    assert container["args"][-1] == "--v=2"


async def test_nothing_is_written_where_there_is_no_scheduler_to_copy(scheduled):
    scheduled.host.remove(f"{DEPLOYMENTS}/one-scheduler")
    writes = len(scheduled.host.writes)
    with pytest.raises(SchedulerMissingError):
        await scheduled.before()
    assert scheduled.karmada.writes == []
    assert len(scheduled.host.writes) == writes


# The end.


async def test_remove_leaves_nothing_on_either_side_but_what_helm_deletes(scheduled):
    karmada = {path for path in scheduled.karmada.objects if "/namespaces/" not in path}
    host = set(scheduled.host.objects)
    await scheduled.before()
    with pytest.raises(NotRunningError):
        await scheduled.jobs.after()
    for _ in range(2):  # safe to repeat
        await scheduled.jobs.remove(Engine.from_rules())
        left = {path for path in scheduled.karmada.objects if not path.endswith(f"/namespaces/{NAMESPACE}")}
        assert left == karmada
        assert set(scheduled.host.objects) == host
