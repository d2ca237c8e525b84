"""What the rules do otherwise than the projects' own code, on purpose. docs/reference/ecosystem.md says why."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

Way = tuple[str, str, str]
"""A kind, the version converted from, and the version converted to."""

_CERT, _GATEWAY, _KYVERNO = "cert-manager.io", "gateway.networking.k8s.io", "kyverno.io"
_CLUSTER, _LAYOUT = "cluster.x-k8s.io", r"exactly one of the fields in \[layout diskLayout\] must be set"
_SECRETS, _SNAPSHOT = "external-secrets.io", "snapshot.storage.k8s.io"
_KUEUE = "kueue.x-k8s.io"
_KEDA = ("keda.sh/v1alpha1", "keda.k8s.io/v1alpha1")

REFUSED: Final[frozenset[Way]] = frozenset(
    {
        ("Certificate", f"{_CERT}/v1", f"{_CERT}/v1beta1"),
        ("ClusterSecretStore", f"{_SECRETS}/v1", f"{_SECRETS}/v1beta1"),
        ("SecretStore", f"{_SECRETS}/v1", f"{_SECRETS}/v1beta1"),
        ("ClusterSecretStore", f"{_SECRETS}/v1beta1", f"{_SECRETS}/v1alpha1"),
        ("ExternalSecret", f"{_SECRETS}/v1beta1", f"{_SECRETS}/v1alpha1"),
        ("SecretStore", f"{_SECRETS}/v1beta1", f"{_SECRETS}/v1alpha1"),
        ("ClusterPolicy", f"{_KYVERNO}/v1", f"{_KYVERNO}/v2beta1"),
        ("Policy", f"{_KYVERNO}/v1", f"{_KYVERNO}/v2beta1"),
        ("MultiKueueCluster", f"{_KUEUE}/v1beta2", f"{_KUEUE}/v1beta1"),
        ("ScaledObject", *_KEDA),
        ("TriggerAuthentication", *_KEDA),
        ("UpdateRequest", f"{_KYVERNO}/v2", f"{_KYVERNO}/v1beta1"),
        *(
            (kind, f"{group}.toolkit.fluxcd.io/{source}", f"{group}.toolkit.fluxcd.io/{target}")
            for kind, group, source, target in (
                ("HelmRelease", "helm", "v2", "v2beta2"),
                ("HelmRelease", "helm", "v2beta2", "v2beta1"),
                ("GitRepository", "source", "v1", "v1beta2"),
                ("Bucket", "source", "v1beta2", "v1beta1"),
                ("HelmChart", "source", "v1beta2", "v1beta1"),
                ("HelmRepository", "source", "v1beta2", "v1beta1"),
                ("Kustomization", "kustomize", "v1", "v1beta2"),
                ("Kustomization", "kustomize", "v1beta2", "v1beta1"),
                ("Receiver", "notification", "v1", "v1beta2"),
                ("Provider", "notification", "v1beta3", "v1beta2"),
                ("Provider", "notification", "v1beta2", "v1beta1"),
            )
        ),
    }
)
"""Ways on which some objects are refused, because their meaning would change."""

UNANSWERED: Final[frozenset[Way]] = frozenset(
    (kind, *versions) for kind in ("ScaledObject", "TriggerAuthentication") for versions in (_KEDA, _KEDA[::-1])
)
"""Ways between groups that nothing converts, although fields changed. The other group's CRD takes what comes out."""

_ALPHA, _BETA = f"{_SECRETS}/v1alpha1", f"{_SECRETS}/v1beta1"
_MOVED = {
    "ExternalSecret": re.compile(r"^spec\.dataFrom\[\d+\]\.(extract\.)?conversionStrategy$"),
    "ClusterSecretStore": re.compile(r"^spec\.provider\.kubernetes\.auth(\.serviceAccount(\..+)?)?$"),
    "SecretStore": re.compile(r"^spec\.provider\.kubernetes\.auth(\.serviceAccount(\..+)?)?$"),
}
_IN_BOTH = {
    ("Task", "tekton.dev/v1beta1", "tekton.dev/v1"): r"^spec\.sidecars\[\d+\]\.restartPolicy$",
    ("TaskRun", "tekton.dev/v1beta1", "tekton.dev/v1"): (
        r"\bsidecars\[\d+\]\.restartPolicy$|\.spanContext(\.|$)|\.(in|out)puts\[\d+\]\.buildOutput$"
    ),
    ("Pipeline", "tekton.dev/v1beta1", "tekton.dev/v1"): r"^spec\.(tasks|finally)\[\d+\]\.pipeline(Ref|Spec)(\.|$)",
    ("PipelineRun", "tekton.dev/v1beta1", "tekton.dev/v1"): r"^status\.spanContext(\.|$)",
    ("ResolutionRequest", "resolution.tekton.dev/v1alpha1", "resolution.tekton.dev/v1beta1"): (
        r"^status\.(annotations|conditions|observedGeneration)(\.|\[|$)"
    ),
}
KEPT: Final[Mapping[Way, re.Pattern[str]]] = (
    {
        (kind, source, target): pattern
        for kind, pattern in _MOVED.items()
        for source, target in ((_ALPHA, _BETA), (_BETA, _ALPHA))
    }
    | {
        ("CloneSet", "apps.kruise.io/v1alpha1", "apps.kruise.io/v1beta1"): re.compile(
            r"^spec\.updateStrategy\.rollingUpdate(\.|$)"
        ),
        ("PodUnavailableBudget", "policy.kruise.io/v1beta1", "policy.kruise.io/v1alpha1"): re.compile(
            r"^metadata\.annotations(\.kruise\.io/pub-protect-operations)?$"
        ),
    }
    | {
        way: re.compile(pattern)
        for (kind, old, new), pattern in _IN_BOTH.items()
        for way in ((kind, old, new), (kind, new, old))
    }
)
"""Fields that both versions have, and that the project's own code loses: the rules keep or move them."""

WRONG: Final[Mapping[Way, str]] = {
    ("PipelineRun", "tekton.dev/v1", "tekton.dev/v1beta1"): "spec.taskRunSpecs[*].metadata",
}
"""Fields that the project's own code fills with other values: the rules keep those of the manifest."""

_HELM, _SOURCE, _KUSTOMIZE = (f"{name}.toolkit.fluxcd.io" for name in ("helm", "source", "kustomize"))
_NOTIFY = "notification.toolkit.fluxcd.io"
_RENDERED = r"^spec\.postRenderers\[\d+\](\.kustomize(\.patches)?|$)"
_ARTIFACT = r"^status\.(artifact|includedArtifacts\[\d+\])(\.(checksum|digest))?$"

_KRUISE, _BUDGET = "apps.kruise.io", "policy.kruise.io"
_EXCLUDE = "apps.kruise.io/cloneset-scaling-exclude-preparing-delete"
_CLONE_SET = (
    _EXCLUDE,
    "apps.kruise.io/image-predownload-parallelism",
    "apps.kruise.io/image-predownload-timeout-seconds",
    "apps.kruise.io/image-predownload-min-updated-ready-pods",
)
_RECREATE = ("crr.apps.kruise.io/sync-container-statuses", "crr.apps.kruise.io/unready-acquired")
_DAEMON_SET = ("daemonset.kruise.io/progressive-create-pod",)
_PROTECT = ("kruise.io/pub-protect-operations", "pub.kruise.io/protect-total-replicas")

MOVED_FROM: Final[Mapping[Way, frozenset[str]]] = {
    (kind, f"{group}/{source}", f"{group}/{target}"): frozenset(names)
    for kind, group, source, target, names in (
        ("CloneSet", _KRUISE, "v1alpha1", "v1beta1", _CLONE_SET),
        ("CloneSet", _KRUISE, "v1beta1", "v1alpha1", _CLONE_SET),
        ("ContainerRecreateRequest", _KRUISE, "v1alpha1", "v1beta1", _RECREATE),
        ("ContainerRecreateRequest", _KRUISE, "v1beta1", "v1alpha1", _RECREATE),
        ("DaemonSet", _KRUISE, "v1alpha1", "v1beta1", _DAEMON_SET),
        ("DaemonSet", _KRUISE, "v1beta1", "v1alpha1", _DAEMON_SET),
        ("PodUnavailableBudget", _BUDGET, "v1alpha1", "v1beta1", _PROTECT),
        ("SidecarSet", _KRUISE, "v1beta1", "v1alpha1", ("apps.kruise.io/sidecarset-custom-version",)),
    )
}
"""Labels and annotations of the manifest that v1beta1 has as fields. The project's own code leaves them behind: the
rules move them into the field, and do not let a left one become a setting of v1alpha1."""

REWRITTEN: Final[Mapping[Way, re.Pattern[str]]] = {
    ("CloneSet", f"{_KRUISE}/v1beta1", f"{_KRUISE}/v1alpha1"): re.compile(
        rf"^metadata\.labels(\.{re.escape(_EXCLUDE)})?$"
    ),
} | {
    (kind, f"{group}/{source}", f"{group}/{target}"): re.compile(pattern)
    for kind, group, source, target, pattern in (
        ("HelmRelease", _HELM, "v2beta2", "v2", rf"^spec\.chart\.spec\.valuesFiles|{_RENDERED}"),
        ("HelmChart", _SOURCE, "v1beta2", "v1", r"^spec\.valuesFiles"),
        ("GitRepository", _SOURCE, "v1", "v1beta2", r"^spec\.verify\.mode$"),
        ("Kustomization", _KUSTOMIZE, "v1beta2", "v1", r"^spec\.patches"),
        *(
            (kind, _SOURCE, source, target, _ARTIFACT)
            for kind in ("Bucket", "GitRepository", "HelmChart", "HelmRepository")
            for source, target in (("v1beta1", "v1beta2"), ("v1beta2", "v1beta1"))
        ),
    )
}
"""Fields that the other version writes in another form, while the API server drops them or passes them on as they are:
the rules write that form."""

_PRECONDITIONS = re.compile(r"^spec\.rules\[\d+\]\.preconditions(\.|$)")
UNKNOWN: Final[Mapping[Way, re.Pattern[str]]] = {
    (kind, f"{_KYVERNO}/v1", f"{_KYVERNO}/v2beta1"): _PRECONDITIONS for kind in ("ClusterPolicy", "Policy")
}
"""Objects that may have any fields in one version, and only named ones in the other. No rule can name the rest."""

_STRICTER = r"(revision|secretRef): Required value|spec\.timeout: Invalid value"

REQUIRED: Final[Mapping[Way, re.Pattern[str]]] = {
    (kind, f"{group}/{source}", f"{group}/{target}"): re.compile(reason)
    for kind, group, source, target, reason in (
        ("Cluster", _CLUSTER, "v1beta1", "v1beta2", r"spec: Required value|spec in body should have at least 1 prop"),
        ("ExtensionConfig", f"runtime.{_CLUSTER}", "v1alpha1", "v1beta2", "spec: Required value"),
        *(
            (kind, f"{group}.{_CLUSTER}", "v1beta1", "v1beta2", reason)
            for group, kind, reason in (
                ("bootstrap", "KubeadmConfig", _LAYOUT),
                (
                    "bootstrap",
                    "KubeadmConfigTemplate",
                    rf"{_LAYOUT}|spec\.template in body should have at least 1 prop",
                ),
                ("controlplane", "KubeadmControlPlane", _LAYOUT),
                ("controlplane", "KubeadmControlPlaneTemplate", _LAYOUT),
            )
        ),
        ("ContainerRecreateRequest", _KRUISE, "v1alpha1", "v1beta1", r"status\.phase: Required value"),
        ("WorkloadSpread", _KRUISE, "v1alpha1", "v1beta1", r"\.lastTransitionTime: Required value|Duplicate value"),
        ("TLSRoute", _GATEWAY, "v1alpha2", "v1", r"spec\.hostnames: Required value|spec\.rules: Too many"),
        ("TLSRoute", _GATEWAY, "v1alpha2", "v1alpha3", r"spec\.hostnames: Required value|spec\.rules: Too many"),
        ("ResolutionRequest", "resolution.tekton.dev", "v1alpha1", "v1beta1", r"status\.source: Required value"),
        ("BGPPeer", "metallb.io", "v1beta2", "v1beta1", r"spec\.\S+: Required value"),
        ("MultiKueueCluster", _KUEUE, "v1beta1", "v1beta2", "exactly one of the fields"),
        ("Workload", _KUEUE, "v1beta2", "v1beta1", r"(podSets|clusterQueue|Assignments): Required value"),
        ("VolumeSnapshot", _SNAPSHOT, "v1beta1", "v1", "exactly one of"),
        ("VolumeSnapshotContent", _SNAPSHOT, "v1beta1", "v1", "exactly one of|must be set"),
        ("VolumeGroupSnapshotContent", f"group{_SNAPSHOT}", "v1beta2", "v1beta1", r"\]\.\w+Handle: Required value"),
        ("Issuer", _CERT, "v1alpha3", "v1beta1", "spec: Required value"),
        ("ClusterIssuer", _CERT, "v1alpha3", "v1beta1", "spec: Required value"),
        ("ExternalSecret", _SECRETS, "v1beta1", "v1alpha1", r"secretStoreRef: Required value|at most 1 item"),
        ("SecretStore", _SECRETS, "v1beta1", "v1alpha1", r"spec\.provider\.\S+: Required value"),
        ("ClusterSecretStore", _SECRETS, "v1beta1", "v1alpha1", r"spec\.provider\.\S+: Required value"),
        ("SecretStore", _SECRETS, "v1alpha1", "v1beta1", r"serviceAccount\.name: Required value"),
        ("ClusterSecretStore", _SECRETS, "v1alpha1", "v1beta1", r"serviceAccount\.name: Required value"),
        ("AlertmanagerConfig", "monitoring.coreos.com", "v1alpha1", "v1beta1", r"\.(name|key): Required value"),
        ("HelmRelease", _HELM, "v2beta1", "v2beta2", "either chart or chartRef must be set"),
        ("HelmRelease", _HELM, "v2beta2", "v2beta1", r"spec\.chart: Required value"),
        ("Bucket", _SOURCE, "v1beta1", "v1beta2", _STRICTER),
        ("GitRepository", _SOURCE, "v1beta1", "v1beta2", _STRICTER),
        ("HelmChart", _SOURCE, "v1beta1", "v1beta2", _STRICTER),
        ("HelmRepository", _SOURCE, "v1beta1", "v1beta2", _STRICTER),
        ("HelmRepository", _SOURCE, "v1beta2", "v1beta1", r"spec\.interval: Required value"),
        ("Provider", _NOTIFY, "v1beta2", "v1beta1", r"spec\.address: Invalid value"),
        ("Policy", _KYVERNO, "v1", "v2beta1", "strict decoding error"),
        ("ClusterPolicy", _KYVERNO, "v1", "v2beta1", "strict decoding error"),
    )
}
"""Fields that a version requires, that the other one lets out, and that no rule can fill in; and texts
and numbers of items that a version forbids, and the other one allows."""
