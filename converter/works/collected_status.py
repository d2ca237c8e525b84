"""The statuses that Karmada collects of a Work's manifests: what one belongs to, and its form in another version."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import msgspec

from converter.errors import ConverterError, RefusedError

if TYPE_CHECKING:
    from converter.engine import Engine
    from converter.kube import Manifest

_log = logging.getLogger(__name__)


def belongs_to(identifier: Manifest, manifest: Manifest) -> bool:
    """Whether a collected status belongs to a manifest as it is now (`equalIdentifier` in Karmada's aggregation)."""
    group, version = identifier.get("group") or "", identifier.get("version") or ""
    metadata = manifest.get("metadata") or {}
    return (
        (f"{group}/{version}" if group else version) == manifest.get("apiVersion")
        and identifier.get("kind") == manifest.get("kind")
        and (identifier.get("namespace") or "") == (metadata.get("namespace") or "")
        and identifier.get("name") == metadata.get("name")
    )


def converted_back(status: Any, manifest: Manifest, source: str, converter: Engine) -> tuple[Any, str]:
    """Convert a collected status to the version of the template.

    Args:
        status: the status; anything but an object is returned as it is.
        manifest: the manifest that it belongs to.
        source: the apiVersion of the template.
        converter: the rules.

    Returns:
        The status, unset if it cannot be converted; and then why, for people.
    """
    if source == manifest.get("apiVersion") or not isinstance(status, dict):
        return status, ""
    try:
        return _converted(status, manifest, source, converter).get("status", msgspec.UNSET), ""
    except ConverterError as error:
        _log.warning("status of %s %s: %s", manifest["kind"], (manifest.get("metadata") or {}).get("name"), error)
        return msgspec.UNSET, f"[the status cannot be converted from {manifest['apiVersion']} to {source}: {error}]"


def _converted(status: Manifest, manifest: Manifest, source: str, converter: Engine) -> Manifest:
    """Convert a manifest with nothing but the status; the whole one if a rule refuses it because a field is missing."""
    metadata = manifest.get("metadata") or {}
    bare = {
        "apiVersion": manifest["apiVersion"],
        "kind": manifest["kind"],
        "metadata": {field: metadata[field] for field in ("name", "namespace") if field in metadata},
        "status": status,
    }
    try:
        return converter.convert(bare, source).manifest
    except RefusedError:
        return converter.convert({**manifest, "status": status}, source).manifest
