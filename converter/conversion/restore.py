"""Puts preserved values back into a manifest that may have been edited: an edit wins, and is reported.

Each place is restored whole or not at all (see `converter.conversion.preserve`). A value is put back only while its
place, and what it depends on, is as the conversion left it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import msgspec

from converter.conversion.preserve import remember, same
from converter.conversion.unions import discriminators, rivals
from converter.kube import Json, Manifest, Named, Path, Segment, canonical_json, copy_json, format_path, parse_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from converter.conversion.conversion_data import PreservedValue


class Reason(StrEnum):
    """Why a preserved value is not restored."""

    CHANGED = "changed"
    """The place has another value now."""
    REMOVED = "removed"
    """The object or list item that held the place is gone or has another name."""
    AMBIGUOUS = "ambiguous"
    """The list around the place was edited, and no item of it certainly matches the place."""
    EXCLUDED = "excluded"
    """A field next to the place was edited, and the API allows only one of the two."""
    OVERRIDES = "overrides"
    """The value would undo an edit elsewhere in the manifest."""


_WORDS: Final = {
    Reason.CHANGED: "the original value was not restored, because this place was edited after the conversion",
    Reason.REMOVED: "the original value was not restored, because the object or list item around it was removed",
    Reason.AMBIGUOUS: "the original value was not restored, because the list around it was edited",
    Reason.EXCLUDED: "the original value was not restored, because an edit set a field that excludes it",
    Reason.OVERRIDES: "the original value was not restored, because it would undo an edit",
}


class UnrestoredValue(msgspec.Struct, frozen=True):
    """A value of the original that is not restored, because of an edit.

    Attributes:
        path: the place, in the original's version; empty for the whole manifest.
        value: what the original had there; unset if it had nothing, and a value that the conversion filled in stays.
        reason: why it is not restored.
    """

    path: str
    value: Json
    reason: Reason

    def __str__(self) -> str:
        """Describe it for people; the value is left out, since it may be a secret."""
        return f"{self.path or 'the object'}: {_WORDS[self.reason]}"


def put_back(manifest: Manifest, values: Iterable[PreservedValue]) -> tuple[UnrestoredValue, ...]:
    """Restore preserved values in a manifest, which is changed; return those that an edit keeps out.

    Args:
        manifest: the manifest, converted back.
        values: what its conversion preserved.

    Raises:
        ManifestError: a preserved path cannot be read.
    """
    finder = _Finder()
    places = [(value, finder.find(manifest, value)) for value in values]
    unrestored: list[UnrestoredValue] = []
    for value, found in places:  # found first: what is put back may be the name of an item
        if isinstance(found, _Place) and _was_emptied(found, value):
            unrestored += _fill(found.holder[found.key], value.value, value.path)
            continue
        reason = _put(found, value) if isinstance(found, _Place) else found
        if reason is not None and (value.value is not msgspec.UNSET or reason is Reason.EXCLUDED):
            unrestored.append(UnrestoredValue(value.path, value.value, reason))
    return tuple(unrestored)


class _Place(msgspec.Struct, frozen=True):
    """A place in a manifest: the object or list that holds it, and its key or index there."""

    holder: Any
    key: Any


class _Finder:
    """Finds places; looks through each list once, however many of its items were preserved."""

    def __init__(self) -> None:
        self._names: dict[int, dict[str, list[int]]] = {}
        self._texts: dict[int, dict[bytes, list[int]]] = {}

    def find(self, manifest: Manifest, value: PreservedValue) -> _Place | Reason:
        path = parse_path(value.path)
        holder = self._follow(manifest, path[:-1])
        leaf = path[-1]
        if isinstance(leaf, str):
            return _Place(holder, leaf) if isinstance(holder, dict) else Reason.REMOVED
        if not isinstance(holder, list):
            return Reason.REMOVED
        if isinstance(leaf, Named):
            index = self._named(holder, leaf)
            return Reason.REMOVED if index is None else _Place(holder, index)
        return self._item(holder, leaf, value)

    def _follow(self, node: Any, path: Path) -> Any:
        for segment in path:
            key: Any = segment
            if isinstance(segment, Named) and isinstance(node, list):
                key = self._named(node, segment)
            if not _leads(node, key):
                return None
            node = node[key]
        return node

    def _named(self, items: list[Any], segment: Named) -> int | None:
        """Find the one item that has a name; None if there is none, or more than one."""
        known = self._names.get(id(items))
        if known is None:
            known = self._names[id(items)] = {}
            for index, item in enumerate(items):
                if isinstance(item, dict) and isinstance(item.get("name"), str):
                    known.setdefault(item["name"], []).append(index)
        found = known.get(segment.name, ())
        return found[0] if len(found) == 1 else None

    def _item(self, items: list[Any], index: Segment, value: PreservedValue) -> _Place | Reason:
        """Find an item by its digest, wherever it is now."""
        known = self._texts.get(id(items))
        if known is None:
            known = self._texts[id(items)] = {}
            for place, item in enumerate(items):
                known.setdefault(canonical_json(remember(item)), []).append(place)
        found = known.get(canonical_json(value.was), ())
        if len(found) == value.of:
            return _Place(items, found[value.nth])
        if isinstance(index, int) and index < len(items) and same(items[index], value.value):
            return _Place(items, index)
        return Reason.AMBIGUOUS if found else Reason.CHANGED


def _leads(node: Any, key: Any) -> bool:
    if isinstance(node, dict):
        return isinstance(key, str) and key in node
    return isinstance(node, list) and isinstance(key, int) and key < len(node)


def _put(place: _Place, item: PreservedValue) -> Reason | None:
    """Restore one place, or say why not."""
    holder, key = place.holder, place.key
    there = holder.get(key, msgspec.UNSET) if isinstance(holder, dict) else holder[key]
    if _is_same(there, item.value):
        return None
    if not _is_same(there if there is msgspec.UNSET else remember(there), item.was):
        return Reason.CHANGED
    if isinstance(holder, dict) and _is_excluded(holder, key, item):
        return Reason.EXCLUDED
    if item.value is msgspec.UNSET:
        del holder[key]
    else:
        holder[key] = copy_json(item.value)
    return None


def _was_emptied(place: _Place, item: PreservedValue) -> bool:
    """Whether nothing of an object came back, and an edit has set something in it since."""
    if item.was is not msgspec.UNSET or not isinstance(item.value, dict) or not isinstance(place.holder, dict):
        return False
    there = place.holder.get(place.key)
    return isinstance(there, dict) and discriminators(there) == discriminators(item.value)


def _fill(there: Manifest, value: Manifest, path: str) -> Iterator[UnrestoredValue]:
    """Restore the fields of an object that nothing came back of, next to those that an edit has set."""
    edited = set(there)
    for key, lost in value.items():
        field = format_path((*parse_path(path), key))
        if key not in edited:
            if any(rival in edited and rival not in value for rival in rivals(key)):
                yield UnrestoredValue(field, lost, Reason.EXCLUDED)
            else:
                there[key] = copy_json(lost)
        elif isinstance(lost, dict) and isinstance(there[key], dict):
            if discriminators(lost) == discriminators(there[key]):
                yield from _fill(there[key], lost, field)
            elif not same(there[key], lost):
                yield UnrestoredValue(field, lost, Reason.CHANGED)
        elif not same(there[key], lost):
            yield UnrestoredValue(field, lost, Reason.CHANGED)


def _is_excluded(holder: Manifest, field: str, item: PreservedValue) -> bool:
    """Whether the API does not allow the value next to what an edit set there."""
    now = discriminators(holder)
    if any(now.get(name) != value for name, value in item.given.items()):
        return True
    return item.value is not msgspec.UNSET and not item.shares and any(rival in holder for rival in rivals(field))


def _is_same(one: Any, two: Any) -> bool:
    """Whether two values are the same JSON, or both unset."""
    if one is msgspec.UNSET or two is msgspec.UNSET:
        return one is two
    return same(one, two)
