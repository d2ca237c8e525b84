"""What an admin applies, on real API servers: deploy/host and deploy/karmada as kustomize renders them."""

from __future__ import annotations

import copy
import datetime as dt
import json
import re
import subprocess
from collections import Counter
from pathlib import Path

import msgspec
import pytest
import yaml

from converter.client import ApiServer
from converter.client.collections import SECRETS
from converter.client.errors import ApiError
from converter.controllers.certificate_secret import CertificateSecret, read
from converter.install.host import HostOptions, host_part
from converter.install.manifests import Addresses, karmada_part
from tests.controlplanes import apiserver as controlplane
from tests.controlplanes import toolchain
from tests.controlplanes.kubeconfig import CONTEXT
from tests.controlplanes.places import Places
from tests.nonempty import some

DEPLOY = Path(__file__).parents[2] / "deploy"
NAMESPACE = "karmada-system"
RESTRICTED = "restricted"
RELEASES = ("1.24", "1.30", "1.36")
NOW = dt.datetime.now(dt.UTC)


@pytest.fixture(scope="module")
def kubectl():
    """Runs kubectl, and gives what it did."""
    program = toolchain.kubectl(Places.from_environment())

    def run(*arguments, manifests=None):
        text = None if manifests is None else yaml.safe_dump_all(manifests)
        return subprocess.run(
            [program, *arguments], input=text, capture_output=True, text=True, check=False, timeout=120
        )

    return run


@pytest.fixture(scope="module")
def rendered(kubectl):
    """The objects that kustomize makes of a folder of deploy/."""

    def render(folder):
        done = kubectl("kustomize", str(DEPLOY / folder))
        assert done.returncode == 0, done.stderr
        return list(yaml.safe_load_all(done.stdout))

    return render


@pytest.fixture(params=RELEASES)
def host(request, apiservers, kubectl):
    """Runs kubectl against a host cluster that has the namespace, and one that enforces the restricted standard."""
    server = apiservers[request.param]

    def run(*arguments, manifests=None):
        return kubectl(f"--kubeconfig={server.kubeconfig}", *arguments, manifests=manifests)

    enforced = {"pod-security.kubernetes.io/enforce": "restricted"}
    namespaces = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": RESTRICTED, "labels": enforced}},
    ]
    done = run("apply", "--server-side", "-f", "-", manifests=namespaces)
    assert done.returncode == 0, done.stderr
    return run


def test_the_network_policies_are_a_component_of_an_administrator_s_kustomization(host, kubectl, tmp_path):
    """As docs/how-to/install.md writes it."""
    (tmp_path / "converter").mkdir()
    (tmp_path / "deploy").symlink_to(DEPLOY)
    text = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization",
        "resources": ["../deploy/host"], "components": ["../deploy/network-policies"],
    }  # fmt: skip
    (tmp_path / "converter" / "kustomization.yaml").write_text(yaml.safe_dump(text))
    done = kubectl("kustomize", "--load-restrictor=LoadRestrictionsNone", str(tmp_path / "converter"))
    assert done.returncode == 0, done.stderr
    manifests = list(yaml.safe_load_all(done.stdout))
    policies = {one["metadata"]["name"] for one in manifests if one["kind"] == "NetworkPolicy"}
    assert policies == {f"converter-{name}" for name in ("admission", "controller", "dashboard", "discovery")}
    done = host("apply", "--server-side", "--dry-run=server", "-f", "-", manifests=manifests)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_the_host_part_passes_a_server_side_dry_run(host, rendered):
    manifests = rendered("host")
    done = host("apply", "--server-side", "--dry-run=server", "-f", "-", manifests=manifests)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "no field is deprecated or unknown"
    assert done.stdout.count("serverside-applied (server dry run)") == len(manifests)


def pods(manifests):
    """A Pod of each Deployment's template, as the ReplicaSet controller would make it."""
    for deployment in manifests:
        if deployment["kind"] == "Deployment":
            template = copy.deepcopy(deployment["spec"]["template"])
            metadata = template["metadata"] | {"name": deployment["metadata"]["name"], "namespace": RESTRICTED}
            yield {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def by_name(manifests):
    return {(item["kind"], item["metadata"]["name"]): item for item in manifests}


@pytest.mark.parametrize("namespace", [NAMESPACE, "elsewhere"])
def test_the_installer_and_kustomize_make_the_same_host_part(kubectl, tmp_path, namespace):
    for file in (DEPLOY / "host").iterdir():
        (tmp_path / file.name).write_text(
            file.read_text().replace(f"namespace: {NAMESPACE}", f"namespace: {namespace}")
        )
    done = kubectl("kustomize", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert by_name(yaml.safe_load_all(done.stdout)) == by_name(host_part(HostOptions(namespace=namespace)))


def overlay(kubectl, folder, base, component):
    """Render a base with a component, as docs/how-to/install.md writes it."""
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization",
        "resources": [f"../deploy/{base}"], "components": [f"../deploy/{component}"],
    }  # fmt: skip
    (folder / "mine").mkdir()
    (folder / "deploy").symlink_to(DEPLOY)
    (folder / "mine" / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    done = kubectl("kustomize", "--load-restrictor=LoadRestrictionsNone", str(folder / "mine"))
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def test_the_dashboard_has_one_source_on_both_sides(kubectl, tmp_path):
    sides = {"host": host_part(HostOptions(dashboard=True)), "karmada": karmada_part(Addresses(dashboard=True))}
    for side, installed in sides.items():
        (tmp_path / side).mkdir()
        made = by_name(overlay(kubectl, tmp_path / side, side, f"dashboard/{side}"))
        wanted = by_name(installed)
        wanted.pop(("Namespace", NAMESPACE), None)
        assert ("ServiceAccount", "converter-dashboard") in made
        assert made == wanted


def test_the_dashboard_passes_a_server_side_dry_run_and_is_restricted(host, kubectl, tmp_path):
    manifests = overlay(kubectl, tmp_path, "host", "dashboard/host")
    done = host("apply", "--server-side", "--dry-run=server", "-f", "-", manifests=manifests)
    assert (done.returncode, done.stderr) == (0, "")
    (pod,) = [item for item in pods(manifests) if item["metadata"]["name"] == "converter-dashboard"]
    done = host("create", "--dry-run=server", "-f", "-", manifests=[pod])
    assert done.returncode == 0, done.stderr


def test_its_pods_meet_the_restricted_standard(host, rendered):
    made = list(pods(rendered("host")))
    assert len(made) == 3
    done = host("create", "--dry-run=server", "-f", "-", manifests=made)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("created (server dry run)") == 3


@pytest.mark.parametrize("missing", ["seccompProfile", "runAsNonRoot"])
def test_the_standard_is_really_enforced_there(host, rendered, missing):
    made = list(pods(rendered("host")))
    for pod in made:
        del pod["spec"]["securityContext"][missing]
    done = host("create", "--dry-run=server", "-f", "-", manifests=made)
    assert done.stderr.count("violates PodSecurity") == 3


def test_another_registry_and_namespace_are_set_by_kustomize_alone(kubectl, tmp_path):
    overlay = {
        "resources": ["../host"],
        "namespace": "elsewhere",
        "images": [{"name": "karmada-api-version-converter", "newName": "registry.example/mirror/converter"}],
    }
    base = tmp_path / "host"
    base.mkdir()
    for file in (DEPLOY / "host").iterdir():
        (base / file.name).write_text(file.read_text())
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "kustomization.yaml").write_text(yaml.safe_dump(overlay))
    done = kubectl("kustomize", str(tmp_path / "mine"))
    assert done.returncode == 0, done.stderr
    manifests = list(yaml.safe_load_all(done.stdout))
    assert {item["metadata"]["namespace"] for item in manifests} == {"elsewhere"}
    (binding,) = [item for item in manifests if item["kind"] == "RoleBinding"]
    assert [subject["namespace"] for subject in binding["subjects"]] == ["elsewhere"]
    images = {c["image"] for item in pods(manifests) for c in item["spec"]["containers"]}
    assert images == {"registry.example/mirror/converter:0.1.0"}
    assert NAMESPACE not in json.dumps(manifests), "names and arguments follow the Pod's namespace"


def key(manifest):
    return manifest["kind"], manifest["metadata"].get("namespace", ""), manifest["metadata"]["name"]


def test_the_karmada_part_has_one_source(rendered):
    """`converter install` and `kubectl apply -k deploy/karmada` apply the same, but for the namespace and the CA."""
    installed = {key(manifest): manifest for manifest in karmada_part(Addresses())}
    assert installed.pop(("Namespace", "", NAMESPACE))
    assert {key(manifest): manifest for manifest in rendered("karmada")} == installed


# What the controller may do in the host cluster: judged by RBAC itself, with the service account's own token.


@pytest.fixture(scope="module")
def guarded(apiservers, kubectl, rendered):
    """An API server with RBAC that has the host part's accounts and roles, and gives a client for an account."""
    server = controlplane.ApiServer(apiservers.world, "1.36", "apiserver-rbac", authorization="RBAC").wait()
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    wanted = [item for item in rendered("host") if item["kind"] in {"ServiceAccount", "Role", "RoleBinding", "Secret"}]
    config = f"--kubeconfig={server.kubeconfig}"
    for manifests in ([namespace], wanted):
        done = kubectl(config, "apply", "--server-side", "-f", "-", manifests=manifests)
        assert done.returncode == 0, done.stderr

    def connect(account):
        token = kubectl(config, "create", "token", account, "--namespace", NAMESPACE).stdout.strip()
        file = apiservers.world.run.folder / f"{account}.kubeconfig"
        content = json.loads(server.kubeconfig.read_text())
        content["users"] = [{"name": "admin", "user": {"token": token}}]
        assert content["current-context"] == CONTEXT
        file.write_text(json.dumps(content))
        return ApiServer.connect(file)

    yield connect
    server.stop()


async def test_applying_the_host_part_again_keeps_the_certificates(host, rendered, apiservers, request):
    """An upgrade, by server-side apply and by the older kind: the Secret of deploy/host is empty."""

    async def publish(_trusted):
        pass

    (secret,) = [item for item in rendered("host") if item["kind"] == "Secret"]
    server = apiservers[request.node.callspec.params["host"]]
    path = SECRETS.object_path(NAMESPACE, "converter-tls")
    for options in (["--server-side"], []):
        assert host("apply", *options, "-f", "-", manifests=[secret]).returncode == 0
        async with await ApiServer.connect(server.kubeconfig) as account:
            keeper = CertificateSecret(account, NAMESPACE, "converter-tls", ["converter.example"], publish)
            await keeper.reconcile(NOW)
            before = msgspec.json.decode(await account.get(path))
            assert read(before) is not None
            done = host("apply", *options, "-f", "-", manifests=[secret])
            assert done.returncode == 0, done.stderr
            after = msgspec.json.decode(await account.get(path))
            assert after["data"] == before["data"]
            await keeper.reconcile(NOW)
            assert msgspec.json.decode(await account.get(path))["data"] == before["data"]


async def test_the_controller_s_rights_are_enough_to_keep_the_certificates_and_for_nothing_else(guarded):
    told = []

    async def publish(trusted):
        told.append(trusted)

    async with await guarded("converter-controller") as account:
        keeper = CertificateSecret(account, NAMESPACE, "converter-tls", ["converter.example"], publish)
        await keeper.reconcile(NOW)
        await keeper.reconcile(NOW + dt.timedelta(days=80))  # renewed: an update
        path = SECRETS.object_path(NAMESPACE, "converter-tls")
        found = read(msgspec.json.decode(await account.get(path)))
        assert told[-1] == found.trusted == keeper.authority

        for forbidden in (SECRETS.path(NAMESPACE), SECRETS.object_path(NAMESPACE, "other"), SECRETS.path("default")):
            with pytest.raises(ApiError, match="forbidden"):
                await account.get(forbidden)
        with pytest.raises(ApiError, match="forbidden"):
            await account.delete(path, uid="any")
        for name in ("other", "converter-tls"):
            made = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}}
            with pytest.raises(ApiError, match="forbidden"):
                await account.create(SECRETS.path(NAMESPACE), made)
        with pytest.raises(ApiError, match="forbidden"):
            await account.get(f"/api/v1/namespaces/{NAMESPACE}/pods")


@pytest.mark.parametrize("name", ["converter-admission", "converter-discovery"])
async def test_the_others_have_no_rights_at_all(guarded, name):
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": NAMESPACE},
    }
    async with await guarded(name) as account:
        answer = await account.create("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", review)
    rules = msgspec.json.decode(answer)["status"]["resourceRules"]
    groups = {group for rule in rules for group in rule["apiGroups"]}
    assert groups <= {"authorization.k8s.io", "authentication.k8s.io"}, "what every account may ask about itself"


def test_monitoring_is_rendered_as_its_page_says(kubectl, rendered):
    things = rendered("monitoring")
    assert Counter(thing["kind"] for thing in things) == {
        "ServiceMonitor": 1, "PrometheusRule": 2, "Service": 1, "ConfigMap": 1
    }  # fmt: skip
    for thing in some(things):
        assert thing["metadata"]["namespace"] == "karmada-system"
        assert thing["metadata"]["labels"]["app.kubernetes.io/name"] == "karmada-api-version-converter"
    dashboard = next(thing for thing in things if thing["kind"] == "ConfigMap")
    assert dashboard["metadata"]["name"] == "converter-dashboard"
    assert dashboard["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert json.loads(dashboard["data"]["dashboard.json"])["panels"]
    page = (DEPLOY.parent / "docs" / "how-to" / "monitor.md").read_text("utf-8")
    pattern, replacement = re.search(r"sed 's#(\S+)#(\S+)#'", page).groups()
    text = kubectl("kustomize", str(DEPLOY / "monitoring")).stdout
    assert text.count(pattern) > 20
    assert pattern not in text.replace(pattern, replacement)
