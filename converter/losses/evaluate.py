"""Finds what a cluster's release drops or refuses of a manifest, and weighs every loss.

Nothing is guessed: a cluster whose release is unknown or older than the catalog has no losses by release, and neither
have kinds that are not Kubernetes' own.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from converter.catalog import DEFAULT_GATES, NeutralValues, value_at
from converter.errors import ManifestError
from converter.kube import EACH, GroupVersionKind, Manifest, Named, Path, parse_path
from converter.losses.affected_kinds import AffectedKinds
from converter.losses.field_history import FieldHistories, Obstacle
from converter.losses.model import NO_HISTORY, ByConversion, ByRelease, Loss, ManifestId, manifest_id_of
from converter.losses.schema_decoders import SchemaDecoders, accepts
from converter.losses.severity import Severity
from converter.losses.unknown_fields import UnknownField, UnknownFieldFinder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from msgspec import Raw

    from converter.catalog import Catalog, GateSettings, Release
    from converter.conversion import LostValue
    from converter.losses.severity import SeverityTable


class SchemaIndex:
    """What depends on the catalog alone: compiled once for all rule books of a process."""

    def __init__(self, catalog: Catalog) -> None:
        self.oldest = catalog.releases[0]
        self.newest = catalog.releases[-1]
        self.finder = UnknownFieldFinder(catalog)
        self.decoders = SchemaDecoders(catalog)
        self.affected = AffectedKinds(catalog)
        self.histories = FieldHistories(catalog)
        self.neutral = NeutralValues(catalog)


@lru_cache(maxsize=4)
def schema_index(catalog: Catalog) -> SchemaIndex:
    """Give the index of a catalog, always the same one."""
    return SchemaIndex(catalog)


class LossEvaluator:
    """Finds and weighs losses, by one catalog and one severity table."""

    def __init__(self, catalog: Catalog, severities: SeverityTable) -> None:
        self._index = schema_index(catalog)
        self._severities = severities
        self._affected: dict[tuple[Release, GateSettings, str, str], bool] = {}
        self._decoders: dict[tuple[Release, GateSettings, str, str], Any] = {}

    def may_lose(
        self, release: Release | None, api_version: str, kind: str, gates: GateSettings = DEFAULT_GATES
    ) -> bool:
        """Whether a release may lose something of manifests of a kind; decided by the types alone, and cached.

        The status and what API servers write into metadata do not count: no Work carries them.
        """
        if release is None:
            return False
        key = (release, gates, api_version, kind)
        answer = self._affected.get(key)
        if answer is None:
            answer = self._is_affected(*key)
            if len(self._affected) < _KINDS_CACHED:
                self._affected[key] = answer
        return answer

    def _is_affected(self, release: Release, gates: GateSettings, api_version: str, kind: str) -> bool:
        if release < self._index.oldest:
            return False
        try:
            gvk = GroupVersionKind.of(api_version, kind)
        except ManifestError:
            return False
        return self._index.affected.may_lose(release, gvk, gates)

    def accepts(
        self,
        manifest: bytes | Raw,
        api_version: str,
        kind: str,
        release: Release | None,
        gates: GateSettings = DEFAULT_GATES,
    ) -> bool:
        """Whether a release is certain to lose nothing of a manifest; False means that it has to be searched.

        Args:
            manifest: JSON, in the version that the cluster gets.
            api_version: its apiVersion.
            kind: its kind; one that `may_lose` returns True for.
            release: the cluster's release; None if it is unknown.
            gates: the feature gates that the cluster sets.
        """
        if release is None:
            return True
        key = (release, gates, api_version, kind)
        decoder = self._decoders.get(key, _MISSING)
        if decoder is _MISSING:
            decoder = self._index.decoders.decoder(GroupVersionKind.of(api_version, kind), release, gates)
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
        *,
        gates: GateSettings = DEFAULT_GATES,
    ) -> tuple[Loss, ...]:
        """List what a release drops, replaces or refuses of a manifest, in the order of the manifest.

        A value that means what the release does anyway is not lost (`converter.catalog.defaults`).

        Args:
            manifest: the manifest, in the version that the cluster gets.
            gvk: its group, version and kind.
            release: the cluster's release; None if it is unknown, and then there are no losses.
            cluster: the cluster's name, for severities that depend on it.
            identity: the manifest's identity, if it was sent in another version.
            gates: the feature gates that the cluster sets.
        """
        if release is None or release < self._index.oldest:
            return ()
        neutral = self._index.neutral
        found = [
            field
            for field in self._index.finder.unknown(manifest, gvk, release, gates)
            if field.refused or not neutral.means_nothing_new(gvk, field.path, field.value, lambda: manifest)
        ]
        if not found:
            return ()
        identity = identity or manifest_id_of(manifest, gvk)
        histories = self._index.histories
        losses = []
        for field in found:
            path = generalized(field.path)
            obstacle = histories.obstacle(gvk, path, release, gates)
            if obstacle is not None and obstacle.with_holder:
                holder = field.path[:-1]
                field = UnknownField(holder, value_at(manifest, holder), conditional=True)  # noqa: PLW2901  the field as it is lost
                path = generalized(holder)
            cause = self._release_cause(gvk, path, field, release, obstacle)
            severity, consequence = self._weigh(gvk.kind, path, identity.namespace, cluster)
            losses.append(
                Loss(identity, str(field), field.value, severity, cause, "" if cause.refused else consequence)
            )
        return tuple(losses)

    def _release_cause(
        self, gvk: GroupVersionKind, path: Path, field: UnknownField, release: Release, obstacle: Obstacle | None
    ) -> ByRelease:
        value, histories = field.value, self._index.histories
        if field.refused and isinstance(value, str):
            return ByRelease(release, refused=True, history=histories.find(gvk, path, release, value))
        history, newest = histories.find(gvk, path, release), self._index.newest
        if obstacle is None:
            return ByRelease(release, history=history, newest=newest)
        if field.conditional and not obstacle.gates:
            history = NO_HISTORY  # no release stores such a value
        return ByRelease(
            release,
            history=history,
            newest=newest,
            known=True,
            gates=obstacle.gates,
            default_off=obstacle.default_off,
            instead=field.instead,
        )

    def of_conversion(
        self,
        lost: Iterable[LostValue],
        gvk: GroupVersionKind,
        release: Release | None = None,
        cluster: str = "",
        identity: ManifestId | None = None,
        *,
        original: Callable[[], Manifest] = dict,
    ) -> tuple[Loss, ...]:
        """Weigh what a conversion lost; a value that means what the target does anyway is not lost.

        Args:
            lost: the values, with paths in the version that the manifest was sent in.
            gvk: the group, version and kind that the manifest was sent in.
            release: the cluster's release, to name a later one that would hold the value; None if it is unknown.
            cluster: the cluster's name, for severities that depend on it.
            identity: the manifest's identity; without it, the losses name the kind alone.
            original: gives the manifest as it was sent; called for defaults that depend on other fields.
        """
        identity = identity or ManifestId(gvk.group, gvk.kind)
        found = []
        for item in lost:
            steps = parse_path(item.path)
            if self._index.neutral.means_nothing_new(gvk, steps, item.value, original):
                continue
            path = generalized(steps)
            severity, consequence = self._weigh(gvk.kind, path, identity.namespace, cluster)
            history = self._index.histories.find(gvk, path, release) if release is not None else NO_HISTORY
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
