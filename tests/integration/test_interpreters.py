"""`karmadactl interpret` runs every generated interpreter, as an admin would."""

from __future__ import annotations

import subprocess

import pytest
import yaml

from tests.controlplanes import build
from tests.controlplanes.places import Places
from tests.nonempty import some
from tools.interpreters import customizations

KARMADACTL = "karmadactl-1.18.2"
TEMPLATE = {"spec": {"containers": [{"name": "app", "resources": {"requests": {"cpu": "250m"}}}]}}
BY_NAME = {item["metadata"]["name"]: item for item in customizations()}


@pytest.fixture(scope="module")
def interpret(tmp_path_factory):
    program = build.binary(Places.from_environment(), KARMADACTL)
    folder = tmp_path_factory.mktemp("interpret")

    def run(name, *arguments, **files):
        given = []
        for option, value in {"filename": BY_NAME[name], **files}.items():
            path = folder / f"{option}.yaml"
            path.write_text(yaml.safe_dump(value))
            given += [f"--{option.replace('_', '-')}", str(path)]
        done = subprocess.run([program, "interpret", *given, *arguments], capture_output=True, text=True, check=True)
        return list(yaml.safe_load_all(done.stdout)) if "--check" not in arguments else done.stdout

    return run


def workload(name, kind_status, generation=3, replicas=2, **metadata):
    target = BY_NAME[name]["spec"]["target"]
    return {
        **target,
        "metadata": {"name": "web", "generation": generation, **metadata},
        "spec": {"replicas": replicas, "template": TEMPLATE},
        "status": kind_status,
    }


@pytest.mark.parametrize("name", BY_NAME)
def test_every_script_compiles(interpret, name):
    told = interpret(name, "--check")
    assert "FAIL" not in told
    for part in some(BY_NAME[name]["spec"]["customizations"]):
        assert part
    assert told.count("PASS") == len(BY_NAME[name]["spec"]["customizations"])


DEPLOYMENTS = [name for name in BY_NAME if "-deployments-" in name]


@pytest.mark.parametrize("name", DEPLOYMENTS)
@pytest.mark.parametrize(
    ("status", "healthy"),
    [
        ({"observedGeneration": 3, "updatedReplicas": 2, "availableReplicas": 2}, True),
        ({"observedGeneration": 2, "updatedReplicas": 2, "availableReplicas": 2}, False),
        ({"observedGeneration": 3, "updatedReplicas": 1, "availableReplicas": 1}, False),
        ({"observedGeneration": 3, "updatedReplicas": 2, "availableReplicas": 1}, False),
        ({}, False),
    ],
)
def test_a_deployment_s_health(interpret, name, status, healthy):
    (told,) = interpret(name, "--operation=InterpretHealth", observed_file=workload(name, status))
    assert told is healthy


@pytest.mark.parametrize("name", [name for name in BY_NAME if "-statefulsets-" in name and name.endswith("-apps")])
@pytest.mark.parametrize(("ready", "healthy"), [(2, True), (1, False)])
def test_a_stateful_set_is_healthy_without_the_availability_that_old_releases_do_not_report(
    interpret, name, ready, healthy
):
    status = {"observedGeneration": 3, "replicas": 2, "updatedReplicas": 2, "readyReplicas": ready}
    (told,) = interpret(name, "--operation=InterpretHealth", observed_file=workload(name, status))
    assert told is healthy


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_deployment_s_status_is_reflected_with_its_generations(interpret, name):
    status = {"observedGeneration": 3, "replicas": 2, "readyReplicas": 1, "conditions": [{"type": "Available"}]}
    annotations = {"resourcetemplate.karmada.io/generation": "7"}
    (told,) = interpret(
        name, "--operation=InterpretStatus", observed_file=workload(name, status, annotations=annotations)
    )
    assert told == {
        "observedGeneration": 3,
        "replicas": 2,
        "readyReplicas": 1,
        "generation": 3,
        "resourceTemplateGeneration": 7,
    }


@pytest.mark.parametrize("name", DEPLOYMENTS)
@pytest.mark.parametrize(("label", "kept"), [("true", 5), ("false", 2)])
def test_a_deployment_s_replicas_are_retained_where_a_label_asks(interpret, name, label, kept):
    desired = workload(name, {}, labels={"resourcetemplate.karmada.io/retain-replicas": label})
    observed = workload(name, {}, replicas=5)
    (told,) = interpret(name, "--operation=Retain", desired_file=desired, observed_file=observed)
    assert told["spec"]["replicas"] == kept


@pytest.mark.parametrize("name", [n for n, c in BY_NAME.items() if "replicaResource" in c["spec"]["customizations"]])
def test_replicas_are_read_and_revised(interpret, name):
    field = "parallelism" if "-broadcastjobs-" in name else "replicas"
    given = workload(name, {})
    given["spec"] = {field: 2, "template": TEMPLATE}
    replica, requires = interpret(name, "--operation=InterpretReplica", observed_file=given)
    assert (replica, requires["resourceRequest"]) == (2, {"cpu": "250m"})
    (told,) = interpret(name, "--operation=ReviseReplica", "--desired-replica=9", observed_file=given)
    assert told["spec"][field] == 9


@pytest.mark.parametrize("name", [name for name in BY_NAME if "-ingresses-" in name])
@pytest.mark.parametrize(
    ("addresses", "healthy"),
    [([{"ip": "192.0.2.1"}], True), ([{"hostname": "a.example"}], True), ([{}], False), ([], False)],
)
def test_an_ingress_is_healthy_once_it_has_an_address(interpret, name, addresses, healthy):
    observed = workload(name, {"loadBalancer": {"ingress": addresses}})
    assert interpret(name, "--operation=InterpretHealth", observed_file=observed) == [healthy]
    if healthy:  # Lua knows no difference between an empty list and none
        assert interpret(name, "--operation=InterpretStatus", observed_file=observed) == [observed["status"]]


def test_a_disruption_budget_is_healthy_while_enough_pods_are(interpret):
    name = "converter-poddisruptionbudgets-v1beta1-policy"
    for current, healthy in ((2, True), (1, False)):
        observed = workload(name, {"currentHealthy": current, "desiredHealthy": 2, "observedGeneration": 1})
        assert interpret(name, "--operation=InterpretHealth", observed_file=observed) == [healthy]
        (told,) = interpret(name, "--operation=InterpretStatus", observed_file=observed)
        assert told == {"currentHealthy": current, "desiredHealthy": 2}
