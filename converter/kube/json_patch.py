"""JSON Patches (RFC 6902): one operation, and the pointers that operations use."""

from __future__ import annotations

from typing import Any

import msgspec


class Operation(msgspec.Struct, omit_defaults=True):
    """One operation of a JSON Patch (RFC 6902).

    Attributes:
        op: ``add``, ``replace`` or ``remove``.
        path: a JSON Pointer (RFC 6901).
        value: JSON, or `msgspec.Raw` for JSON that is encoded already; unset for ``remove``.
    """

    op: str
    path: str
    value: Any = msgspec.UNSET


def pointer(*keys: str | int) -> str:
    """Write keys as a JSON Pointer."""
    return "".join(["/" + str(key).replace("~", "~0").replace("/", "~1") for key in keys])
