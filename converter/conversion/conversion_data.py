"""Conversion data: what a conversion could not carry, stored so that converting back restores the original.

`converter.conversion.preserve` makes it, `converter.conversion.restore` uses it. Nothing here knows rules.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from converter.errors import ManifestError
from converter.kube import Manifest, canonical_json

MOST_PLACES: Final = 2000
"""Places of one manifest that are restored one by one; a manifest with more is preserved whole."""


class PreservedValue(msgspec.Struct, frozen=True, omit_defaults=True):
    """One place where converting back does not give the original.

    A place is restored whole or not at all. It is restored only while everything that it depends on is as the
    conversion left it.

    Attributes:
        path: the place, in the original's version; empty for the whole manifest, if rules refuse to convert it back.
        value: what the original has there; unset if it has nothing.
        was: what converting back gives there, a longer value as ``sha256:…``; unset if it gives nothing. For the whole
            manifest, the digest of each top-level field of the converted one.
        given: the discriminators next to the place, such as ``type``, that converting back gives.
        shares: whether the original sets a field next to the place that excludes it in other types.
        nth: for an item of a list, its place among the items that come back equal to it, from 0.
        of: for an item of a list, how many items come back equal to it.
    """

    path: str
    value: Any = msgspec.UNSET
    was: Any = msgspec.UNSET
    given: dict[str, str] = {}
    shares: bool = False
    nth: int = 0
    of: int = 1


class ConversionData(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that a conversion preserves.

    Attributes:
        source: the apiVersion of the original, which the paths are in.
        values: the places, in the order of the original.
    """

    source: str
    values: tuple[PreservedValue, ...] = ()

    @property
    def whole(self) -> PreservedValue | None:
        """The place of the whole original, if rules refuse to convert it back; else None."""
        first = self.values[0] if self.values else None
        return first if first is not None and not first.path else None

    def to_json(self) -> bytes:
        """Encode compactly and deterministically, for annotations and files."""
        return canonical_json(self)

    @classmethod
    def from_json(cls, data: bytes | str) -> ConversionData:
        """Read what `to_json` wrote.

        Raises:
            ManifestError: the text is not conversion data.
        """
        try:
            found = _decoder.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise ManifestError(f"not conversion data: {error}") from error
        if len(found.values) > MOST_PLACES:
            raise ManifestError(f"not conversion data: it has {len(found.values)} places, at most {MOST_PLACES}")
        whole = found.whole
        if whole is not None and not (isinstance(whole.value, dict) and isinstance(whole.was, dict)):
            raise ManifestError("not conversion data: the whole manifest must be an object")
        return found


_decoder = msgspec.json.Decoder(ConversionData)


def whole_manifest(original: Manifest, digests: dict[str, str]) -> PreservedValue:
    """Preserve a whole manifest, since rules refuse to convert it back.

    Args:
        original: the manifest.
        digests: of each top-level field of the converted manifest.
    """
    return PreservedValue("", value=original, was=digests)
