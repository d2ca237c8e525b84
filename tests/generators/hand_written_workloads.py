"""Makers of the workload kinds: Deployment, DaemonSet, StatefulSet, ReplicaSet, ControllerRevision, CronJob."""

from __future__ import annotations

from tests.generators.hand_written_parts import (
    BOOLS,
    INT32,
    INT_OR_STRING,
    LABELS,
    NAMES,
    TEXTS,
    TIMES,
    Json,
    Maker,
    conditions,
    fields,
    manifest,
    metadata,
    nullable,
    one_of,
    pod_template,
    selector,
    several,
)

ROLLBACK = "deprecated.deployment.rollback.to"
GENERATION = "deprecated.daemonset.template.generation"
_NUMBERS = one_of("0", "3", "-1", "", "x", " 7", "007")
_ROLLING = fields({"maxUnavailable": INT_OR_STRING, "maxSurge": INT_OR_STRING, "partition": INT32})


def _strategy(*types: str) -> Maker:
    return nullable(fields({"type": one_of(*types, "", None), "rollingUpdate": nullable(_ROLLING)}))


_COUNTS = {"replicas": INT32, "observedGeneration": INT32, "collisionCount": INT32, "readyReplicas": INT32}
_COMMON: dict[str, Json] = {
    "replicas": nullable(INT32),
    "selector": nullable(selector()),
    "template": nullable(pod_template()),
    "minReadySeconds": INT32,
}


def deployments(version: str) -> Maker:
    """Deployments of a version, defaulted or not, with what other versions have by mistake."""
    spec = fields(
        {
            **_COMMON,
            "strategy": _strategy("RollingUpdate", "Recreate"),
            "revisionHistoryLimit": nullable(INT32),
            "progressDeadlineSeconds": nullable(INT32),
            "paused": BOOLS,
            "rollbackTo": nullable(fields({"revision": INT32})),
        }
    )
    status = fields({**_COUNTS, "conditions": conditions("Available", "Progressing")})
    return manifest(version, "Deployment", spec, status, meta=metadata({ROLLBACK: _NUMBERS, GENERATION: _NUMBERS}))


def daemon_sets(version: str) -> Maker:
    """DaemonSets of a version."""
    spec = fields(
        {
            **_COMMON,
            "updateMaker": _strategy("RollingUpdate", "OnDelete"),
            "revisionHistoryLimit": nullable(INT32),
            "templateGeneration": nullable(INT32),
        }
    )
    return manifest(version, "DaemonSet", spec, fields(_COUNTS), meta=metadata({GENERATION: _NUMBERS}))


def stateful_sets(version: str) -> Maker:
    """StatefulSets of a version."""
    claim = fields({"apiVersion": one_of("v1"), "kind": one_of("PersistentVolumeClaim"), "spec": fields({})})
    spec = fields(
        {
            **_COMMON,
            "serviceName": NAMES,
            "updateMaker": _strategy("RollingUpdate", "OnDelete"),
            "podManagementPolicy": one_of("OrderedReady", "Parallel", ""),
            "volumeClaimTemplates": several(claim, 1),
        }
    )
    return manifest(version, "StatefulSet", spec, fields(_COUNTS))


def replica_sets(version: str) -> Maker:
    """ReplicaSets of a version."""
    return manifest(version, "ReplicaSet", fields(_COMMON), fields(_COUNTS))


def controller_revisions(version: str) -> Maker:
    """ControllerRevisions of a version: any data at all."""
    return manifest(version, "ControllerRevision", data=fields({"spec": LABELS, "text": TEXTS}), revision=INT32)


def cron_jobs(version: str) -> Maker:
    """CronJobs of a version."""
    spec = fields(
        {
            "schedule": TEXTS,
            "timeZone": NAMES,
            "concurrencyPolicy": one_of("Allow", "Forbid", "Replace"),
            "suspend": nullable(BOOLS),
            "successfulJobsHistoryLimit": nullable(INT32),
            "failedJobsHistoryLimit": nullable(INT32),
            "jobTemplate": fields({"spec": fields({"template": pod_template(), "backoffLimit": INT32})}),
        }
    )
    return manifest(version, "CronJob", spec, fields({"lastScheduleTime": TIMES, "active": several(LABELS, 1)}))
