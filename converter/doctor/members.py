"""Checks the members: releases up to v1.18 do not know watch-list, and Karmada would wait for them forever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from converter.client.collections import DEPLOYMENTS
from converter.doctor.finding import Finding, Result, Thing, Trouble, Unchecked
from converter.doctor.patient import listed
from converter.install.versions import parse

if TYPE_CHECKING:
    from converter.doctor.patient import Patient
    from converter.kube import Manifest

VARIABLE: Final = "KUBE_FEATURE_WatchListClient"
_FIRST_WITH_WATCH_LIST: Final = (1, 19)
_PROGRAM: Final = "karmada-controller-manager"


async def check_members(patient: Patient) -> Result:
    """Find members older than v1.19 that Karmada asks for watch-lists.

    The environment of karmada-controller-manager says so for push members. For pull members, and without access to the
    host cluster, the only evidence is a cluster that is not ready.

    Raises:
        ApiError: a request failed.
    """
    old = [cluster for cluster in await patient.clusters() if _is_old(cluster)]
    if not old:
        return []
    push = [cluster for cluster in old if cluster["spec"].get("syncMode") != "Pull"]
    result: Result = []
    managers = await _managers(patient) if push else []
    command = patient.commands.on_host("set", "env", f"deployment/{_PROGRAM}", f"{VARIABLE}=false")
    for manager in managers:
        value = _value(manager)
        if value != "false":
            facts = {VARIABLE: value, "members": _names(push)}
            thing = Thing("Deployment", manager["metadata"]["name"], patient.namespace)
            result.append(Finding(Trouble.WATCH_LIST_ON, thing, facts, command))
    for cluster in old if not managers else [cluster for cluster in old if cluster not in push]:
        condition = _ready(cluster)
        name = cluster["metadata"]["name"]
        if condition.get("status") == "True":
            result.append(Unchecked("watch-list", f"cluster {name} is ready, but its agent or manager is out of sight"))
            continue
        facts = {
            "release": str(cluster["status"].get("kubernetesVersion")),
            "ready": str(condition.get("status") or "unknown"),
            "reason": str(condition.get("reason") or ""),
        }
        pull = cluster not in push
        agent = ("kubectl", "-n", patient.namespace, "set", "env", "deployment/karmada-agent", f"{VARIABLE}=false")
        result.append(Finding(Trouble.WATCH_LIST_ON, Thing("Cluster", name), facts, agent if pull else command))
    return result


async def _managers(patient: Patient) -> list[Manifest]:
    """Return the Deployments of karmada-controller-manager in the installation's namespace."""
    if patient.host is None:
        return []
    return [item for item in await listed(patient.host, DEPLOYMENTS, patient.namespace) if _containers(item)]


def _containers(deployment: Manifest) -> list[Manifest]:
    """Return the containers that run the program, whatever the Deployment's name is."""
    containers = deployment["spec"]["template"]["spec"].get("containers") or ()
    return [
        one
        for one in containers
        if any(str(word).rpartition("/")[2] == _PROGRAM for word in (one.get("command") or ())[:1])
    ]


def _value(deployment: Manifest) -> str:
    return next(
        (
            str(item.get("value", "")).lower()
            for one in _containers(deployment)
            for item in one.get("env") or ()
            if item["name"] == VARIABLE
        ),
        "",
    )


def _is_old(cluster: Manifest) -> bool:
    release = parse(str((cluster.get("status") or {}).get("kubernetesVersion") or ""))
    return release is not None and release[:2] < _FIRST_WITH_WATCH_LIST


def _ready(cluster: Manifest) -> Manifest:
    conditions = (cluster.get("status") or {}).get("conditions") or ()
    return next((item for item in conditions if item.get("type") == "Ready"), {})


def _names(clusters: list[Manifest]) -> str:
    return ", ".join(sorted(f"{one['metadata']['name']}@{one['status']['kubernetesVersion']}" for one in clusters))
