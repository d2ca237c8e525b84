"""Objects with a value that a release does not know, each beside the same object with a value that it knows.

Where the server takes the one and not the other, it is for the value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from converter.catalog import load_catalog, walk
from converter.kube import Each, parse_path
from tests.controlplanes.client import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.catalog import FieldType, Release
    from converter.kube import GroupVersionKind

CONTAINER = {"name": "a", "image": "example.test/a:1"}
SPEC = {
    "containers": [CONTAINER],
    "initContainers": [{"name": "b", "image": "example.test/b:1"}],
    "tolerations": [{"key": "a", "value": "1"}],
    "restartPolicy": "Always",
}
CLAIM = {"resources": {"requests": {"storage": "1Gi"}}}
OWN = {"name": "own", "ephemeral": {"volumeClaimTemplate": {"spec": CLAIM}}}
LABELS = {"labels": {"a": "b"}}
SELECTOR = {"matchLabels": {"a": "b"}}
POD = {"metadata": LABELS, "spec": SPEC}
OWNING = {"metadata": LABELS, "spec": {**SPEC, "volumes": [OWN]}}
ONCE = {"metadata": LABELS, "spec": {**SPEC, "restartPolicy": "Never"}}
STATEFUL = {"selector": SELECTOR, "serviceName": "a", "template": POD}
TEMPLATE = {"metadata": {"name": "a"}, "spec": CLAIM}
SCALED = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "a"}
CPU = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}
OLD_CPU = {"name": "cpu", "targetAverageUtilization": 50}
ANY = {"rule": "RunAsAny"}
FAILURES = {"podFailurePolicy": {"rules": [{"onExitCodes": {"operator": "In", "values": [1]}}]}}

BASES = (
    ("v1", "Pod", POD),
    ("v1", "Pod", OWNING),
    ("v1", "PodTemplate", {"template": POD}),
    ("v1", "ReplicationController", {"spec": {"selector": {"a": "b"}, "template": POD}}),
    ("v1", "PersistentVolumeClaim", {"spec": CLAIM}),
    ("v1", "PersistentVolume", {"spec": {"capacity": {"storage": "1Gi"}, "hostPath": {"path": "/tmp/a"}}}),
    ("v1", "ResourceQuota", {"spec": {"hard": {"pods": "1"}}}),
    ("v1", "ResourceQuota", {"spec": {"scopeSelector": {"matchExpressions": [{"operator": "Exists"}]}}}),
    ("apps/v1", "Deployment", {"spec": {"selector": SELECTOR, "template": POD}}),
    ("apps/v1", "ReplicaSet", {"spec": {"selector": SELECTOR, "template": POD}}),
    ("apps/v1", "DaemonSet", {"spec": {"selector": SELECTOR, "template": POD}}),
    ("apps/v1", "StatefulSet", {"spec": STATEFUL}),
    ("apps/v1", "StatefulSet", {"spec": {**STATEFUL, "volumeClaimTemplates": [TEMPLATE]}}),
    ("batch/v1", "Job", {"spec": {"template": ONCE}}),
    ("batch/v1", "Job", {"spec": {"template": ONCE, "backoffLimitPerIndex": 1, "completionMode": "Indexed",
                                  "completions": 1, **FAILURES}}),
    ("batch/v1", "CronJob", {"spec": {"schedule": "@daily", "jobTemplate": {"spec": {"template": ONCE}}}}),
    ("batch/v1beta1", "CronJob", {"spec": {"schedule": "@daily", "jobTemplate": {"spec": {"template": ONCE}}}}),
    ("autoscaling/v2beta1", "HorizontalPodAutoscaler",
     {"spec": {"maxReplicas": 2, "scaleTargetRef": SCALED, "metrics": [{"resource": OLD_CPU}]}}),
    ("autoscaling/v2beta2", "HorizontalPodAutoscaler",
     {"spec": {"maxReplicas": 2, "scaleTargetRef": SCALED, "metrics": [{"resource": CPU}]}}),
    ("discovery.k8s.io/v1beta1", "EndpointSlice", {"endpoints": [{"addresses": ["10.0.0.1"]}], "ports": []}),
    ("policy/v1beta1", "PodSecurityPolicy",
     {"spec": {"seLinux": ANY, "runAsUser": ANY, "fsGroup": ANY, "supplementalGroups": ANY}}),
)  # fmt: skip


class Trial(NamedTuple):
    """One object twice.

    Attributes:
        value: the value that the release does not know.
        manifest: the object with it.
        controls: the object with each value that the release knows.
    """

    value: str
    manifest: dict
    controls: tuple[tuple[str, dict], ...]


def trials(gvk: GroupVersionKind, release: Release) -> Iterator[Trial]:
    """Every field of a kind whose enumeration lacks values in a release, with each of those, on each of the bases."""
    root = load_catalog().type_of(release, gvk)
    for path, field in walk(root, depth=24) if root is not None else ():
        values = field.innermost.values
        if values is None or path.startswith(("status", "metadata")) or ".status." in path:
            continue
        for api_version, kind, base in BASES:
            if (api_version, kind) == (gvk.api_version, gvk.kind):
                for value in sorted(values.lacking):
                    controls = ((known, _with(gvk, base, path, field, known)) for known in sorted(values.known))
                    yield Trial(value, _with(gvk, base, path, field, value), tuple(controls))


def _with(gvk: GroupVersionKind, base: dict, path: str, field: FieldType, value: str) -> dict:
    held = [value] if field.kind == "list" else value
    head = {"apiVersion": gvk.api_version, "kind": gvk.kind}
    metadata = {**base.get("metadata", {}), "name": "one-value"}
    return {**merged(base, parse_path(path), held), **head, "metadata": metadata}


def merged(node, path, value):
    """A node with a value at a path: in an item of each list on the way that has what holds it, or in the first."""
    if not path:
        return value
    head, *rest = path
    if isinstance(head, Each):
        items = list(node) if isinstance(node, list) and node else [{}]
        fitting = [index for index, item in enumerate(items) if isinstance(item, dict) and rest and rest[0] in item]
        place = fitting[0] if fitting else 0
        items[place] = merged(items[place], rest, value)
        return items
    holder = node if isinstance(node, dict) else {}
    return {**holder, head: merged(holder.get(head), rest, value)}


def at(node, path):
    """What stands at a path; the second is False where nothing does."""
    for segment in path:
        here = isinstance(node, list) and isinstance(segment, int) and segment < len(node)
        if here or (isinstance(node, dict) and segment in node):
            node = node[segment]
        else:
            return None, False
    return node, True


def answer(client, manifest):
    """What a server makes of a manifest, and its refusal where it refuses it."""
    try:
        return client.create(manifest, "default", dry_run=True), ""
    except ApiError as error:
        return None, str(error)


def known_value_is_taken(client, trial, place):
    """Whether the server takes the object with one of the values that it knows, as it is."""
    answers = ((value, answer(client, manifest)[0]) for value, manifest in trial.controls)
    return any(at(answered, place) == (value, True) for value, answered in answers if answered is not None)


INCOMPLETE = {("PersistentVolumeClaim", "spec.dataSourceRef.namespace")}
"""Fields that the newest server drops with their holder, which says nothing else in a manifest of one field."""


def refused_for_its_age(newest, manifest, path):
    """Whether the newest server takes a manifest, so that an older one refuses it for a field that it does not know."""
    known = manifest["kind"] in newest.served().get(manifest["apiVersion"], {})
    return known and (manifest["kind"], path) not in INCOMPLETE and answer(newest, manifest)[0] is not None
