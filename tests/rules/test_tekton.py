"""Tekton: what its own code loses or mixes up is kept, and what steps cannot say is right at every level."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from converter.errors import RefusedError

if TYPE_CHECKING:
    from converter.engine import Engine

V1, V1BETA1 = "tekton.dev/v1", "tekton.dev/v1beta1"


def made(version: str, kind: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "a"}, **fields}


@pytest.mark.parametrize(
    ("kind", "spec", "path"),
    [
        ("TaskRun", {"taskRef": {"name": "a", "bundle": "b"}}, "spec.taskRef.bundle"),
        ("PipelineRun", {"pipelineRef": {"name": "a", "bundle": "b"}}, "spec.pipelineRef.bundle"),
        ("Pipeline", {"tasks": [{"taskRef": {"bundle": "b"}}]}, "spec.tasks[0].taskRef.bundle"),
    ],
)
def test_a_bundle_is_refused(kind: str, spec: dict[str, Any], path: str, shipped: Engine) -> None:
    """Tekton's code drops it: another task of the same name would run."""
    with pytest.raises(RefusedError) as caught:
        shipped.convert(made(V1BETA1, kind, spec=spec), to=V1)
    assert caught.value.path == path


def test_the_annotations_of_a_task_run_stay(shipped: Engine) -> None:
    """Tekton's code writes the labels in their place."""
    specs = [{"pipelineTaskName": "one", "metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}}}]
    found = shipped.convert(made(V1, "PipelineRun", spec={"taskRunSpecs": specs}), to=V1BETA1)
    assert found.manifest["spec"]["taskRunSpecs"] == specs


@pytest.mark.parametrize(
    ("timeouts", "lost"), [({}, []), ({"tasks": "1m0s"}, ["spec.timeouts.tasks"]), ({"pipeline": "1h0m0s"}, [])]
)
def test_the_older_field_of_a_timeout_counts(timeouts: dict[str, str], lost: list[str], shipped: Engine) -> None:
    given = made(V1BETA1, "PipelineRun", spec={"timeout": "1h0m0s", **({"timeouts": timeouts} if timeouts else {})})
    found = shipped.convert(given, to=V1)
    assert found.manifest["spec"] == {"timeouts": {"pipeline": "1h0m0s"}}
    assert [loss.path for loss in found.losses] == lost
    back = shipped.convert(found.manifest, to=V1BETA1, conversion_data=found.conversion_data)
    assert back.manifest == given


def test_a_timeout_that_v1_does_not_know_is_not_activated(shipped: Engine) -> None:
    given = made(V1, "PipelineRun", spec={"timeout": "1h0m0s", "timeouts": {"pipeline": "2h0m0s"}})
    found = shipped.convert(given, to=V1BETA1)
    assert found.manifest["spec"] == {"timeouts": {"pipeline": "2h0m0s"}}
    assert [loss.path for loss in found.losses] == ["spec.timeout"]


@pytest.mark.parametrize(
    ("parameter", "kind"),
    [
        ({}, "string"), ({"default": "x"}, "string"), ({"default": ["x"]}, "array"),
        ({"default": {"k": "v"}}, "object"),
        ({"properties": {"k": {"type": "string"}}}, "object"), ({"type": "array"}, "array"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("source", "target"), [(V1, V1BETA1), (V1BETA1, V1)])
def test_a_parameter_gets_the_type_that_tekton_fills_in(
    parameter: dict[str, Any], kind: str, source: str, target: str, shipped: Engine
) -> None:
    task = {"params": [{"name": "p", **parameter}], "steps": []}
    given = made(source, "Pipeline", spec={"finally": [{"name": "last", "taskSpec": task}]})
    found = shipped.convert(given, to=target)
    assert found.manifest["spec"]["finally"][0]["taskSpec"]["params"][0]["type"] == kind
    assert found.losses == ()
    assert shipped.convert(found.manifest, to=source, conversion_data=found.conversion_data).manifest == given


def test_pipelines_inside_of_pipelines_are_converted(shipped: Engine) -> None:
    """Tekton's code drops them."""

    def pipeline(resources: str) -> dict[str, Any]:
        task = {"steps": [{"image": "go", resources: {"limits": {"cpu": "1"}}}]}
        inner = {"tasks": [{"name": "one", "taskSpec": task}]}
        middle = {"tasks": [{"name": "two", "pipelineSpec": inner}]}
        return {"tasks": [{"name": "three", "pipelineSpec": middle}], "finally": [{"name": "f", "pipelineSpec": inner}]}

    found = shipped.convert(made(V1BETA1, "Pipeline", spec=pipeline("resources")), to=V1)
    assert found.manifest["spec"] == pipeline("computeResources")


def test_the_tasks_of_retries_are_converted(shipped: Engine) -> None:
    def status(resources: str) -> dict[str, Any]:
        retry = {"taskSpec": {"steps": [{"image": "go", resources: {"limits": {"cpu": "1"}}}]}}
        return {"retriesStatus": [{"podName": "a", "retriesStatus": [retry]}]}

    found = shipped.convert(made(V1BETA1, "TaskRun", status=status("resources")), to=V1)
    assert found.manifest["status"] == status("computeResources")
