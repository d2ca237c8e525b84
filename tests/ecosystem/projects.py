"""The projects that the ecosystem's book covers: their CRDs, and the code that judges the rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


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
    """

    name: str
    module: str
    crds: tuple[str, ...] = ()
    oracle: str = ""
    inside: str = ""
    kinds: tuple[str, ...] = ()
    words: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    is_old: bool = False


DURATIONS: Final = ("10s", "1m30s", "5m0s", "1h0m0s", "24h0m0s")
"""Texts for fields that are durations in Go, and plain strings in the schema."""

PROJECTS: Final = {
    project.name: project
    for project in (
        Project("gateway-api", "sigs.k8s.io/gateway-api@v1.5.1", ("config/crd/experimental",)),
        Project("istio", "istio.io/api@v1.32.0", ("kubernetes/customresourcedefinitions.gen.yaml",)),
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
            "external-snapshotter",
            "github.com/kubernetes-csi/external-snapshotter/client/v8@v8.2.0",
            ("config/crd",),
            kinds=("VolumeSnapshot", "VolumeSnapshotClass", "VolumeSnapshotContent"),
        ),
    )
}
