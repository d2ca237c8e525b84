"""From a running Karmada to the first converted object with two commands; upgraded under load; removed without a trace.

Everything runs as users have it: the image's Pods on a node, with the objects that ``converter install`` applies, two
replicas of each, Services, cluster DNS, and Karmada's scheduler with its default flags.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

from tests.controlplanes import toolchain
from tests.controlplanes.karmada import NAMESPACE
from tests.controlplanes.waiting import wait_until
from tests.e2e.everything import everything, naming
from tests.e2e.propagated import CONVERTED, Propagated
from tests.e2e.templates import template
from tests.host.load import Load
from tests.host.results import record
from tests.nonempty import some

NEW, OLD = "new", "old"
VERSIONS = {NEW: "batch/v1", OLD: "batch/v1beta1"}
TWICE = ("converter-admission", "converter-controller", "converter-discovery")
"""Deployments with two replicas; the scheduler has as many as Karmada's own."""

DEPLOYMENTS = (*TWICE, "converter-scheduler")
OURS = ("apiconverter", "karmada-api-version-converter", "converter-")
REPORTS = ("core/events/", "events.k8s.io/events/", "core/nodes/")
"""What the clusters report: events stay for an hour, and a node lists the images that it has."""


def converter(setting, *arguments, code=0):
    """Run a command of the converter with the kubeconfig of the host cluster alone, as an administrator would."""
    command = [sys.executable, "-m", "converter", *arguments, "--kubeconfig", str(setting.host.server.kubeconfig)]
    start = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    pods = {pod["metadata"]["name"]: pod["status"].get("containerStatuses") for pod in setting.host.pods(NAMESPACE)}
    assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}\n{json.dumps(pods)}"
    record(f"`converter {arguments[0]}`", time.monotonic() - start, "s")
    return done.stdout


def karmada_options(setting, tmp_path):
    return ["--karmada-kubeconfig", str(setting.kubeconfig_file(tmp_path))]


def of_ours(client):
    """The objects in which a name of ours is."""
    return [path for path in naming(everything(client), OURS) if not path.startswith(REPORTS)]


def ours(setting):
    return [pod for pod in setting.host.pods(NAMESPACE) if pod["metadata"]["name"].startswith("converter-")]


@pytest.fixture(scope="module")
def before(session_setting):
    """Both control planes have nothing of ours before, once the Pods of earlier modules have ended."""
    for client in some([session_setting.fleet.client, session_setting.host.client]):
        wait_until("a clean control plane", lambda client=client: not of_ours(client), 120)


@pytest.fixture(scope="module")
def first(session_setting):
    """The first template; it stays until the end of the module."""
    it = Propagated(session_setting.fleet, template("CronJob", "first"), VERSIONS)
    yield it
    it.__exit__()


def test_two_commands_lead_to_the_first_converted_object(setting, before, first, tmp_path):
    setting.fleet.client.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": first.namespace}})
    objects = tmp_path / "first.json"
    objects.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [first.policy(), first.template]}))
    kubectl = [str(toolchain.kubectl(setting.fleet.world.places)), "--kubeconfig"]

    start = time.monotonic()
    converter(setting, "install", "--image", setting.image)
    karmada = str(setting.fleet.karmada.apiserver.kubeconfig)
    subprocess.run([*kubectl, karmada, "apply", "-f", str(objects)], check=True, timeout=60)
    first.wait_until_applied(120)
    record("from a running Karmada to the first converted object, with two commands", time.monotonic() - start, "s")

    assert {cluster: first.versions(cluster) for cluster in VERSIONS} == {
        cluster: [version] for cluster, version in VERSIONS.items()
    }
    assert CONVERTED in first.work(OLD)["metadata"]["labels"]
    assert first.binding()["spec"]["schedulerName"] == "apiconverter"


def test_the_pods_are_those_of_the_installation(setting):
    for name in some(DEPLOYMENTS):
        setting.host.wait_for(NAMESPACE, name)
    pods = ours(setting)
    assert {name: sum(pod["metadata"]["name"].startswith(name) for pod in pods) for name in TWICE} == dict.fromkeys(
        TWICE, 2
    )
    for pod in some(pods):
        (container,) = pod["status"]["containerStatuses"]
        assert (container["ready"], container["restartCount"]) == (True, 0), pod["metadata"]["name"]
    for name in TWICE:
        assert setting.host.node.log_of(name), name


def test_the_status_comes_back(setting, first):
    for day, cluster in enumerate(VERSIONS, 1):
        first.report(cluster, {"lastScheduleTime": f"2026-11-0{day}T02:15:00Z"})
    for day, cluster in enumerate(VERSIONS, 1):
        first.wait_for_status(cluster, {"lastScheduleTime": f"2026-11-0{day}T02:15:00Z"}, 120)


def test_verify_status_and_doctor_find_nothing_wrong(setting, tmp_path):
    converter(setting, "verify")
    converter(setting, "status")
    converter(setting, "doctor", *karmada_options(setting, tmp_path))


def load_of(setting):
    server = setting.fleet.karmada.apiserver
    return Load(setting.fleet.world.client(server.port), f"karmada-es-{OLD}")


def images_of(setting):
    return {container["image"] for pod in some(ours(setting)) for container in pod["spec"]["containers"]}


def test_an_upgrade_under_load_fails_no_admission(setting, next_image):
    with load_of(setting) as load:
        converter(setting, "upgrade", "--image", next_image)
        for name in TWICE:
            setting.host.wait_for(NAMESPACE, name)
    assert load.failures == []
    record("admissions during the upgrade, none failed", load.count, "requests")
    assert load.count > 0
    wait_until("the end of the Pods that drain", lambda: setting.image not in images_of(setting), 120)
    assert next_image in images_of(setting)


def test_a_pod_that_is_deleted_under_load_fails_no_admission(setting):
    admission = [pod for pod in ours(setting) if pod["metadata"]["name"].startswith("converter-admission")]
    gone = admission[0]["metadata"]["name"]
    with load_of(setting) as load:
        setting.host.client.delete("v1", "Pod", gone, NAMESPACE)
        wait_until(f"the end of {gone}", lambda: gone not in {pod["metadata"]["name"] for pod in ours(setting)}, 120)
        setting.host.wait_for(NAMESPACE, "converter-admission")
    assert load.failures == []
    assert load.count > 0


def test_uninstall_leaves_every_object_and_nothing_of_its_own(setting, before, first, tmp_path):
    uids = {cluster: first.on(cluster)["metadata"]["uid"] for cluster in VERSIONS}
    converter(setting, "uninstall", "--yes", *karmada_options(setting, tmp_path))
    wait_until("the end of our Pods", lambda: not ours(setting), 120)
    assert first.versions(OLD) == [VERSIONS[NEW]], "as Karmada sent it"
    members = {cluster: setting.fleet.members[cluster].client for cluster in VERSIONS}
    for cluster, version in VERSIONS.items():
        stored = members[cluster].get(version, first.kind, first.name, first.namespace)
        assert stored["metadata"]["uid"] == uids[cluster]
    clients = {"karmada": setting.fleet.client, "host": setting.host.client}
    for name, client in clients.items():

        def nothing_left(client=client):
            assert of_ours(client) == []
            return True

        wait_until(f"nothing of ours in {name}", nothing_left, 60)
