"""Finds what a cluster's release drops or refuses of a manifest, and weighs every loss.

Nothing is guessed: a cluster whose release is unknown or older than the catalog has no losses by release, and neither
have kinds that are not Kubernetes' own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from converter.catalog import DEFAULT_GATES, Release
from converter.errors import ManifestError
from converter.kube import WHOLE_MANIFEST, GroupVersionKind, Manifest, format_path, parse_path
from converter.losses.by_release import Destination, ReleaseLosses
from converter.losses.concealed import SECRET, concealed
from converter.losses.decide import NOT_SENT
from converter.losses.doubts import Doubt, Doubts
from converter.losses.model import NO_HISTORY, ByConversion, ByRelease, Loss, ManifestId, manifest_id_of
from converter.losses.schema_index import schema_index
from converter.losses.schema_path import generalized
from converter.losses.severity import Severity
from converter.rules.pruning import Gap, find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from msgspec import Raw

    from converter.catalog import Catalog, GateSettings
    from converter.conversion import LostValue
    from converter.losses.severity import SeverityTable
    from converter.refusals.model import Suspects
    from converter.rules.pruning import Difference


class LossEvaluator:
    """Finds and weighs losses, by one catalog and one severity table."""

    def __init__(self, catalog: Catalog, severities: SeverityTable) -> None:
        self._index = schema_index(catalog)
        self._severities = severities
        self._by_release = ReleaseLosses(self._index, severities)
        self._affected: dict[tuple[Release, GateSettings, str, str], bool] = {}
        self._doubts: dict[tuple[Release | None, GateSettings], Doubts] = {}

    def doubts(self, release: Release | None, gates: GateSettings) -> Doubts:
        """Return, by apiVersion and kind, what finds out whether a release may lose or refuse a manifest or a part."""
        key = (release, gates)
        found = self._doubts.get(key)
        if found is None:
            if len(self._doubts) >= _SETTINGS_CACHED:
                self._doubts.clear()
            found = self._doubts[key] = Doubts(self, release, gates)
        return found

    def doubt(self, release: Release | None, gates: GateSettings, api_version: str, kind: str) -> Doubt | None:
        """Make what `doubts` has for one kind: None if nothing can be lost or refused."""
        suspects = self._index.refusals.suspects_of(api_version, kind, release) if release is not None else None
        if release is None or not self.may_lose(release, api_version, kind, gates):
            return Doubt(drops=False, accepts=None, suspects=suspects) if suspects is not None else None
        return self._searching(release, gates, GroupVersionKind.of(api_version, kind), suspects)

    def doubt_converted(
        self, release: Release | None, gates: GateSettings, api_version: str, kind: str
    ) -> Doubt | None:
        """Make what `Doubts.of_converted` has for one kind: every manifest is searched.

        The releases that serve a version can agree about it, and all lack a field that the version which was sent got
        later: ``unhealthyPodEvictionPolicy`` of a budget was added after ``policy/v1beta1`` was removed.
        """
        if release is None or release < self._index.oldest or not self.is_known(api_version, kind):
            return None
        suspects = self._index.refusals.suspects_of(api_version, kind, release)
        return self._searching(release, gates, GroupVersionKind.of(api_version, kind), suspects)

    def _searching(
        self, release: Release, gates: GateSettings, gvk: GroupVersionKind, suspects: Suspects | None
    ) -> Doubt:
        accepts = self._index.decoders.acceptor(gvk, release, gates)
        return Doubt(drops=True, accepts=accepts, suspects=suspects)

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
            if (api_version, kind) not in self._index.kinds:
                return False
            answer = self._is_affected(*key)
            if len(self._affected) < _KINDS_CACHED:
                self._affected[key] = answer
        return answer

    def is_known(self, api_version: str, kind: str) -> bool:
        """Whether some release in the catalog has a kind in a version."""
        return (api_version, kind) in self._index.kinds

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
            kind: its kind.
            release: the cluster's release; None if it is unknown.
            gates: the feature gates that the cluster sets.
        """
        doubt = self.doubts(release, gates)[api_version, kind]
        return doubt is None or not doubt.may_lose(manifest)

    def of_release(
        self,
        manifest: Manifest,
        gvk: GroupVersionKind,
        release: Release | None,
        cluster: str = "",
        identity: ManifestId | None = None,
        *,
        gates: GateSettings = DEFAULT_GATES,
        limit: int | None = None,
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
            limit: the most losses to name; more become one loss of the whole manifest. None names all.
        """
        if release is None or release < self._index.oldest:
            return ()
        identity = identity or manifest_id_of(manifest, gvk)
        found = self._by_release.find(manifest, identity, Destination(gvk, release, gates, cluster), limit)
        return concealed(found) if found and gvk.kind == SECRET else found

    def of_schema(
        self,
        manifest: Manifest,
        gvk: GroupVersionKind,
        difference: Difference,
        destination: tuple[str, Release | None] = ("", None),
        identity: ManifestId | None = None,
        *,
        limit: int | None = None,
    ) -> tuple[Loss, ...]:
        """List what a cluster drops of a manifest because its own schema of the version lacks it.

        Args:
            manifest: the manifest, in the version that the cluster gets.
            gvk: its group, version and kind.
            difference: what the schema lacks.
            destination: the cluster's name and its release.
            identity: the manifest's identity, if it was sent in another version.
            limit: the most losses to name; more become one loss of the whole manifest. None names all.
        """
        identity = identity or manifest_id_of(manifest, gvk)
        cluster, release = destination
        cause = ByRelease(release or _NO_RELEASE, schema=gvk.api_version)
        sent = {name: value for name, value in manifest.items() if name not in NOT_SENT}
        fields = [field for field in find(difference, sent, limit) if field.gap is Gap.LOST]
        if limit is not None and len(fields) > limit:
            return (Loss(identity, WHOLE_MANIFEST, None, Severity.DANGEROUS, cause),)
        found = []
        for field in fields:
            severity, words = self._severities.assess(gvk.kind, generalized(field.path), identity.namespace, cluster)
            found.append(Loss(identity, format_path(field.path), field.value, severity, cause, words))
        return concealed(tuple(found)) if found and gvk.kind == SECRET else tuple(found)

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
        found = tuple(
            Loss(
                identity,
                format_path(path),
                value,
                Severity.DANGEROUS,
                ByRelease(release, refused=True, refusal=refusal),
            )
            for path, value, refusal in self._index.refusals.find(manifest, gvk, release, gates)
        )
        return concealed(found) if found and gvk.kind == SECRET else found

    def refused_by_all(self, manifest: Manifest, gvk: GroupVersionKind) -> tuple[Loss, ...]:
        """List what every release refuses of a manifest that serves its version, as the newest of them does.

        Args:
            manifest: the manifest.
            gvk: its group, version and kind.
        """
        releases = self._index.refusals.releases_of(gvk)
        return _in_all(self.refused_by(manifest, gvk, release) for release in reversed(releases))

    def dropped_by_all(self, manifest: Manifest, gvk: GroupVersionKind) -> tuple[Loss, ...]:
        """List the fields that no release which serves a version knows, as the newest of them drops them.

        Args:
            manifest: the manifest.
            gvk: its group, version and kind.
        """
        releases = self._index.refusals.releases_of(gvk)
        found = _in_all(self.of_release(manifest, gvk, release) for release in reversed(releases))
        return tuple(loss for loss in found if isinstance(loss.cause, ByRelease) and not loss.cause.known)

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
            if item.path == WHOLE_MANIFEST:
                cause = ByConversion(item.target)
                found.append(Loss(identity, WHOLE_MANIFEST, None, Severity.DANGEROUS, cause))
                continue
            steps = parse_path(item.path)
            schema = self._index.paths.of(gvk, steps)
            if self._index.neutral.means_nothing_new(gvk, steps, item.value, original, schema):
                continue
            path = generalized(steps)
            severity, consequence = self._severities.assess(gvk.kind, path, identity.namespace, cluster)
            history = NO_HISTORY
            if release is not None:
                history = self._index.histories.after_conversion(gvk, item.target, schema, release)
            cause = ByConversion(item.target, item.why, item.instead, history)
            found.append(Loss(identity, item.path, item.value, severity, cause, consequence))
        return concealed(found) if found and gvk.kind == SECRET else tuple(found)


def _in_all(losses_by_release: Iterable[tuple[Loss, ...]]) -> tuple[Loss, ...]:
    """Keep the losses of the first release that all others have at the same place."""
    found: tuple[Loss, ...] | None = None
    for here in losses_by_release:
        places = {loss.path for loss in here}
        found = here if found is None else tuple(loss for loss in found if loss.path in places)
        if not found:
            break
    return found or ()


_NO_RELEASE: Final = Release(0, 0)
"""The release of a cluster that does not say it."""

_SETTINGS_CACHED: Final = 4096
"""Releases with settings of gates whose doubts are cached; every cluster can have settings of its own."""

_KINDS_CACHED: Final = 20_000
"""Kinds of the catalog whose answer is cached, by release and feature gates."""
