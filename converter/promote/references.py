"""Finds what an object refers to by name, and which objects refer to it or select its Pods.

The references of a Pod are those of Karmada (GetDependenciesFromPodTemplate in pkg/util/helper/pod.go) and of
Kubernetes (pkg/api/v1/pod/util.go). The fields that it reads have the same place in all versions of a kind, but for the
backends of an Ingress.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from converter.kube import Json, Manifest

_POD_TEMPLATES = {
    "Pod": (),
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "ReplicationController": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}
"""Where each workload has the template of its Pods."""

_DEFAULT_ACCOUNT = "default"

RELATED_KINDS = ("Service", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Ingress")
"""The kinds that refer to a workload, or select its Pods, in the order to look at them: an Ingress needs Services."""


class Reference(NamedTuple):
    """An object of the same namespace that another one names.

    Attributes:
        kind: its kind.
        name: its name.
        optional: whether the other one works without it.
    """

    kind: str
    name: str
    optional: bool = False


def references(manifest: Manifest) -> list[Reference]:
    """List what an object refers to, each object once, sorted by kind and name.

    Values of an unexpected type are skipped: the member's API server has checked the object.
    """
    kind = manifest.get("kind")
    found: list[Reference] = []
    template = pod_template(manifest)
    if template is not None:
        found += _of_pod(_dict(template.get("spec")))
    if kind == "StatefulSet":
        found = _without_own_claims(found, manifest)
        found += _named("Service", _get(manifest, "spec", "serviceName"), optional=True)
    elif kind == "Ingress":
        found += [Reference("Service", name) for name in backends(manifest)]
        for tls in _dicts(_get(manifest, "spec", "tls")):
            found += _named("Secret", tls.get("secretName"))
    elif kind == "ServiceAccount":
        for field in ("imagePullSecrets", "secrets"):
            for secret in _dicts(manifest.get(field)):
                found += _named("Secret", secret.get("name"))
    elif kind == "HorizontalPodAutoscaler":
        target = _dict(_get(manifest, "spec", "scaleTargetRef"))
        found += _named(str(target.get("kind", "")), target.get("name"))
    return _once(found)


def pod_template(manifest: Manifest) -> Mapping[str, Json] | None:
    """Return the template of a workload's Pods; None for other kinds."""
    path = _POD_TEMPLATES.get(str(manifest.get("kind")))
    return None if path is None else _dict(_get(manifest, *path)) if path else manifest


def is_related(manifest: Manifest, workload: Manifest, services: Iterable[str]) -> bool:
    """Whether an object of `RELATED_KINDS` belongs to a workload in its namespace.

    Args:
        manifest: the object.
        workload: the workload.
        services: the names of the workload's Services.
    """
    kind = manifest.get("kind")
    template = pod_template(workload)
    labels = _dict(_get(template, "metadata", "labels")) if template is not None else {}
    if kind == "Service":
        selector = _dict(_get(manifest, "spec", "selector"))
        return bool(selector) and selector.items() <= labels.items()
    if kind == "PodDisruptionBudget":
        selector = _dict(_get(manifest, "spec", "selector"))
        return bool(labels) and bool(selector) and _selects(selector, labels)
    if kind == "HorizontalPodAutoscaler":
        target = _dict(_get(manifest, "spec", "scaleTargetRef"))
        names = (workload.get("kind"), _get(workload, "metadata", "name"))
        return (target.get("kind"), target.get("name")) == names
    return kind == "Ingress" and not backends(manifest).isdisjoint(services)


def own_claims(stateful_set: Manifest) -> re.Pattern[str]:
    """Match the names of the PersistentVolumeClaims that a StatefulSet makes: ``data-web-0``."""
    name = _get(stateful_set, "metadata", "name")
    claims = [_get(claim, "metadata", "name") for claim in _dicts(_get(stateful_set, "spec", "volumeClaimTemplates"))]
    names = "|".join(re.escape(claim) for claim in claims if isinstance(claim, str))
    return re.compile(rf"(?:{names})-{re.escape(str(name))}-\d+" if names else r"(?!)")


def backends(ingress: Manifest) -> set[str]:
    """Return the names of the Services that an Ingress of any version leads to."""
    spec = _dict(ingress.get("spec"))
    found = [spec.get("defaultBackend"), spec.get("backend")]
    for rule in _dicts(spec.get("rules")):
        found += [path.get("backend") for path in _dicts(_get(rule, "http", "paths"))]
    names = (_get(backend, *path) for backend in found for path in (("service", "name"), ("serviceName",)))
    return {name for name in names if isinstance(name, str) and name}


def _of_pod(spec: Mapping[str, Json]) -> Iterator[Reference]:
    account = spec.get("serviceAccountName") or spec.get("serviceAccount")
    if account != _DEFAULT_ACCOUNT:
        yield from _named("ServiceAccount", account)
    for secret in _dicts(spec.get("imagePullSecrets")):
        yield from _named("Secret", secret.get("name"))
    for volume in _dicts(spec.get("volumes")):
        yield from _of_volume(volume)
    for field in ("containers", "initContainers", "ephemeralContainers"):
        for container in _dicts(spec.get(field)):
            yield from _of_container(container)


_SECRETS_OF_VOLUMES = {
    "azureFile": "secretName",
    "cephfs": "secretRef",
    "cinder": "secretRef",
    "csi": "nodePublishSecretRef",
    "flexVolume": "secretRef",
    "iscsi": "secretRef",
    "rbd": "secretRef",
    "scaleIO": "secretRef",
    "storageos": "secretRef",
}
"""For each type of volume, the field that names its Secret: by its name, or in an object."""


def _of_volume(volume: Mapping[str, Json]) -> Iterator[Reference]:
    claim = _dict(volume.get("persistentVolumeClaim"))
    yield from _named("PersistentVolumeClaim", claim.get("claimName"))
    projected = _dicts(_get(volume, "projected", "sources"))
    for source in (volume, *projected):
        config, secret = _dict(source.get("configMap")), _dict(source.get("secret"))
        yield from _named("ConfigMap", config.get("name"), optional=config.get("optional") is True)
        name = secret.get("secretName") or secret.get("name")
        yield from _named("Secret", name, optional=secret.get("optional") is True)
    for kind, field in _SECRETS_OF_VOLUMES.items():
        value = _get(volume, kind, field)
        yield from _named("Secret", value.get("name") if isinstance(value, dict) else value)


def _of_container(container: Mapping[str, Json]) -> Iterator[Reference]:
    sources = [(item, "configMapRef", "secretRef") for item in _dicts(container.get("envFrom"))]
    values = (_dict(item.get("valueFrom")) for item in _dicts(container.get("env")))
    sources += [(value, "configMapKeyRef", "secretKeyRef") for value in values]
    for source, config, secret in sources:
        for kind, field in (("ConfigMap", config), ("Secret", secret)):
            named = _dict(source.get(field))
            yield from _named(kind, named.get("name"), optional=named.get("optional") is True)


def _without_own_claims(found: list[Reference], stateful_set: Manifest) -> list[Reference]:
    """Leave out the claims that the StatefulSet makes itself: its volumes have their names."""
    own = {_get(claim, "metadata", "name") for claim in _dicts(_get(stateful_set, "spec", "volumeClaimTemplates"))}
    return [item for item in found if item.kind != "PersistentVolumeClaim" or item.name not in own]


def _selects(selector: Mapping[str, Json], labels: Mapping[str, Json]) -> bool:
    """Whether a label selector (meta/v1 LabelSelector) matches labels."""
    if not _dict(selector.get("matchLabels")).items() <= labels.items():
        return False
    return all(_matches(term, labels) for term in _dicts(selector.get("matchExpressions")))


def _matches(term: Mapping[str, Json], labels: Mapping[str, Json]) -> bool:
    key, values = term.get("key"), term.get("values") or ()
    has = key in labels
    operators = {
        "In": has and labels.get(str(key)) in values,
        "NotIn": not has or labels.get(str(key)) not in values,
        "Exists": has,
        "DoesNotExist": not has,
    }
    return operators.get(str(term.get("operator")), False)


def _once(found: Iterable[Reference]) -> list[Reference]:
    """Merge references to one object: it is optional only if it is so everywhere."""
    merged: dict[tuple[str, str], bool] = {}
    for item in found:
        key = (item.kind, item.name)
        merged[key] = merged.get(key, True) and item.optional
    return [Reference(*key, optional) for key, optional in sorted(merged.items())]


def _named(kind: str, name: Any, *, optional: bool = False) -> list[Reference]:
    return [Reference(kind, name, optional)] if kind and isinstance(name, str) and name else []


def _get(value: Any, *path: str) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
