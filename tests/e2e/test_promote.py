"""Workloads that ran on an old member before Karmada knew them: `converter promote` has Karmada adopt them."""

from __future__ import annotations

import http
import json
import re
import subprocess

import pytest

from tests.controlplanes import toolchain
from tests.controlplanes.waiting import wait_until
from tests.e2e.installation import Installation
from tests.e2e.propagated import ANCHOR, CONVERTED, POLICY, WORK
from tests.e2e.templates import template
from tests.nonempty import some

SPACE = "legacy"
OLD = "old"
MANAGED = "karmada.io/managed"
NEW_VERSION = re.compile(r"\bbatch/v1\b(?!beta)")
"""The version to write instead of the old one."""


@pytest.fixture(scope="module")
def converter(session_fleet):
    installed = Installation(session_fleet)
    yield installed
    installed.stop()


def running(kind, name, **fields):
    made = template(kind, name) if not fields else {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}}
    return {**made, **fields, "metadata": {**made["metadata"], "namespace": SPACE}}


def cron_job():
    made = {**running("CronJob", "report"), "apiVersion": "batch/v1beta1"}
    pod = made["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    pod["containers"][0]["envFrom"] = [{"configMapRef": {"name": "report"}}]
    pod["volumes"] = [{"name": "key", "secret": {"secretName": "report-key"}}]
    return made


def shop():
    deployment = {**running("Deployment", "web"), "apiVersion": "apps/v1"}
    deployment["spec"]["template"]["spec"]["serviceAccountName"] = "robot"
    service = running("Service", "web", spec={"selector": {"app": "web"}, "ports": [{"port": 80}]})
    budget = {**running("PodDisruptionBudget", "web"), "apiVersion": "policy/v1beta1"}
    scaler = {**running("HorizontalPodAutoscaler", "web"), "apiVersion": "autoscaling/v2beta2"}
    backend = {"serviceName": "web", "servicePort": 80}
    ingress = {**running("Ingress", "web", spec={"backend": backend}), "apiVersion": "networking.k8s.io/v1beta1"}
    return [
        running("ServiceAccount", "robot", automountServiceAccountToken=False),
        deployment,
        service,
        budget,
        scaler,
        ingress,
    ]


@pytest.fixture
def legacy(fleet, converter):
    """The old member, with workloads in a namespace that Karmada does not have; all is removed at the end."""
    member = fleet.members[OLD].client
    member.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}})
    made = []

    def run(*manifests):
        made.extend(member.create(manifest) for manifest in manifests)
        return made[-len(manifests) :]

    yield run
    plane = fleet.client
    for policy in plane.list(POLICY, "PropagationPolicy", SPACE):
        plane.delete(POLICY, "PropagationPolicy", policy["metadata"]["name"], SPACE)
    for thing in made:
        plane.delete(preferred(thing), thing["kind"], thing["metadata"]["name"], SPACE)
    wait_until("the end of all Works", lambda: works(fleet) == [])
    for thing in made:
        name = thing["metadata"]["name"]
        member.delete(thing["apiVersion"], thing["kind"], name, SPACE, propagation="Background")


def works(fleet):
    found = fleet.client.list(WORK, "Work", f"karmada-es-{OLD}")
    return [
        work["metadata"]["name"]
        for work in found
        if any(item["metadata"].get("namespace") == SPACE for item in work["spec"]["workload"].get("manifests", ()))
    ]


def preferred(thing):
    versions = {
        "CronJob": "batch/v1",
        "PodDisruptionBudget": "policy/v1",
        "HorizontalPodAutoscaler": "autoscaling/v2",
        "Ingress": "networking.k8s.io/v1",
    }
    return versions.get(thing["kind"], thing["apiVersion"])


def on_member(fleet, thing):
    return fleet.members[OLD].client.get(thing["apiVersion"], thing["kind"], thing["metadata"]["name"], SPACE)


def wait_until_adopted(fleet, things):
    def adopted():
        for thing in some(things):
            found = on_member(fleet, thing)
            assert found["metadata"].get("labels", {}).get(MANAGED) == "true", thing["kind"]
            assert found["metadata"]["uid"] == thing["metadata"]["uid"], thing["kind"]
        return True

    wait_until("the adoption of what runs", adopted, 60)


def test_writing_an_old_version_says_what_to_do(fleet, converter):
    answer = fleet.client.request("POST", f"/apis/batch/v1beta1/namespaces/{SPACE}/cronjobs", cron_job())
    assert answer.status == http.HTTPStatus.METHOD_NOT_ALLOWED
    assert NEW_VERSION.search(answer.body["message"])


PROGRAMS = {
    "kubectl": ("apply", "--validate=false", "-f", "-"),
    "karmadactl": ("promote", "cronjob", "report", "-n", SPACE, "-C", OLD),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_programs_of_users_show_that_message(fleet, converter, legacy, program):
    legacy(cron_job())
    fleet.client.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}})
    world = fleet.world
    path = toolchain.kubectl(world.places) if program == "kubectl" else world.binary(program, fleet.karmada.version)
    command = [str(path), *PROGRAMS[program], "--kubeconfig", str(fleet.karmada.apiserver.kubeconfig)]
    done = subprocess.run(
        command, input=json.dumps(cron_job()), text=True, capture_output=True, check=False, timeout=60
    )
    assert done.returncode != 0
    assert NEW_VERSION.search(done.stderr), done.stderr


def test_a_cron_job_of_a_member_without_its_newest_version_is_adopted_as_it_is(fleet, converter, legacy):
    things = legacy(
        running("ConfigMap", "report", data={"a": "b"}),
        running("Secret", "report-key", data={"key": "aHVzaC1odXNo"}),
        cron_job(),
    )
    words = ("promote", "cronjob", "report", "-n", SPACE, "-C", OLD)
    assert "aHVzaC1odXNo" not in converter.command(*words, "--dry-run")
    assert fleet.client.find("batch/v1", "CronJob", "report", SPACE) is None

    assert "aHVzaC1odXNo" not in converter.command(*words)
    wait_until_adopted(fleet, things)
    binding = wait_until(
        "the binding", lambda: fleet.client.find("work.karmada.io/v1alpha2", "ResourceBinding", "report-cronjob", SPACE)
    )
    assert binding["spec"]["resource"]["apiVersion"] == "batch/v1"
    (before,) = [thing for thing in things if thing["kind"] == "CronJob"]
    assert on_member(fleet, before)["spec"] == before["spec"]

    fleet.client.patch("batch/v1", "CronJob", "report", {"spec": {"schedule": "0 4 * * *"}}, SPACE)
    wait_until("the update", lambda: on_member(fleet, before)["spec"]["schedule"] == "0 4 * * *")
    wait_until_adopted(fleet, things)
    assert converter.command(*words), "a second time there is nothing to do"


def test_a_whole_namespace_is_adopted_and_stays_on_the_member_when_its_templates_go(fleet, converter, legacy):
    things = legacy(*shop(), running("ConfigMap", "other", data={"c": "d"}), cron_job())
    converter.command("promote", "--all", "-n", SPACE, "-C", OLD)
    wait_until_adopted(fleet, things)
    fleet.client.delete(POLICY, "PropagationPolicy", f"promote-namespace-{SPACE}", SPACE)
    for thing in some(things):
        fleet.client.delete(preferred(thing), thing["kind"], thing["metadata"]["name"], SPACE)
    wait_until("the end of all Works", lambda: works(fleet) == [], 60)
    for thing in some(things):
        assert on_member(fleet, thing)["metadata"]["uid"] == thing["metadata"]["uid"]


def test_a_workload_comes_with_what_belongs_to_it(fleet, converter, legacy):
    things = legacy(*shop())
    converter.command("promote", "deployment/web", "-n", SPACE, "-C", OLD)
    wait_until_adopted(fleet, things)
    for label in (CONVERTED, ANCHOR):
        assert fleet.client.list(WORK, "Work", labels=f"{label}=true"), "budget, autoscaler and ingress are converted"
