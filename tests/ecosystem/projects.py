"""The projects that the ecosystem's book covers: their CRDs, and the code that judges the rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tests.ecosystem import alertmanager, cluster_api, keda, kruise, kueue, tekton

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True)
class Project:
    """One project.

    Attributes:
        name: of its rule file and its answers.
        module: the Go module with its CRDs, and the version.
        crds: files and folders with CRDs in it.
        types: packages with the Go types of its versions. Their schemas are used where the module has no CRDs, or CRDs
            that take any fields.
        groups: the API groups of each kind, the newest first, if the project moved its kinds to another group.
        old_module: the Go module with the CRDs of the other groups, if it is another one, and the version.
        old_crds: files and folders with CRDs in it.
        changed: whether fields changed with the group, too. Then nothing says what an object becomes: the other
            group's CRD has to take it, and the way back must be exact.
        oracle: the folder of a Go program below oracles/ that converts by the project's own code; empty if the API
            server itself judges, because the CRDs have no conversion webhook.
        inside: a folder of the module in which that program has to be built, if it imports internal packages.
        kinds: the only kinds that are judged; empty for all that have several versions.
        versions: the only versions of a kind that are judged; all of a kind that is not named.
        crd_module: the module with its CRDs, if it is another one than that of its code.
        words: texts for fields whose rules no schema states, by a pattern of their paths.
        kind_words: the same, by a pattern of the version, the kind and the path.
        metadata: labels and annotations that say something to the project, by kind.
        needs: fields without which an object makes no sense, by a pattern of its path.
        is_old: whether a new Go builds it only with newer pins.
        is_valid: whether an object counts: the project's own validating webhook would let it pass, and its code
            converts it in the same way each time.
        edits: changes of its go.mod, as options of ``go mod edit``.
        keeps_required: whether its Go types write zeros into fields that the schema requires, and means them.
    """

    name: str
    module: str
    crds: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    old_module: str = ""
    old_crds: tuple[str, ...] = ()
    changed: bool = False
    oracle: str = ""
    inside: str = ""
    kinds: tuple[str, ...] = ()
    versions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    crd_module: str = ""
    words: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    kind_words: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    metadata: Mapping[str, tuple[dict[str, Any], ...]] = field(default_factory=dict)
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_old: bool = False
    edits: tuple[str, ...] = ()
    keeps_required: bool = False
    is_valid: Callable[[dict[str, Any]], bool] = lambda _: True


DURATIONS: Final = ("10s", "1m30s", "5m0s", "1h0m0s", "24h0m0s")
"""Texts for fields that are durations in Go, and plain strings in the schema."""


_SNAPSHOTTER: Final = "github.com/kubernetes-csi/external-snapshotter"
_SNAPSHOT_LIST: Final = "groupsnapshot.storage.kubernetes.io/volume-snapshot-info-list"
_SNAPSHOT_INFOS: Final = (
    *({"team": name} for name in ("shop", "web", "prod", "door")),
    *(
        {_SNAPSHOT_LIST: text, **more}
        for text, more in (
            ('[{"readyToUse":true,"restoreSize":1024,"snapshotHandle":"beta","volumeHandle":"alpha"}]', {}),
            ('[{"creationTime":1700000000,"snapshotHandle":"x1","volumeHandle":"web"}]', {"team": "shop"}),
            ("[]", {}),
        )
    ),
)
"""Annotations in which a VolumeGroupSnapshotContent of v1beta1 has the list of v1beta2."""


def _has_list_in_one_place(manifest: dict[str, Any]) -> bool:
    """Whether only v1beta1 has the annotation: the project's code writes it there only, and reads it there only."""
    return manifest["apiVersion"].endswith("/v1beta1") or _SNAPSHOT_LIST not in manifest["metadata"].get(
        "annotations", ()
    )


def _has_each_condition_once(manifest: dict[str, Any]) -> bool:
    """Whether no two conditions have the same type: their order in v1beta2 is that of a Go map, which is random."""
    status = manifest.get("status") or {}
    for place in (status, *(status.get("diskStatus") or {}).values()):
        conditions = place.get("conditions") or {}
        types = [one.get("type") for one in (conditions.values() if isinstance(conditions, dict) else conditions)]
        if len(types) > len(set(types)):
            return False
    return True


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
            "external-secrets-by-name",
            "github.com/external-secrets/external-secrets@v0.17.0",
            ("config/crds/bases",),
            words={r"(?i)(refreshInterval|refreshTime|interval|ttl|timeout)$": DURATIONS},
        ),
        Project(
            "openkruise",
            f"github.com/openkruise/kruise@{kruise.VERSION}",
            ("config/crd/bases",),
            oracle="openkruise",
            kind_words=kruise.WORDS,
            metadata=kruise.METADATA,
            keeps_required=True,
            is_valid=kruise.is_valid,
        ),
        Project(
            "karmada",
            "github.com/karmada-io/karmada@v1.18.2",
            ("charts/karmada/_crds/bases/work",),
            oracle="karmada",
        ),
        Project(
            "prometheus-operator",
            "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring@v0.95.2",
            types=("v1alpha1", "v1beta1"),
            oracle="alertmanagerconfig",
            kinds=("AlertmanagerConfig",),
            words={
                r"^spec\.route\.routes\.\*$": alertmanager.ROUTES,
                r"(?i)(Interval|Wait|timeout|ttl|retry|expire)$": ("10s", "1m", "2h"),
            },
            is_valid=alertmanager.has_known_matchers,
        ),
        Project(
            "longhorn",
            "github.com/longhorn/longhorn-manager@v1.6.0",
            ("k8s/crds.yaml",),
            types=("k8s/pkg/apis/longhorn/v1beta1", "k8s/pkg/apis/longhorn/v1beta2"),
            oracle="longhorn",
            kinds=("BackingImage", "BackupTarget", "EngineImage", "Node", "Volume"),
            words={
                r"^spec\.(size|snapshotMaxSize)$": ("1073741824", "2147483648", "10737418240"),
                r"^spec\.pollInterval$": DURATIONS,
            },
            is_old=True,
            is_valid=_has_each_condition_once,
        ),
        *(
            Project(
                name,
                f"github.com/fluxcd/{name.removeprefix('flux-').removesuffix('-newer')}-controller/api@{version}",
                types=("...",),
                words={
                    r"(?i)(interval|timeout)$": ("10s", "1m30s", "5m", "1h"),
                    r"^spec\.url$": ("https://a.example.com", "https://b.example.com/charts"),
                },
            )
            for name, version in (
                ("flux-helm", "v1.2.0"),
                ("flux-helm-newer", "v1.4.5"),
                ("flux-image-automation", "v0.39.0"),
                ("flux-image-automation-newer", "v1.1.0"),
                ("flux-image-reflector", "v0.33.0"),
                ("flux-image-reflector-newer", "v1.1.0"),
                ("flux-kustomize", "v1.4.0"),
                ("flux-kustomize-newer", "v1.7.3"),
                ("flux-notification", "v1.4.0"),
                ("flux-notification-newer", "v1.7.5"),
                ("flux-source", "v1.4.1"),
                ("flux-source-newer", "v1.7.0"),
            )
        ),
        Project(
            "cluster-api",
            f"sigs.k8s.io/cluster-api@{cluster_api.VERSION}",
            ("core/config/crd/bases", "bootstrap/kubeadm/config/crd/bases", "controlplane/kubeadm/config/crd/bases"),
            oracle="clusterapi",
            words={**cluster_api.WORDS, r"(?i)(timeout|period|ttl|timeoutForControlPlane)$": DURATIONS},
            needs=cluster_api.NEEDS,
            edits=cluster_api.EDITS,
            keeps_required=True,
            is_valid=cluster_api.has_no_twins,
        ),
        Project(
            "longhorn-by-name",
            "github.com/longhorn/longhorn-manager@v1.6.0",
            ("k8s/crds.yaml",),
            types=("k8s/pkg/apis/longhorn/v1beta1", "k8s/pkg/apis/longhorn/v1beta2"),
            kinds=(
                "BackingImageDataSource",
                "BackingImageManager",
                "Backup",
                "BackupVolume",
                "Engine",
                "InstanceManager",
                "RecurringJob",
                "Replica",
                "Setting",
                "ShareManager",
            ),
            words={r"(volumeSize|currentSize|snapshotMaxSize)$": ("1073741824", "2147483648")},
        ),
        Project(
            "keda",
            f"github.com/kedacore/keda/v2@{keda.VERSION}",
            ("config/crd/bases",),
            groups=("keda.sh", "keda.k8s.io"),
            old_module=f"github.com/kedacore/keda@{keda.OLD_VERSION}",
            old_crds=("deploy/crds",),
            changed=True,
            kinds=("ScaledObject", "TriggerAuthentication"),
            kind_words=keda.WORDS,
            needs=keda.NEEDS,
            is_valid=keda.is_valid,
        ),
        Project(
            "kueue",
            "sigs.k8s.io/kueue@v0.15.0",
            ("config/components/crd/bases",),
            oracle="kueue",
            kinds=("ClusterQueue", "Cohort", "LocalQueue", "MultiKueueCluster", "Workload"),
            kind_words=kueue.WORDS,
            needs=kueue.NEEDS,
        ),
        Project(
            "kueue-by-name",
            "sigs.k8s.io/kueue@v0.15.0",
            ("config/components/crd/bases",),
            kinds=(
                "AdmissionCheck",
                "MultiKueueConfig",
                "ProvisioningRequestConfig",
                "ResourceFlavor",
                "Topology",
                "WorkloadPriorityClass",
            ),
        ),
        Project(
            "traefik",
            "github.com/traefik/traefik/v2@v2.11.0",
            tuple(
                f"docs/content/reference/dynamic-configuration/{group}_{plural}.yaml"
                for group in ("traefik.io", "traefik.containo.us")
                for plural in (
                    "ingressroutes",
                    "ingressroutetcps",
                    "ingressrouteudps",
                    "middlewares",
                    "middlewaretcps",
                    "serverstransports",
                    "tlsoptions",
                    "tlsstores",
                    "traefikservices",
                )
            ),
            groups=("traefik.io", "traefik.containo.us"),
        ),
        Project(
            "tekton",
            "github.com/tektoncd/pipeline@v1.0.0",
            ("config/300-crds",),
            oracle="tekton",
            words=tekton.WORDS,
            keeps_required=True,
            is_valid=tekton.is_valid,
        ),
        Project(
            "external-snapshotter",
            "github.com/kubernetes-csi/external-snapshotter/client/v8@v8.2.0",
            ("config/crd",),
            kinds=("VolumeSnapshot", "VolumeSnapshotClass", "VolumeSnapshotContent"),
        ),
        Project(
            "external-snapshotter-groups",
            f"{_SNAPSHOTTER}/client/v8@v8.7.0",
            ("config/crd",),
            kinds=("VolumeGroupSnapshot", "VolumeGroupSnapshotClass", "VolumeGroupSnapshotContent"),
            versions={"VolumeGroupSnapshotContent": ("v1", "v1beta2")},
        ),
        Project(
            "external-snapshotter-group-contents",
            f"{_SNAPSHOTTER}/v8@v8.7.0",
            ("config/crd",),
            oracle="groupsnapshot",
            kinds=("VolumeGroupSnapshotContent",),
            versions={"VolumeGroupSnapshotContent": ("v1beta1", "v1beta2")},
            crd_module=f"{_SNAPSHOTTER}/client/v8@v8.7.0",
            words={r"^metadata\.annotations$": _SNAPSHOT_INFOS},
            edits=(f"-dropreplace={_SNAPSHOTTER}/client/v8", f"-require={_SNAPSHOTTER}/client/v8@v8.7.0"),
            is_valid=_has_list_in_one_place,
        ),
    )
}
