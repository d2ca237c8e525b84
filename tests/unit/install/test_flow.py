"""The whole installation on two API servers in memory: its plan, its order, and what it leaves."""

import copy
import datetime as dt

import pytest

from converter.install.apply import Change
from converter.install.flow import DowngradeError, Installer, Settings, installed_format
from converter.install.host import CERTIFICATES, HostOptions
from converter.install.manifests import FIELD_MANAGER, FORMAT, FORMAT_ANNOTATION, WEBHOOKS, Addresses, karmada_part
from converter.install.progress import NotRunningError
from converter.install.rights import REVIEWS, RightsError
from tests.fakes.tokens import TokenServer
from tests.fakes.virtual_time import advance
from tests.nonempty import some

pytestmark = pytest.mark.virtual_time

NOW = dt.datetime.now(dt.UTC)
SPACE = "fleet-a"
WEBHOOK = f"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/{WEBHOOKS}"
SCHEDULER = {
    "apiVersion": "apps/v1", "kind": "Deployment",
    "metadata": {"name": "converter-scheduler", "namespace": SPACE}, "spec": {"replicas": 1},
}  # fmt: skip


class Server(TokenServer):
    """An API server that grants rights, and makes Deployments available as a cluster with nodes does."""

    def __init__(self, log, side):
        super().__init__(lambda: dt.datetime.now(dt.UTC))
        self.collections |= {
            "services", "roles", "rolebindings", "clusterroles", "clusterrolebindings", "deployments", "pods",
            "poddisruptionbudgets", "mutatingwebhookconfigurations", "validatingwebhookconfigurations", "namespaces",
        }  # fmt: skip
        self.log = log
        self.side = side
        self.denied = set()
        self.runs = True

    async def create(self, path, body):
        if path == REVIEWS:
            allowed = body["spec"]["resourceAttributes"]["resource"] not in self.denied
            return b'{"status": {"allowed": %s}}' % (b"true" if allowed else b"false")
        return await super().create(path, body)

    def _after(self, method, path, answer):
        self.log.append((self.side, path))
        thing = self.objects.get(path)
        if thing is not None and "/deployments/" in path and self.runs:
            replicas = thing["spec"].get("replicas", 1)
            thing["status"] = {"observedGeneration": thing["metadata"]["generation"], "replicas": replicas,
                               "updatedReplicas": replicas, "availableReplicas": replicas}  # fmt: skip
            if path.endswith("/converter-controller"):
                self.objects[f"/api/v1/namespaces/{SPACE}/secrets/{CERTIFICATES}"]["data"] = {"ca.crt": "Zm9v"}
        return super()._after(method, path, answer)


class Site:
    def __init__(self, **changes):
        self.log = []
        self.karmada, self.host = Server(self.log, "karmada"), Server(self.log, "host")
        self.told = []
        self.change(**changes)

    def change(self, **changes):
        host = HostOptions(**({"namespace": SPACE, "scheduler": SCHEDULER} | changes))
        settings = Settings("https://karmada:5443", "Q0E=", host, Addresses(namespace=SPACE), 5)
        self.installer = Installer(self.karmada, self.host, settings, self.told.append)

    def objects(self):
        return copy.deepcopy((self.karmada.objects, self.host.objects))


@pytest.fixture
def site():
    return Site()


async def test_it_installs_and_then_changes_nothing(site):
    await site.installer.check()
    done = await site.installer.apply()
    assert {step.change for step in some([*done.karmada, *done.host])} == {Change.CREATED}
    assert [identity.name for identity in done.identities] == ["admission", "controller", "discovery", "scheduler"]
    webhooks = site.karmada.objects[WEBHOOK]["webhooks"]
    assert {one["clientConfig"]["caBundle"] for one in some(webhooks)} == {"Zm9v"}
    before = site.objects()
    site.log.clear()
    plan = await site.installer.plan()
    assert (plan.changes, {step.change for step in [*plan.karmada, *plan.host]}) == (0, {Change.UNCHANGED})
    again = await site.installer.apply()
    assert again.changes == 0
    assert site.objects() == before


def dashboard_paths(site):
    return {(server.side, path) for server in (site.karmada, site.host) for path in server.objects
            if "dashboard" in path}  # fmt: skip


async def test_the_dashboard_comes_with_an_identity_and_goes_with_all_of_it(site):
    await site.installer.apply()
    before = site.objects()
    assert dashboard_paths(site) == set()
    site.change(dashboard=True)
    assert (await site.installer.plan()).changes == 7
    done = await site.installer.apply()
    assert done.changes == 7
    assert "dashboard" in [identity.name for identity in done.identities]
    secret = site.host.objects[f"/api/v1/namespaces/{SPACE}/secrets/converter-dashboard-kubeconfig"]
    assert set(secret["data"]) == {"kubeconfig", "token"}
    assert len(dashboard_paths(site)) == 7
    assert (await site.installer.plan()).changes == 0
    for server in (site.karmada, site.host):  # which an API server itself writes
        for path, thing in server.objects.items():
            if "dashboard" in path and "/secrets/" not in path:
                thing["metadata"]["managedFields"] = [{"manager": FIELD_MANAGER, "operation": "Apply"}]
    site.change()
    plan = await site.installer.plan()
    assert len(plan.stale_karmada) + len(plan.stale_host) == 7
    await site.installer.apply()
    assert dashboard_paths(site) == set()
    assert site.objects() == before


async def test_a_plan_names_everything_and_writes_nothing(site):
    plan = await site.installer.plan()
    assert site.objects() == ({}, {})
    done = await site.installer.apply()

    def named(plan):
        return sorted((step.kind, step.name) for step in [*plan.karmada, *plan.host])

    assert named(plan) == named(done)
    assert plan.changes == done.changes


async def test_rights_come_before_processes_and_webhooks_last(site):
    await site.installer.apply()
    order = [(side, path.rsplit("/", 1)[-1]) for side, path in site.log]
    role, token = (
        order.index(("karmada", "converter-controller")),
        order.index(("host", "converter-admission-kubeconfig")),
    )
    process = next(at for at, (side, path) in enumerate(site.log) if side == "host" and "/deployments/" in path)
    webhook = site.log.index(("karmada", WEBHOOK))
    assert role < token < process < webhook
    assert webhook == max(at for at, (side, _) in enumerate(site.log) if side == "karmada")


async def test_without_running_processes_the_webhooks_are_not_applied(site):
    site.host.runs = False
    with pytest.raises(NotRunningError):
        await site.installer.apply()
    assert WEBHOOK not in site.karmada.objects
    site.host.runs = True
    site.host.objects = {path: thing for path, thing in site.host.objects.items() if "/deployments/" not in path}
    await site.installer.apply()
    assert WEBHOOK in site.karmada.objects, "a repetition does the rest"
    await advance(0)


@pytest.mark.parametrize(
    ("side", "resource"), [("karmada", "clusterroles"), ("host", "secrets"), ("karmada", "tokenreviews")]
)
async def test_missing_rights_stop_it_before_anything_is_written(site, side, resource):
    getattr(site, side).denied = {resource}
    with pytest.raises(RightsError) as caught:
        await site.installer.check()
    assert {right.resource for right in caught.value.missing} == {resource}
    assert site.objects() == ({}, {})


async def test_an_existing_namespace_is_not_touched(site):
    for server in (site.karmada, site.host):
        server.put(f"/api/v1/namespaces/{SPACE}", {"metadata": {"name": SPACE, "labels": {"mine": "true"}}})
    before = copy.deepcopy(site.karmada.objects)
    done = await site.installer.apply()
    assert "Namespace" not in {step.kind for step in some([*done.karmada, *done.host])}
    (path,) = before
    assert site.karmada.objects[path] == before[path]


async def test_a_newer_format_is_not_replaced(site):
    assert await installed_format(site.karmada) == 0
    await site.installer.apply()
    assert await installed_format(site.karmada) == FORMAT
    await site.installer.check()
    annotations = site.karmada.objects[WEBHOOK]["metadata"]["annotations"]
    annotations[FORMAT_ANNOTATION] = str(FORMAT + 1)
    with pytest.raises(DowngradeError) as caught:
        await site.installer.check()
    assert (caught.value.installed, caught.value.known) == (FORMAT + 1, FORMAT)
    annotations[FORMAT_ANNOTATION] = "what?"
    with pytest.raises(DowngradeError):
        await site.installer.check()
    del annotations[FORMAT_ANNOTATION]
    await site.installer.check()  # a release from before the annotation


def test_the_files_say_which_format_this_release_writes():
    (webhooks,) = [one for one in karmada_part(Addresses()) if one["kind"] == "MutatingWebhookConfiguration"]
    assert webhooks["metadata"]["annotations"][FORMAT_ANNOTATION] == str(FORMAT)


async def test_an_object_of_an_earlier_release_goes_at_the_end(site):
    await site.installer.apply()
    labels = {"app.kubernetes.io/name": "karmada-api-version-converter"}
    managed = [{"manager": FIELD_MANAGER, "operation": "Apply"}]
    path = "/apis/rbac.authorization.k8s.io/v1/clusterroles/converter-earlier"
    site.karmada.put(path, {"metadata": {"name": "converter-earlier", "labels": labels, "managedFields": managed}})
    plan = await site.installer.plan()
    assert [one.name for one in plan.stale_karmada] == ["converter-earlier"]
    assert path in site.karmada.objects
    done = await site.installer.apply()
    assert [one.name for one in done.stale_karmada] == ["converter-earlier"]
    assert path not in site.karmada.objects
    assert done.changes == plan.changes == 1


async def test_another_image_changes_the_processes_only(site):
    await site.installer.apply()
    site.change(image="registry.example/converter:2")
    plan = await site.installer.plan()
    changed = {step.name for step in [*plan.karmada, *plan.host] if step.change is Change.CHANGED}
    assert changed == {f"{SPACE}/converter-{part}" for part in ("admission", "controller", "discovery")}


async def test_without_a_scheduler_it_has_no_identity():
    site = Site(scheduler=None, scheduler_name="")
    done = await site.installer.apply()
    assert [identity.name for identity in done.identities] == ["admission", "controller", "discovery"]
    assert not any("converter-scheduler" in path for path in some(list(site.host.objects)))


async def test_two_instances_do_not_meet():
    site = Site()
    await site.installer.apply()
    before = copy.deepcopy(site.host.objects)
    other = Server([], "karmada")
    host = HostOptions(namespace="fleet-b")
    settings = Settings("https://other:5443", "Q0E=", host, Addresses(namespace="fleet-b"), 0)
    with pytest.raises(NotRunningError):  # certificates come from the other namespace's controller
        await Installer(other, site.host, settings).apply()
    assert {path: site.host.objects[path] for path in some(list(before))} == before
    new = [path for path in site.host.objects if path not in before]
    assert all("fleet-b" in path for path in some(new))
