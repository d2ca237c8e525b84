"""Checks the members: releases up to v1.18 do not know watch-list, and Karmada would wait for them forever."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import msgspec

from converter.client import ApiError
from converter.client.collections import DEPLOYMENTS
from converter.clusters.watched import CLUSTERS
from converter.doctor.finding import Finding, Result, Thing, Trouble, Unchecked
from converter.doctor.patient import listed
from converter.install.versions import parse

if TYPE_CHECKING:
    from converter.doctor.patient import Patient
    from converter.kube import Manifest

VARIABLE: Final = "KUBE_FEATURE_WatchListClient"
_FIRST_WITH_WATCH_LIST: Final = (1, 19)
_PATIENCE: Final = 5.0
"""Seconds for the answer of a member."""

_PROGRAM: Final = "karmada-controller-manager"


async def check_members(patient: Patient) -> Result:
    """Find members older than v1.19 that Karmada asks for watch-lists.

    The environment of karmada-controller-manager says so for push members. For pull members, and without access to the
    host cluster, the only evidence is a cluster that is not ready.

    Raises:
        ApiError: a request failed.
    """
    result: Result = []
    releases = {}
    for cluster in await patient.clusters():
        release = await _release(patient, cluster)
        releases[cluster["metadata"]["name"]] = release
        if not release:
            why = f"cluster {cluster['metadata']['name']} has no status, and does not answer Karmada"
            result.append(Unchecked("watch-list", why))
    old = [cluster for cluster in await patient.clusters() if _is_old(releases[cluster["metadata"]["name"]])]
    if not old:
        return result
    push = [cluster for cluster in old if cluster["spec"].get("syncMode") != "Pull"]
    managers = await _managers(patient) if push else []
    command = patient.commands.on_host("set", "env", f"deployment/{_PROGRAM}", f"{VARIABLE}=false")
    for manager in managers:
        value = _value(manager)
        if value != "false":
            names = sorted(one["metadata"]["name"] for one in push)
            facts = {VARIABLE: value, "members": ", ".join(f"{name}@{releases[name]}" for name in names)}
            thing = Thing("Deployment", manager["metadata"]["name"], patient.namespace)
            result.append(Finding(Trouble.WATCH_LIST_ON, thing, facts, command))
    for cluster in old if not managers else [cluster for cluster in old if cluster not in push]:
        condition = _ready(cluster)
        name = cluster["metadata"]["name"]
        if condition.get("status") == "True":
            result.append(Unchecked("watch-list", f"cluster {name} is ready, but its agent or manager is out of sight"))
            continue
        facts = {
            "release": releases[name],
            "ready": str(condition.get("status") or "unknown"),
            "reason": str(condition.get("reason") or ""),
        }
        pull = cluster not in push
        agent = ("kubectl", "-n", patient.namespace, "set", "env", "deployment/karmada-agent", f"{VARIABLE}=false")
        result.append(Finding(Trouble.WATCH_LIST_ON, Thing("Cluster", name), facts, agent if pull else command))
    return result


async def _release(patient: Patient, cluster: Manifest) -> str:
    """Return a member's release; empty if it is not known.

    A member that joined while Karmada asks it for watch-lists never gets a status. So the member itself is asked,
    through Karmada.
    """
    stored = (cluster.get("status") or {}).get("kubernetesVersion")
    if stored:
        return str(stored)
    path = CLUSTERS.object_path("", cluster["metadata"]["name"])
    try:
        answer = await asyncio.wait_for(patient.karmada.get(f"{path}/proxy/version"), _PATIENCE)
        return str(msgspec.json.decode(answer)["gitVersion"])
    except (ApiError, TimeoutError, msgspec.DecodeError, KeyError, TypeError):
        return ""


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


def _is_old(release: str) -> bool:
    parsed = parse(release)
    return parsed is not None and parsed[:2] < _FIRST_WITH_WATCH_LIST


def _ready(cluster: Manifest) -> Manifest:
    conditions = (cluster.get("status") or {}).get("conditions") or ()
    return next((item for item in conditions if item.get("type") == "Ready"), {})
