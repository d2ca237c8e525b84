"""OpenKruise: what its own code loses is kept, and what steps cannot say is right for every input."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from converter.errors import ManifestError, RefusedError
from converter.rules.functions.openkruise import _maps_to_subsets
from tests.fuzz.test_admin_files_grow import calls

if TYPE_CHECKING:
    from converter.engine import Conversion, Engine

V1BETA1, V1ALPHA1 = "apps.kruise.io/v1beta1", "apps.kruise.io/v1alpha1"
EXCLUDE = "apps.kruise.io/cloneset-scaling-exclude-preparing-delete"
STATUSES, UNREADY = "crr.apps.kruise.io/sync-container-statuses", "crr.apps.kruise.io/unready-acquired"
OPERATIONS = "kruise.io/pub-protect-operations"


def thing(version: str, kind: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "a"}, **fields}


def across(engine: Engine, given: dict[str, Any]) -> Conversion:
    """Convert to the other version; the way back must be exact."""
    group, _, version = given["apiVersion"].partition("/")
    made = engine.convert(given, to=f"{group}/{'v1alpha1' if version == 'v1beta1' else 'v1beta1'}")
    back = engine.convert(made.manifest, to=given["apiVersion"], conversion_data=made.conversion_data)
    assert back.manifest == given
    return made


def test_subsets_cost_what_they_number() -> None:
    """The names of the maps are looked up, not searched for in the list, so twice as many cost twice as much."""

    def cost(number: int) -> int:
        names = [f"s{at}" for at in range(number)]
        subsets = [{"name": name, "replicas": 1} for name in names]
        status = {"subsetStatuses": subsets, "subsetReplicas": dict.fromkeys(names, 1)}
        return calls(lambda: _maps_to_subsets({"status": status}, []))

    assert cost(400) <= 2 * cost(200)


def lost(made: Conversion) -> list[str]:
    return [loss.path for loss in made.losses]


@pytest.mark.parametrize("template", [{}, {"spec": {"images": ["web:1"]}}])
def test_image_list_pull_jobs_of_a_cron_job_are_refused(template: dict[str, Any], shipped: Engine) -> None:
    given = thing(V1BETA1, "AdvancedCronJob", spec={"template": {"imageListPullJobTemplate": template}})
    with pytest.raises(RefusedError) as caught:
        shipped.convert(given, to=V1ALPHA1)
    assert caught.value.path == "spec.template.imageListPullJobTemplate"


def test_a_clone_set_keeps_what_the_label_says(shipped: Engine) -> None:
    """OpenKruise's code drops the field toward v1alpha1."""
    given = thing(V1BETA1, "CloneSet", spec={"scaleStrategy": {"enablePVCReuse": True, "excludePreparingDelete": True}})
    made = across(shipped, given)
    assert made.manifest["metadata"]["labels"] == {EXCLUDE: "true"}
    assert made.losses == ()


@pytest.mark.parametrize("spec", [{}, {"scaleStrategy": {}}, {"scaleStrategy": {"enablePVCReuse": False}}])
def test_a_clone_set_that_does_not_reuse_claims_stays_one(spec: dict[str, Any], shipped: Engine) -> None:
    made = across(shipped, thing(V1BETA1, "CloneSet", spec=spec))
    assert made.manifest["spec"]["scaleStrategy"] == {"disablePVCReuse": True}


@pytest.mark.parametrize("spec", [{}, {"scaleStrategy": {}}, {"scaleStrategy": {"disablePVCReuse": False}}])
def test_a_clone_set_that_reuses_claims_stays_one(spec: dict[str, Any], shipped: Engine) -> None:
    made = across(shipped, thing(V1ALPHA1, "CloneSet", spec=spec))
    assert made.manifest["spec"]["scaleStrategy"] == {"enablePVCReuse": True}


def test_a_clone_set_on_delete_keeps_its_other_settings(shipped: Engine) -> None:
    """OpenKruise's code drops them, and they would be gone after a change of the type."""
    given = thing(V1ALPHA1, "CloneSet", spec={"updateStrategy": {"type": "OnDelete", "partition": 3}})
    made = across(shipped, given)
    assert made.manifest["spec"]["updateStrategy"] == {"type": "OnDelete", "rollingUpdate": {"partition": 3}}
    assert made.losses == ()


def test_a_type_of_a_clone_set_that_nobody_knows_is_reported(shipped: Engine) -> None:
    """OpenKruise's code turns it into ReCreate without a word."""
    made = across(shipped, thing(V1ALPHA1, "CloneSet", spec={"updateStrategy": {"type": "Magic"}}))
    assert lost(made) == ["spec.updateStrategy.type"]


def test_pods_that_a_budget_ignores_are_reported(shipped: Engine) -> None:
    """OpenKruise's code drops the selector."""
    given = thing(
        "policy.kruise.io/v1beta1", "PodUnavailableBudget", spec={"ignoredPodSelector": {"matchLabels": {"a": "b"}}}
    )
    assert lost(across(shipped, given)) == ["spec.ignoredPodSelector"]


@pytest.mark.parametrize(
    ("text", "operations"),
    [("DELETE", ["DELETE"]), (" EVICT ,,UPDATE", ["EVICT", "UPDATE"]), ("RESIZE,", ["RESIZE"])],
)
def test_operations_of_a_budget_are_read(text: str, operations: list[str], shipped: Engine) -> None:
    given = thing("policy.kruise.io/v1alpha1", "PodUnavailableBudget", spec={})
    given["metadata"]["annotations"] = {OPERATIONS: text, "note": "a"}
    made = across(shipped, given).manifest
    assert made["spec"] == {"protectOperations": operations}
    assert made["metadata"]["annotations"] == {"note": "a"}


@pytest.mark.parametrize("text", ["", ",", "delete", "DELETE,CREATE"])
def test_operations_that_v1beta1_does_not_know_stay_an_annotation(text: str, shipped: Engine) -> None:
    given = thing("policy.kruise.io/v1alpha1", "PodUnavailableBudget", spec={})
    given["metadata"]["annotations"] = {OPERATIONS: text}
    made = across(shipped, given).manifest
    assert made["spec"] == {}
    assert made["metadata"]["annotations"] == {OPERATIONS: text}


def test_an_annotation_that_v1beta1_reads_too_stays(shipped: Engine) -> None:
    """OpenKruise's code removes it, although its controller reads it where the field is missing."""
    given = thing("policy.kruise.io/v1beta1", "PodUnavailableBudget", spec={})
    given["metadata"]["annotations"] = {OPERATIONS: "UPDATE"}
    made = across(shipped, given)
    assert made.manifest["metadata"]["annotations"] == {OPERATIONS: "UPDATE"}
    assert made.losses == ()


def test_operations_win_over_another_annotation(shipped: Engine) -> None:
    given = thing("policy.kruise.io/v1beta1", "PodUnavailableBudget", spec={"protectOperations": ["DELETE"]})
    given["metadata"]["annotations"] = {OPERATIONS: "UPDATE"}
    made = across(shipped, given)
    assert made.manifest["metadata"]["annotations"] == {OPERATIONS: "DELETE"}
    assert lost(made) == [f'metadata.annotations["{OPERATIONS}"]']


def recreate(version: str, annotations: dict[str, str] | None = None, **status: Any) -> dict[str, Any]:
    made = thing(version, "ContainerRecreateRequest", spec={"podName": "web-1", "containers": [{"name": "web"}]})
    if annotations is not None:
        made["metadata"]["annotations"] = annotations
    return made | ({"status": status} if status else {})


@pytest.mark.parametrize("text", ["", "none", "{}", '"a"', '[{"name":1}]', '[{"ready":"yes"}]', "[" * 100_000])
def test_statuses_that_cannot_be_read_stay_an_annotation(text: str, shipped: Engine) -> None:
    made = across(shipped, recreate(V1ALPHA1, {STATUSES: text}, phase="Pending"))
    assert made.manifest["metadata"]["annotations"] == {STATUSES: text}
    assert made.manifest["status"] == {"phase": "Pending"}


@pytest.mark.parametrize(
    ("text", "time"),
    [("2024-03-11T05:00:00Z", "2024-03-11T05:00:00Z"), ("2024-03-11T05:00:00.5+02:00", "2024-03-11T03:00:00Z")],
)
def test_the_time_at_which_a_pod_was_made_unready_is_a_condition(text: str, time: str, shipped: Engine) -> None:
    made = across(shipped, recreate(V1ALPHA1, {UNREADY: text})).manifest
    (condition,) = made["status"]["conditions"]
    assert (condition["type"], condition["status"], condition["lastTransitionTime"]) == (
        "PreRecreateGrace",
        "True",
        time,
    )
    assert "annotations" not in made["metadata"]


@pytest.mark.parametrize("text", ["", "never", "2024-13-11T05:00:00Z", "2024-03-11", "0001-01-01T00:00:00+23:00"])
def test_a_time_that_cannot_be_read_stays_an_annotation(text: str, shipped: Engine) -> None:
    made = across(shipped, recreate(V1ALPHA1, {UNREADY: text})).manifest
    assert made["metadata"]["annotations"] == {UNREADY: text}
    assert "status" not in made


def test_conditions_that_v1alpha1_cannot_say_are_reported(shipped: Engine) -> None:
    """OpenKruise's code drops them."""
    grace = {"type": "PreRecreateGrace", "status": "True", "lastTransitionTime": "2024-03-11T05:00:00Z"}
    other = {"type": "Other", "status": "True", "lastTransitionTime": "2024-03-11T05:00:00Z"}
    made = across(shipped, recreate(V1BETA1, phase="Pending", conditions=[other, grace, grace]))
    assert made.manifest["metadata"]["annotations"] == {UNREADY: "2024-03-11T05:00:00Z"}
    assert made.manifest["status"] == {"phase": "Pending"}
    assert len(made.losses) == 3


@pytest.mark.parametrize(
    ("status", "path"),
    [
        ({"conditions": {}}, "status.conditions"),
        ({"conditions": [1]}, "status.conditions[0]"),
        ({"containerStatusSnapshot": {}}, "status.containerStatusSnapshot"),
        ({"containerStatusSnapshot": [{"ready": 1}]}, "status.containerStatusSnapshot[0].ready"),
    ],
)
def test_a_wrong_type_of_a_request_is_reported_with_its_path(
    status: dict[str, Any], path: str, shipped: Engine
) -> None:
    with pytest.raises(ManifestError) as caught:
        shipped.convert(recreate(V1BETA1, **status), to=V1ALPHA1)
    assert caught.value.path == path


def test_a_selector_next_to_a_namespace_is_reported(shipped: Engine) -> None:
    """OpenKruise's code drops it; v1alpha1 ignores it."""
    spec = {"namespace": "shop", "namespaceSelector": {"matchLabels": {"team": "a"}}}
    made = across(shipped, thing(V1ALPHA1, "SidecarSet", spec=spec))
    assert made.manifest["spec"] == {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}}
    assert lost(made) == ["spec.namespaceSelector"]


@pytest.mark.parametrize(
    ("status", "wanted", "losses"),
    [
        ({"subsetReplicas": {"b": 2, "a": 0}}, [{"name": "a"}, {"name": "b", "replicas": 2}], []),
        (
            {"subsetReplicas": {"a": 2}, "subsetStatuses": [{"name": "b"}, {"name": "a", "replicas": 1}]},
            [{"name": "b"}, {"name": "a", "replicas": 2}],
            ["status.subsetStatuses[name=a].replicas"],
        ),
        (
            {"updateStatus": {"currentPartitions": {"c": 1, "a": 3}}, "subsetReplicas": {"b": 5}},
            [{"name": "a", "partition": 3}, {"name": "b", "replicas": 5}, {"name": "c", "partition": 1}],
            [],
        ),
    ],
)
def test_numbers_of_subsets_go_into_the_list(
    status: dict[str, Any], wanted: list[Any], losses: list[str], shipped: Engine
) -> None:
    given = thing(V1ALPHA1, "UnitedDeployment", spec={}, status=status)
    before = copy.deepcopy(given)
    made = across(shipped, given)
    assert given == before
    assert made.manifest["status"] == {"subsetStatuses": wanted}
    assert lost(made) == losses


@pytest.mark.parametrize(
    ("status", "path"),
    [
        ({"subsetStatuses": {}}, "status.subsetStatuses"),
        ({"subsetStatuses": ["a"]}, "status.subsetStatuses[0]"),
        ({"subsetStatuses": [{"name": {"a": 1}}]}, "status.subsetStatuses[0].name"),
    ],
)
def test_a_wrong_type_of_a_subset_is_reported_with_its_path(status: dict[str, Any], path: str, shipped: Engine) -> None:
    with pytest.raises(ManifestError) as caught:
        shipped.convert(thing(V1BETA1, "UnitedDeployment", status=status), to=V1ALPHA1)
    assert caught.value.path == path


@pytest.mark.parametrize("version", [V1BETA1, V1ALPHA1])
@pytest.mark.parametrize("name", ["Standard", "InPlaceIfPossible"])
def test_other_updates_of_a_daemon_set_stay(name: str, version: str, shipped: Engine) -> None:
    spec = {"updateStrategy": {"rollingUpdate": {"rollingUpdateType": name}}}
    assert across(shipped, thing(version, "DaemonSet", spec=spec)).manifest["spec"] == spec


def test_a_surge_of_a_daemon_set_is_standard(shipped: Engine) -> None:
    spec = {"updateStrategy": {"rollingUpdate": {"rollingUpdateType": "Surging"}}}
    made = across(shipped, thing(V1ALPHA1, "DaemonSet", spec=spec))
    assert made.manifest["spec"] == {"updateStrategy": {"rollingUpdate": {"rollingUpdateType": "Standard"}}}
    assert made.losses == ()
