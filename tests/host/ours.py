"""What is the converter's, on a host cluster and on a Karmada."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from converter.doctor.replicas import read_replica
from tests.e2e.everything import everything, naming
from tests.host.load import Load
from tests.host.results import record
from tests.nonempty import some

if TYPE_CHECKING:
    from tests.controlplanes.client import Client, Json
    from tests.host.setting import Setting

TWICE = ("converter-admission", "converter-controller", "converter-discovery")
"""Deployments with two replicas; the scheduler has as many as Karmada's own."""

DEPLOYMENTS = (*TWICE, "converter-scheduler")
NEW, OLD = "new", "old"
VERSIONS = {NEW: "batch/v1", OLD: "batch/v1beta1"}
"""The version of a CronJob that each member gets."""

_WORDS = ("apiconverter", "karmada-api-version-converter", "converter-")
_REPORTS = ("core/events/", "events.k8s.io/events/", "core/nodes/")
"""What the clusters report: events stay for an hour, and a node lists the images that it has."""


def of_ours(client: Client) -> list[str]:
    """Name the objects of an API server in which a name of ours is."""
    return [path for path in naming(everything(client), _WORDS) if not path.startswith(_REPORTS)]


def pods(setting: Setting) -> list[Json]:
    """List the Pods of the converter."""
    return [pod for pod in setting.host.pods(setting.namespace) if pod["metadata"]["name"].startswith("converter-")]


def images(setting: Setting) -> set[str]:
    """Name the images of the converter's Pods."""
    return {container["image"] for pod in some(pods(setting)) for container in pod["spec"]["containers"]}


def load(setting: Setting) -> Load:
    """Make a load of Works for the old member."""
    server = setting.fleet.karmada.apiserver
    return Load(setting.fleet.world.client(server.port), f"karmada-es-{OLD}")


def versions(setting: Setting) -> set[str]:
    """Ask each Pod for the version of the converter that it runs, by its metrics; the scheduler is Karmada's."""
    found = set()
    for pod in some(pods(setting)):
        name = pod["metadata"]["name"]
        ports = {port["name"]: port["containerPort"] for port in pod["spec"]["containers"][0].get("ports", ())}
        if "http-metrics" in ports:
            place = f"{setting.namespace}/pods/http:{name}:{ports['http-metrics']}"
            text = setting.host.client.raw("GET", f"/api/v1/namespaces/{place}/proxy/metrics")
            found.add(read_replica(name, text).version)
    return found


def converter(setting: Setting, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
    """Run a command of the converter with the kubeconfig of the host cluster alone, as an administrator would.

    Args:
        setting: where.
        arguments: of the command, its name first.
        codes: the exit codes that are expected.

    Returns:
        Its standard output. How long it took is noted.
    """
    command = [sys.executable, "-m", "converter", *arguments, "--kubeconfig", str(setting.host.server.kubeconfig)]
    start = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    states = {pod["metadata"]["name"]: pod["status"].get("containerStatuses") for pod in pods(setting)}
    said = f"{done.stdout}\n{done.stderr}\n{json.dumps(states)}"
    assert done.returncode in codes, f"{arguments}: {done.returncode}\n{said}"
    record(f"`converter {arguments[0]}`", time.monotonic() - start, "s")
    return done.stdout
