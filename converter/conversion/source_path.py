"""Finds the place of a value before the steps moved it, so that messages name places of the user's manifest.

A step sees the manifest as the steps before it left it. Objects and lists keep their identity when they are moved, so
the place of the nearest one around a value is found again in the original.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from converter.kube import Path, copy_json
from converter.kube.path import Named
from converter.rules.lens import LensError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.kube import Json, Manifest
    from converter.rules.lens import Lens


def original_path(original: Manifest, lens: Lens, failed: Path) -> Path:
    """Find the place in the original manifest of a path at which a lens failed; slow, for failures only.

    Args:
        original: the manifest as it was given.
        lens: what failed on it.
        failed: the path that the lens named.
    """
    again = copy_json(original)
    known = list(_containers(again, ()))  # keeps them alive, so that no other object can take their identity
    places = {id(container): path for container, path in known}
    with contextlib.suppress(LensError):
        lens(again, [])
    trail = [again]
    for segment in failed:
        below = _step(trail[-1], segment)
        if not isinstance(below, (dict, list)):
            break
        trail.append(below)
    for depth in range(len(trail) - 1, -1, -1):
        place = places.get(id(trail[depth]))
        if place is not None and (depth > 0 or not failed or failed[0] in original):
            return (*place, *failed[depth:])
    return failed


def _containers(value: Json, path: Path) -> Iterator[tuple[Any, Path]]:
    yield value, path
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        if isinstance(item, (dict, list)):
            yield from _containers(item, (*path, key))


def _step(node: Any, segment: Any) -> Any:
    if isinstance(node, dict):
        return node.get(segment) if isinstance(segment, str) else None
    if isinstance(segment, Named):
        return next((item for item in node if isinstance(item, dict) and item.get("name") == segment.name), None)
    return node[segment] if isinstance(segment, int) and segment < len(node) else None
