"""Decides fast, from the bytes of a manifest, whether its cluster may drop or refuse something of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from msgspec import Raw

    from converter.catalog import GateSettings, Release
    from converter.kube import Manifest
    from converter.losses.evaluate import LossEvaluator
    from converter.losses.schema_decoders import Acceptor
    from converter.refusals.model import Suspects


class Doubt(msgspec.Struct, frozen=True):
    """Decides fast whether a manifest of one kind has to be searched, for one release with its gates; no is certain.

    Attributes:
        drops: whether the release may drop a field of such manifests, or refuse a value.
        accepts: accepts manifests of which it drops and refuses nothing; None if that cannot be decided fast.
        suspects: whether a check of the release may refuse a manifest for something else; None if it has no check.
    """

    drops: bool
    accepts: Acceptor | None
    suspects: Suspects | None

    def __call__(self, manifest: bytes | Raw) -> bool:
        """Whether a manifest has to be searched.

        Args:
            manifest: JSON.
        """
        if self.drops and (self.accepts is None or not self.accepts(manifest)):
            return True
        return self.suspects is not None and self.suspects(manifest)

    def may_lose(self, manifest: bytes | Raw, decoded: Manifest | None = None) -> bool:
        """Whether the release may drop a field of a manifest, or refuse a value.

        Args:
            manifest: JSON.
            decoded: the same decoded, if it is at hand.
        """
        return self.drops and (self.accepts is None or not self.accepts(manifest, decoded))

    def may_be_refused(self, manifest: bytes | Raw, decoded: Manifest | None = None) -> bool:
        """Whether a check of the release may refuse a manifest for something else; arguments as for `may_lose`."""
        return self.suspects is not None and self.suspects(manifest, decoded)


class Doubts(dict[tuple[str, str], "Doubt | None"]):
    """What decides fast, by apiVersion and kind; None if no manifest of the kind has to be searched.

    Only kinds of the catalog are kept.
    """

    def __init__(self, evaluator: LossEvaluator, release: Release | None, gates: GateSettings) -> None:
        super().__init__()
        self._evaluator = evaluator
        self._release = release
        self._gates = gates
        self._converted: dict[tuple[str, str], Doubt | None] = {}

    def of_converted(self, api_version: str, kind: str) -> Doubt | None:
        """Return what decides about manifests that are converted: they can hold fields that only their source has.

        Args:
            api_version: the version that the cluster gets.
            kind: its kind.
        """
        key = (api_version, kind)
        if key in self._converted:
            return self._converted[key]
        made = self[key]
        if made is None or not made.drops:
            made = self._evaluator.doubt_converted(self._release, self._gates, *key) or made
        if self._evaluator.is_known(*key):
            self._converted[key] = made
        return made

    def __missing__(self, key: tuple[str, str]) -> Doubt | None:
        made = self._evaluator.doubt(self._release, self._gates, *key)
        if self._evaluator.is_known(*key):
            self[key] = made
        return made
