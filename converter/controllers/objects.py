"""Objects as decoded JSON: decoding, the preconditions of a patch, and merge patches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from converter.kube import Manifest


def decode(raw: bytes) -> Manifest:
    """Decode the JSON of an object."""
    decoded: Manifest = msgspec.json.decode(raw)
    return decoded


def same_version(thing: Manifest) -> dict[str, str]:
    """Return the metadata that makes a patch fail unless the object is exactly the one that was read."""
    return {"uid": thing["metadata"]["uid"], "resourceVersion": thing["metadata"]["resourceVersion"]}


def annotation(thing: Manifest, name: str) -> str:
    """Return an annotation of an object; empty if it does not have it."""
    found: str = (thing["metadata"].get("annotations") or {}).get(name) or ""
    return found


def merge_patch(before: Any, after: Any) -> Any:
    """Make the merge patch (RFC 7396) that turns one JSON value into another."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return after
    patch: dict[str, Any] = dict.fromkeys(key for key in before if key not in after)
    for key, value in after.items():
        if key not in before:
            patch[key] = value
        elif before[key] != value:
            patch[key] = merge_patch(before[key], value)
    return patch
