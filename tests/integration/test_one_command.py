"""``converter install`` with nothing but the host cluster's kubeconfig, on a real Karmada with default flags.

The host cluster has a node that runs the Pods of the converter's Deployments as they are (tests/controlplanes/node.py).
"""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

from tests.controlplanes import fixtures
from tests.controlplanes.fleet import Fleet, MemberSpec
from tests.controlplanes.host import ROOT, Host
from tests.controlplanes.waiting import wait_until
from tests.integration.test_deployed import JOB, POLICY, WORK

IMAGE = "registry.example/karmada-api-version-converter:0.1.0"
FIVE_MINUTES = 300


@pytest.fixture(scope="module")
def fleet(request):
    members = [MemberSpec("new", "1.36"), MemberSpec("old", "1.20")]
    fleet = Fleet.open(members, purpose="one-command", plugins="", named=True)
    yield fleet
    fleet.close(keep=fixtures.keep_logs(request.session, fleet.world.run.folder))


@pytest.fixture(scope="module")
def host(fleet):
    host = Host(fleet)
    host.add_karmada()
    yield host
    host.close()


def converter(host, *arguments):
    """Run a command as an administrator of the host cluster."""
    done = subprocess.run(
        [sys.executable, "-m", "converter", *arguments, f"--kubeconfig={host.server.kubeconfig}"],
        capture_output=True, text=True, check=False, timeout=600, cwd=ROOT,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def everything(client, kinds):
    """All objects of some kinds, without what the servers count."""
    found = {}
    for version, kind in kinds:
        for item in client.list(version, kind):
            metadata = item["metadata"]
            found[kind, metadata.get("namespace", ""), metadata["name"]] = metadata["resourceVersion"]
    return found


ON_KARMADA = [
    ("v1", "ServiceAccount"), ("v1", "Service"), ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("rbac.authorization.k8s.io/v1", "Role"), ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"),
    ("config.karmada.io/v1alpha1", "ResourceInterpreterCustomization"),
]  # fmt: skip
ON_HOST = [
    ("v1", "ServiceAccount"), ("v1", "Service"), ("v1", "Secret"), ("policy/v1", "PodDisruptionBudget"),
    ("rbac.authorization.k8s.io/v1", "Role"), ("rbac.authorization.k8s.io/v1", "RoleBinding"),
]  # fmt: skip


def test_from_nothing_to_a_converted_object(fleet, host):
    """The newcomer's path: two commands, under five minutes."""
    began = time.monotonic()
    client, member = fleet.client, fleet.members["old"].client
    before = everything(client, ON_KARMADA), everything(host.server.client, ON_HOST)

    code, said, _ = converter(host, "install", "--image", IMAGE, "--dry-run")
    assert code == 0, said
    assert (everything(client, ON_KARMADA), everything(host.server.client, ON_HOST)) == before

    code, said, errors = converter(host, "install", "--image", IMAGE)
    assert code == 0, f"{said}\n{errors}\n{host.node.errors[-3:]}"
    assert "FAILED" not in said.upper()

    client.create(POLICY)
    client.create(JOB)

    def applied():
        fleet.check()
        return member.get("batch/v1beta1", "CronJob", "nightly", "default")["spec"]["schedule"] == "0 3 * * *"

    wait_until("the CronJob on the member", applied, 90, ignore=(Exception,))
    took = time.monotonic() - began
    print(f"from nothing to a converted object: 2 commands, {took:.0f} s")
    assert took < FIVE_MINUTES
    assert client.list(WORK, "Work", labels="apiconverter.dev/converted=true")

    code, said, errors = converter(host, "status", "--output", "json")
    assert code == 0, f"{said}\n{errors}"
    status = json.loads(said)
    assert status["convertedWorks"] == 1
    assert {one["name"]: one["available"] for one in status["processes"]}["converter-admission"] == 2
    assert {one["problem"] for one in status["tokens"]} == {None}
    assert len(status["tokens"]) == 3

    code, said, errors = converter(host, "verify", "--output", "json")
    assert code == 0, f"{said}\n{errors}"
    assert {one["state"] for one in json.loads(said)["checks"]} == {"passed"}


def test_repeated_it_changes_nothing(fleet, host):
    before = everything(fleet.client, ON_KARMADA), everything(host.server.client, ON_HOST)
    code, said, errors = converter(host, "install", "--image", IMAGE)
    assert code == 0, f"{said}\n{errors}"
    assert (everything(fleet.client, ON_KARMADA), everything(host.server.client, ON_HOST)) == before
