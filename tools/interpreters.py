"""Writes deploy/karmada/interpreters.yaml: ResourceInterpreterCustomizations for old versions of built-in kinds.

Karmada interprets health, status, retention and replicas natively, but only for the newest version of each kind.
Without a customization, Karmada handles a converted manifest generically. Each description below states what the native
interpreter does (pkg/resourceinterpreter/default/native in Karmada). The generator writes the same behaviour in Lua
for every older version of the kind.

Run it with ``make interpreters``.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

import yaml

from converter.install.manifests import KARMADA_PART
from converter.kube import GroupVersionKind, Json

_GENERATION_ANNOTATION = "resourcetemplate.karmada.io/generation"
_RETAIN_LABEL = "resourcetemplate.karmada.io/retain-replicas"


@dataclass(frozen=True, slots=True)
class Interpretation:
    """How Karmada interprets a kind, whatever its version.

    Attributes:
        kind: the kind.
        plural: the resource name in URLs; part of the customization's name.
        old_versions: the versions that Karmada does not interpret natively.
        status: the status fields to reflect; empty reflects all of them.
        generations: whether to reflect the generations of the object and of its template.
        healthy: pairs of fields; the object is healthy if no first field is below its second. A missing field is 0.
        needs_address: whether the object is healthy only if a load balancer has an address.
        observed: whether the object is healthy only if its controller has observed the newest generation.
        replicas: whether Karmada schedules replicas of this kind.
        retains_replicas: whether a label makes Karmada retain the member's replica count.
    """

    kind: str
    plural: str
    old_versions: tuple[str, ...]
    status: tuple[str, ...] = ()
    generations: bool = False
    healthy: tuple[tuple[str, str], ...] = ()
    needs_address: bool = False
    observed: bool = False
    replicas: bool = False
    retains_replicas: bool = False


INTERPRETATIONS = (
    Interpretation(
        kind="Deployment",
        plural="deployments",
        old_versions=("apps/v1beta2", "apps/v1beta1", "extensions/v1beta1"),
        status=(
            "replicas",
            "updatedReplicas",
            "readyReplicas",
            "availableReplicas",
            "unavailableReplicas",
            "observedGeneration",
        ),
        generations=True,
        healthy=(
            ("status.updatedReplicas", "spec.replicas"),
            ("status.availableReplicas", "status.updatedReplicas"),
        ),
        observed=True,
        replicas=True,
        retains_replicas=True,
    ),
    Interpretation(
        kind="StatefulSet",
        plural="statefulsets",
        old_versions=("apps/v1beta2", "apps/v1beta1"),
        status=("availableReplicas", "currentReplicas", "readyReplicas", "replicas", "updatedReplicas"),
        generations=True,
        # Releases that serve these versions have no status.availableReplicas: it is new in v1.22 (apps/v1 types.go).
        healthy=(
            ("status.updatedReplicas", "spec.replicas"),
            ("status.readyReplicas", "status.updatedReplicas"),
        ),
        observed=True,
        replicas=True,
    ),
    Interpretation(
        kind="ReplicaSet",
        plural="replicasets",
        old_versions=("apps/v1beta2", "extensions/v1beta1"),
        status=("replicas", "readyReplicas", "availableReplicas", "observedGeneration"),
        generations=True,
        healthy=(("status.availableReplicas", "spec.replicas"),),
        observed=True,
        replicas=True,
    ),
    Interpretation(
        kind="DaemonSet",
        plural="daemonsets",
        old_versions=("apps/v1beta2", "extensions/v1beta1"),
        status=(
            "currentNumberScheduled",
            "desiredNumberScheduled",
            "numberAvailable",
            "numberMisscheduled",
            "numberReady",
            "updatedNumberScheduled",
            "numberUnavailable",
            "observedGeneration",
        ),
        generations=True,
        healthy=(
            ("status.updatedNumberScheduled", "status.desiredNumberScheduled"),
            ("status.numberAvailable", "status.updatedNumberScheduled"),
        ),
        observed=True,
    ),
    Interpretation(
        kind="Ingress",
        plural="ingresses",
        old_versions=("networking.k8s.io/v1beta1", "extensions/v1beta1"),
        needs_address=True,
    ),
    Interpretation(
        kind="PodDisruptionBudget",
        plural="poddisruptionbudgets",
        old_versions=("policy/v1beta1",),
        status=("disruptionsAllowed", "expectedPods", "desiredHealthy", "currentHealthy", "disruptedPods"),
        healthy=(("status.currentHealthy", "status.desiredHealthy"),),
    ),
    Interpretation(
        kind="HorizontalPodAutoscaler",
        plural="horizontalpodautoscalers",
        old_versions=("autoscaling/v2beta2", "autoscaling/v2beta1", "autoscaling/v1"),
        status=("currentReplicas", "desiredReplicas"),
    ),
)
"""Every kind that rules convert and whose newest version Karmada interprets natively."""


def customizations() -> list[dict[str, Json]]:
    """Return every ResourceInterpreterCustomization, sorted by name."""
    found = [_customization(entry, version) for entry in INTERPRETATIONS for version in entry.old_versions]
    return sorted(found, key=lambda item: item["metadata"]["name"])


_HEADER = """\
# Generated by `make interpreters` from tools/interpreters.py. Do not edit.
# Karmada interprets these kinds natively in their newest version only. Each customization adds health, status,
# retention and replicas for one older version.
"""


def customizations_yaml() -> str:
    """Return all customizations as a YAML stream, with scripts as literal blocks."""

    class Dumper(yaml.SafeDumper):
        """Writes strings of several lines as literal blocks."""

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)

    Dumper.add_representer(str, text)
    return _HEADER + yaml.dump_all(customizations(), Dumper=Dumper, sort_keys=False, width=120)


def _customization(entry: Interpretation, version: str) -> dict[str, Json]:
    gvk = GroupVersionKind.of(version, entry.kind)
    parts: dict[str, str] = {"statusReflection": _reflection(entry)}
    if entry.healthy or entry.needs_address:
        parts["healthInterpretation"] = _health(entry)
    if entry.retains_replicas:
        parts["retention"] = _RETENTION
    if entry.replicas:
        parts["replicaResource"] = _REPLICA_RESOURCE
        parts["replicaRevision"] = _REPLICA_REVISION
    return {
        "apiVersion": "config.karmada.io/v1alpha1",
        "kind": "ResourceInterpreterCustomization",
        "metadata": {"name": f"converter-{entry.plural}-{gvk.version}-{gvk.group.split('.')[0]}"},
        "spec": {
            "target": {"apiVersion": version, "kind": entry.kind},
            "customizations": {name: {"luaScript": _lua(script)} for name, script in sorted(parts.items())},
        },
    }


def _lua(script: str) -> str:
    return textwrap.dedent(script).strip() + "\n"


def _reflection(entry: Interpretation) -> str:
    lines = ["function ReflectStatus(observedObj)", "  if observedObj.status == nil then", "    return nil", "  end"]
    if not entry.status:
        return "\n".join([*lines, "  return observedObj.status", "end"])
    lines += ["  local status = {}"]
    lines += [f"  status.{name} = observedObj.status.{name}" for name in entry.status]
    if entry.generations:
        lines += [
            "  status.generation = observedObj.metadata.generation",
            "  local annotations = observedObj.metadata.annotations",
            "  if annotations ~= nil then",
            f'    status.resourceTemplateGeneration = tonumber(annotations["{_GENERATION_ANNOTATION}"])',
            "  end",
        ]
    return "\n".join([*lines, "  return status", "end"])


def _health(entry: Interpretation) -> str:
    if entry.needs_address:
        return _HAS_ADDRESS
    lines = ["function InterpretHealth(observedObj)", "  local status = observedObj.status or {}"]
    if entry.observed:
        lines += ["  if (status.observedGeneration or 0) ~= (observedObj.metadata.generation or 0) then"]
        lines += ["    return false", "  end"]
    for field, floor in entry.healthy:
        lines += [f"  if ({_local(field)} or 0) < ({_local(floor)} or 0) then", "    return false", "  end"]
    return "\n".join([*lines, "  return true", "end"])


def _local(field: str) -> str:
    return field if field.startswith("status.") else f"observedObj.{field}"


_HAS_ADDRESS = """
function InterpretHealth(observedObj)
  local balancer = (observedObj.status or {}).loadBalancer or {}
  for _, address in ipairs(balancer.ingress or {}) do
    if (address.hostname or "") ~= "" or (address.ip or "") ~= "" then
      return true
    end
  end
  return false
end
"""

_RETENTION = f"""
function Retain(desiredObj, observedObj)
  local labels = desiredObj.metadata.labels
  if labels ~= nil and labels["{_RETAIN_LABEL}"] == "true" then
    desiredObj.spec.replicas = observedObj.spec.replicas
  end
  return desiredObj
end
"""

_REPLICA_RESOURCE = """
local kube = require("kube")
function GetReplicas(obj)
  return obj.spec.replicas or 0, kube.accuratePodRequirements(obj.spec.template)
end
"""

_REPLICA_REVISION = """
function ReviseReplica(obj, desiredReplica)
  obj.spec.replicas = desiredReplica
  return obj
end
"""

if __name__ == "__main__":
    (KARMADA_PART / "interpreters.yaml").write_text(customizations_yaml(), encoding="utf-8")
