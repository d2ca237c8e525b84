"""Converts the status of a converted Work back to the template's version, as Karmada would have aggregated it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from converter.controllers.anchor import applied_condition, manifests_of, source_versions
from converter.karmada.carried_status import CarriedStatus, ManifestReport
from converter.works.collected_status import belongs_to, converted_back

if TYPE_CHECKING:
    from converter.engine import Engine
    from converter.kube import Manifest


def carried_status(work: Manifest, converter: Engine) -> CarriedStatus:
    """Report on a converted Work what `assembleWorkStatus` (pkg/util/helper/workstatus.go) reports on any other.

    A status that cannot be converted back is left out, and the message says why. The rest is still reported.
    """
    condition = applied_condition(work)
    if condition is None or condition.get("status") != "True":
        return CarriedStatus(applied=False, message=str((condition or {}).get("message") or ""))
    reports: list[ManifestReport] = []
    notes: list[str] = []
    manifests, sources = manifests_of(work), source_versions(work)
    for item in (work.get("status") or {}).get("manifestStatuses") or ():
        identifier = item.get("identifier") or {}
        index = identifier.get("ordinal", 0)
        if (
            not isinstance(index, int)
            or not 0 <= index < len(manifests)
            or not belongs_to(identifier, manifests[index])
        ):
            continue  # from an earlier manifest, or an earlier version of this one
        status, note = converted_back(item.get("status", msgspec.UNSET), manifests[index], sources[index], converter)
        metadata = manifests[index].get("metadata") or {}
        reports.append(
            ManifestReport(
                api_version=sources[index],
                kind=str(manifests[index].get("kind")),
                name=str(metadata.get("name") or ""),
                namespace=str(metadata.get("namespace") or ""),
                health=str(item.get("health") or ""),
                status=status,
            )
        )
        if note:
            notes.append(note)
    return CarriedStatus(applied=True, message=" ".join(notes), manifests=tuple(reports))
