"""Stores on a Work which losses were let pass, and tells them apart from new ones.

A loss by conversion is found when it happens, and only remembered afterwards. A loss by the cluster's release is
found again each time. So the former are stored first, with the facts for their text. Losses that have no room are
stored as digests of their identities: they, too, count as let pass under a later policy.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

import msgspec

from converter.catalog import Release  # noqa: TC001  msgspec reads the annotations
from converter.losses.digests import DigestedLosses, digest_rest
from converter.losses.model import ByRelease, Loss, LossKey, ManifestId, Origin, UnstoredData
from converter.losses.record_format import Content, bound_of, cost_of, cost_of_unstored, decode_content, encode_content

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

RECORD_LIMIT: Final = 16 << 10
"""Bytes of the annotation."""

_IN_FULL: Final = RECORD_LIMIT // 2
"""Bytes for losses in full if some have to be stored as digests."""

_FEW: Final = 8
"""Losses that are searched; of more an index is made, for which `functools.cached_property` takes a lock."""

_AROUND: Final = 128
"""Bytes of the document without its losses."""


class LossRecord(msgspec.Struct, frozen=True, dict=True):
    """The losses that are stored on a Work.

    Attributes:
        release: the cluster's release when they were stored; None if no loss is one by release.
        losses: those stored in full, in the order of the manifests.
        unstored: the manifests that a conversion back cannot restore.
        more: those stored as digests.
    """

    release: Release | None = None
    losses: tuple[Loss, ...] = ()
    unstored: tuple[UnstoredData, ...] = ()
    more: tuple[DigestedLosses, ...] = ()

    @classmethod
    def read(cls, text: str | None) -> LossRecord:
        """Read the annotation; nothing if it is absent, of another format, or cannot be read."""
        content = decode_content(text) if text else None
        return cls(*content) if content is not None else NO_LOSSES

    def to_json(self) -> str | None:
        """Write the annotation; None if there is nothing to store."""
        if not (self.losses or self.unstored or self.more):
            return None
        return encode_content(Content(self.release, self.losses, self.unstored, self.more))

    def passed(self, losses: Iterable[Loss]) -> frozenset[LossKey]:
        """Name those of a Work's present losses that were let pass before.

        Args:
            losses: all that the Work has now.
        """
        if not (self.losses or self.more):
            return frozenset()
        known = {loss.key for loss in self.losses}
        present = {loss.key for loss in losses}
        found = present & known
        for more in self.more:
            rest = sorted(key for key in present - known if key.origin is more.origin)
            hits = more.matches([key.hashed() for key in rest])
            found |= {key for key, hit in zip(rest, hits, strict=True) if hit}
        return frozenset(found)

    def of_conversion(self, manifest: ManifestId) -> tuple[Loss, ...]:
        """List what an earlier conversion lost of a manifest, as far as it is stored in full."""
        if len(self.losses) <= _FEW:
            return tuple([loss for loss in self.losses if loss.by_conversion is not None and loss.manifest == manifest])
        return self._of_conversions.get(manifest, ())

    @cached_property
    def _of_conversions(self) -> dict[ManifestId, tuple[Loss, ...]]:
        found: dict[ManifestId, list[Loss]] = {}
        for loss in self.losses:
            if loss.by_conversion is not None:
                found.setdefault(loss.manifest, []).append(loss)
        return {manifest: tuple(losses) for manifest, losses in found.items()}

    def unstored_of(self, manifest: ManifestId) -> UnstoredData | None:
        """Say whether a conversion back cannot restore a manifest; None if it can."""
        return self._unstored.get(manifest) if self.unstored else None

    @cached_property
    def _unstored(self) -> dict[ManifestId, UnstoredData]:
        return {data.manifest: data for data in reversed(self.unstored)}

    def same_losses(self, other: LossRecord) -> bool:
        """Whether two records say the same, whatever words and hints are stored with each loss."""
        if self is other:
            return True
        alike = len(self.losses) == len(other.losses) and all(map(_is_same, self.losses, other.losses))
        return alike and (self.release, self.unstored, self.more) == (other.release, other.unstored, other.more)

    def ends_with(self, now: Sequence[Loss]) -> bool:
        """Whether the cluster's release holds something now that it dropped or refused when this was stored.

        Args:
            now: all present losses by the release.
        """
        if not self.losses and not self.more:
            return False
        places = {(loss.manifest, loss.path) for loss in now}
        if any(loss.by_release is not None and (loss.manifest, loss.path) not in places for loss in self.losses):
            return True
        released = [more for more in self.more if more.origin is Origin.RELEASE]
        if not released:
            return False
        known = {loss.key for loss in self.losses}
        hashes = [loss.key.hashed() for loss in now if loss.key not in known]
        return any(more.ends_with(hashes) for more in released)


NO_LOSSES: Final = LossRecord()


class LetPass:
    """The present losses of a Work that were let pass before; found out when the first one is denied, which is rare."""

    def __init__(self, stored: LossRecord, present: Sequence[Loss]) -> None:
        """Compare later.

        Args:
            stored: the losses that the Work stores.
            present: all that it has now.
        """
        self._stored = stored
        self._present = present

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    @cached_property
    def _keys(self) -> frozenset[LossKey]:
        return self._stored.passed(self._present)


def fit(
    losses: Sequence[Loss],
    release: Release | None,
    unstored: Sequence[UnstoredData] = (),
    carried: DigestedLosses | None = None,
) -> LossRecord:
    """Choose which of a Work's losses are stored in full and which as digests; equal losses give equal records.

    Args:
        losses: in the order of the manifests.
        release: the cluster's.
        unstored: the manifests that a conversion back cannot restore.
        carried: losses by earlier conversions that are known by digest alone.
    """
    unique = _unique(losses) if len(losses) > 1 else [*losses]
    by_release = True in [type(loss.cause) is ByRelease for loss in unique]
    stored, names = _within(unstored, RECORD_LIMIT // 4) if unstored else ((), 0)
    whole = LossRecord(release if by_release else None, tuple(unique), stored)
    if carried is None and _fits(whole):
        return whole
    costs = {loss.key: cost_of(loss) for loss in unique}
    left = _IN_FULL - _AROUND - names
    full: list[Loss] = []
    rest: dict[Origin, list[bytes]] = {}
    for origin in (Origin.CONVERSION, Origin.RELEASE):
        found = [loss for loss in unique if loss.origin is origin]
        count = 0
        while count < len(found) and costs[found[count].key] <= left:
            left -= costs[found[count].key]
            count += 1
        full += found[:count]
        rest[origin] = [loss.key.hashed() for loss in found[count:]]
    more = digest_rest(rest, carried)
    places: dict[ManifestId, int] = {}
    for loss in unique:
        places.setdefault(loss.manifest, len(places))
    full.sort(key=lambda loss: places[loss.manifest])
    return msgspec.structs.replace(whole, losses=tuple(full), more=more)


def _is_same(one: Loss, two: Loss) -> bool:
    """Whether two losses are the same, of the same severity, and by a conversion to the same version."""
    if one.path != two.path or one.severity is not two.severity or one.key != two.key:
        return False
    return one.by_conversion is None or one.by_conversion.target == getattr(two.cause, "target", None)


def _fits(record: LossRecord) -> bool:
    """Whether a record fits as it is; a few losses are not measured, since their texts are cut when they are stored."""
    if not record.unstored and sum(map(bound_of, record.losses)) + _AROUND <= RECORD_LIMIT:
        return True
    return len(record.losses) <= RECORD_LIMIT // 32 and len((record.to_json() or "").encode()) <= RECORD_LIMIT


def _unique(losses: Sequence[Loss]) -> list[Loss]:
    """Leave out repeated losses; the digest of a value is made only if two losses are at the same place."""
    places = {(loss.manifest, loss.path) for loss in losses}
    return [*losses] if len(places) == len(losses) else [*{loss.key: loss for loss in losses}.values()]


def _within(unstored: Sequence[UnstoredData], limit: int) -> tuple[tuple[UnstoredData, ...], int]:
    """Take as many as fit; returns them and their bytes."""
    found: list[UnstoredData] = []
    size = 0
    for data in unstored:
        cost = cost_of_unstored(data)
        if size + cost > limit:
            break
        size += cost
        found.append(data)
    return tuple(found), size
