"""OpenKruise: what its objects say in labels, in annotations, and in texts that no schema lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION: Final = "v1.9.0"

_POD_TEMPLATE: Final = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {"containers": [{"name": "web", "image": "web:1"}]},
}
_CLAIM: Final = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}}
_POD_POLICIES: Final = ("ReCreate", "InPlaceIfPossible", "InPlaceOnly")
_RESOURCE: Final = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shared"}, "data": {"a": "b"}}
_SIDECARS: Final = tuple(
    [{"name": "log", "image": "log:1", **more}]
    for more in (
        {},
        {"podInjectPolicy": "BeforeAppContainer", "shareVolumePolicy": {"type": "enabled"}},
        {"upgradeStrategy": {"upgradeType": "HotUpgrade", "hotUpgradeEmptyImage": "empty:1"}},
        {"transferEnv": [{"sourceContainerName": "web", "envName": "A"}], "env": [{"name": "B", "value": "c"}]},
    )
)

WORDS: Final[Mapping[str, tuple[Any, ...]]] = {
    r"^v1alpha1\.CloneSet\.spec\.updateStrategy\.type$": ("OnDelete", *_POD_POLICIES),
    r"^v1beta1\.CloneSet\.spec\.updateStrategy\.type$": ("OnDelete", "RollingUpdate"),
    r"^v1\w+\.DaemonSet\.spec\.updateStrategy\.rollingUpdate\.rollingUpdateType$": (
        "Standard",
        "InPlaceIfPossible",
        "Surging",
    ),
    r"^v1\w+\.DaemonSet\.spec\.updateStrategy\.type$": ("RollingUpdate", "OnDelete"),
    r"^v1\w+\.SidecarSet\.spec\.(initContainers|containers)$": _SIDECARS,
    r"^v1\w+\.SidecarSet\.spec\.volumes$": ([{"name": "data", "emptyDir": {}}],),
    r"^v1\w+\.ContainerRecreateRequest\.status\.conditions\.\*\.type$": ("PreRecreateGrace", "Other"),
    r"^v1\w+\.ContainerRecreateRequest\.status\.(phase|containerRecreateStates\.\*\.phase)$": ("Pending", "Succeeded"),
    r"^v1\w+\.ContainerRecreateRequest\.spec\.strategy\.failurePolicy$": ("Fail", "Ignore"),
    r"^v1\w+\.PersistentPodState\.spec\.persistentPodStateRetentionPolicy$": ("WhenScaled", "WhenDeleted"),
    r"^v1\w+\.WorkloadSpread\.status\..*\.conditions\.\*\.type$": ("SubsetSchedulable", "SubsetUnschedulable"),
    r"^v1\w+\.WorkloadSpread\.status\..*\.conditions\.\*\.status$": ("True", "False"),
    r"^v1\w+\.ResourceDistribution\.spec\.resource$": (_RESOURCE,),
    r"\.spec\.template\.\w+Template\.metadata$": ({"labels": {"app": "web"}},),
    r"^v1\w+\.UnitedDeployment\.spec\.template\.deploymentTemplate\.spec$": (
        {"selector": {"matchLabels": {"app": "web"}}, "template": _POD_TEMPLATE},
    ),
    r"^v1\w+\.UnitedDeployment\.spec\.template\.\w+\.spec\.template$": (_POD_TEMPLATE,),
    r"^v1\w+\.AdvancedCronJob\.spec\.template\.jobTemplate$": ({"spec": {"template": _POD_TEMPLATE}},),
    r"^v1\w+\.(?!UnitedDeployment|AdvancedCronJob)\w+\.spec\.template$": (_POD_TEMPLATE,),
    r"^v1\w+\.AdvancedCronJob\.spec\.template\.broadcastJobTemplate\.spec\.template$": (_POD_TEMPLATE,),
    r"\.volumeClaimTemplates$": ([_CLAIM],),
    r"\.(podUpdatePolicy)$": _POD_POLICIES,
    r"^v1\w+\.WorkloadSpread\.spec\.subsets\.\*\.patch$": ({"metadata": {"labels": {"zone": "a"}}},),
}
"""Values, by a pattern of the version, the kind and the path."""

_EXCLUDE: Final = "apps.kruise.io/cloneset-scaling-exclude-preparing-delete"
_PARALLELISM: Final = "apps.kruise.io/image-predownload-parallelism"
_TIMEOUT: Final = "apps.kruise.io/image-predownload-timeout-seconds"
_READY_PODS: Final = "apps.kruise.io/image-predownload-min-updated-ready-pods"
_PROGRESSIVE: Final = "daemonset.kruise.io/progressive-create-pod"
_VERSION: Final = "apps.kruise.io/sidecarset-custom-version"
_STATUSES: Final = "crr.apps.kruise.io/sync-container-statuses"
_UNREADY: Final = "crr.apps.kruise.io/unready-acquired"
_OPERATIONS: Final = "kruise.io/pub-protect-operations"
_REPLICAS: Final = "pub.kruise.io/protect-total-replicas"

METADATA: Final[Mapping[str, tuple[dict[str, Any], ...]]] = {
    "CloneSet": (
        {},
        {"labels": {_EXCLUDE: "true", "app": "web"}},
        {"labels": {_EXCLUDE: "false"}},
        {"labels": {_EXCLUDE: "maybe"}},
        {"annotations": {_PARALLELISM: "5", _TIMEOUT: "60"}},
        {"annotations": {_PARALLELISM: "20%", _READY_PODS: "3", "note": "a"}, "labels": {_EXCLUDE: "true"}},
        {"annotations": {_TIMEOUT: "soon"}},
    ),
    "ContainerRecreateRequest": (
        {},
        {"annotations": {_STATUSES: '[{"name":"web","ready":true,"restartCount":2,"containerID":"docker://a"}]'}},
        {"annotations": {_UNREADY: "2024-03-11T05:00:00Z", "note": "a"}},
        {
            "annotations": {
                _STATUSES: '[{"name":"web","ready":false,"restartCount":0},{"name":"log","ready":true}]',
                _UNREADY: "2024-03-11T07:00:00+02:00",
            }
        },
        {"annotations": {_STATUSES: "none", _UNREADY: "never"}},
    ),
    "DaemonSet": (
        {},
        {"annotations": {_PROGRESSIVE: "true"}},
        {"annotations": {_PROGRESSIVE: "false", "note": "a"}},
        {"annotations": {_PROGRESSIVE: "maybe"}},
    ),
    "PodUnavailableBudget": (
        {},
        {"annotations": {_OPERATIONS: "DELETE,EVICT"}},
        {"annotations": {_OPERATIONS: "UPDATE", _REPLICAS: "4", "note": "a"}},
        {"annotations": {_REPLICAS: "7"}},
    ),
    "SidecarSet": ({}, {"labels": {_VERSION: "v2", "app": "web"}}, {"labels": {_VERSION: "v3"}}),
}
"""Labels and annotations that say something to OpenKruise, by kind."""


def is_valid(manifest: dict[str, Any]) -> bool:
    """Whether OpenKruise's code converts an object: it refuses ImageListPullJobs of an AdvancedCronJob."""
    template = (manifest.get("spec") or {}).get("template") or {}
    return manifest["kind"] != "AdvancedCronJob" or "imageListPullJobTemplate" not in template
