"""Finds what a cluster's release drops or refuses of a manifest, and weighs every loss.

Nothing is guessed: a cluster whose release is unknown or older than the catalog has no losses by release, and neither
have kinds that are not Kubernetes' own.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from msgspec import structs

from converter.catalog import DEFAULT_GATES, NeutralValues, value_at
from converter.errors import ManifestError
from converter.kube import EACH, GroupVersionKind, Manifest, Named, Path, format_path, parse_path
from converter.losses.affected_kinds import AffectedKinds
from converter.losses.field_history import FieldHistories, Obstacle
from converter.losses.model import NO_HISTORY, ByConversion, ByRelease, Loss, ManifestId, manifest_id_of
from converter.losses.schema_decoders import SchemaDecoders, accepts
from converter.losses.severity import Severity
from converter.losses.unknown_fields import UnknownField, UnknownFieldFinder
from converter.refusals import Refusal, RefusalFinder, RefusalReason
from converter.refusals.dropped import Dropped, is_of_pods

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
        self.refusals = RefusalFinder(catalog)


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
        found = self._unknown(manifest, gvk, release, gates)
        if not found:
            return ()
        dropped = [Dropped(one.path, why is not None) for one, why in found if not (one.refused or one.instead)]
        refused = self._index.refusals.without_dropped(manifest, gvk, release, dropped)
        identity = identity or manifest_id_of(manifest, gvk)
        losses = []
        for field, obstacle in found:
            path = generalized(field.path)
            cause = self._release_cause(gvk, path, field, release, obstacle)
            severity, consequence = self._weigh(gvk.kind, path, identity.namespace, cluster)
            refusal = refused.get(field.path)
            if refusal is not None:
                cause = structs.replace(cause, refused=True, refusal=refusal)
                severity = Severity.DANGEROUS
            losses.append(
                Loss(identity, str(field), field.value, severity, cause, "" if cause.refused else consequence)
            )
        return tuple(losses)

    def may_be_refused(self, manifest: bytes | Raw, api_version: str, kind: str, release: Release | None) -> bool:
        """Whether a release may refuse a manifest for more than its fields; False is certain.

        Args:
            manifest: JSON, in the version that the cluster gets.
            api_version: its apiVersion.
            kind: its kind.
            release: the cluster's release; None if it is unknown.
        """
        return release is not None and self._index.refusals.may_be_refused(manifest, release, api_version, kind)

    def refused_by(
        self,
        manifest: Manifest,
        gvk: GroupVersionKind,
        release: Release | None,
        identity: ManifestId | None = None,
        *,
        gates: GateSettings = DEFAULT_GATES,
    ) -> tuple[Loss, ...]:
        """List what the validation of a release is known to refuse of a manifest, apart from its fields.

        Args:
            manifest: the manifest, in the version that the cluster gets.
            gvk: its group, version and kind.
            release: the cluster's release; None if it is unknown, and then nothing is known to be refused.
            identity: the manifest's identity, if it was sent in another version.
            gates: the feature gates that the cluster sets.
        """
        if release is None or release < self._index.oldest:
            return ()
        identity = identity or manifest_id_of(manifest, gvk)
        return tuple(
            Loss(
                identity,
                format_path(path),
                value,
                Severity.DANGEROUS,
                ByRelease(release, refused=True, refusal=refusal),
            )
            for path, value, refusal in self._index.refusals.find(manifest, gvk, release, gates)
        )

    def refused_by_all(self, manifest: Manifest, gvk: GroupVersionKind) -> tuple[Loss, ...]:
        """List what every release refuses of a manifest that serves its version, as the newest of them does.

        Args:
            manifest: the manifest.
            gvk: its group, version and kind.
        """
        found: tuple[Loss, ...] | None = None
        for release in reversed(self._index.refusals.releases_of(gvk)):
            here = self.refused_by(manifest, gvk, release)
            places = {loss.path for loss in here}
            found = here if found is None else tuple(loss for loss in found if loss.path in places)
            if not found:
                break
        return found or ()

    def _unknown(
        self, manifest: Manifest, gvk: GroupVersionKind, release: Release, gates: GateSettings
    ) -> list[tuple[UnknownField, Obstacle | None]]:
        """Find the fields and values that a release does not store, with the reason if it knows the field."""
        neutral, histories = self._index.neutral, self._index.histories
        found = []
        for field in self._index.finder.unknown(manifest, gvk, release, gates):
            if not field.refused and neutral.means_nothing_new(gvk, field.path, field.value, lambda: manifest):
                continue
            obstacle = histories.obstacle(gvk, generalized(field.path), release, gates)
            if obstacle is not None and obstacle.with_holder:
                holder = field.path[:-1]
                field = UnknownField(holder, value_at(manifest, holder), conditional=True)  # noqa: PLW2901  the field as it is lost
            found.append((field, obstacle))
        return found

    def _release_cause(
        self, gvk: GroupVersionKind, path: Path, field: UnknownField, release: Release, obstacle: Obstacle | None
    ) -> ByRelease:
        value, histories = field.value, self._index.histories
        if field.refused and isinstance(value, str):
            refusal = Refusal(RefusalReason.UNKNOWN_VALUE, "", of_pods=is_of_pods(gvk.kind, path, release))
            return ByRelease(release, refused=True, refusal=refusal, history=histories.find(gvk, path, release, value))
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
