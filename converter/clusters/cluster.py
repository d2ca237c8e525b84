"""A member cluster: its Kubernetes release, and the versions of each kind that it serves."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec

from converter.catalog import DEFAULT_GATES, FeatureGatesError, GateSettings, Release, ReleaseFormatError, load_catalog
from converter.errors import ManifestError
from converter.karmada.names import FEATURE_GATES_ANNOTATION
from converter.kube import split_api_version, version_priority

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from converter.catalog import Catalog
    from converter.rules.pruning import Difference

_NONE: Mapping[str, Any] = MappingProxyType({})


class _Resource(msgspec.Struct):
    name: str = ""
    kind: str = ""


class _Enablement(msgspec.Struct, rename="camel"):
    group_version: str
    resources: list[_Resource] | None = None


class _Condition(msgspec.Struct):
    type: str = ""
    status: str = ""


class _Status(msgspec.Struct, rename="camel"):
    kubernetes_version: str | None = None
    api_enablements: list[_Enablement] | None = None
    conditions: list[_Condition] | None = None


class _Metadata(msgspec.Struct):
    name: str
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None


class _KarmadaCluster(msgspec.Struct):
    """The fields of a Cluster that the converter reads (Karmada: pkg/apis/cluster/v1alpha1/types.go)."""

    metadata: _Metadata
    status: _Status = msgspec.field(default_factory=_Status)


@dataclass(frozen=True, slots=True)
class Cluster:
    """What one cluster serves; immutable.

    Attributes:
        name: its name in Karmada.
        served: for each kind the apiVersions that the cluster serves, most stable first (`version_priority`).
        complete: True if a version that is not listed is not served; False if that is unknown.
        release: its Kubernetes release; None if it is unknown.
        labels: its labels in Karmada.
        gates: the feature gates that its API server sets otherwise than its release does.
        gates_problem: why its annotation of feature gates is not used; empty where it is, or where there is none.
        lacking: what its own schemas lack of a version, by apiVersion and kind, as far as that is known.
    """

    name: str
    served: Mapping[str, tuple[str, ...]] = field(hash=False)
    complete: bool = True
    release: Release | None = None
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    gates: GateSettings = DEFAULT_GATES
    gates_problem: str = ""
    lacking: Mapping[tuple[str, str], Difference] = field(default_factory=dict, hash=False, repr=False)

    def serves(self, api_version: str, kind: str) -> bool:
        """Whether the cluster is known to serve a kind in a version."""
        return api_version in self.served.get(kind, ())

    def versions_of(self, kind: str) -> tuple[str, ...]:
        """List the apiVersions it serves of a kind, most stable first; empty if it serves none."""
        return self.served.get(kind, ())

    def with_kinds(self, kinds: Mapping[str, Iterable[str]]) -> Cluster:
        """Make the same cluster with more kinds.

        Args:
            kinds: the apiVersions that it serves of each kind. They replace others of their groups.
        """
        served = dict(self.served)
        for kind, versions in kinds.items():
            listed = set(versions)
            groups = {split_api_version(version)[0] for version in listed}
            others = {version for version in served.get(kind, ()) if split_api_version(version)[0] not in groups}
            served[kind] = tuple(sorted(others | listed, key=version_priority))
        return replace(self, served=MappingProxyType(dict(sorted(served.items()))))

    @classmethod
    def from_versions(
        cls,
        name: str,
        versions: Mapping[str, Iterable[str]],
        *,
        complete: bool = True,
        release: Release | None = None,
        labels: Mapping[str, str] = _NONE,
        gates: GateSettings = DEFAULT_GATES,
        gates_problem: str = "",
    ) -> Cluster:
        """Make a cluster from the kinds that it serves in each apiVersion.

        Args:
            name: its name in Karmada.
            versions: kinds by apiVersion: ``{"apps/v1": ["Deployment"]}``.
            complete: whether nothing else is served.
            release: its Kubernetes release, where known.
            labels: its labels in Karmada.
            gates: the feature gates that it sets otherwise than its release does.
            gates_problem: why its annotation of feature gates is not used.

        Raises:
            ManifestError: an apiVersion is not one.
        """
        by_kind: dict[str, set[str]] = {}
        for api_version, kinds in versions.items():
            split_api_version(api_version)
            for kind in kinds:
                by_kind.setdefault(kind, set()).add(api_version)
        served = {kind: tuple(sorted(found, key=version_priority)) for kind, found in sorted(by_kind.items())}
        kept = MappingProxyType(dict(labels))
        return cls(name, MappingProxyType(served), complete, release, kept, gates, gates_problem)

    @classmethod
    def from_release(
        cls,
        name: str,
        release: Release,
        catalog: Catalog,
        *,
        labels: Mapping[str, str] = _NONE,
        gates: GateSettings = DEFAULT_GATES,
    ) -> Cluster:
        """Make a cluster that serves what a Kubernetes release serves by default, and nothing else.

        Raises:
            UnknownReleaseError: the catalog begins later.
        """
        versions: dict[str, list[str]] = {}
        for gvk in catalog.served(release):
            versions.setdefault(gvk.api_version, []).append(gvk.kind)
        return cls.from_versions(name, versions, release=release, labels=labels, gates=gates)

    @classmethod
    def from_karmada(cls, manifest: Mapping[str, Any]) -> Cluster:
        """Read a Karmada Cluster object: its enablements, their completeness, its release and its labels.

        A cluster that is not ready keeps what Karmada last collected. A cluster that was never ready has no versions,
        and is not complete. A version string without a release, such as that of a source build, means unknown.
        The annotation `FEATURE_GATES_ANNOTATION` lists the feature gates that it sets; an invalid one counts as absent.

        Raises:
            ManifestError: it is not a Cluster; the message says where.
        """
        try:
            cluster = msgspec.convert(manifest, _KarmadaCluster)
        except msgspec.ValidationError as error:
            raise ManifestError(f"is not a Karmada Cluster: {error}") from None
        status = cluster.status
        versions: dict[str, list[str]] = {}
        for enablement in status.api_enablements or ():
            kinds = versions.setdefault(enablement.group_version, [])
            kinds.extend(found.kind for found in enablement.resources or () if found.kind and "/" not in found.name)
        complete = any(
            condition.type == "CompleteAPIEnablements" and condition.status == "True"
            for condition in status.conditions or ()
        )
        gates, problem = _gates((cluster.metadata.annotations or {}).get(FEATURE_GATES_ANNOTATION, ""))
        return cls.from_versions(
            cluster.metadata.name,
            versions,
            complete=complete,
            release=_release(status.kubernetes_version),
            labels=cluster.metadata.labels or {},
            gates=gates,
            gates_problem=problem,
        )


def read_gates(text: str, catalog: Catalog) -> GateSettings:
    """Read feature gates as the API server's ``--feature-gates`` takes them.

    Raises:
        FeatureGatesError: the text is malformed, or names a gate that no Kubernetes release has.
    """
    gates = GateSettings.parse(text)
    error = gates.unknown(catalog.gates_ever)
    if error is not None:
        raise error
    return gates


def _gates(text: str) -> tuple[GateSettings, str]:
    if not text:
        return DEFAULT_GATES, ""
    try:
        return read_gates(text, load_catalog()), ""
    except FeatureGatesError as error:
        return DEFAULT_GATES, str(error)


def _release(text: str | None) -> Release | None:
    try:
        release = Release.parse(text or "")
    except ReleaseFormatError:
        return None
    return release if release.major else None
