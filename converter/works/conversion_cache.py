"""Remembers how manifests were converted, for when Karmada sends the same again.

Karmada compares the Work that it wants with the one that is stored. A converted Work differs, so Karmada sends the
originals again whenever it looks at the binding: after each change of a status, for one. What a conversion makes
depends on nothing but the bytes of the manifest, its cluster and the rules, so the plan is the same without the cache.

A conversion is remembered when its manifest comes for the second time. So what comes once, in a rollout to a thousand
clusters, costs one hash, and displaces nothing (`tests/bench/bench_admission.py`, "each for the first time").
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from converter.works.states import ManifestState, Target

MOST_ENTRIES: Final = 4096
"""How many conversions are remembered, and how many manifests that came once."""

MOST_BYTES: Final = 16 << 20
"""Bytes of the remembered manifests, as they were sent and as they were converted."""

LARGEST: Final = 16 << 10
"""Bytes of the largest manifest that is remembered."""

MOST_LOSSES: Final = 16
"""A conversion with more losses is not remembered: they hold parts of the manifest as objects."""


class ConversionCache:
    """The latest conversions; the one that was not asked for the longest goes first.

    Attributes:
        bytes: how many the remembered manifests have, as they were sent and as they were converted.
    """

    def __init__(self, entries: int = MOST_ENTRIES, size: int = MOST_BYTES) -> None:
        """Prepare.

        Args:
            entries: how many conversions to remember.
            size: how many bytes of manifests to remember.
        """
        self._most = entries
        self._most_bytes = size
        self._made: OrderedDict[tuple[bytes, str], tuple[Target, bool, ManifestState, int]] = OrderedDict()
        self._came_once: set[int] = set()  # hashes: a manifest that is taken for another one is remembered a turn early
        self._lock = threading.Lock()  # large reviews are answered in a thread
        self.bytes = 0

    def __len__(self) -> int:
        """Count the conversions."""
        return len(self._made)

    def find(self, manifest: bytes, target: Target, *, lossy: bool) -> ManifestState | None:
        """Find a conversion for the same cluster, as it is now, by the same rules; None if there is none.

        Args:
            manifest: the JSON of the manifest, as it was sent.
            target: where it goes, and by which rules.
            lossy: whether the cluster's release lost something of it before.
        """
        key = (manifest, target.cluster.name)
        entry = self._made.get(key)
        if entry is None:
            return None
        made_for, was_lossy, state, _ = entry
        if (
            made_for.converter is not target.converter
            or made_for.cluster is not target.cluster
            or made_for.limits != target.limits
            or was_lossy is not lossy
        ):
            return None
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
        return state

    def keep(self, manifest: bytes, target: Target, state: ManifestState, *, lossy: bool) -> None:
        """Remember a conversion, if its manifest came before; arguments as for `find`."""
        key = (manifest, target.cluster.name)
        number = hash(key)
        with self._lock:
            if number not in self._came_once:
                if len(self._came_once) >= self._most:
                    self._came_once.clear()
                self._came_once.add(number)
                return
            if len(state.losses) > MOST_LOSSES:
                return
            size = len(manifest) + len(state.encoded or b"")
            former = self._made.pop(key, None)
            self._made[key] = (target, lossy, state, size)
            self.bytes += size if former is None else size - former[3]
            while len(self._made) > self._most or self.bytes > self._most_bytes:
                self.bytes -= self._made.popitem(last=False)[1][3]
