"""`converter uninstall`: what it lists, how it asks, and its exit codes."""

import base64
import io
import json

import pytest

from converter.cli import main
from converter.client import ApiServer
from converter.install.host import HostOptions, host_part
from converter.install.manifests import Addresses, karmada_part, place_of
from tests.fakes.apiserver import CrashError, FakeApiServer
from tests.unit.install.conftest import WEBHOOK_PATH
from tests.unit.install.test_hand_back import admitted, sent

WORK = "/apis/work.karmada.io/v1alpha1/namespaces/karmada-es-old/works/nightly-b6588cf56"
PODS = "/api/v1/namespaces/karmada-system/pods"
DEPLOYMENT = "/apis/apps/v1/namespaces/karmada-system/deployments/converter-controller"
CONTROLLER = {
    "app.kubernetes.io/name": "karmada-api-version-converter",
    "app.kubernetes.io/component": "controller",
}


class Server(FakeApiServer):
    """One of the two API servers."""

    def __init__(self):
        super().__init__()
        self.collections |= {
            "apiservices", "deployments", "pods", "poddisruptionbudgets", "networkpolicies", "services", "secrets",
            "configmaps", "rolebindings", "roles", "serviceaccounts", "jobs",
        }  # fmt: skip

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        return None


class Terminal(io.StringIO):
    """Standard input with somebody at it."""

    def isatty(self):
        return True


@pytest.fixture
def servers(monkeypatch):
    made = {"karmada.config": Server(), "host.config": Server()}
    karmada = made["karmada.config"]
    karmada.stand_for("karmada", karmada=True)
    made["host.config"].stand_for("host")
    karmada.put(WEBHOOK_PATH, {"metadata": {"name": "apiconverter"}, "webhooks": []})

    async def connect(kubeconfig, _context):
        return made[kubeconfig]

    monkeypatch.setattr(ApiServer, "connect", connect)
    return made


@pytest.fixture
def karmada(servers):
    return servers["karmada.config"]


@pytest.fixture
def host(servers):
    made = servers["host.config"]
    made.put(
        DEPLOYMENT,
        {
            "metadata": {"name": "converter-controller", "namespace": "karmada-system", "labels": CONTROLLER},
            "spec": {"template": {"spec": {"containers": []}}},
        },
    )
    return made


def uninstall(*options):
    return main(["uninstall", "--karmada-kubeconfig", "karmada.config", *options])


def put_work(karmada, **change):
    work = admitted(sent())
    work["spec"] |= change
    karmada.put(WORK, work)


def test_it_lists_before_it_refuses_to_ask_nobody(karmada, monkeypatch, capsys):
    put_work(karmada)
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    writes = list(karmada.writes)
    assert uninstall("--karmada-part-only") == 2
    out, _err = capsys.readouterr()
    assert "nightly" in out
    assert karmada.writes == writes


@pytest.mark.parametrize(("answer", "code"), [("yes\n", 0), ("no\n", 1), ("\n", 1), ("", 1)])
def test_it_asks(karmada, monkeypatch, answer, code):
    put_work(karmada)
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    assert uninstall("--karmada-part-only") == code
    assert (WEBHOOK_PATH in karmada.objects) == (code == 1)


def test_yes_asks_nothing_and_removes_both_parts(karmada, host):
    put_work(karmada)
    assert uninstall("--kubeconfig", "host.config", "--yes") == 0
    assert WEBHOOK_PATH not in karmada.objects
    assert karmada.objects[WORK]["spec"] == sent()["spec"]
    assert DEPLOYMENT not in host.objects


def test_a_dry_run_changes_nothing(karmada, host, capsys):
    put_work(karmada)
    writes = [list(server.writes) for server in (karmada, host)]
    assert uninstall("--kubeconfig", "host.config", "--dry-run", "--output", "json") == 0
    assert [server.writes for server in (karmada, host)] == writes
    (item,) = json.loads(capsys.readouterr().out)["unsynchronized"]
    assert (item["cluster"], item["kind"], item["name"], item["source"]) == ("old", "CronJob", "nightly", "batch/v1")


def test_a_work_that_cannot_be_handed_back_stops_everything(karmada, capsys):
    put_work(karmada)
    metadata = karmada.objects[WORK]["metadata"]
    metadata["annotations"] = {
        name: text.replace("batch/v1beta1", "batch/v9") for name, text in metadata["annotations"].items()
    }
    karmada.objects[WORK]["spec"]["workload"]["manifests"][0]["apiVersion"] = "batch/v9"
    writes = list(karmada.writes)
    assert uninstall("--karmada-part-only", "--yes", "--output", "json") == 2
    (lost,) = json.loads(capsys.readouterr().out)["unrestorable"]
    assert lost["work"] == "karmada-es-old/nightly-b6588cf56"
    assert karmada.writes == writes


def test_a_release_of_helm_is_left_to_helm(karmada, host):
    metadata = host.objects[DEPLOYMENT]["metadata"]
    metadata["labels"] = {**CONTROLLER, "app.kubernetes.io/managed-by": "Helm"}
    metadata["annotations"] = {"meta.helm.sh/release-name": "conv"}
    assert uninstall("--kubeconfig", "host.config", "--yes") == 1
    assert DEPLOYMENT in host.objects
    assert WEBHOOK_PATH not in karmada.objects


def test_rules_of_an_admin_come_from_the_host(karmada, host):
    name = "/api/v1/namespaces/karmada-system/configmaps/converter-rules"
    host.put(
        name, {"metadata": {"name": "converter-rules", "namespace": "karmada-system"}, "data": {"a.yaml": "no: rule"}}
    )
    writes = list(karmada.writes)
    assert uninstall("--kubeconfig", "host.config", "--yes") == 2
    assert karmada.writes == writes


ELSEWHERE = "fleet-b"
AUTHORITY = base64.b64encode(b"an authority\n").decode()


def kubeconfig(server):
    cluster = {"server": server, "certificate-authority-data": AUTHORITY}
    return {
        "apiVersion": "v1", "kind": "Config", "current-context": "a", "users": [],
        "clusters": [{"name": "a", "cluster": cluster}],
        "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
    }  # fmt: skip


@pytest.fixture
def elsewhere(servers, monkeypatch, tmp_path):
    """An installation in a namespace that is not Karmada's own, and not the default one; the names of what it has."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "karmada.config").write_text(json.dumps(kubeconfig("https://public:5443")))
    karmada, host = servers["karmada.config"], servers["host.config"]
    karmada.collections |= {"serviceaccounts"}
    before = [set(server.objects) for server in (karmada, host)]
    put_work(karmada)
    labels = {"app.kubernetes.io/name": "karmada-api-version-converter"}
    for manifest in [*karmada_part(Addresses(namespace=ELSEWHERE)), *host_part(HostOptions(namespace=ELSEWHERE))]:
        if manifest["kind"] != "Namespace":
            on_host = manifest in host_part(HostOptions(namespace=ELSEWHERE))
            (host if on_host else karmada).put(place_of(manifest).path, manifest)
    text = base64.b64encode(json.dumps(kubeconfig("https://inside:5443")).encode()).decode()
    for name in ("converter-admission-kubeconfig", "converter-controller-kubeconfig"):
        metadata = {"name": name, "namespace": ELSEWHERE, "labels": labels}
        host.put(f"/api/v1/namespaces/{ELSEWHERE}/secrets/{name}", {"metadata": metadata, "data": {"kubeconfig": text}})
    return before


def left(servers, before):
    """What is left on both, but for the Work of the test, whose object Karmada keeps."""
    both = (servers["karmada.config"], servers["host.config"])
    kept = {WORK, WEBHOOK_PATH} if WEBHOOK_PATH in before[0] else {WORK}
    return [set(server.objects) - known - kept for server, known in zip(both, before, strict=True)]


@pytest.mark.virtual_time
@pytest.mark.parametrize("side", ["karmada.config", "host.config"])
def test_interrupted_after_any_write_it_finds_the_namespace_again(servers, elsewhere, side):
    assert len(left(servers, elsewhere)[1]) > 15
    server, code = servers[side], None
    for more in range(1, 60):  # each run holds the Lease again, so it has to come further than the one before
        server.crash_after = len(server.writes) + more
        try:
            code = uninstall("--kubeconfig", "host.config", "--yes")
        except CrashError:
            continue
        break
    assert (code, left(servers, elsewhere)) == (0, [set(), set()])
    assert more > 3, "it was interrupted"


@pytest.mark.virtual_time
def test_what_the_karmada_part_alone_left_on_the_host_is_found(servers, elsewhere):
    assert uninstall("--karmada-part-only", "--yes") == 0
    on_karmada, on_host = left(servers, elsewhere)
    assert on_karmada == set()
    assert len(on_host) > 15
    assert uninstall("--kubeconfig", "host.config", "--yes") == 0
    assert left(servers, elsewhere) == [set(), set()]


def test_the_kubeconfig_of_karmada_is_needed():
    assert main(["uninstall", "--kubeconfig", "host.config", "--yes"]) == 2
