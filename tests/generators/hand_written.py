"""The kinds that have a maker written by hand: workloads, autoscalers, ingresses and their kin, with their versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.generators import hand_written_autoscaling as autoscaling
from tests.generators import hand_written_networking as networking
from tests.generators import hand_written_workloads as workloads

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.generators.hand_written_parts import Maker

APPS = ("apps/v1", "apps/v1beta2", "apps/v1beta1")
EXTENSIONS = "extensions/v1beta1"
NETWORKING = ("networking.k8s.io/v1", "networking.k8s.io/v1beta1")

KINDS: Mapping[str, tuple[Callable[[str], Maker], tuple[str, ...]]] = {
    "Deployment": (workloads.deployments, (*APPS, EXTENSIONS)),
    "DaemonSet": (workloads.daemon_sets, ("apps/v1", "apps/v1beta2", EXTENSIONS)),
    "StatefulSet": (workloads.stateful_sets, APPS),
    "ReplicaSet": (workloads.replica_sets, ("apps/v1", "apps/v1beta2", EXTENSIONS)),
    "ControllerRevision": (workloads.controller_revisions, APPS),
    "CronJob": (workloads.cron_jobs, ("batch/v1", "batch/v1beta1", "batch/v2alpha1")),
    "HorizontalPodAutoscaler": (
        autoscaling.autoscalers,
        ("autoscaling/v2", "autoscaling/v2beta2", "autoscaling/v2beta1", "autoscaling/v1"),
    ),
    "Ingress": (networking.ingresses, (*NETWORKING, EXTENSIONS)),
    "IngressClass": (networking.ingress_classes, NETWORKING),
    "NetworkPolicy": (networking.network_policies, ("networking.k8s.io/v1", EXTENSIONS)),
    "PodDisruptionBudget": (networking.budgets, ("policy/v1", "policy/v1beta1")),
}
