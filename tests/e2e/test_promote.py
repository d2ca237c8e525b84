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
from tests.e2e.propagated import ANCHOR, BINDING, CONVERTED, POLICY, WORK
from tests.e2e.templates import template
from tests.nonempty import some

SPACE = "legacy"
OLD = "old"
MANAGED = "karmada.io/managed"
VALUE = "aHVzaC1odXNo"
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


class Legacy:
    """A member with workloads in a namespace; Karmada does not know the workloads."""

    def __init__(self, fleet, cluster):
        self.fleet = fleet
        self.cluster = cluster
        self.member = fleet.members[cluster].client
        self.member.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}})
        self.made = []

    def run(self, *manifests):
        self.made.extend(self.member.create(manifest) for manifest in manifests)
        return self.made[-len(manifests) :]

    def has(self, thing):
        return self.member.get(thing["apiVersion"], thing["kind"], thing["metadata"]["name"], SPACE)

    def works(self):
        found = self.fleet.client.list(WORK, "Work", f"karmada-es-{self.cluster}")
        return [
            work["metadata"]["name"]
            for work in found
            if any(item["metadata"].get("namespace") == SPACE for item in work["spec"]["workload"].get("manifests", ()))
        ]

    def wait_until_adopted(self, things):
        def adopted():
            for thing in some(things):
                metadata = self.has(thing)["metadata"]
                assert metadata.get("labels", {}).get(MANAGED) == "true", thing["kind"]
                assert metadata["uid"] == thing["metadata"]["uid"], thing["kind"]
            return True

        wait_until("the adoption of what runs", adopted, 60)

    def delete_templates(self):
        plane = self.fleet.client
        for policy in plane.list(POLICY, "PropagationPolicy", SPACE):
            plane.delete(POLICY, "PropagationPolicy", policy["metadata"]["name"], SPACE)
        for thing in self.made:
            plane.delete(preferred(thing), thing["kind"], thing["metadata"]["name"], SPACE)
        wait_until("the end of all Works", lambda: self.works() == [])

    def remove(self):
        self.delete_templates()
        for thing in self.made:
            name = thing["metadata"]["name"]
            self.member.delete(thing["apiVersion"], thing["kind"], name, SPACE, propagation="Background")


@pytest.fixture
def legacy(request, fleet, converter):
    """The old member, or the one that a parameter names."""
    made = Legacy(fleet, getattr(request, "param", OLD))
    yield made
    made.remove()


def preferred(thing):
    versions = {
        "CronJob": "batch/v1",
        "PodDisruptionBudget": "policy/v1",
        "HorizontalPodAutoscaler": "autoscaling/v2",
        "Ingress": "networking.k8s.io/v1",
    }
    return versions.get(thing["kind"], thing["apiVersion"])


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
    legacy.run(cron_job())
    fleet.client.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}})
    world = fleet.world
    path = toolchain.kubectl(world.places) if program == "kubectl" else world.binary(program, fleet.karmada.version)
    command = [str(path), *PROGRAMS[program], "--kubeconfig", str(fleet.karmada.apiserver.kubeconfig)]
    done = subprocess.run(
        command, input=json.dumps(cron_job()), text=True, capture_output=True, check=False, timeout=60
    )
    assert done.returncode != 0
    assert NEW_VERSION.search(done.stderr), done.stderr


@pytest.mark.parametrize("legacy", [OLD, "ancient", "pull"], indirect=True)
def test_a_cron_job_of_a_member_without_its_newest_version_is_adopted_as_it_is(fleet, converter, legacy):
    things = legacy.run(
        running("ConfigMap", "report", data={"a": "b"}),
        running("Secret", "report-key", data={"key": VALUE}),
        cron_job(),
    )
    words = ("promote", "cronjob", "report", "-n", SPACE, "-C", legacy.cluster)
    assert VALUE not in converter.command(*words, "--dry-run")
    assert fleet.client.find("batch/v1", "CronJob", "report", SPACE) is None

    assert VALUE not in converter.command(*words)
    legacy.wait_until_adopted(things)
    binding = wait_until("the binding", lambda: fleet.client.find(BINDING, "ResourceBinding", "report-cronjob", SPACE))
    assert binding["spec"]["resource"]["apiVersion"] == "batch/v1"
    (before,) = [thing for thing in things if thing["kind"] == "CronJob"]
    assert legacy.has(before)["spec"] == before["spec"]

    fleet.client.patch("batch/v1", "CronJob", "report", {"spec": {"schedule": "0 4 * * *"}}, SPACE)
    wait_until("the update", lambda: legacy.has(before)["spec"]["schedule"] == "0 4 * * *")
    legacy.wait_until_adopted(things)
    assert converter.command(*words), "a second time there is nothing to do"


def test_a_whole_namespace_is_adopted_and_stays_on_the_member_when_its_templates_go(fleet, converter, legacy):
    things = legacy.run(*shop(), running("ConfigMap", "other", data={"c": "d"}), cron_job())
    converter.command("promote", "--all", "-n", SPACE, "-C", OLD)
    legacy.wait_until_adopted(things)
    legacy.delete_templates()
    for thing in some(things):
        assert legacy.has(thing)["metadata"]["uid"] == thing["metadata"]["uid"]


def test_a_workload_comes_with_what_belongs_to_it(fleet, converter, legacy):
    things = legacy.run(*shop())
    converter.command("promote", "deployment/web", "-n", SPACE, "-C", OLD)
    legacy.wait_until_adopted(things)
    for label in (CONVERTED, ANCHOR):
        assert fleet.client.list(WORK, "Work", labels=f"{label}=true"), "budget, autoscaler and ingress are converted"
