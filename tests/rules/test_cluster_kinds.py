"""RuntimeClass, addresses, priorities, gangs, migrations, storage, pod security: one or two facts each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from converter.errors import ManifestError, NoRouteError, RefusedError
from tests.nonempty import some

if TYPE_CHECKING:
    from converter.engine import Conversion, Engine


def convert(converter: Engine, kind: str, source: str, target: str, **fields: Any) -> Conversion:
    given = {"apiVersion": source, "kind": kind, "metadata": {"name": "a"}, **fields}
    return converter.convert(given, to=target)


def test_a_runtime_class_had_a_spec(shipped: Engine) -> None:
    new = {"handler": "kata", "overhead": {"podFixed": {"cpu": "1"}}, "scheduling": {"nodeSelector": {"a": "b"}}}
    old = {"spec": {"runtimeHandler": "kata", "overhead": new["overhead"], "scheduling": new["scheduling"]}}
    for version in ("v1", "v1beta1"):
        there = convert(shipped, "RuntimeClass", f"node.k8s.io/{version}", "node.k8s.io/v1alpha1", **new).manifest
        assert {key: there[key] for key in there if key not in ("apiVersion", "kind", "metadata")} == old
        back = convert(shipped, "RuntimeClass", "node.k8s.io/v1alpha1", f"node.k8s.io/{version}", **old).manifest
        assert {key: back[key] for key in back if key not in ("apiVersion", "kind", "metadata")} == new


def test_a_spec_of_a_runtime_class_is_an_object(shipped: Engine) -> None:
    with pytest.raises(ManifestError) as caught:
        convert(shipped, "RuntimeClass", "node.k8s.io/v1alpha1", "node.k8s.io/v1", spec="kata")
    assert caught.value.path == "spec"


def test_the_uid_of_an_address_s_parent(shipped: Engine) -> None:
    parent = {"resource": "services", "namespace": "n", "name": "s", "uid": "u"}
    result = convert(
        shipped, "IPAddress", "networking.k8s.io/v1alpha1", "networking.k8s.io/v1", spec={"parentRef": parent}
    )
    assert [loss.path for loss in result.losses] == ["spec.parentRef.uid"]
    assert "uid" not in result.manifest["spec"]["parentRef"]


def test_gangs(shipped: Engine) -> None:
    group = "scheduling.k8s.io"
    new = {"workloadRef": {"workloadName": "w", "templateName": "t"}, "disruptionMode": {"all": {}}}
    old = {
        "podGroupTemplateRef": {"workload": {"workloadName": "w", "podGroupTemplateName": "t"}},
        "disruptionMode": "PodGroup",
    }
    for version in ("v1alpha3", "v1beta1"):
        there = convert(shipped, "PodGroup", f"{group}/{version}", f"{group}/v1alpha2", spec=new)
        assert there.manifest["spec"] == old
        back = convert(shipped, "PodGroup", f"{group}/v1alpha2", f"{group}/{version}", spec=old)
        assert back.manifest["spec"] == new
    spec = {"compositePodGroupTemplates": [{"name": "a"}]}
    with pytest.raises(RefusedError) as caught:
        convert(shipped, "Workload", f"{group}/v1beta1", f"{group}/v1alpha2", spec=spec)
    assert caught.value.path == "spec.compositePodGroupTemplates"
    with pytest.raises(NoRouteError) as unreachable:
        convert(shipped, "Workload", f"{group}/v1beta1", f"{group}/v1alpha1")
    reasons = shipped.routes.book.unconvertible
    assert unreachable.value.reason == reasons["Workload", f"{group}/v1alpha2", f"{group}/v1alpha1"]


def test_migrations(shipped: Engine) -> None:
    group = "storagemigration.k8s.io"
    old = {
        "spec": {"resource": {"group": "apps", "version": "v1", "resource": "deployments"}, "continueToken": "x"},
        "status": {"conditions": [{"type": "Running", "status": "True", "lastUpdateTime": "2024-01-02T03:04:05Z"}]},
    }
    result = convert(shipped, "StorageVersionMigration", f"{group}/v1alpha1", f"{group}/v1", **old)
    assert result.manifest["spec"] == {"resource": {"group": "apps", "resource": "deployments"}}
    times = {"lastTransitionTime": "2024-01-02T03:04:05Z"}
    assert result.manifest["status"]["conditions"] == [{"type": "Running", "status": "True", **times}]
    assert {loss.path for loss in result.losses} == {"spec.resource.version", "spec.continueToken"}
    with pytest.raises(RefusedError) as caught:
        convert(shipped, "StorageVersionMigration", f"{group}/v1", f"{group}/v1alpha1", spec=result.manifest["spec"])
    assert caught.value.path == "spec.resource.resource"


@pytest.mark.parametrize(
    ("kind", "versions"),
    [
        ("PriorityClass", ["scheduling.k8s.io/v1", "scheduling.k8s.io/v1beta1", "scheduling.k8s.io/v1alpha1"]),
        ("StorageClass", ["storage.k8s.io/v1", "storage.k8s.io/v1beta1"]),
        ("VolumeAttachment", ["storage.k8s.io/v1", "storage.k8s.io/v1beta1", "storage.k8s.io/v1alpha1"]),
        ("CSIDriver", ["storage.k8s.io/v1", "storage.k8s.io/v1beta1"]),
        ("CSINode", ["storage.k8s.io/v1", "storage.k8s.io/v1beta1"]),
        ("CSIStorageCapacity", ["storage.k8s.io/v1", "storage.k8s.io/v1beta1", "storage.k8s.io/v1alpha1"]),
        ("VolumeAttributesClass", ["storage.k8s.io/v1", "storage.k8s.io/v1beta1", "storage.k8s.io/v1alpha1"]),
        ("ServiceCIDR", ["networking.k8s.io/v1", "networking.k8s.io/v1beta1", "networking.k8s.io/v1alpha1"]),
        ("PodSecurityPolicy", ["policy/v1beta1", "extensions/v1beta1"]),
        (
            "FlowSchema",
            [f"flowcontrol.apiserver.k8s.io/{v}" for v in ("v1", "v1beta3", "v1beta2", "v1beta1", "v1alpha1")],
        ),
    ],
)
def test_kinds_of_one_shape(shipped: Engine, kind: str, versions: list[str]) -> None:
    for source in some(versions):
        for target in some(versions):
            if source != target:
                result = convert(shipped, kind, source, target, spec={"a": [1]}, value=0, preemptionPolicy="Never")
                assert {**result.manifest, "apiVersion": source} == {
                    "apiVersion": source,
                    "kind": kind,
                    "metadata": {"name": "a"},
                    "spec": {"a": [1]},
                    "value": 0,
                    "preemptionPolicy": "Never",
                }
                assert not result.losses
