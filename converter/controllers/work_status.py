"""Converts the status of a converted Work back to the template's version, as Karmada would have aggregated it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import msgspec

from converter.controllers.anchor import applied_condition, manifests_of, source_versions
from converter.errors import ConverterError
from converter.karmada.carried_status import CarriedStatus, ManifestReport

if TYPE_CHECKING:
    from converter.engine import Engine
    from converter.kube import Manifest

_log = logging.getLogger(__name__)


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
        if not isinstance(index, int) or not 0 <= index < len(manifests) or not _matches(identifier, manifests[index]):
            continue  # from an earlier manifest, or an earlier version of this one
        status, note = _converted_back(item.get("status", msgspec.UNSET), manifests[index], sources[index], converter)
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


def _matches(identifier: Manifest, manifest: Manifest) -> bool:
    """Whether a collected status belongs to a manifest as it is now (`equalIdentifier` in Karmada's aggregation)."""
    group, version = identifier.get("group") or "", identifier.get("version") or ""
    metadata = manifest.get("metadata") or {}
    return (
        (f"{group}/{version}" if group else version) == manifest.get("apiVersion")
        and identifier.get("kind") == manifest.get("kind")
        and (identifier.get("namespace") or "") == (metadata.get("namespace") or "")
        and identifier.get("name") == metadata.get("name")
    )


def _converted_back(status: Any, manifest: Manifest, source: str, converter: Engine) -> tuple[Any, str]:
    """Convert a status to the template's version; return a note if that is not possible."""
    if source == manifest.get("apiVersion") or not isinstance(status, dict):
        return status, ""
    metadata = manifest.get("metadata") or {}
    bare = {
        "apiVersion": manifest["apiVersion"],
        "kind": manifest["kind"],
        "metadata": {field: metadata[field] for field in ("name", "namespace") if field in metadata},
        "status": status,
    }
    try:
        return converter.convert(bare, source).manifest.get("status", msgspec.UNSET), ""
    except ConverterError as error:
        _log.warning("status of %s %s: %s", manifest["kind"], metadata.get("name"), error)
        return msgspec.UNSET, f"[the status cannot be converted from {manifest['apiVersion']} to {source}: {error}]"
