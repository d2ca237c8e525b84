"""Makes merge patches from two JSON values."""

from __future__ import annotations

from typing import Any


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
