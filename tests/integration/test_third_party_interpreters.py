"""The interpreters of known projects' other versions do what Karmada's own scripts do: `karmadactl` runs both.

Karmada's scripts come from its Go module, in the one version that it knows of each kind.
"""

from __future__ import annotations

import subprocess

import pytest
import yaml

from tests.controlplanes import build
from tests.controlplanes.places import Places
from tests.ecosystem.modules import folder_of
from tests.ecosystem.projects import PROJECTS
from tools.interpretations import THIRD_PARTY
from tools.interpreters import customizations

KARMADACTL = "karmadactl-1.18.2"
SCRIPTS = "pkg/resourceinterpreter/default/thirdparty/resourcecustomizations"
OTHERS = {version for entry in THIRD_PARTY for version in entry.other_versions}
OURS = {item["metadata"]["name"]: item for item in customizations() if item["spec"]["target"]["apiVersion"] in OTHERS}
FEWEST = 3
"""Fields that every script reflects, at least."""
READY = {"HelmRelease": "ReconciliationSucceeded", "Kustomization": "ReconciliationSucceeded"}
FIELDS = ("url", "observedIgnore", "observedRecurseSubmodules", "observedChartName", "observedSourceArtifactRevision",
          "lastAppliedRevision", "lastAttemptedRevision", "lastAttemptedValuesChecksum", "helmChart",
          "updateRevision", "currentRevision", "labelSelector", "phase", "startTime")  # fmt: skip
NUMBERS = ("replicas", "currentReplicas", "updatedReadyReplicas", "lastReleaseRevision", "failures",
           "upgradeFailures", "installFailures", "expectedUpdatedReplicas", "currentNumberScheduled",
           "numberMisscheduled", "desiredNumberScheduled", "numberReady", "updatedNumberScheduled",
           "numberUnavailable", "matchedPods", "readyPods", "active", "succeeded", "desired")  # fmt: skip
RENAMED = {"daemonSetHash": "updateRevision"}
"""Fields of the version that Karmada knows, by their names in the other one."""
RETAINS_NOTHING = {"SidecarSet"}
"""Kinds for which Karmada's script gives back the manifest as it is."""
WITHOUT_EFFECT = {("SidecarSet", "retention"), ("SidecarSet", "replicaResource")}
"""Scripts of Karmada that say what Karmada does without them: the manifest as it is, and no replicas."""
OF_TEMPLATES = {"statusAggregation", "dependencyInterpretation"}
"""Operations that Karmada asks for the template only, which is never converted."""


@pytest.fixture(scope="module")
def theirs():
    """Karmada's own customizations, by group and kind."""
    root = folder_of(PROJECTS["karmada"].module) / SCRIPTS
    found = [yaml.safe_load(file.read_text()) for file in root.rglob("customizations.yaml")]
    targets = [item["spec"]["target"] for item in found]
    keys = [(target["apiVersion"].split("/")[0], target["kind"]) for target in targets]
    return dict(zip(keys, found, strict=True))


@pytest.fixture(scope="module")
def interpret(tmp_path_factory):
    program = build.binary(Places.from_environment(), KARMADACTL)
    folder = tmp_path_factory.mktemp("interpret")

    def run(customization, operation, **objects):
        """Run a script with objects, which get the apiVersion that it is for; return its first result."""
        api_version = customization["spec"]["target"]["apiVersion"]
        given = []
        for option, value in {"filename": customization, **objects}.items():
            path = folder / f"{option}.yaml"
            path.write_text(yaml.safe_dump(value if option == "filename" else {**value, "apiVersion": api_version}))
            given += [f"--{option.replace('_', '-')}", str(path)]
        command = [program, "interpret", *given, f"--operation={operation}"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        told, *_ = yaml.safe_load_all(done.stdout)  # after replicas, what a replica needs
        return {key: value for key, value in told.items() if key != "apiVersion"} if isinstance(told, dict) else told

    return run


def observed(kind, *, ready="True", replicas=2, generation=3):
    """An object with every field that the scripts read."""
    condition = {"type": "Ready", "status": ready, "reason": READY.get(kind, "Succeeded"), "message": "m"}
    status = {field: field for field in FIELDS} | dict.fromkeys(NUMBERS, 2)
    status |= {"observedGeneration": generation, "updatedReplicas": 2, "availableReplicas": replicas}
    status |= {"readyReplicas": replicas, "unavailableReplicas": 2 - replicas}
    status |= {"numberAvailable": replicas, "updatedPods": replicas, "daemonSetHash": status["updateRevision"]}
    status |= {"failed": 2 - replicas}
    status |= {"observedLayerSelector": {"operation": "copy"}}
    status |= {"conditions": [{"type": "Other", "status": "True"}, condition], "artifact": {"path": "p"}}
    status |= {"autogen": {"rules": [{"name": "a"}]}, "rulecount": {"validate": 1}}
    annotations = {"resourcetemplate.karmada.io/generation": "7"}
    metadata = {"name": "web", "generation": 3, "annotations": annotations}
    spec = {"suspend": True, "replicas": 2, "template": {"metadata": {"labels": {"member": "a"}}}}
    return {"kind": kind, "metadata": metadata, "spec": spec, "status": status}


def test_every_version_that_rules_convert_has_each_operation_of_the_version_that_karmada_knows(theirs, shipped):
    wanted = {}
    for (group, kind), their in theirs.items():
        known = their["spec"]["target"]["apiVersion"]
        in_group = {version for version in shipped.book.versions(kind) if version.startswith(f"{group}/")}
        operations = {name for name in their["spec"]["customizations"] if (kind, name) not in WITHOUT_EFFECT}
        wanted |= {(version, kind): operations - OF_TEMPLATES for version in in_group - {known}}
    found = {
        (item["spec"]["target"]["apiVersion"], item["spec"]["target"]["kind"]): set(item["spec"]["customizations"])
        for item in OURS.values()
    }
    assert ("apps.kruise.io/v1beta1", "AdvancedCronJob") in wanted
    assert found == {target: operations for target, operations in wanted.items() if operations}


@pytest.mark.parametrize("name", sorted(OURS))
def test_each_operation_on_members_objects_gives_the_same(name, theirs, interpret):
    ours = OURS[name]
    target = ours["spec"]["target"]
    their = theirs[target["apiVersion"].split("/")[0], target["kind"]]
    kind = target["kind"]
    well, sick = observed(kind), observed(kind, ready="False", replicas=1)
    for script in (ours, their):
        assert interpret(script, "InterpretHealth", observed_file=well) is True
        assert interpret(script, "InterpretHealth", observed_file=sick) is False
    status = interpret(ours, "InterpretStatus", observed_file=well)
    found = interpret(their, "InterpretStatus", observed_file=well)
    assert status == {RENAMED.get(name, name): value for name, value in found.items()}
    assert len(status) >= FEWEST
    retention = "retention" in their["spec"]["customizations"] and kind not in RETAINS_NOTHING
    assert ("retention" in ours["spec"]["customizations"]) is retention
    if retention:
        desired = {**well, "spec": {"suspend": False, "template": {"metadata": {}}}}
        one, two = (interpret(script, "Retain", desired_file=desired, observed_file=well) for script in (ours, their))
        assert one["spec"] == two["spec"] != desired["spec"]


def test_a_job_without_pods_or_with_a_failed_one_is_not_healthy(interpret, theirs):
    for script in (OURS["converter-broadcastjobs-v1beta1-apps.kruise.io"], theirs["apps.kruise.io", "BroadcastJob"]):
        for numbers, health in (
            ({"desired": 0}, False),
            ({"active": 0, "succeeded": 0}, False),
            ({"active": 0}, True),
            ({"succeeded": 0}, True),
            ({"failed": 1}, False),
        ):
            one = observed("BroadcastJob")
            one["status"] |= numbers
            assert interpret(script, "InterpretHealth", observed_file=one) is health


def test_labels_of_a_template_are_retained_where_the_manifest_has_none(interpret):
    ours, one = OURS["converter-broadcastjobs-v1beta1-apps.kruise.io"], observed("BroadcastJob")
    desired = {**one, "spec": {"template": {}}}
    kept = interpret(ours, "Retain", desired_file=desired, observed_file=one)
    assert kept["spec"] == {"template": one["spec"]["template"]}
    bare = {**one, "spec": {"template": {}}}
    assert interpret(ours, "Retain", desired_file=desired, observed_file=bare)["spec"] == {"template": {}}


@pytest.mark.parametrize(("given", "replicas"), [({"parallelism": 3}, 3), ({}, 1)])
def test_the_replicas_of_a_job_are_those_that_karmada_reads(given, replicas, interpret, theirs):
    one = {**observed("BroadcastJob"), "spec": {**given, "template": {"spec": {"containers": [{"name": "a"}]}}}}
    for script in (OURS["converter-broadcastjobs-v1beta1-apps.kruise.io"], theirs["apps.kruise.io", "BroadcastJob"]):
        assert interpret(script, "InterpretReplica", observed_file=one) == replicas


def test_a_stateful_set_is_not_healthy_before_its_controller_has_seen_it(interpret, theirs):
    one = observed("StatefulSet", generation=2)
    for script in (OURS["converter-statefulsets-v1alpha1-apps.kruise.io"], theirs["apps.kruise.io", "StatefulSet"]):
        assert interpret(script, "InterpretHealth", observed_file=one) is False


def test_a_united_deployment_is_healthy_by_the_fields_that_its_status_has(interpret):
    ours, one = OURS["converter-uniteddeployments-v1beta1-apps.kruise.io"], observed("UnitedDeployment")
    for field in ("availableReplicas", "unavailableReplicas"):  # Karmada's script compares them; OpenKruise has none
        del one["status"][field]
    assert interpret(ours, "InterpretHealth", observed_file=one) is True
    one["status"]["readyReplicas"] = 1
    assert interpret(ours, "InterpretHealth", observed_file=one) is False


def test_a_policy_says_itself_whether_it_is_ready(interpret):
    ours = OURS["converter-policies-v2beta1-kyverno.io"]
    for ready in (True, False):
        one = observed("Policy", ready=str(not ready))
        one["status"]["ready"] = ready
        assert interpret(ours, "InterpretHealth", observed_file=one) is ready
