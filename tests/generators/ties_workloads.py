"""Ties workloads and budgets: selectors and labels, restart policies and owners."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.generators.parts import object_at
from tests.generators.valid_words_workloads import container

if TYPE_CHECKING:
    import random

    from tests.generators.parts import Json, Tie


def _workload(rng: random.Random, manifest: Json) -> None:
    spec = object_at(manifest, "spec")
    template = object_at(spec, "template")
    object_at(template, "metadata")["labels"] = {"app": "web", "tier": "front"}
    _pod(rng, object_at(template, "spec"), ("Always",))
    old = manifest["apiVersion"] in ("apps/v1beta1", "extensions/v1beta1")
    if not spec.get("selector") and (not old or rng.random() < 0.5):
        spec["selector"] = {"matchLabels": {"app": "web"}}
    if not spec.get("selector"):
        spec.pop("selector", None)
    if manifest["kind"] == "StatefulSet":
        spec.setdefault("serviceName", "web")


def _pod(rng: random.Random, spec: Json, policies: tuple[str, ...]) -> None:
    if not spec.get("containers"):
        spec["containers"] = [container(rng)]
    if spec.get("restartPolicy") not in policies:
        spec["restartPolicy"] = rng.choice(policies)
    if policies == ("Always",):
        spec.pop("activeDeadlineSeconds", None)
        if rng.random() < 0.5:
            spec.pop("restartPolicy")


def _cronjob(rng: random.Random, manifest: Json) -> None:
    job = object_at(object_at(object_at(manifest, "spec"), "jobTemplate"), "spec")
    for chosen_by_the_server in ("selector", "manualSelector"):
        job.pop(chosen_by_the_server, None)
    _pod(rng, object_at(object_at(job, "template"), "spec"), ("Never", "OnFailure"))


def _pdb(rng: random.Random, manifest: Json) -> None:
    spec = object_at(manifest, "spec")
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        del spec[rng.choice(("minAvailable", "maxUnavailable"))]


def _priority_level(rng: random.Random, manifest: Json) -> None:
    spec = object_at(manifest, "spec")
    spec["type"] = "Limited"
    object_at(spec, "limited")
    spec.pop("exempt", None)


TIES: dict[str, Tie] = {
    "Deployment": _workload,
    "DaemonSet": _workload,
    "ReplicaSet": _workload,
    "StatefulSet": _workload,
    "CronJob": _cronjob,
    "PodDisruptionBudget": _pdb,
    "PriorityLevelConfiguration": _priority_level,
}
