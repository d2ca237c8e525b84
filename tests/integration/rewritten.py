"""Fields that a server does not store as they were sent although nothing is lost, or that it takes without checking.

Each was seen on a real server, and has its reason in Kubernetes' source (the strategies of pkg/registry).
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
    return any(release in each.releases and re.search(f"{each.field}$", field) for each in REWRITTEN)
