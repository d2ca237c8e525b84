"""Describes how Karmada interprets kinds, for the versions that it does not interpret itself.

Each description states what Karmada's own interpreter of the kind does (pkg/resourceinterpreter/default in Karmada
v1.18.2), in the version that it knows.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interpretation:
    """How Karmada interprets a kind, whatever its version.

    Attributes:
        kind: the kind.
        plural: the resource name in URLs; part of the customization's name.
        other_versions: the versions that Karmada does not interpret.
        status: the status fields to reflect; empty reflects all of them.
        generations: whether to reflect the generations of the object and of its template.
        healthy: pairs of fields; the object is healthy if no first field is below its second. A missing field is 0.
        needs_address: whether the object is healthy only if a load balancer has an address.
        observed: whether the object is healthy only if its controller has observed the newest generation.
        job: whether the object is healthy while Pods run or have succeeded, and none has failed.
        replicas: whether Karmada schedules replicas of this kind.
        replicas_field: the field with their number, and the number where it is missing.
        retains_replicas: whether a label makes Karmada retain the member's replica count.
        retains: the fields whose value on the member Karmada retains.
        ready: whether the object is healthy if its condition Ready is True.
        ready_field: whether the field status.ready counts before the condition.
    """

    kind: str
    plural: str
    other_versions: tuple[str, ...]
    status: tuple[str, ...] = ()
    generations: bool = False
    healthy: tuple[tuple[str, str], ...] = ()
    needs_address: bool = False
    observed: bool = False
    job: bool = False
    replicas: bool = False
    replicas_field: tuple[str, int] = ("spec.replicas", 0)
    retains_replicas: bool = False
    retains: tuple[str, ...] = ()
    ready: bool = False
    ready_field: bool = False


NATIVE = (
    Interpretation(
        kind="Deployment",
        plural="deployments",
        other_versions=("apps/v1beta2", "apps/v1beta1", "extensions/v1beta1"),
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
        other_versions=("apps/v1beta2", "apps/v1beta1"),
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
        other_versions=("apps/v1beta2", "extensions/v1beta1"),
        status=("replicas", "readyReplicas", "availableReplicas", "observedGeneration"),
        generations=True,
        healthy=(("status.availableReplicas", "spec.replicas"),),
        observed=True,
        replicas=True,
    ),
    Interpretation(
        kind="DaemonSet",
        plural="daemonsets",
        other_versions=("apps/v1beta2", "extensions/v1beta1"),
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
        other_versions=("networking.k8s.io/v1beta1", "extensions/v1beta1"),
        needs_address=True,
    ),
    Interpretation(
        kind="PodDisruptionBudget",
        plural="poddisruptionbudgets",
        other_versions=("policy/v1beta1",),
        status=("disruptionsAllowed", "expectedPods", "desiredHealthy", "currentHealthy", "disruptedPods"),
        healthy=(("status.currentHealthy", "status.desiredHealthy"),),
    ),
    Interpretation(
        kind="HorizontalPodAutoscaler",
        plural="horizontalpodautoscalers",
        other_versions=("autoscaling/v2beta2", "autoscaling/v2beta1", "autoscaling/v1"),
        status=("currentReplicas", "desiredReplicas"),
    ),
)
"""Every kind that rules convert and whose newest version Karmada interprets natively
(pkg/resourceinterpreter/default/native in Karmada)."""


def _flux(
    kind: str, group: str, others: str, status: str, plural: str = "", *, retains: tuple[str, ...] = ("spec.suspend",)
) -> Interpretation:
    """Describe a kind of Flux."""
    return Interpretation(
        kind=kind,
        plural=plural or f"{kind.lower()}s",
        other_versions=tuple(f"{group}.toolkit.fluxcd.io/{version}" for version in others.split()),
        status=tuple(status.split()),
        generations=True,
        retains=retains,
        ready=True,
    )


def _kyverno(kind: str, plural: str) -> Interpretation:
    return Interpretation(
        kind=kind,
        plural=plural,
        other_versions=("kyverno.io/v2beta1",),
        status=("ready", "conditions", "autogen", "rulecount"),
        ready=True,
        ready_field=True,
    )


THIRD_PARTY = (
    Interpretation(
        kind="StatefulSet",
        plural="statefulsets",
        other_versions=("apps.kruise.io/v1alpha1",),
        status=(
            "replicas",
            "readyReplicas",
            "currentReplicas",
            "updatedReplicas",
            "availableReplicas",
            "updateRevision",
            "currentRevision",
            "updatedReadyReplicas",
            "observedGeneration",
        ),
        generations=True,
        healthy=(
            ("status.updatedReplicas", "spec.replicas"),
            ("status.availableReplicas", "status.updatedReplicas"),
        ),
        observed=True,
        replicas=True,
    ),
    Interpretation(
        kind="BroadcastJob",
        plural="broadcastjobs",
        other_versions=("apps.kruise.io/v1beta1",),
        status=("conditions", "startTime", "completionTime", "active", "succeeded", "failed", "desired", "phase"),
        job=True,
        replicas=True,
        replicas_field=("spec.parallelism", 1),
        # The controller on the member adds labels to the template.
        retains=("spec.template.metadata.labels",),
    ),
    Interpretation(
        kind="CloneSet",
        plural="clonesets",
        other_versions=("apps.kruise.io/v1beta1",),
        status=(
            "replicas",
            "updatedReplicas",
            "readyReplicas",
            "availableReplicas",
            "updatedReadyReplicas",
            "expectedUpdatedReplicas",
            "updateRevision",
            "currentRevision",
            "observedGeneration",
            "labelSelector",
        ),
        generations=True,
        healthy=(
            ("status.updatedReplicas", "spec.replicas"),
            ("status.availableReplicas", "status.updatedReplicas"),
        ),
        observed=True,
        replicas=True,
    ),
    Interpretation(
        kind="DaemonSet",
        plural="daemonsets",
        other_versions=("apps.kruise.io/v1beta1",),
        status=(
            "observedGeneration",
            "currentNumberScheduled",
            "numberMisscheduled",
            "desiredNumberScheduled",
            "numberReady",
            "updatedNumberScheduled",
            "numberAvailable",
            "numberUnavailable",
            # v1alpha1 has it as daemonSetHash.
            "updateRevision",
        ),
        generations=True,
        healthy=(
            ("status.updatedNumberScheduled", "status.desiredNumberScheduled"),
            ("status.numberAvailable", "status.updatedNumberScheduled"),
        ),
        observed=True,
    ),
    Interpretation(
        kind="SidecarSet",
        plural="sidecarsets",
        other_versions=("apps.kruise.io/v1beta1",),
        status=("matchedPods", "updatedPods", "readyPods"),
        healthy=(("status.updatedPods", "status.matchedPods"),),
    ),
    Interpretation(
        kind="UnitedDeployment",
        plural="uniteddeployments",
        other_versions=("apps.kruise.io/v1beta1",),
        status=(
            "replicas",
            "updatedReplicas",
            "readyReplicas",
            "availableReplicas",
            "unavailableReplicas",
            "observedGeneration",
            "conditions",
        ),
        generations=True,
        # Karmada's script compares status.availableReplicas, which no version has, and fails on what members report.
        healthy=(
            ("status.updatedReplicas", "spec.replicas"),
            ("status.readyReplicas", "status.updatedReplicas"),
        ),
        observed=True,
        replicas=True,
    ),
    _flux(
        "HelmRelease",
        "helm",
        "v2 v2beta2",
        "conditions observedGeneration lastAttemptedRevision lastAppliedRevision lastAttemptedValuesChecksum helmChart "
        # The history replaces lastAppliedRevision in v2.
        "lastReleaseRevision failures upgradeFailures installFailures history",
    ),
    _flux(
        "Kustomization",
        "kustomize",
        "v1beta2 v1beta1",
        "conditions lastAppliedRevision lastAttemptedRevision observedGeneration",
    ),
    _flux(
        "GitRepository",
        "source",
        "v1beta2 v1beta1",
        "conditions artifact observedGeneration observedIgnore observedRecurseSubmodules",
        "gitrepositories",
    ),
    _flux(
        "OCIRepository",
        "source",
        "v1",
        "conditions artifact observedGeneration observedIgnore observedLayerSelector url",
        "ocirepositories",
    ),
    _flux("Bucket", "source", "v1 v1beta1", "conditions artifact observedIgnore observedGeneration url"),
    _flux(
        "HelmChart",
        "source",
        "v1 v1beta1",
        "artifact conditions observedChartName observedSourceArtifactRevision url",
    ),
    _flux(
        "HelmRepository",
        "source",
        "v1 v1beta1",
        "artifact conditions observedGeneration url",
        "helmrepositories",
    ),
    _kyverno("ClusterPolicy", "clusterpolicies"),
    _kyverno("Policy", "policies"),
)
"""Every kind of a known project that rules convert and that Karmada interprets in one version, which is not always the
newest (pkg/resourceinterpreter/default/thirdparty in Karmada). Its scripts for Flux also compare the reason of the
condition Ready, which differs between Flux's versions, while a condition that is True says the same in all of them."""

INTERPRETATIONS = (*NATIVE, *THIRD_PARTY)
"""All of them."""
