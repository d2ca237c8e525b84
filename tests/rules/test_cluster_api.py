"""Cluster API: what its own code loses or mixes up is kept, and what steps cannot say is right at every level."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from converter.errors import ManifestError

if TYPE_CHECKING:
    from converter.engine import Engine

BOOTSTRAP, CONTROL_PLANE = "bootstrap.cluster.x-k8s.io", "controlplane.cluster.x-k8s.io"


def made(version: str, kind: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "a", "namespace": "shop"}, **fields}


def test_files_with_one_path_keep_their_own_flags(shipped: Engine) -> None:
    """Cluster API's code gives all of them the flag of the first one."""
    files = [{"path": "/a"}, {"path": "/a", "append": True}]
    found = shipped.convert(
        made(f"{BOOTSTRAP}/v1beta1", "KubeadmConfig", spec={"files": files}), to=f"{BOOTSTRAP}/v1beta2"
    )
    assert found.manifest["spec"]["files"] == files


def test_volumes_with_one_path_keep_their_own_flags(shipped: Engine) -> None:
    volumes = [{"name": "a", "hostPath": "/a"}, {"name": "b", "hostPath": "/a", "readOnly": True}]
    spec = {"clusterConfiguration": {"apiServer": {"extraVolumes": volumes}}}
    found = shipped.convert(made(f"{BOOTSTRAP}/v1beta1", "KubeadmConfig", spec=spec), to=f"{BOOTSTRAP}/v1beta2")
    assert found.manifest["spec"] == spec


def test_what_v1beta2_takes_from_elsewhere_is_reported_and_comes_back(shipped: Engine) -> None:
    """Cluster API's code drops it without a word."""
    spec = {"clusterConfiguration": {"networking": {"podSubnet": "10.0.0.0/8"}, "kubernetesVersion": "v1.30.0"}}
    given = made(f"{BOOTSTRAP}/v1beta1", "KubeadmConfig", spec=spec)
    found = shipped.convert(given, to=f"{BOOTSTRAP}/v1beta2")
    assert {loss.path for loss in found.losses} == {
        "spec.clusterConfiguration.networking",
        "spec.clusterConfiguration.kubernetesVersion",
    }
    back = shipped.convert(found.manifest, to=f"{BOOTSTRAP}/v1beta1", conversion_data=found.conversion_data)
    assert back.manifest == given


def test_flags_that_are_false_are_left_out_at_every_level_of_a_schema(shipped: Engine) -> None:
    inner = {"type": "array", "uniqueItems": False, "items": {"type": "string", "x-kubernetes-int-or-string": False}}
    schema = {"type": "object", "properties": {"a": inner}, "allOf": [{"exclusiveMinimum": False}], "not": {}}
    variables = [{"name": "v", "required": False, "schema": {"openAPIV3Schema": schema}}]
    given = made("cluster.x-k8s.io/v1beta2", "ClusterClass", spec={"variables": variables})
    found = shipped.convert(given, to="cluster.x-k8s.io/v1beta1")
    (variable,) = found.manifest["spec"]["variables"]
    assert variable["schema"]["openAPIV3Schema"] == {
        "type": "object",
        "properties": {"a": {"type": "array", "items": {"type": "string"}}},
        "allOf": [{}],
        "not": {},
    }
    assert variable["required"] is False
    assert found.losses == ()
    back = shipped.convert(found.manifest, to="cluster.x-k8s.io/v1beta2", conversion_data=found.conversion_data)
    assert back.manifest == given


@pytest.mark.parametrize(
    ("variables", "path"),
    [(5, "spec.variables"), ([5], "spec.variables[0]"),
     ([{"schema": {"openAPIV3Schema": {"allOf": [7]}}}], "spec.variables[0].schema.openAPIV3Schema.allOf[0]")],
)  # fmt: skip
def test_variables_of_the_wrong_type(variables: Any, path: str, shipped: Engine) -> None:
    with pytest.raises(ManifestError) as caught:
        shipped.convert(
            made("cluster.x-k8s.io/v1beta2", "ClusterClass", spec={"variables": variables}),
            to="cluster.x-k8s.io/v1beta1",
        )
    assert caught.value.path == path


def test_a_schema_that_is_too_deep_is_an_error(shipped: Engine) -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(150):
        schema = {"items": schema}
    variables = [{"name": "v", "schema": {"openAPIV3Schema": schema}}]
    with pytest.raises(ManifestError):
        shipped.convert(
            made("cluster.x-k8s.io/v1beta2", "ClusterClass", spec={"variables": variables}),
            to="cluster.x-k8s.io/v1beta1",
        )


@pytest.mark.parametrize(("replicas", "is_ready"), [(0, False), (1, True), (None, False)])
def test_a_control_plane_is_ready_if_a_replica_is(replicas: int | None, is_ready: bool, shipped: Engine) -> None:  # noqa: FBT001
    old = {} if replicas is None else {"readyReplicas": replicas}
    given = made(f"{CONTROL_PLANE}/v1beta2", "KubeadmControlPlane", status={"deprecated": {"v1beta1": old}})
    status = shipped.convert(given, to=f"{CONTROL_PLANE}/v1beta1").manifest["status"]
    assert status.get("ready", False) is is_ready


def test_a_control_plane_that_says_it_is_ready_without_replicas_is_reported(shipped: Engine) -> None:
    given = made(f"{CONTROL_PLANE}/v1beta1", "KubeadmControlPlane", status={"ready": True})
    found = shipped.convert(given, to=f"{CONTROL_PLANE}/v1beta2")
    assert [loss.path for loss in found.losses] == ["status.ready"]
    silent = made(f"{CONTROL_PLANE}/v1beta1", "KubeadmControlPlane", status={"ready": False})
    assert shipped.convert(silent, to=f"{CONTROL_PLANE}/v1beta2").losses == ()
