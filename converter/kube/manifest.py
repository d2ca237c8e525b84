"""Manifests: Kubernetes objects as Python data, with common operations."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from converter.errors import ManifestError
from converter.kube.gvk import GroupVersionKind

Json: TypeAlias = Any
"""Any JSON value: None, bool, int, float, str, list or dict."""

Manifest: TypeAlias = dict[str, Any]
"""One Kubernetes object; keys in the order they were written."""

_canonical = msgspec.json.Encoder(order="sorted")


def gvk_of(manifest: Manifest) -> GroupVersionKind:
    """Return the group, version and kind of a manifest.

    Raises:
        ManifestError: it is not an object, or apiVersion or kind is missing, empty or not a string.
    """
    if not isinstance(manifest, dict):
        raise ManifestError(f"a manifest must be an object, not {type_name(manifest)}")
    for field in ("apiVersion", "kind"):
        value = manifest.get(field)
        if not isinstance(value, str) or not value:
            found = "missing" if field not in manifest else "an empty string" if value == "" else type_name(value)
            raise ManifestError(f"must be a non-empty string (found: {found})", field)
    return GroupVersionKind.of(manifest["apiVersion"], manifest["kind"])


def name_of(manifest: Manifest) -> str:
    """Return ``namespace/name`` of a manifest, or the name alone; empty if it has none."""
    metadata = manifest.get("metadata")
    if not isinstance(metadata, dict):
        return ""
    name = metadata.get("name") or metadata.get("generateName") or ""
    namespace = metadata.get("namespace")
    return f"{namespace}/{name}" if namespace else str(name)


def copy_json(value: Json) -> Json:
    """Copy a JSON value deeply; several times faster than ``copy.deepcopy``.

    Raises:
        RecursionError: it is nested deeper than Python's recursion limit allows.
    """
    if isinstance(value, dict):
        return {key: copy_json(item) if isinstance(item, (dict, list)) else item for key, item in value.items()}
    if isinstance(value, list):
        return [copy_json(item) if isinstance(item, (dict, list)) else item for item in value]
    return value


def canonical_json(value: Json) -> bytes:
    """Encode as compact UTF-8 JSON with sorted keys: equal values give equal bytes."""
    return _canonical.encode(value)


def as_go_writes(canonical: bytes) -> bytes:
    """Escape ``&``, ``<`` and ``>`` in canonical JSON, as API servers do.

    They encode with Go's ``encoding/json``, which sorts keys and escapes these three for HTML.
    """
    return canonical.replace(b"&", b"\\u0026").replace(b"<", b"\\u003c").replace(b">", b"\\u003e")


def type_name(value: Json) -> str:
    """Name a value's JSON type for a message: ``object``, ``list``, ``string`` and so on."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    names = {dict: "object", list: "list", str: "string", int: "integer", float: "number"}
    return names.get(type(value), type(value).__name__)


def is_empty(value: Json) -> bool:
    """Whether API servers treat a value as missing: null, ``{}``, ``[]`` or the empty string."""
    return value is None or (isinstance(value, (dict, list, str)) and not value)


def cut(text: str, length: int) -> str:
    """Cut a text to a number of characters; a text that is cut ends with an ellipsis."""
    return text if len(text) <= length else f"{text[: length - 1]}…"
