"""Fields that a release knows and still does not store as they were sent: behind a gate, or rewritten by the server.

Each was seen on a real server with its default feature gates, and has its reason in Kubernetes' source
(pkg/features/kube_features.go; the ``dropDisabled…`` functions and strategies of pkg/registry and pkg/api).
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Silent(NamedTuple):
    """A field that goes without being unknown.

    Attributes:
        field: a regular expression over ``KIND PATH`` that matches at its end.
        releases: on which servers.
        why: the feature gate that is off there, or what the server does instead.
    """

    field: str
    releases: tuple[str, ...]
    why: str


ALL = ("1.16", "1.20", "1.24", "1.30", "1.36")

GATED = (
    Silent(r"startupProbe", ("1.16",), "StartupProbe"),
    Silent(r"topologySpreadConstraints", ("1.16",), "EvenPodsSpread"),
    Silent(r"preemptionPolicy", ("1.16",), "NonPreemptingPriority"),
    Silent(r"overhead", ("1.16",), "PodOverhead"),
    Silent(r"windowsOptions\.runAsUserName", ("1.16",), "WindowsRunAsUserName"),
    Silent(r"ephemeralContainers", ("1.16", "1.20"), "EphemeralContainers"),
    Silent(r"Job spec\.ttlSecondsAfterFinished", ("1.16", "1.20"), "TTLAfterFinished"),
    Silent(r"spec\.jobTemplate\.spec\.ttlSecondsAfterFinished", ("1.16", "1.20"), "TTLAfterFinished"),
    Silent(r"volumes\[\*\]\.ephemeral", ("1.20",), "GenericEphemeralVolume"),
    Silent(r"Service spec\.ipFamil(ies|yPolicy)", ("1.20",), "IPv6DualStack"),
    Silent(r"CSIDriver spec\.(tokenRequests|requiresRepublish)", ("1.20",), "CSIServiceAccountToken"),
    Silent(r"CSIDriver spec\.storageCapacity", ("1.20",), "CSIStorageCapacity"),
    Silent(r"CronJob spec\.timeZone", ("1.24",), "CronJobTimeZone"),
    Silent(r"StatefulSet spec\.persistentVolumeClaimRetentionPolicy", ("1.24",), "StatefulSetAutoDeletePVC"),
    Silent(r"rollingUpdate\.maxUnavailable", ("1.24", "1.30", "1.36"), "MaxUnavailableStatefulSet"),
    Silent(r"hostUsers", ("1.30",), "UserNamespacesSupport"),
    Silent(r"(resourceClaims|resources\.claims)", ("1.30",), "DynamicResourceAllocation"),
    Silent(r"Service spec\.trafficDistribution", ("1.30",), "ServiceTrafficDistribution"),
    Silent(r"Job spec\.successPolicy", ("1.30",), "JobSuccessPolicy"),
    Silent(r"spec\.jobTemplate\.spec\.successPolicy", ("1.30",), "JobSuccessPolicy"),
    Silent(r"Job spec\.managedBy", ("1.30",), "JobManagedBy"),
    Silent(r"spec\.jobTemplate\.spec\.managedBy", ("1.30",), "JobManagedBy"),
    Silent(r"projected\.sources\[\*\]\.clusterTrustBundle", ("1.30", "1.36"), "ClusterTrustBundleProjection"),
    Silent(r"projected\.sources\[\*\]\.podCertificate", ("1.36",), "PodCertificateRequest"),
    Silent(r"schedulingGroup", ("1.36",), "GenericWorkload"),
    Silent(r"CSIDriver spec\.preventPodSchedulingIfMissing", ("1.36",), "VolumeLimitScaling"),
    Silent(r"Lease spec\.(preferredHolder|strategy)", ("1.36",), "CoordinatedLeaderElection"),
)

REWRITTEN = (
    Silent(r"Secret stringData", ALL, "goes into data"),
    Silent(r"Service spec\.sessionAffinityConfig", ALL, "taken off where the affinity is None"),
    Silent(r"Service spec\.internalTrafficPolicy", ALL, "taken off where the type is ExternalName"),
    Silent(r"Service spec\.ipFamil(ies|yPolicy)", ALL, "taken off where the type is ExternalName"),
    Silent(r"Node spec\.configSource", ("1.24", "1.30", "1.36"), "dynamic kubelet configuration is gone"),
    Silent(r"EndpointSlice endpoints\[\*\]\.deprecatedTopology", ("1.24", "1.30", "1.36"), "read-only in v1"),
)


TAKEN = (
    Silent(
        r"StatefulSet spec\.template\.spec\..+",
        ("1.16", "1.20", "1.24", "1.30"),
        "of a template only volumes are validated (ValidatePodTemplateSpecForStatefulSet); its Pods are refused",
    ),
    Silent(
        r"StatefulSet spec\.volumeClaimTemplates\[\*\]\.spec\.accessModes\[\*\] = ReadWriteOncePod",
        ("1.16", "1.20"),
        "claim templates are not validated; the claims that are made of them are refused",
    ),
)
"""Values that a release does not know and takes all the same, as ``KIND PATH = VALUE``."""


def taken(release: str, value: str) -> bool:
    """Whether a value that a server takes without knowing it is one of these."""
    return any(release in each.releases and re.search(f"{each.field}$", value) for each in TAKEN)


def explained(release: str, field: str) -> bool:
    """Whether a field that went in silence is one of these."""
    return any(release in each.releases and re.search(f"{each.field}$", field) for each in (*GATED, *REWRITTEN))
