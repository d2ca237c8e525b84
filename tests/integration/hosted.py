"""What the tests of an installation by commands share: commands of an administrator, objects, load, another release."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
import uuid
from typing import TYPE_CHECKING

from tests.controlplanes.client import ApiError
from tests.controlplanes.host import ROOT
from tests.integration.test_deployed import JOB, WORK

if TYPE_CHECKING:
    from pathlib import Path

IMAGE = "registry.example/karmada-api-version-converter"
NEXT = "0.1.1"
RBAC = "rbac.authorization.k8s.io/v1"
ON_KARMADA = (
    ("v1", "ServiceAccount"), ("v1", "Service"), (RBAC, "ClusterRole"), (RBAC, "ClusterRoleBinding"), (RBAC, "Role"),
    (RBAC, "RoleBinding"), ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"),
    ("config.karmada.io/v1alpha1", "ResourceInterpreterCustomization"),
)  # fmt: skip
ON_HOST = (
    ("v1", "ServiceAccount"), ("v1", "Service"), ("v1", "Secret"), ("policy/v1", "PodDisruptionBudget"),
    (RBAC, "Role"), (RBAC, "RoleBinding"),
)  # fmt: skip


def converter(host, *arguments, tree: Path = ROOT):
    """Run a command as an administrator of the host cluster; returns its code, its output and its errors."""
    done = subprocess.run(
        [sys.executable, "-m", "converter", *arguments, f"--kubeconfig={host.server.kubeconfig}"],
        capture_output=True, text=True, check=False, timeout=600, cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def succeed(host, *arguments, tree: Path = ROOT):
    """Run a command that must succeed; returns its output."""
    code, said, errors = converter(host, *arguments, tree=tree)
    assert code == 0, f"{arguments}: {code}\n{said}\n{errors}\n{host.node.errors[-3:]}"
    return said


def versions(client, kinds, namespace=None):
    """The resource version of every object of some kinds."""
    found = {}
    for api_version, kind in kinds:
        for item in client.list(api_version, kind):
            metadata = item["metadata"]
            if namespace in {None, metadata.get("namespace")}:
                found[kind, metadata.get("namespace", ""), metadata["name"]] = metadata["resourceVersion"]
    return found


def next_release(folder):
    """Make a source tree of another release: another version number, and without one object of this one."""
    tree = folder / f"release-{NEXT}"
    for name in ("converter", "conversion_rules", "deploy"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    file = tree / "deploy" / "host" / "kustomization.yaml"
    text = file.read_text()
    assert '"0.1.0"' in text
    file.write_text(text.replace('"0.1.0"', f'"{NEXT}"'))
    file = tree / "deploy" / "host" / "discovery.yaml"
    *documents, last = file.read_text().split("\n---\n")
    assert "kind: PodDisruptionBudget" in last
    file.write_text("\n---\n".join(documents) + "\n")
    return tree


def work(name, manifest, cluster="old"):
    return {
        "apiVersion": WORK, "kind": "Work",
        "metadata": {"name": name, "namespace": f"karmada-es-{cluster}"},
        "spec": {"suspendDispatching": True, "workload": {"manifests": [manifest]}},
    }  # fmt: skip


def converted(found):
    return found["spec"]["workload"]["manifests"][0]["apiVersion"] == "batch/v1beta1"


class Load:
    """Sends Works that need a conversion, as dry runs, until it is left; counts what fails or comes back as it was.

    Attributes:
        sent: how many.
        failed: what went wrong.
    """

    def __init__(self, world, port, pause=0.05):
        self.sent = 0
        self.failed = []
        self._client = world.client(port)
        self._pause = pause
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(30)

    def _run(self):
        while not self._stop.wait(self._pause):
            self.sent += 1
            try:
                found = self._client.create(work(f"load-{uuid.uuid4().hex[:8]}", JOB), dry_run=True)
            except (ApiError, OSError) as error:
                self.failed.append(f"{time.strftime('%H:%M:%S')} {error}")
                continue
            if not converted(found):
                self.failed.append(f"{time.strftime('%H:%M:%S')} not converted")


def writes_of_works(client):
    """Count the requests so far that wrote Works, without their status and dry runs, by the API server's metrics."""
    total = 0
    for line in client.raw("GET", "/metrics").splitlines():
        if line.startswith("apiserver_request_total{") and 'resource="works"' in line and 'dry_run=""' in line:
            verb = line.split('verb="')[1].split('"')[0]
            if verb in {"POST", "PUT", "PATCH", "APPLY", "DELETE"} and 'subresource=""' in line:
                total += int(float(line.rsplit(" ", 1)[1]))
    return total
