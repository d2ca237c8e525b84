"""Interpreters for old versions: ResourceInterpreterCustomizations, written in Lua from one description.

Karmada interprets health, status, retention and replicas natively, but only for the newest version of each
kind; a converted manifest would fall back to generic handling. Each description below says what the native
interpreter does (pkg/resourceinterpreter/default/native in Karmada), and the same words are generated for
every older version of the kind.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

import yaml

from converter.kube import GroupVersionKind, Json

_GENERATION_ANNOTATION = "resourcetemplate.karmada.io/generation"
_RETAIN_LABEL = "resourcetemplate.karmada.io/retain-replicas"


@dataclass(frozen=True, slots=True)
class Interpretation:
    """How Karmada looks at a kind, whatever its version.

    Attributes:
        kind: the kind.
        plural: its name in URLs, for the customization's name.
        old_versions: the versions that Karmada does not interpret natively.
        status: the status fields that are reflected; none means all of them.
        generations: whether the object's and the template's generation are reflected with them.
        healthy: pairs (this field, must not be below that one); a missing field counts as 0.
        needs_address: healthy once a load balancer has an address.
        observed: healthy only once the controller has observed the newest generation.
        replicas: whether it has replicas that Karmada schedules.
        retains_replicas: whether a label can ask for the member's own replica count to be kept.
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
        healthy=(
            ("status.updatedReplicas", "spec.replicas"),
            ("status.availableReplicas", "status.updatedReplicas"),
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
"""Every kind whose newest version Karmada interprets natively and that rules convert."""


def customizations() -> list[dict[str, Json]]:
    """Generate every ResourceInterpreterCustomization, sorted by name."""
    found = [_customization(entry, version) for entry in INTERPRETATIONS for version in entry.old_versions]
    return sorted(found, key=lambda item: item["metadata"]["name"])


_HEADER = """\
# Made by `make interpreters` from converter/install/interpreters.py; do not edit. For each old version of a kind
# that Karmada interprets natively only in its newest: health, status, retention and replicas.
"""


def customizations_yaml() -> str:
    """Write all of them as a YAML stream, scripts as blocks."""

    class Dumper(yaml.SafeDumper):
        """Writes texts of several lines as blocks."""

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
