"""What a manifest holds in addition to the fields of its version or release; which losses a Work stores."""

from __future__ import annotations

import contextlib
import json
from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from converter.catalog import load_catalog
from converter.catalog.defaults import NeutralValues
from converter.kube import GroupVersionKind, Named, format_path, parse_path
from converter.losses.record import LossRecord
from converter.losses.schema_path import generalized
from converter.losses.unknown_fields import TAKEN_OFF_ANNOTATIONS, WITH_POD_METADATA

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from converter.catalog import FieldType, ObjectType, Release
    from converter.kube import Path

_NOT_SENT = ("status", "metadata")
"""Karmada takes the status off, and writes metadata itself."""
MISSING = object()


class Told(NamedTuple):
    """The paths that the losses of one manifest name: what the release drops, and what a conversion could not carry."""

    dropped: set[str]
    gone: set[str]


def is_cut(annotation: str | None) -> bool:
    """Whether there were more losses than the annotation holds in full."""
    return bool(LossRecord.read(annotation).more)


def told(annotation: str | None) -> defaultdict[str, Told]:
    """Read the losses that a Work stores, by the label of the manifest."""
    found: defaultdict[str, Told] = defaultdict(lambda: Told(set(), set()))
    for loss in LossRecord.read(annotation).losses:  # may be empty
        about = found[loss.manifest.label]
        (about.dropped if loss.by_release is not None else about.gone).add(loss.path)
    return found


@cache
def types_of(gvk: GroupVersionKind) -> tuple[ObjectType, ...]:
    """The types that releases have given a version, each once."""
    catalog = load_catalog()
    found = (catalog.type_of(release, gvk) for release in catalog.releases_of(gvk))
    return tuple(dict.fromkeys(one for one in found if one is not None))


def dropped_by(release: Release, manifest: dict[str, Any]) -> set[str]:
    """The paths that a release does not store as they are, in the manifest's version, with its default feature gates.

    Values that mean what the release does anyway do not count. Empty where the release does not have the version.
    """
    catalog, gvk = load_catalog(), GroupVersionKind.of(manifest["apiVersion"], manifest["kind"])
    found = catalog.stored_type_of(release, gvk)
    if found is None:
        return set()
    neutral = NeutralValues(catalog)
    places = set()
    for path, value, refused in _not_stored(manifest, found, ()):  # may be empty
        if not refused and neutral.means_nothing_new(gvk, path, value, lambda: manifest):
            continue
        needs = catalog.requirements(gvk, generalized(path), release)
        holder = bool(needs) and needs[-1].with_holder and not refused
        places.add(path[:-1] if holder else path)
    return {format_path(path) for path in places if path[0] not in _NOT_SENT}


def _not_stored(node: Any, kind: ObjectType, path: Path) -> Iterator[tuple[Path, Any, bool]]:
    """The places that a type does not store: the path, the value, and whether the server refuses it."""
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        below = (*path, key)
        known = kind.fields.get(key)
        if value is None:
            continue
        if known is None or (known.condition is not None and not known.condition.stores(value, node)):
            first = known.condition.requirement.first if known is not None else 0
            places = [(*below, place) for place in range(first, len(value))] if first else [below]
            yield from ((place, value[place[-1]] if first else value, False) for place in places)
        else:
            yield from _value_not_stored(value, known, below)
        if key == "metadata" and kind.name in WITH_POD_METADATA and isinstance(value, dict):
            for name in TAKEN_OFF_ANNOTATIONS:
                if name in (value.get("annotations") or {}):
                    yield (*below, "annotations", name), value["annotations"][name], False


def _value_not_stored(node: Any, known: FieldType, path: Path) -> Iterator[tuple[Path, Any, bool]]:
    if known.values is not None and isinstance(node, str) and node in known.values.lacking:
        yield path, node, True
    elif known.element is not None and isinstance(node, (list, dict)):
        for key, item in enumerate(node) if isinstance(node, list) else node.items():
            yield from _value_not_stored(item, known.element, (*path, key))
    elif known.target is not None:
        yield from _not_stored(node, known.target, path)


def strays(node: Any, types: Sequence[ObjectType], path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The outermost places in an object that none of some types has a field for, and that say something."""
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        known = [kind.fields[key] for kind in types if key in kind.fields]
        if known:
            yield from _below(value, known, (*path, key))
        elif value is not None:
            yield (*path, key), value


def _below(node: Any, known: Sequence[FieldType], path: Path) -> Iterator[tuple[Path, Any]]:
    elements = [field.element for field in known if field.element is not None]
    if elements and isinstance(node, (list, dict)):
        for key, item in enumerate(node) if isinstance(node, list) else node.items():
            yield from _below(item, elements, (*path, key))
    elif all(field.kind == "object" for field in known):
        targets = [field.target for field in known if field.target is not None]
        yield from strays(node, targets, path)


def wrote(user: Any, key: Any, value: Any) -> bool:
    """Whether a field with that value stands anywhere in what a user wrote, JSON in its strings included.

    Go names in such JSON differ by case (autoscaling/v1's annotations). Of an object a part is enough, down to its
    hull: rules move fields out of it, and leave what they do not know.
    """
    if isinstance(user, str) and user[:1] in ("{", "["):
        with contextlib.suppress(ValueError, RecursionError):
            return wrote(json.loads(user), key, value)
    name = str(key).lower()
    below = user.items() if isinstance(user, dict) else enumerate(user) if isinstance(user, list) else ()
    return any((str(other).lower() == name and _holds(item, value)) or wrote(item, key, value) for other, item in below)


def _holds(whole: Any, part: Any) -> bool:
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(key in whole and _holds(whole[key], value) for key, value in part.items())
    return bool(whole == part)


def at(node: Any, path: str | Path) -> Any:
    """What stands at a path; `MISSING` where nothing does."""
    for segment in parse_path(path) if isinstance(path, str) else path:
        if isinstance(segment, Named) and isinstance(node, list):
            named = [item for item in node if isinstance(item, dict) and item.get("name") == segment.name]
            node = named[0] if named else MISSING
        elif isinstance(node, dict):
            node = node.get(segment, MISSING)
        elif isinstance(node, list) and isinstance(segment, int) and segment < len(node):
            node = node[segment]
        else:
            return MISSING
    return node
