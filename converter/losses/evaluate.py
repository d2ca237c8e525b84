"""Finds what a cluster's release drops or refuses of a manifest, and weighs every loss.

Nothing is guessed: a cluster whose release is unknown or older than the catalog has no losses by release, and neither
have kinds that are not Kubernetes' own.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from converter.errors import ManifestError
from converter.kube import EACH, GroupVersionKind, Manifest, Named, Path, parse_path
from converter.losses.affected_kinds import AffectedKinds
from converter.losses.model import NO_HISTORY, ByConversion, ByRelease, FieldHistory, Loss, ManifestId
from converter.losses.schema_decoders import SchemaDecoders, accepts
from converter.losses.severity import Severity
from converter.losses.unknown_fields import UnknownFieldFinder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from msgspec import Raw

    from converter.catalog import Catalog, Release
    from converter.conversion import LostValue
    from converter.losses.severity import SeverityTable
    from converter.losses.unknown_fields import UnknownField


class SchemaIndex:
    """What depends on the catalog alone: compiled once for all rule books of a process."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.oldest = catalog.releases[0]
        self.newest = catalog.releases[-1]
        self.finder = UnknownFieldFinder(catalog)
        self.decoders = SchemaDecoders(catalog)
        self.affected = AffectedKinds(catalog)
        self.history = lru_cache(maxsize=4096)(self._history)

    def _history(self, gvk: GroupVersionKind, path: Path, release: Release, value: str | None = None) -> FieldHistory:
        since = self.finder.known_since(gvk, path, release, value)
        if since is not None:
            return FieldHistory(since)
        others = [other for other in self._catalog.kinds() if other.kind == gvk.kind and other != gvk]
        known = ((self.finder.known_since(other, path, release, value), other.api_version) for other in others)
        later = min(((when, version) for when, version in known if when is not None), default=None)
        if later is not None:
            return FieldHistory(*later)
        return FieldHistory(last=max(self.finder.known_in(gvk, path, value), default=None))


@lru_cache(maxsize=4)
def schema_index(catalog: Catalog) -> SchemaIndex:
    """Give the index of a catalog, always the same one."""
    return SchemaIndex(catalog)


class LossEvaluator:
    """Finds and weighs losses, by one catalog and one severity table."""

    def __init__(self, catalog: Catalog, severities: SeverityTable) -> None:
        self._index = schema_index(catalog)
        self._severities = severities
        self._affected: dict[tuple[Release, str, str], bool] = {}
        self._decoders: dict[tuple[Release, str, str], Any] = {}

    def may_lose(self, release: Release | None, api_version: str, kind: str) -> bool:
        """Whether a release may lose something of manifests of a kind; decided by the types alone, and cached.

        The status and what API servers write into metadata do not count: no Work carries them.
        """
        if release is None:
            return False
        key = (release, api_version, kind)
        answer = self._affected.get(key)
        if answer is None:
            answer = self._is_affected(*key)
            if len(self._affected) < _KINDS_CACHED:
                self._affected[key] = answer
        return answer

    def _is_affected(self, release: Release, api_version: str, kind: str) -> bool:
        if release < self._index.oldest:
            return False
        try:
            gvk = GroupVersionKind.of(api_version, kind)
        except ManifestError:
            return False
        return self._index.affected.may_lose(release, gvk)

    def accepts(self, manifest: bytes | Raw, api_version: str, kind: str, release: Release | None) -> bool:
        """Whether a release is certain to lose nothing of a manifest; False means that it has to be searched.

        Args:
            manifest: JSON, in the version that the cluster gets.
            api_version: its apiVersion.
            kind: its kind; one that `may_lose` returns True for.
            release: the cluster's release; None if it is unknown.
        """
        if release is None:
            return True
        key = (release, api_version, kind)
        decoder = self._decoders.get(key, _MISSING)
        if decoder is _MISSING:
            decoder = self._index.decoders.decoder(GroupVersionKind.of(api_version, kind), release)
            if len(self._decoders) < _KINDS_CACHED:
                self._decoders[key] = decoder
        return decoder is not None and accepts(decoder, manifest)

    def of_release(
        self,
        manifest: Manifest,
        gvk: GroupVersionKind,
        release: Release | None,
        cluster: str = "",
        identity: ManifestId | None = None,
    ) -> tuple[Loss, ...]:
        """List what a release drops or refuses of a manifest, in the order of the manifest.

        Args:
            manifest: the manifest, in the version that the cluster gets.
            gvk: its group, version and kind.
            release: the cluster's release; None if it is unknown, and then there are no losses.
            cluster: the cluster's name, for severities that depend on it.
            identity: the manifest's identity, if it was sent in another version.
        """
        if release is None or release < self._index.oldest:
            return ()
        found = self._index.finder.unknown(manifest, gvk, release)
        if not found:
            return ()
        identity = identity or ManifestId.of(manifest, gvk)
        return tuple(self._by_release(gvk, field, release, cluster, identity) for field in found)

    def _by_release(
        self, gvk: GroupVersionKind, field: UnknownField, release: Release, cluster: str, identity: ManifestId
    ) -> Loss:
        path, value = generalized(field.path), field.value
        severity, consequence = self._weigh(gvk.kind, path, identity.namespace, cluster)
        newest = self._index.newest
        if field.refused and isinstance(value, str):
            cause = ByRelease(release, refused=True, history=self._index.history(gvk, path, release, value))
            return Loss(identity, str(field), value, severity, cause)
        cause = ByRelease(release, history=self._index.history(gvk, path, release), newest=newest)
        return Loss(identity, str(field), value, severity, cause, consequence)

    def of_conversion(
        self,
        lost: Iterable[LostValue],
        gvk: GroupVersionKind,
        release: Release | None = None,
        cluster: str = "",
        identity: ManifestId | None = None,
    ) -> tuple[Loss, ...]:
        """Weigh what a conversion lost.

        Args:
            lost: the values, with paths in the version that the manifest was sent in.
            gvk: the group, version and kind that the manifest was sent in.
            release: the cluster's release, to name a later one that would hold the value; None if it is unknown.
            cluster: the cluster's name, for severities that depend on it.
            identity: the manifest's identity; without it, the losses name the kind alone.
        """
        identity = identity or ManifestId(gvk.group, gvk.kind)
        found = []
        for item in lost:
            path = generalized(parse_path(item.path))
            severity, consequence = self._weigh(gvk.kind, path, identity.namespace, cluster)
            history = self._index.history(gvk, path, release) if release is not None else NO_HISTORY
            cause = ByConversion(item.target, item.why, item.instead, history)
            found.append(Loss(identity, item.path, item.value, severity, cause, consequence))
        return tuple(found)

    def _weigh(self, kind: str, path: Path, namespace: str, cluster: str) -> tuple[Severity, str]:
        entry = self._severities.find(kind, path, namespace, cluster)
        return (entry.weight, entry.why) if entry is not None else (Severity.DEGRADING, "")


_MISSING: Final = object()

_KINDS_CACHED: Final = 20_000
"""Kinds whose answer is cached; requests can name kinds that do not exist."""


@lru_cache(maxsize=4096)
def generalized(path: Path) -> Path:
    """Replace every index or name of a list item by ``[*]``: what does not depend on which item it is."""
    return tuple(EACH if isinstance(segment, (int, Named)) else segment for segment in path)
