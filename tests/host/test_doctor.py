"""`converter doctor` on a host cluster: each trouble is made with real Pods, found, and gone once it is mended."""

from __future__ import annotations

import contextlib
import copy
import json
import shlex
import subprocess

import pytest

from tests.controlplanes import toolchain
from tests.controlplanes.karmada import NAMESPACE
from tests.controlplanes.waiting import wait_until
from tests.host.conftest import NEXT
from tests.host.ours import converter, pods
from tests.rulekit import rule_text

SECONDS = 400
SCHEDULER = ("apps/v1", "Deployment", "karmada-scheduler")


@pytest.fixture(scope="module")
def installed(session_setting):
    converter(session_setting, "install", "--image", session_setting.image)
    yield session_setting
    converter(session_setting, "uninstall", "--yes")


def findings(setting, trouble):
    said = json.loads(converter(setting, "doctor", "--output", "json", codes=(0, 1)))
    assert not [one for one in said["unchecked"] if one["failed"]], said
    return [one for one in said["findings"] if one["trouble"] == trouble]


def found(setting, trouble):
    """Wait for a trouble; returns its findings."""

    def is_found():
        made = findings(setting, trouble)
        assert made, "not found"
        return made

    return wait_until(f"the finding {trouble}", is_found, SECONDS)


def gone(setting, trouble):
    def is_gone():
        assert findings(setting, trouble) == []
        return True

    wait_until(f"the end of {trouble}", is_gone, SECONDS)


def follow(setting, finding):
    """Run the command that the doctor prints."""
    words = shlex.split(finding["command"])
    assert words[0] == "kubectl"
    program = str(toolchain.kubectl(setting.fleet.world.places))
    subprocess.run([program, *words[1:]], check=True, timeout=60)


def test_replicas_of_another_release_and_with_other_rules(setting, installed, next_image):
    assert findings(setting, "replicas-differ") == []
    client = setting.host.client
    text = rule_text("steps:\n  - drop: {path: spec.zone, side: left, why: it has none}", name="odd")
    book = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "odd-rules", "namespace": NAMESPACE}}
    odd = copy.deepcopy(next(pod for pod in pods(setting) if pod["metadata"]["name"].startswith("converter-admission")))
    spec = odd["spec"]
    spec.pop("nodeName")
    spec["containers"][0]["image"] = next_image
    (rules,) = [volume for volume in spec["volumes"] if volume["name"] == "rules"]
    rules["configMap"]["name"] = "odd-rules"
    metadata = {"name": "converter-odd", "namespace": NAMESPACE, "labels": odd["metadata"]["labels"]}
    metadata["labels"].pop("pod-template-hash")  # nobody adopts it
    with contextlib.ExitStack() as mending:
        client.create({**book, "data": {"rules.yaml": text}})
        mending.callback(client.delete, "v1", "ConfigMap", "odd-rules", NAMESPACE)
        client.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
        mending.callback(client.delete, "v1", "Pod", "converter-odd", NAMESPACE)
        facts = {one["object"]["name"]: one["facts"] for one in found(setting, "replicas-differ")}
        assert facts["version"][f"version={NEXT}"] == "converter-odd"
        assert "converter-odd" in facts["files"].values()
    gone(setting, "replicas-differ")


def test_the_scheduler_has_no_pod(setting, installed):
    none = {"spec": {"replicas": 0}}
    setting.host.client.patch("apps/v1", "Deployment", "converter-scheduler", none, NAMESPACE, subresource="scale")
    (finding,) = found(setting, "scheduler-missing")
    assert finding["facts"]["readyReplicas"] == "0"
    follow(setting, finding)
    gone(setting, "scheduler-missing")


def test_karmada_is_below_a_floor(setting, installed):
    """Only what the Deployment says is older: a paused one does not replace the Pod that runs."""
    client = setting.host.client
    (container,) = client.get(*SCHEDULER, NAMESPACE)["spec"]["template"]["spec"]["containers"]
    right = container["image"]

    def set_image(image, *, paused):
        containers = [{"name": container["name"], "image": image}]
        patch = {"spec": {"paused": paused, "template": {"spec": {"containers": containers}}}}
        client.patch(*SCHEDULER, patch, NAMESPACE, how="strategic")

    set_image(f"{right.rpartition(':')[0]}:v1.13.2", paused=True)
    (finding,) = found(setting, "karmada-too-old")
    assert finding["facts"] == {"release": "v1.13.2", "oldest": "v1.13.7"}
    set_image(right, paused=False)
    gone(setting, "karmada-too-old")
