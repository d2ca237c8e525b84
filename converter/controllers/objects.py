"""Objects as decoded JSON: decoding, and the preconditions of a patch."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
