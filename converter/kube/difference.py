"""Compares an object with the one that was asked for, as far as it was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from converter.kube.manifest import Json


def first_difference(wanted: Json, found: Json, path: str = "") -> str:
    """Return the path of the first wanted field that an object lacks or has with another value; empty if there is none.

    Fields that only ``found`` has do not count: servers add defaults.
    """
    if isinstance(wanted, dict) and isinstance(found, dict):
        parts = [(f"{path}.{key}".lstrip("."), value, found.get(key)) for key, value in wanted.items()]
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        parts = [(f"{path}[{index}]", *pair) for index, pair in enumerate(zip(wanted, found, strict=True))]
    else:
        return "" if wanted == found else path
    return next((below for place, one, two in parts if (below := first_difference(one, two, place))), "")
