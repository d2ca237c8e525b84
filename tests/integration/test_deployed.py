"""docs/how-to/install.md on a real Karmada and a host cluster: deploy/host's processes with its arguments.

What kubelets do is done here: files of Secrets are written into folders, and names of Services lead to 127.0.0.1.
"""

from __future__ import annotations

import base64
import http
import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import yaml

from tests.controlplanes import apiserver as controlplane
from tests.controlplanes import fixtures, kubeconfig, toolchain
from tests.controlplanes.fleet import Fleet, MemberSpec
from tests.controlplanes.waiting import wait_until
from tests.e2e.own_scheduler import OwnScheduler

ROOT = Path(__file__).parents[2]
CONVERTER = (sys.executable, "-m", "converter")
SYSTEM = "karmada-system"
WORK = "work.karmada.io/v1alpha1"
JOB = {
    "apiVersion": "batch/v1",
    "kind": "CronJob",
    "metadata": {"name": "nightly", "namespace": "default"},
    "spec": {
        "schedule": "0 3 * * *",
        "jobTemplate": {
            "spec": {
                "template": {
                    "spec": {
                        "restartPolicy": "Never",
                        "containers": [{"name": "job", "image": "registry.example/job:1"}],
                    }
                }
            }
        },
    },
}
POLICY = {
    "apiVersion": "policy.karmada.io/v1alpha1",
    "kind": "PropagationPolicy",
    "metadata": {"name": "nightly", "namespace": "default"},
    "spec": {
        "resourceSelectors": [{"apiVersion": "batch/v1", "kind": "CronJob", "name": "nightly"}],
        "placement": {"clusterAffinity": {"clusterNames": ["old"]}},
    },
}


@pytest.fixture
def fleet(request):
    fleet = Fleet.open([MemberSpec("old", "1.20")], purpose="deployed")
    yield fleet
    fleet.close(keep=fixtures.keep_logs(request.session, fleet.world.run.folder))


class Deployed:
    """Both parts, in the order of docs/how-to/install.md."""

    def __init__(self, fleet):
        self.fleet, self.world = fleet, fleet.world
        self.folder = self.world.run.folder
        self.host = controlplane.ApiServer(self.world, "1.36", "host", authorization="RBAC").wait()
        self.kubectl_program = toolchain.kubectl(self.world.places)
        self.ports = {part: self.world.ports.take() for part in ("admission", "discovery")}
        self.health = {part: self.world.ports.take() for part in ("admission", "controller", "discovery")}
        self.processes = {}

    def kubectl(self, server, *arguments):
        done = subprocess.run(
            [self.kubectl_program, f"--kubeconfig={server.kubeconfig}", *arguments],
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, f"{arguments}\n{done.stderr}"
        return done.stdout

    def converter(self, command, *arguments):
        config = f"--kubeconfig={self.fleet.karmada.apiserver.kubeconfig}"
        done = subprocess.run([*CONVERTER, command, config, *arguments], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def access(self, user):
        """Steps 4: a kubeconfig of one of the two users."""
        pair = self.world.pki.authority.issue(f"system:serviceaccount:{SYSTEM}:converter-{user}")
        port, authority = self.fleet.karmada.apiserver.port, self.world.pki.authority
        return kubeconfig.write(self.folder / f"{user}.kubeconfig", port, authority, pair)

    def account(self):
        """The controller's service account on the host cluster."""
        token = self.kubectl(self.host, "create", "token", "converter-controller", "-n", SYSTEM).strip()
        content = json.loads(self.host.kubeconfig.read_text())
        content["users"] = [{"name": "admin", "user": {"token": token}}]
        file = self.folder / "account.kubeconfig"
        file.write_text(json.dumps(content))
        return file

    def start(self, part, *more):
        """Start a process as its Deployment says, with paths, ports and names as they are on this machine."""
        documents = yaml.safe_load_all((ROOT / "deploy" / "host" / f"{part}.yaml").read_text())
        (deployment,) = [item for item in documents if item["kind"] == "Deployment"]
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        (self.folder / "rules").mkdir(exist_ok=True)
        here = {
            "/etc/converter/karmada/kubeconfig": str(self.folder / f"{part}.kubeconfig"),
            "/etc/converter/rules": str(self.folder / "rules"),
            "/etc/converter/tls": str(self.folder / "tls"),
            "https://converter-discovery.$(POD_NAMESPACE).svc": f"https://localhost:{self.ports['discovery']}",
            "$(POD_NAMESPACE)": SYSTEM,
            "$(POD_NAME)": f"{part}-0",
        }
        for port in container["ports"]:
            own, ports = ("metrics-listen", self.health) if port["name"] == "http-metrics" else ("listen", self.ports)
            here[f"--{own}=:{port['containerPort']}"] = f"--{own}=127.0.0.1:{ports[part]}"
        args = container["args"]
        for name, value in here.items():
            args = [arg.replace(name, value) for arg in args]
        variables = {"PYTHONPATH": str(ROOT)}
        self.processes[part] = self.world.run.process(f"converter-{part}", [*CONVERTER, *args, *more], variables)

    def secret(self):
        data = self.host.client.get("v1", "Secret", "converter-tls", SYSTEM)["data"]
        return {name: base64.b64decode(value) for name, value in data.items()}

    def ready(self, part):
        self.world.run.check()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.health[part]}/readyz", timeout=5) as answer:
            return answer.status == http.HTTPStatus.OK

    def install(self):
        """Steps 3 to 6."""
        karmada = self.fleet.karmada.apiserver
        folder = ROOT / "deploy" / "karmada"
        names = ("access.yaml", "scheduler-access.yaml", "discovery-service.yaml")
        first = [f"--filename={folder / name}" for name in names]
        self.kubectl(karmada, "apply", "--server-side", *first)
        for user in ("admission", "controller", "scheduler"):
            self.access(user)
        self.kubectl(self.host, "create", "namespace", SYSTEM)
        self.kubectl(self.host, "apply", "--server-side", "-k", str(ROOT / "deploy" / "host"))

        names = ["--certificate-name=localhost", "--certificate-name=127.0.0.1"]
        port = f"--discovery-port={self.ports['discovery']}"
        self.start("controller", *names, port, f"--host-kubeconfig={self.account()}")
        found = wait_until("the Secret", self.secret, 90, ignore=(Exception,))
        (self.folder / "tls").mkdir()
        for name in ("tls.crt", "tls.key"):
            (self.folder / "tls" / name).write_bytes(found[name])
        (self.folder / "ca.crt").write_bytes(found["ca.crt"])
        for part in ("discovery", "admission"):
            self.start(part)
        for part in self.processes:
            wait_until(part, lambda part=part: self.ready(part), 90, ignore=(OSError, urllib.error.URLError))
        self.options = [
            f"--ca-file={self.folder / 'ca.crt'}",
            f"--webhook-url=https://localhost:{self.ports['admission']}",
            "--discovery-host=localhost",
        ]
        code, said = self.converter("install", "--karmada-part-only", *self.options)
        assert code == 0, said
        self.scheduler = OwnScheduler(self.fleet, self.folder / "scheduler.kubeconfig")

    def well(self):
        self.world.run.check()
        code, said = self.converter("status", "--karmada-part-only", *self.options)
        assert code == 0, said
        assert "available  APIService v1beta1.batch" in said, said
        return said


def test_it_is_installed_works_and_leaves_nothing_behind(fleet):
    deployed = Deployed(fleet)
    deployed.install()
    wait_until("converter status", deployed.well, 90)

    client, member = fleet.client, fleet.members["old"].client
    client.create(POLICY)
    client.create(JOB)

    def applied():
        fleet.check()
        return member.get("batch/v1beta1", "CronJob", "nightly", "default")["spec"]["schedule"] == "0 3 * * *"

    wait_until("the CronJob on the member", applied, 90, ignore=(Exception,))
    assert " converted Works" in deployed.well()

    client.delete("batch/v1", "CronJob", "nightly", "default")
    client.delete(POLICY["apiVersion"], "PropagationPolicy", "nightly", "default")
    wait_until("no converted Works", lambda: "\n0          converted Works" in deployed.well(), 90)
    assert not client.list(WORK, "Work", labels="apiconverter.dev/anchor=true")

    deployed.processes["controller"].stop()
    deployed.scheduler.component.process.stop()
    code, said = deployed.converter("uninstall", "--karmada-part-only", "--yes")
    assert code == 0, said
    assert not client.list("apiregistration.k8s.io/v1", "APIService", labels="apiconverter.dev/discovery=true")
    for kind in (
        "clusterroles",
        "clusterrolebindings",
        "mutatingwebhookconfigurations",
        "resourceinterpretercustomizations",
        "apiservices",
    ):
        assert "converter" not in deployed.kubectl(fleet.karmada.apiserver, "get", kind, "-o", "name")
    for kind in ("roles", "rolebindings", "services", "leases"):
        assert "converter" not in deployed.kubectl(fleet.karmada.apiserver, "get", kind, "-n", SYSTEM, "-o", "name")
