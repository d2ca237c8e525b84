"""Checks the converter's scheduler: without it, nothing schedules the bindings that name it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from converter.client import each_item, find_object
from converter.client.collections import BINDINGS, CLUSTER_BINDINGS
from converter.client.leader_election import LEASES
from converter.doctor.finding import Finding, Result, Thing, Trouble
from converter.install.scheduler import DEPLOYMENT, LEASE
from converter.karmada.names import SCHEDULER_LABEL

if TYPE_CHECKING:
    from converter.doctor.patient import Patient
    from converter.kube import Manifest

_STALE: Final = dt.timedelta(seconds=60)
"""The age of a Lease that nobody renews; a leader renews it every 2 seconds."""


async def check_scheduler(patient: Patient) -> Result:
    """Find bindings that name the converter's scheduler while it does not run.

    Raises:
        ApiError: a request failed.
    """
    if not patient.scheduler_name:
        return []
    lease = await find_object(patient.karmada, LEASES.object_path(patient.namespace, LEASE))
    spec = (lease or {}).get("spec") or {}
    renewed = spec.get("renewTime")
    if renewed and spec.get("holderIdentity"):
        clock = await patient.karmada.clock() or patient.now()
        if clock - dt.datetime.fromisoformat(renewed) < _STALE:
            return []
    waiting = await _bindings(patient)
    if lease is None and not waiting and patient.host is None:
        return []  # it may not be installed: an installation that uses Karmada's scheduler has none
    deployment = None
    if patient.host is not None:
        path = f"/apis/apps/v1/namespaces/{patient.namespace}/deployments/{DEPLOYMENT}"
        deployment = await find_object(patient.host, path)
        if deployment is None and not waiting and lease is None:
            return []
    facts = {"bindings": str(waiting), "leaseRenewed": str(renewed or "never")}
    if patient.host is not None:
        status = (deployment or {}).get("status") or {}
        facts["readyReplicas"] = str(status.get("readyReplicas") or 0) if deployment else "none"
    thing = Thing("Deployment", DEPLOYMENT, patient.namespace)
    return [Finding(Trouble.SCHEDULER_MISSING, thing, facts, _command(patient, deployment))]


def _command(patient: Patient, deployment: Manifest | None) -> tuple[str, ...]:
    """Write the command that brings the scheduler back."""
    if deployment is None:
        return patient.commands.install()
    if not deployment["spec"].get("replicas", 1):
        return patient.commands.on_host("scale", "deployment", DEPLOYMENT, "--replicas", "1")
    return patient.commands.restart(DEPLOYMENT)


async def _bindings(patient: Patient) -> int:
    """Count the bindings that name the converter's scheduler."""
    count = 0
    for collection in (BINDINGS, CLUSTER_BINDINGS):
        async for _ in each_item(patient.karmada, collection, selector=SCHEDULER_LABEL):
            count += 1
    return count
