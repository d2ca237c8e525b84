"""Finds what converting back does not restore, and how to restore it without mixing two versions of anything.

The manifest is converted, converted straight back, and compared with the original. So restoring is exact by
construction, whatever a rule forgot.

After an edit, parts of the manifest are newer than the conversion data. Where mixing the two could make an object that
neither side wrote, a place is atomic: an item of a list (unless its ``name`` identifies it), a list that comes back
with other items or in another order, and an object whose kind changes.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from converter.conversion.conversion_data import MOST_PLACES, PreservedValue
from converter.conversion.unions import discriminators, rivals
from converter.kube import Json, Manifest, Named, Path, canonical_json, copy_json, format_path
from converter.kube.path import item_segments

if TYPE_CHECKING:
    from collections.abc import Iterator

ALL_PATHS: Final = 1 << 20
"""Characters of the paths of all places of a manifest; nested keys can make every path long."""

_DIGEST_FROM = 64
"""Values whose JSON is longer than this many bytes are stored by digest if only equality matters."""

_IDENTITY = ("name", "type", "kind", "key")
"""Fields that name an item of a list, or say what it is; rules that convert items one by one keep them."""


def preserve(original: Json, returned: Json) -> tuple[PreservedValue, ...] | None:
    """List the places to restore in ``returned`` so that it equals ``original``.

    Args:
        original: the manifest before it was converted.
        returned: what converting it and converting it back gives.

    Returns:
        None if there are more than `MOST_PLACES`, or their paths are longer than `ALL_PATHS` together.
    """
    if original == returned and canonical_json(original) == canonical_json(returned):  # 1 == True in Python
        return ()
    return _take(_compare(original, returned, ()), MOST_PLACES)


def remember(value: Json) -> Json:
    """Shorten a value of which only equality matters."""
    text = canonical_json(value)
    return value if len(text) <= _DIGEST_FROM else digest(text)


def digest(text: bytes) -> str:
    """Digest the JSON of a value."""
    return f"sha256:{hashlib.sha256(text).hexdigest()[:32]}"


def digests_of(manifest: Manifest) -> dict[str, str]:
    """Digest each top-level field of a manifest."""
    return {key: digest(canonical_json(value)) for key, value in sorted(manifest.items())}


def same(one: Json, two: Json) -> bool:
    """Whether two values are the same JSON: unlike in Python, ``1`` is not ``true``."""
    if one is two or (type(one) is str and type(two) is str):
        return bool(one == two)
    return canonical_json(one) == canonical_json(two)


def _compare(original: Json, returned: Json, path: Path) -> Iterator[PreservedValue]:
    if isinstance(original, dict) and isinstance(returned, dict) and not (path and _kind_changes(original, returned)):
        yield from _compare_objects(original, returned, path)
    elif isinstance(original, list) and isinstance(returned, list) and _is_item_by_item(original, returned):
        yield from _compare_items(original, returned, path)
    elif not same(original, returned):
        yield PreservedValue(format_path(path), value=copy_json(original), was=remember(returned))


def _compare_objects(original: Manifest, returned: Manifest, path: Path) -> Iterator[PreservedValue]:
    for key, value in original.items():
        if key not in returned:
            yield _field(original, returned, (*path, key), value=copy_json(value))
        elif not isinstance(value, (dict, list)) or type(value) is not type(returned[key]):
            back = returned[key]
            if value is not back and not same(value, back):
                was = remember(back)
                yield _field(original, returned, (*path, key), value=copy_json(value), was=was)
        else:
            yield from _compare(value, returned[key], (*path, key))
    for key, value in returned.items():
        if key not in original:
            yield PreservedValue(format_path((*path, key)), was=remember(value))


def _field(original: Manifest, returned: Manifest, path: Path, **values: Any) -> PreservedValue:
    """Preserve a field; at the top, ``kind`` is not a discriminator."""
    given = discriminators(returned) if len(path) > 1 else {}
    given.pop(str(path[-1]), None)
    shares = any(rival in original or rival in returned for rival in rivals(str(path[-1])))
    return PreservedValue(format_path(path), given=given, shares=shares, **values)


def _kind_changes(original: Manifest, returned: Manifest) -> bool:
    """Whether an object comes back as another member of its union."""
    before, after = discriminators(original), discriminators(returned)
    if any(after.get(name, value) != value for name, value in before.items()):
        return True
    appears = returned.keys() - original.keys()
    return any(rivals(name) & appears for name in original.keys() - returned.keys())


def _is_item_by_item(original: list[Json], returned: list[Json]) -> bool:
    """Whether each item of a list certainly comes back at its own place."""
    if len(original) != len(returned):
        return False
    changed = [(one, two) for one, two in zip(original, returned, strict=True) if not same(one, two)]
    if not all(isinstance(one, dict) and isinstance(two, dict) for one, two in changed):
        return False
    if len(changed) == 1:
        return True
    before = {canonical_json(one) for one, _ in changed}
    return all(
        all(one.get(name) == two.get(name) for name in _IDENTITY) and canonical_json(two) not in before
        for one, two in changed
    )


def _compare_items(original: list[Json], returned: list[Json], path: Path) -> Iterator[PreservedValue]:
    if same(original, returned):
        return
    names = Counter(_name(item) for item in returned), Counter(_name(item) for item in original)
    texts = [canonical_json(item) for item in returned]
    total, passed = Counter(texts), Counter[bytes]()
    for index, (value, text) in enumerate(zip(original, texts, strict=True)):
        back, nth = returned[index], passed[text]
        passed[text] += 1
        name = _name(value)
        if name is not None and name == _name(back) and all(counter[name] == 1 for counter in names):
            yield from _compare(value, back, (*path, Named(name)))
        elif not same(value, back):
            place, was = format_path((*path, index)), remember(back)
            yield PreservedValue(place, value=copy_json(value), was=was, nth=nth, of=total[text])


def _name(item: Json) -> str | None:
    name = item.get("name") if isinstance(item, dict) else None
    return name if isinstance(name, str) and name and "]" not in name else None


def leaf_differences(original: Json, returned: Json, limit: int | None = None) -> tuple[PreservedValue, ...] | None:
    """List each single value of ``original`` that is not in ``returned``, for reports: finer than what is restored.

    Args:
        original: the manifest before it was converted.
        returned: what converting it and converting it back gives.
        limit: how many to list at most; None lists all.

    Returns:
        None if there are more than the limit, or their paths are longer than `ALL_PATHS` together.
    """
    if original == returned:  # the usual case, decided in C
        return ()
    found = _leaves(original, returned, ())
    return tuple(found) if limit is None else _take(found, limit)


def _take(found: Iterator[PreservedValue], limit: int) -> tuple[PreservedValue, ...] | None:
    taken: list[PreservedValue] = []
    room = ALL_PATHS
    for value in found:
        taken.append(value)
        room -= len(value.path)
        if len(taken) > limit or room < 0:
            return None
    return tuple(taken)


def _leaves(original: Json, returned: Json, path: Path) -> Iterator[PreservedValue]:
    if isinstance(original, dict) and isinstance(returned, dict):
        yield from _leaves_of_object(original, returned, path)
    elif isinstance(original, list) and isinstance(returned, list) and len(original) == len(returned):
        if original != returned:
            for value, back, segment in zip(original, returned, item_segments(returned), strict=True):
                if value != back:
                    yield from _leaves(value, back, (*path, segment))
    elif type(original) is not type(returned) or original != returned:
        yield PreservedValue(format_path(path), value=copy_json(original), was=copy_json(returned))


def _leaves_of_object(original: Manifest, returned: Manifest, path: Path) -> Iterator[PreservedValue]:
    for key, value in original.items():
        if key not in returned:
            yield PreservedValue(format_path((*path, key)), value=copy_json(value))
        elif value != returned[key] or type(value) is not type(returned[key]):
            yield from _leaves(value, returned[key], (*path, key))
    for key, value in returned.items():
        if key not in original:
            yield PreservedValue(format_path((*path, key)), was=remember(value))
