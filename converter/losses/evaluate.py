"""What of a manifest a cluster of a release drops without a word, or refuses: with its weight, and what would help.

Nothing is guessed: of a cluster whose release is not known, or is older than the catalog, and of kinds that are not
Kubernetes' own, nothing is said.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from converter.errors import ManifestError
from converter.kube import EACH, GroupVersionKind, Json, Manifest, Named, Path, parse_path
from converter.losses.affected_kinds import Coverage
from converter.losses.messages import History, dropped, refused
from converter.losses.schema_decoders import SchemaDecoders, accepts
from converter.losses.severity import Severity
from converter.losses.unknown_fields import UnknownFieldFinder
from converter.rules.steps.values import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from msgspec import Raw

    from converter.catalog import Catalog, Release
    from converter.conversion import Loss
    from converter.losses.severity import SeverityTable
    from converter.losses.unknown_fields import UnknownField


class FieldLoss(msgspec.Struct, frozen=True):
    """A value that a cluster cannot hold.

    Attributes:
        path: where it stands.
        value: what it is.
        why: a sentence for people.
        weight: how much it matters.
        consequence: what happens without it, for people; may be empty.
        since: the first later release that holds it; None where none does, or the cluster's is not known.
        refused: whether the cluster refuses the value aloud, since it knows the field and not the value.
    """

    path: str
    value: Json
    why: str
    weight: Severity
    consequence: str = ""
    since: Release | None = None
    refused: bool = False

    def __str__(self) -> str:
        consequence = f"; {self.consequence}" if self.consequence else ""
        return f"{self.path} = {shown(self.value)}: {self.why}{consequence} ({self.weight})"


class SchemaIndex:
    """What depends on the catalog alone: compiled once for all rule books of a process."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.oldest = catalog.releases[0]
        self.newest = catalog.releases[-1]
        self.check = UnknownFieldFinder(catalog)
        self.known = SchemaDecoders(catalog)
        self.coverage = Coverage(catalog)
        self.history = lru_cache(maxsize=4096)(self._history)

    def _history(self, gvk: GroupVersionKind, path: Path, release: Release, value: str | None = None) -> History:
        since = self.check.known_since(gvk, path, release, value)
        if since is not None:
            return History(since)
        others = [other for other in self._catalog.kinds() if other.kind == gvk.kind and other != gvk]
        known = ((self.check.known_since(other, path, release, value), other.api_version) for other in others)
        later = min(((when, version) for when, version in known if when is not None), default=None)
        if later is not None:
            return History(*later)
        return History(last=max(self.check.known_in(gvk, path, value), default=None))


@lru_cache(maxsize=4)
def shapes_of(catalog: Catalog) -> SchemaIndex:
    """Give a catalog's shapes, always the same."""
    return SchemaIndex(catalog)


class LossEvaluator:
    """Finds and weighs losses, by one catalog and one table of weights."""

    def __init__(self, catalog: Catalog, weights: SeverityTable) -> None:
        self._shapes = shapes_of(catalog)
        self._weights = weights
        self._concerned: dict[tuple[Release, str, str], bool] = {}
        self._decoders: dict[tuple[Release, str, str], Any] = {}

    def may_lose(self, release: Release | None, api_version: str, kind: str) -> bool:
        """Whether manifests of a kind have to be looked into for a release: decided by the types alone, and remembered.

        The status and what API servers write into metadata do not count: no Work carries them.
        """
        if release is None:
            return False
        key = (release, api_version, kind)
        answer = self._concerned.get(key)
        if answer is None:
            answer = self._is_concerned(*key)
            if len(self._concerned) < _KINDS_REMEMBERED:
                self._concerned[key] = answer
        return answer

    def _is_concerned(self, release: Release, api_version: str, kind: str) -> bool:
        if release < self._shapes.oldest:
            return False
        try:
            gvk = GroupVersionKind.of(api_version, kind)
        except ManifestError:
            return False
        return self._shapes.coverage.may_lose(release, gvk)

    def accepts(self, manifest: bytes | Raw, api_version: str, kind: str, release: Release | None) -> bool:
        """Whether a release is certain to drop nothing of a manifest on its way in a Work: a fast yes, or no answer.

        Args:
            manifest: JSON, in the version that the cluster gets.
            api_version: its apiVersion.
            kind: its kind; one that `may_lose` says something of.
            release: the cluster's release; None where it is not known, and then nothing is said of it.
        """
        if release is None:
            return True
        key = (release, api_version, kind)
        decoder = self._decoders.get(key, _MISSING)
        if decoder is _MISSING:
            decoder = self._shapes.known.decoder(GroupVersionKind.of(api_version, kind), release)
            if len(self._decoders) < _KINDS_REMEMBERED:
                self._decoders[key] = decoder
        return decoder is not None and accepts(decoder, manifest)

    def of_release(
        self, manifest: Manifest, gvk: GroupVersionKind, release: Release | None, namespace: str = "", cluster: str = ""
    ) -> tuple[FieldLoss, ...]:
        """List what a release drops or refuses of a manifest in the version that the cluster gets, in its order.

        Args:
            manifest: the manifest.
            gvk: its group, version and kind.
            release: the cluster's release; None where it is not known, and then nothing is said.
            namespace: the object's, for weights that depend on it.
            cluster: the cluster's name, likewise.
        """
        if release is None or release < self._shapes.oldest:
            return ()
        unknown = self._shapes.check.unknown(manifest, gvk, release)
        return tuple(self._weighed(gvk, field, release, namespace, cluster) for field in unknown)

    def _weighed(
        self, gvk: GroupVersionKind, field: UnknownField, release: Release, namespace: str, cluster: str
    ) -> FieldLoss:
        path, value = generalized(field.path), field.value
        entry = self._weights.find(gvk.kind, path, namespace, cluster)
        weight = entry.weight if entry is not None else Severity.DEGRADING
        if field.refused and isinstance(value, str):
            history = self._shapes.history(gvk, path, release, value)
            why = refused(release, value, history)
            return FieldLoss(str(field), value, why, weight, since=history.since, refused=True)
        history = self._shapes.history(gvk, path, release)
        why = dropped(release, history, self._shapes.newest)
        return FieldLoss(str(field), value, why, weight, entry.why if entry is not None else "", history.since)

    def of_conversion(
        self,
        losses: Iterable[Loss],
        gvk: GroupVersionKind,
        release: Release | None,
        namespace: str = "",
        cluster: str = "",
    ) -> tuple[FieldLoss, ...]:
        """Weigh what a conversion lost, in the terms of the version that the manifest was sent in.

        Args:
            losses: what was lost.
            gvk: the group, version and kind that the manifest was sent in.
            release: the cluster's release, to name a later one that would do; None where it is not known.
            namespace: the object's, for weights that depend on it.
            cluster: the cluster's name, likewise.
        """
        found = []
        for loss in losses:
            path = generalized(parse_path(loss.path))
            entry = self._weights.find(gvk.kind, path, namespace, cluster)
            history = self._shapes.history(gvk, path, release) if release is not None else History()
            why = f"{loss.why}; {history.advice}" if history.since is not None else loss.why
            weight = entry.weight if entry is not None else Severity.DEGRADING
            consequence = entry.why if entry is not None else ""
            found.append(FieldLoss(loss.path, loss.value, why, weight, consequence, history.since))
        return tuple(found)


_MISSING: Final = object()

_KINDS_REMEMBERED = 20_000
"""Kinds whose answer is remembered; requests can name kinds that are none."""


@lru_cache(maxsize=4096)
def generalized(path: Path) -> Path:
    """A path with every place of a list as ``[*]``: what does not depend on which item it is."""
    return tuple(EACH if isinstance(segment, (int, Named)) else segment for segment in path)
