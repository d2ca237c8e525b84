"""The projects that the ecosystem's book covers: their CRDs, and the code that judges the rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True)
class Project:
    """One project.

    Attributes:
        name: of its rule file and its answers.
        module: the Go module with its CRDs, and the version.
        crds: files and folders with CRDs in it.
        oracle: the folder of a Go program below oracles/ that converts by the project's own code; empty if the API
            server itself judges, because the CRDs have no conversion webhook.
        inside: a folder of the module in which that program has to be built, if it imports internal packages.
        kinds: the only kinds that are judged; empty for all that have several versions.
        words: texts for fields whose rules no schema states, by a pattern of their paths.
        is_old: whether a new Go builds it only with newer pins.
        is_valid: whether the project's own validating webhook would let an object pass.
    """

    name: str
    module: str
    crds: tuple[str, ...] = ()
    oracle: str = ""
    inside: str = ""
    kinds: tuple[str, ...] = ()
    words: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    is_old: bool = False
    is_valid: Callable[[dict[str, Any]], bool] = lambda _: True


DURATIONS: Final = ("10s", "1m30s", "5m0s", "1h0m0s", "24h0m0s")
"""Texts for fields that are durations in Go, and plain strings in the schema."""


_POD_TEMPLATE: Final = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {"containers": [{"name": "web", "image": "web:1"}]},
}
_CLAIM: Final = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}}


def _has_sources(manifest: dict[str, Any]) -> bool:
    """Whether dataFrom holds what externalsecret_validator.go of v1beta1 asks for: a source in each item."""
    items = (manifest.get("spec") or {}).get("dataFrom") or () if manifest["apiVersion"].endswith("/v1beta1") else ()
    return all({"extract", "find", "sourceRef"} & item.keys() for item in items)


PROJECTS: Final = {
    project.name: project
    for project in (
        Project("gateway-api", "sigs.k8s.io/gateway-api@v1.5.1", ("config/crd/experimental",)),
        Project("istio", "istio.io/api@v1.32.0", ("kubernetes/customresourcedefinitions.gen.yaml",)),
        Project("kyverno", "github.com/kyverno/kyverno@v1.19.1", ("config/crds",)),
        Project(
            "cert-manager",
            "github.com/jetstack/cert-manager@v1.5.5",
            ("deploy/crds",),
            oracle="certmanager",
            inside="pkg/oracle",
            is_old=True,
            words={r"(?i)(duration|renewBefore)$": DURATIONS},
        ),
        Project(
            "metallb",
            "go.universe.tf/metallb@v0.16.2",
            ("config/crd/bases",),
            oracle="metallb",
            words={r"Time$": DURATIONS},
        ),
        Project(
            "external-secrets",
            "github.com/external-secrets/external-secrets@v0.9.20",
            ("config/crds/bases",),
            oracle="externalsecrets",
            words={r"(?i)(refreshInterval|interval|ttl|timeout)$": DURATIONS},
            is_valid=_has_sources,
        ),
        Project(
            "openkruise",
            "github.com/openkruise/kruise@v1.8.0",
            ("config/crd/bases",),
            oracle="openkruise",
            words={r"^spec\.template$": (_POD_TEMPLATE,), r"^spec\.volumeClaimTemplates$": ([_CLAIM],)},
        ),
        Project(
            "external-snapshotter",
            "github.com/kubernetes-csi/external-snapshotter/client/v8@v8.2.0",
            ("config/crd",),
            kinds=("VolumeSnapshot", "VolumeSnapshotClass", "VolumeSnapshotContent"),
        ),
    )
}
