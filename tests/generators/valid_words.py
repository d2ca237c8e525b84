"""What validators know beyond the types: values and keys that are accepted, by the end of a field's path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.generators import valid_words_access, valid_words_devices, valid_words_workloads

if TYPE_CHECKING:
    from tests.generators.parts import Json, Words

#: By kind, with the empty string for all kinds, then by the end of a path; a function makes a new word each time.
WORDS: Words = {**valid_words_access.WORDS, **valid_words_devices.WORDS, **valid_words_workloads.WORDS}

SCALARS: dict[str | None, tuple[Json, ...]] = {
    "string": ("a", "web-0", "x.y", "main"),
    "int": (0, 1, 2, 5, 30, 600),
    "bool": (True, False),
    "number": (0, 1, 0.5),
    "int-or-string": (1, 2, "25%", "100%"),
    "quantity": ("1", "100m", "1Gi", "0.5", "1500m", 3, "2e3"),
    "date-time": ("2024-01-02T03:04:05Z",),
    "bytes": ("aGk=",),
}

#: Keys of maps, by the map's name.
KEYS: dict[str, tuple[str, ...]] = {
    "": ("app", "tier", "example.test/part"),
    "limits": ("cpu", "memory", "example.test/gpu"),
    "requests": ("cpu", "memory"),
    "overhead": ("cpu", "memory"),
    "podFixed": ("cpu", "memory"),
    "capacity": ("cpu", "memory", "a"),
}

#: Fields never grown: finalizers would keep an object, a default class is one in a cluster, and so on.
NEVER = frozenset(
    {
        "finalizers",
        "ownerReferences",
        "managedFields",
        "ephemeralContainers",
        "spec.template.metadata.name",
        "PriorityClass:globalDefault",
        # A pod template with it is one that a server has served; see docs/reference/unreachable.md.
        "Deployment:spec.template.spec.schedulerName",
        "DaemonSet:spec.template.spec.schedulerName",
        "ReplicaSet:spec.template.spec.schedulerName",
        "StatefulSet:spec.template.spec.schedulerName",
    }
)

#: Annotations that conversions of a kind read or write.
ANNOTATIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "HorizontalPodAutoscaler": {
        "autoscaling.alpha.kubernetes.io/metrics": (
            '[{"type":"Resource","resource":{"name":"memory","targetAverageValue":"1Gi"}}]',
            "[]",
            "junk",
        ),
        "autoscaling.alpha.kubernetes.io/behavior": (
            # As servers write it; one written by hand, with less in it, is in docs/reference/unreachable.md.
            (
                '{"ScaleUp":{"StabilizationWindowSeconds":3,"SelectPolicy":"Max","Policies":[{"Type":"Pods","Value":4,'
                '"PeriodSeconds":15}]},"ScaleDown":{"StabilizationWindowSeconds":null,"SelectPolicy":"Min","Policies":'
                '[{"Type":"Percent","Value":10,"PeriodSeconds":15}]}}'
            ),
            "{}",
            "junk",
        ),
        "autoscaling.alpha.kubernetes.io/conditions": ("[]", '[{"type":"AbleToScale","status":"True"}]'),
        "autoscaling.alpha.kubernetes.io/current-metrics": ("[]",),
    },
    "Deployment": {"deprecated.deployment.rollback.to": ("3", "x")},
    "DaemonSet": {"deprecated.daemonset.template.generation": ("3", "x")},
    "PriorityLevelConfiguration": {"flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares": ("", "x")},
    "Ingress": {"kubernetes.io/ingress.class": ("nginx",)},
}
