"""Flux: fields of its newer releases, toward versions that these releases do not serve any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from converter.errors import RefusedError

if TYPE_CHECKING:
    from converter.engine import Engine

IMAGE, KUSTOMIZE, HELM = (f"{name}.toolkit.fluxcd.io" for name in ("image", "kustomize", "helm"))


def manifest(kind: str, version: str, spec: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "a"}, "spec": spec, **more}


def test_a_policy_loses_what_v1beta1_lacks_with_a_report(shipped: Engine) -> None:
    status = {"latestRef": {"name": "web", "tag": "2"}, "observedGeneration": 1}
    spec = {"imageRepositoryRef": {"name": "web"}, "digestReflectionPolicy": "Always", "interval": "5m"}
    given = manifest("ImagePolicy", f"{IMAGE}/v1", spec, status=status)
    made = shipped.convert(given, to=f"{IMAGE}/v1beta1")
    assert made.manifest["spec"] == {"imageRepositoryRef": {"name": "web"}}
    assert {loss.path for loss in made.losses} == {
        "spec.digestReflectionPolicy",
        "spec.interval",
        "status.latestRef",
    }
    assert shipped.convert(made.manifest, to=f"{IMAGE}/v1", conversion_data=made.conversion_data).manifest == given


def test_a_policy_that_is_not_suspended_goes_to_v1beta1(shipped: Engine) -> None:
    spec = {"imageRepositoryRef": {"name": "web"}, "suspend": False}
    made = shipped.convert(manifest("ImagePolicy", f"{IMAGE}/v1", spec), to=f"{IMAGE}/v1beta1")
    assert made.manifest["spec"] == {"imageRepositoryRef": {"name": "web"}}


@pytest.mark.parametrize("policy", ["MirrorPrune", "Delete", "WaitForTermination"])
def test_another_policy_of_deletion_is_lost_with_a_report(policy: str, shipped: Engine) -> None:
    given = manifest("Kustomization", f"{KUSTOMIZE}/v1", {"prune": True, "deletionPolicy": policy})
    made = shipped.convert(given, to=f"{KUSTOMIZE}/v1beta2")
    assert made.manifest["spec"] == {"prune": True}
    assert [loss.path for loss in made.losses] == ["spec.deletionPolicy"]


@pytest.mark.parametrize(
    ("kind", "source", "target", "spec"),
    [
        ("ImagePolicy", f"{IMAGE}/v1", f"{IMAGE}/v1beta1", {"suspend": True}),
        ("Kustomization", f"{KUSTOMIZE}/v1", f"{KUSTOMIZE}/v1beta2", {"deletionPolicy": "Orphan"}),
        ("Kustomization", f"{KUSTOMIZE}/v1", f"{KUSTOMIZE}/v1beta2", {"sourceRef": {"kind": "ExternalArtifact"}}),
        ("HelmRelease", f"{HELM}/v2", f"{HELM}/v2beta2", {"chartRef": {"kind": "ExternalArtifact", "name": "a"}}),
        *(
            (kind, source, target, {"kubeConfig": {"configMapRef": {"name": "a"}}})
            for kind, source, target in (
                ("Kustomization", f"{KUSTOMIZE}/v1", f"{KUSTOMIZE}/v1beta1"),
                ("HelmRelease", f"{HELM}/v2", f"{HELM}/v2beta1"),
            )
        ),
    ],
)
def test_what_would_mean_something_else_is_refused(
    kind: str, source: str, target: str, spec: dict[str, Any], shipped: Engine
) -> None:
    with pytest.raises(RefusedError):
        shipped.convert(manifest(kind, source, spec), to=target)
