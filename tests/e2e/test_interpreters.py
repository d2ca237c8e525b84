"""Users' interpreters act on converted objects, and ours steps aside for them: on a real Karmada."""

from __future__ import annotations

import pytest

from converter.karmada.names import YIELDS_ANNOTATION
from tests.controlplanes.client import ApiError
from tests.controlplanes.waiting import wait_until
from tests.e2e.installation import Installation
from tests.e2e.openkruise import VERSIONS, installed_on, status, web
from tests.e2e.propagated import Propagated
from tests.e2e.templates import template

API_VERSION, KIND = "config.karmada.io/v1alpha1", "ResourceInterpreterCustomization"
OURS = "converter-poddisruptionbudgets-v1beta1-policy"
RETAIN = """
function Retain(desiredObj, observedObj)
  desiredObj.spec.suspend = observedObj.spec.suspend
  return desiredObj
end
"""
SICK = "function InterpretHealth(observedObj) return observedObj.spec.schedule == 'never' end"
WELL = "function InterpretHealth(observedObj) return true end"
REFLECT = "function ReflectStatus(observedObj) return observedObj.status end"
CLUSTERS = {"new": "batch/v1", "old": "batch/v1beta1"}


def customization(name, api_version, kind, **scripts):
    rules = {field: {"luaScript": script} for field, script in scripts.items()}
    spec = {"target": {"apiVersion": api_version, "kind": kind}, "customizations": rules}
    return {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": name}, "spec": spec}


@pytest.fixture(scope="module")
def theirs(session_fleet):
    """An interpreter for an old version that was there before the installation."""
    session_fleet.client.create(
        customization("theirs", "policy/v1beta1", "PodDisruptionBudget", statusReflection=REFLECT)
    )
    yield "theirs"
    session_fleet.client.delete(API_VERSION, KIND, "theirs")


@pytest.fixture(scope="module")
def converter(session_fleet, theirs):
    installed = Installation(session_fleet)
    yield installed
    installed.stop()


@pytest.fixture
def mine(fleet):
    """Create a customization; all go at the end, and their mirrors with them."""
    made = []

    def create(name, *target, **scripts):
        fleet.client.create(customization(name, *target, **scripts))
        made.append(name)

    yield create
    for name in made:
        fleet.client.delete(API_VERSION, KIND, name)
    labels = "apiconverter.dev/mirror=true"
    wait_until("the end of the mirrors", lambda: fleet.client.list(API_VERSION, KIND, labels=labels) == [])


def operations(fleet, name):
    found = fleet.client.find(API_VERSION, KIND, name)
    return set(found["spec"]["customizations"]) if found else None


def test_the_installation_is_whole_next_to_a_user_s_interpreter_of_an_old_version(fleet, converter, theirs):
    assert operations(fleet, OURS) == {"healthInterpretation"}
    said = converter.command("status", *converter.addresses)
    (line,) = [line for line in said.splitlines() if OURS in line]
    assert line.split()[0] == "theirs"
    converter.command("install", *converter.addresses)
    assert operations(fleet, OURS) == {"healthInterpretation"}


def test_what_a_member_s_operator_sets_is_retained_on_the_old_member_too(fleet, converter, mine):
    mine("cronjobs", "batch/v1", "CronJob", retention=RETAIN, healthInterpretation=SICK)
    mirror = "converter-mirror-cronjobs-v1beta1.batch"
    wait_until("the mirror", lambda: operations(fleet, mirror) == {"retention", "healthInterpretation"})
    with Propagated(fleet, template("CronJob", "retained"), CLUSTERS) as it:
        it.wait_until_applied()
        days = iter(range(1, 10_000))

        def unhealthy():
            """The interpreter acts on both members; a status makes Karmada ask it."""
            for cluster in CLUSTERS:
                it.report(cluster, {"lastScheduleTime": f"2026-11-01T02:{next(days) % 60:02}:00Z"})
            health = {cluster: item.get("health") for cluster, item in it.aggregated().items()}
            assert health == dict.fromkeys(CLUSTERS, "Unhealthy")
            return True

        wait_until("the user's health everywhere", unhealthy)
        for cluster, version in CLUSTERS.items():
            member = fleet.members[cluster].client
            member.patch(version, it.kind, it.name, {"spec": {"suspend": True}}, it.namespace)
        fleet.client.patch(it.api_version, it.kind, it.name, {"spec": {"schedule": "0 4 * * *"}}, it.namespace)
        for cluster in CLUSTERS:
            wait_until(
                f"the update on {cluster}", lambda cluster=cluster: it.on(cluster)["spec"]["schedule"] == "0 4 * * *"
            )
        assert {cluster: it.on(cluster)["spec"].get("suspend") for cluster in CLUSTERS} == dict.fromkeys(CLUSTERS, True)
    for cluster, version in CLUSTERS.items():
        it.wait_until_gone(cluster, [version])


def test_a_mirror_is_kept_in_step_and_ours_comes_back_when_it_goes(fleet, converter, mine):
    mine("budgets", "policy/v1", "PodDisruptionBudget", healthInterpretation=WELL)
    mirror = "converter-mirror-budgets-v1beta1.policy"
    wait_until("the mirror", lambda: operations(fleet, mirror) == {"healthInterpretation"})
    assert operations(fleet, OURS) == set()
    converter.command("install", *converter.addresses)
    assert operations(fleet, OURS) == set()

    patch = {"spec": {"customizations": {"retention": {"luaScript": RETAIN}, "healthInterpretation": None}}}
    fleet.client.patch(API_VERSION, KIND, "budgets", patch)
    wait_until("the change", lambda: operations(fleet, mirror) == {"retention"})
    wait_until("ours", lambda: operations(fleet, OURS) == {"healthInterpretation"})
    fleet.client.delete(API_VERSION, KIND, "budgets")
    wait_until("the end of the mirror", lambda: operations(fleet, mirror) is None)
    assert operations(fleet, OURS) == {"healthInterpretation"}


def test_ours_makes_room_for_one_of_an_old_version_that_comes_later(fleet, converter, mine):
    target = ("policy/v1beta1", "PodDisruptionBudget")
    wait_until("ours", lambda: operations(fleet, OURS) == {"healthInterpretation"})
    with pytest.raises(ApiError):
        mine("later", *target, healthInterpretation=WELL)
    fleet.client.patch(
        API_VERSION, KIND, OURS, {"metadata": {"annotations": {YIELDS_ANNOTATION: "healthInterpretation"}}}
    )
    wait_until("room", lambda: operations(fleet, OURS) == set())

    def created():
        mine("later", *target, healthInterpretation=WELL)
        return True

    wait_until("the user's", created, ignore=(ApiError,))
    fleet.client.patch(API_VERSION, KIND, OURS, {"metadata": {"annotations": {YIELDS_ANNOTATION: None}}})
    converter.command("install", *converter.addresses)
    assert operations(fleet, OURS) == set()
    fleet.client.delete(API_VERSION, KIND, "later")
    wait_until("ours again", lambda: operations(fleet, OURS) == {"healthInterpretation"})


def test_a_kind_of_openkruise_in_two_versions_reports_status_and_health_from_both(fleet, converter):
    """Karmada interprets v1beta1 only; the installation's interpreter does the same for v1alpha1."""
    with installed_on(fleet, VERSIONS):
        with Propagated(fleet, web(), VERSIONS) as it:
            it.wait_until_applied(120)
            assert {cluster: it.versions(cluster) for cluster in VERSIONS} == {
                cluster: [version] for cluster, version in VERSIONS.items()
            }
            for ready, health in ((1, "Unhealthy"), (2, "Healthy")):
                for cluster in VERSIONS:
                    it.report(cluster, status(ready, it.on(cluster)["metadata"]["generation"]))
                for cluster in VERSIONS:
                    it.wait_for_status(cluster, {"readyReplicas": ready, "updatedReplicas": 2}, 60)
                wait_until(
                    f"{health} everywhere",
                    lambda health=health: {item.get("health") for item in it.aggregated().values()} == {health},
                )
            # Karmada's own script adds them up, so it got the status of both in the template's version.
            wait_until("the template's status", lambda: it.stored()["status"].get("readyReplicas") == len(VERSIONS) * 2)
        # Before the CRD goes: Karmada cannot delete what a member does not serve, and keeps its Work.
        for cluster, version in VERSIONS.items():
            it.wait_until_gone(cluster, [version])
