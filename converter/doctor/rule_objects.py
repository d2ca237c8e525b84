"""Checks rule objects: their CRDs are those of this release, each object is in use, and the controller has seen it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from converter.client import find_object
from converter.client.rule_objects import RULE_COLLECTIONS
from converter.clusters.watched_crds import CRDS
from converter.doctor.finding import Finding, Result, Thing, Trouble
from converter.doctor.patient import listed
from converter.install.manifests import CRD, Addresses, karmada_part
from converter.karmada.conditions import find_condition
from converter.kube.difference import first_difference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from converter.doctor.patient import Patient
    from converter.kube import Manifest

PATIENCE: Final = 3.0
"""Seconds to wait for the controller before an object counts as not seen."""

_DEPLOYMENT: Final = "converter-controller"


async def check_rule_objects(patient: Patient) -> Result:
    """Find CRDs that are missing or differ, and objects that are not in use or were not seen.

    Raises:
        ApiError: a request failed.
    """
    result = await _crds(patient)
    found = await _objects(patient)
    if any(_is_behind(one) for one in found.values()):
        await asyncio.sleep(PATIENCE)
        found = await _objects(patient)
    for (kind, name), one in found.items():
        thing = Thing(kind, name)
        if _is_behind(one):
            facts = {"generation": str(one["metadata"].get("generation")), "observedGeneration": _observed(one)}
            result.append(Finding(Trouble.RULE_NOT_SEEN, thing, facts, patient.commands.restart(_DEPLOYMENT)))
            continue
        condition = find_condition((one.get("status") or {}).get("conditions") or [], "Accepted") or {}
        if condition.get("status") != "True":
            command = patient.commands.on_karmada("edit", kind.lower(), name)
            result.append(Finding(Trouble.RULE_NOT_IN_USE, thing, _why(one, condition), command))
    return result


async def _crds(patient: Patient) -> Result:
    """Compare the CRDs with those of this release."""
    result: Result = []
    for wanted in karmada_part(Addresses(namespace=patient.namespace)):
        if wanted["kind"] != CRD:
            continue
        name = wanted["metadata"]["name"]
        found = await find_object(patient.karmada, CRDS.object_path("", name))
        where = first_difference(wanted["spec"], found["spec"]) if found is not None else ""
        if found is None or where:
            facts = {"state": "missing"} if found is None else {"state": "different", "differs": f"spec.{where}"}
            result.append(Finding(Trouble.RULE_CRDS_OUTDATED, Thing(CRD, name), facts, patient.commands.install()))
    return result


async def _objects(patient: Patient) -> dict[tuple[str, str], Manifest]:
    return {
        (kind, one["metadata"]["name"]): one
        for kind, collection in RULE_COLLECTIONS.items()
        for one in await listed(patient.karmada, collection)
        if not one["metadata"].get("deletionTimestamp")
    }


def _is_behind(one: Manifest) -> bool:
    return bool((one.get("status") or {}).get("observedGeneration") != one["metadata"].get("generation"))


def _observed(one: Manifest) -> str:
    return str((one.get("status") or {}).get("observedGeneration", "none"))


def _why(one: Manifest, condition: Mapping[str, Any]) -> dict[str, str]:
    accepted = one["status"].get("accepted") or {}
    return {
        "reason": str(condition.get("reason", "none")),
        "message": str(condition.get("message", "")),
        "generationInUse": str(accepted.get("generation", "none")),
    }
