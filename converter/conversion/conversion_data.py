"""What a conversion could not carry over, kept so that the way back gives the original exactly.

Nothing here knows rules: the manifest is converted, converted straight back, and what differs from the
original is kept. So the way back is exact by construction, whatever a rule forgot. On the way back a kept
value is put in place only where the converted manifest still has what it had then: what someone has edited
in between stays edited.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec

from converter.errors import ManifestError
from converter.kube import (
    Json,
    Manifest,
    Named,
    Path,
    Segment,
    canonical_json,
    copy_json,
    format_path,
    parse_path,
)
from converter.kube.path import item_segment

if TYPE_CHECKING:
    from collections.abc import Iterator

_DIGEST_FROM = 64
"""Values whose JSON is longer than this many bytes are remembered by digest where only equality matters."""


class PreservedValue(msgspec.Struct, frozen=True, omit_defaults=True):
    """One place where the way back alone would not give the original.

    Attributes:
        path: the place, in the original's version.
        value: what the original has there; unset where it has nothing.
        was: what the way back alone gives there, a longer value as ``sha256:…``; unset where it gives nothing.
    """

    path: str  # empty where the whole manifest is kept, because rules refuse the way back
    value: Any = msgspec.UNSET
    was: Any = msgspec.UNSET


class ConversionData(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that a conversion kept.

    Attributes:
        source: the apiVersion of the original, which the paths are in.
        values: the places, in the order of the original.
    """

    source: str
    values: tuple[PreservedValue, ...] = ()

    @property
    def whole(self) -> Manifest | None:
        """The whole original, where rules refuse the way back; else None."""
        first = self.values[0] if self.values else None
        return first.value if first is not None and not first.path else None

    def to_json(self) -> bytes:
        """Encode compactly and deterministically, as annotations and files hold it."""
        return canonical_json(self)

    @classmethod
    def from_json(cls, data: bytes | str) -> ConversionData:
        """Read what `to_json` wrote.

        Raises:
            ManifestError: it is something else.
        """
        try:
            return _decoder.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise ManifestError(f"is not what an earlier conversion kept: {error}") from error


_decoder = msgspec.json.Decoder(ConversionData)


def difference(original: Json, returned: Json) -> tuple[PreservedValue, ...]:
    """List what has to be put back into ``returned`` to have ``original`` again."""
    if original == returned:  # the usual case, decided in C
        return ()
    return tuple(_compare(original, returned, ()))


def _compare(original: Json, returned: Json, path: Path) -> Iterator[PreservedValue]:
    if isinstance(original, dict) and isinstance(returned, dict):
        for key, value in original.items():
            if key not in returned:
                yield PreservedValue(format_path((*path, key)), value=copy_json(value))
            else:
                yield from _compare(value, returned[key], (*path, key))
        for key, value in returned.items():
            if key not in original:
                yield PreservedValue(format_path((*path, key)), was=_remember(value))
    elif isinstance(original, list) and isinstance(returned, list) and len(original) == len(returned):
        for index, value in enumerate(original):
            if value != returned[index]:
                yield from _compare(value, returned[index], (*path, item_segment(returned, index)))
    elif type(original) is not type(returned) or original != returned:
        yield PreservedValue(format_path(path), value=copy_json(original), was=_remember(returned))


def _remember(value: Json) -> Json:
    text = canonical_json(value)
    return value if len(text) <= _DIGEST_FROM else f"sha256:{hashlib.sha256(text).hexdigest()[:32]}"


def put_back(manifest: Manifest, kept: ConversionData) -> None:
    """Restore, in place, what was kept; places that have changed since are left alone.

    Raises:
        ManifestError: a kept path cannot be read.
    """
    places = [_find(manifest, parse_path(item.path)) for item in kept.values]
    for place, item in zip(places, kept.values, strict=True):  # found first: what is put back may be an item's name
        if place is not None:
            _put(*place, item)


def _find(manifest: Manifest, path: Path) -> tuple[Any, Segment, Any] | None:
    """Find the parent of the place that a path names, the last segment, and the key or index of that segment."""
    holder: Any = manifest
    for segment in path[:-1]:
        key = _key(holder, segment)
        if key is None:
            return None
        holder = holder[key]
    return (holder, path[-1], _key(holder, path[-1])) if path else None


def _put(holder: Any, leaf: Segment, key: Any, item: PreservedValue) -> None:
    if key is None:
        if item.was is msgspec.UNSET and isinstance(holder, dict) and isinstance(leaf, str):
            holder[leaf] = copy_json(item.value)
    elif item.was is not msgspec.UNSET and canonical_json(_remember(holder[key])) == canonical_json(item.was):
        if item.value is msgspec.UNSET:
            del holder[key]
        else:
            holder[key] = copy_json(item.value)


def _key(holder: Any, segment: Segment) -> Any:
    """Find the key or index of a segment; None if nothing matches it."""
    if isinstance(holder, dict):
        return segment if isinstance(segment, str) and segment in holder else None
    if not isinstance(holder, list):
        return None
    if isinstance(segment, Named):
        named = [i for i, item in enumerate(holder) if isinstance(item, dict) and item.get("name") == segment.name]
        return named[0] if len(named) == 1 else None
    return segment if isinstance(segment, int) and segment < len(holder) else None
