"""Losses that have no room on a Work in full: digests of their identities, each one or all together."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

from converter.losses.model import Origin  # noqa: TC001  msgspec reads the annotations

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_LIMIT: Final = 7680
"""Characters for all digests of a Work."""

_SIZES: Final = (6, 3)
"""Bytes of a digest, the best first. With 3, a new loss passes for a stored one with a chance below 1 in 10,000."""


class DigestedLosses(msgspec.Struct, frozen=True, omit_defaults=True):
    """Losses of one origin that are stored as digests.

    Attributes:
        origin: what loses the values.
        count: how many there are.
        size: bytes of one digest; 0 if there are too many for one digest each.
        digests: the digests, sorted and joined, as base64; or one digest of all identities together.
    """

    origin: Origin
    count: int
    size: int
    digests: str

    @classmethod
    def of(cls, origin: Origin, hashes: Iterable[bytes], limit: int, size: int | None = None) -> DigestedLosses:
        """Digest losses, each on its own if there is room for it.

        Args:
            origin: what loses the values.
            hashes: of their keys, or the start of these.
            limit: characters for the digests.
            size: how many bytes of each are known; None for all.
        """
        found = sorted(set(hashes))
        for width in _SIZES:
            if (size is None or width <= size) and len(found) * width * 4 // 3 + 4 <= limit:
                cut = sorted({one[:width] for one in found})
                return cls(origin, len(found), width, base64.b64encode(b"".join(cut)).decode())
        return cls(origin, len(found), 0, base64.b64encode(_together(found)).decode())

    def each(self) -> frozenset[bytes]:
        """The single digests; none if there is one for all or they cannot be read."""
        if self.size not in _SIZES:
            return frozenset()
        data = _decoded(self.digests)
        return frozenset(data[at : at + self.size] for at in range(0, len(data), self.size))

    def matches(self, hashes: Sequence[bytes]) -> list[bool]:
        """Say of each of some losses, all that are not stored in full, whether it is among these."""
        if self.size:
            known = self.each()
            return [one[: self.size] in known for one in hashes]
        same = bool(hashes) and _together(sorted(set(hashes))) == _decoded(self.digests)
        return [same] * len(hashes)

    def ends_with(self, hashes: Sequence[bytes]) -> bool:
        """Whether one of these is not among some losses, all that are not stored in full.

        One digest for all only says that something has changed, which counts as well.
        """
        if self.size:
            return bool(self.each() - {one[: self.size] for one in hashes})
        return not all(self.matches(hashes)) or not hashes


def digest_rest(
    rest: Mapping[Origin, Sequence[bytes]], carried: DigestedLosses | None = None
) -> tuple[DigestedLosses, ...]:
    """Digest the losses that have no room in full.

    Args:
        rest: the hashes of their keys, by origin.
        carried: losses by earlier conversions that are known by digest alone.
    """
    known = {origin: hashes for origin, hashes in rest.items() if hashes or _carries(origin, carried)}
    limit = _LIMIT // max(len(known), 1)
    found = []
    for origin, hashes in known.items():
        if carried is None or not _carries(origin, carried):
            found.append(DigestedLosses.of(origin, hashes, limit))
        elif not hashes or not carried.size:
            found.append(carried)
        else:
            joined = [*carried.each(), *(one[: carried.size] for one in hashes)]
            found.append(DigestedLosses.of(origin, joined, limit, carried.size))
    return tuple(found)


def _carries(origin: Origin, carried: DigestedLosses | None) -> bool:
    return carried is not None and carried.origin is origin


def _together(hashes: Sequence[bytes]) -> bytes:
    return hashlib.sha256(b"".join(hashes)).digest()[:16]


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
