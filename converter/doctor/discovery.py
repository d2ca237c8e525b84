"""Checks discovery: each APIService of ours is available, and the versions that converted Works have are registered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from converter.client.collections import API_SERVICES, WORKS
from converter.doctor.finding import Finding, Result, Thing, Trouble
from converter.doctor.patient import listed
from converter.karmada.names import CONVERTED_LABEL, DISCOVERY_LABEL, SOURCES_ANNOTATION
from converter.kube import split_api_version

if TYPE_CHECKING:
    from converter.doctor.patient import Patient
    from converter.kube import Manifest

_DEPLOYMENT: Final = "converter-discovery"

_NO_ANSWER: Final = frozenset({"FailedDiscoveryCheck", "EndpointsNotFound", "MissingEndpoints", "ServiceAccessError"})
"""Reasons of the condition Available when the server behind an APIService does not answer (kube-aggregator,
pkg/controllers/status)."""


async def check_discovery(patient: Patient) -> Result:
    """Find APIServices that are not available, and versions that are not registered.

    Raises:
        ApiError: a request failed.
    """
    services = await listed(patient.karmada, API_SERVICES, selector=f"{DISCOVERY_LABEL}=true")
    down = [(service, _condition(service)) for service in services]
    down = [(service, condition) for service, condition in down if condition.get("status") != "True"]
    restart = patient.commands.restart(_DEPLOYMENT)
    result: Result = []
    if down and len(down) == len(services) and all(item.get("reason") in _NO_ANSWER for _, item in down):
        facts = {"apiServices": ", ".join(_name(service) for service, _ in down), **_facts(down[0][1])}
        thing = Thing("Deployment", _DEPLOYMENT, patient.namespace)
        result.append(Finding(Trouble.DISCOVERY_DOWN, thing, facts, restart))
    else:
        command = patient.commands.install()
        result += [
            Finding(Trouble.APISERVICE_UNAVAILABLE, Thing("APIService", _name(service)), _facts(condition), command)
            for service, condition in down
        ]
    if not down:
        result += await _unregistered(patient, restart)
    return result


async def _unregistered(patient: Patient, command: tuple[str, ...]) -> Result:
    """Find the versions of converted Works that Karmada's API server does not serve: nobody could change them."""
    needed: dict[str, int] = {}
    for work in await listed(patient.karmada, WORKS, selector=f"{CONVERTED_LABEL}=true"):
        for version in _versions(work):
            needed[version] = needed.get(version, 0) + 1
    if not needed:
        return []
    groups = msgspec.json.decode(await patient.karmada.get("/apis"))["groups"]
    served = {version["groupVersion"] for group in groups for version in group["versions"]}
    return [
        Finding(
            Trouble.DISCOVERY_DOWN,
            Thing("APIService", ".".join(reversed(split_api_version(version)))),
            {"neededByWorks": str(count), "registered": "no"},
            command,
        )
        for version, count in sorted(needed.items())
        if "/" in version and version not in served
    ]


def _versions(work: Manifest) -> set[str]:
    text = (work["metadata"].get("annotations") or {}).get(SOURCES_ANNOTATION) or "[]"
    try:
        entries = msgspec.json.decode(text)
    except msgspec.MsgspecError:
        return set()
    return {entry["to"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("to"), str)}


def _condition(service: Manifest) -> Manifest:
    conditions = (service.get("status") or {}).get("conditions") or ()
    return next((item for item in conditions if item.get("type") == "Available"), {})


def _facts(condition: Manifest) -> dict[str, str]:
    return {"reason": str(condition.get("reason") or "none"), "message": str(condition.get("message") or "")}


def _name(service: Manifest) -> str:
    return str(service["metadata"]["name"])
