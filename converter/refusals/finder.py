"""Finds what a release is known to refuse of a manifest."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Final

from converter.catalog import DEFAULT_GATES
from converter.refusals.dropped import DroppedMembers
from converter.refusals.model import Found, Server
from converter.refusals.schemas import visit_all
from converter.refusals.table import rules_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from msgspec import Raw

    from converter.catalog import Catalog, GateSettings, Release
    from converter.kube import GroupVersionKind, Manifest, Path
    from converter.refusals.dropped import Dropped
    from converter.refusals.model import Refusal, Suspects

_MOST: Final = 16
"""Places that are named for one check of one manifest; a schema can break the same rule thousands of times."""


def _each(_manifest: bytes | Raw, _decoded: Manifest | None = None, /) -> bool:
    return True


def _any_of(suspects: list[Suspects]) -> Suspects:
    def any_suspects(manifest: bytes | Raw, decoded: Manifest | None = None) -> bool:
        for may_be_refused in suspects:  # noqa: SIM110  a generator costs more
            if may_be_refused(manifest, decoded):
                return True
        return False

    return any_suspects


class RefusalFinder:
    """Runs the checks that apply; answers about kinds are cached, and the cache is bounded."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._dropped = DroppedMembers(catalog)
        self.rules_of = lru_cache(maxsize=4096)(rules_of)
        self._server = lru_cache(maxsize=4096)(self._make_server)
        self.suspects_of = lru_cache(maxsize=4096)(self._find_suspects)

    def releases_of(self, gvk: GroupVersionKind) -> tuple[Release, ...]:
        """List the releases that serve a version of a kind by default, oldest first."""
        return self._catalog.releases_of(gvk, default_only=True)

    def find(
        self, manifest: Manifest, gvk: GroupVersionKind, release: Release, gates: GateSettings = DEFAULT_GATES
    ) -> list[Found]:
        """List what the checks of a release refuse of a manifest: at most `_MOST` places each, and each place once.

        Args:
            manifest: the manifest, in the version that the server gets.
            gvk: its group, version and kind.
            release: the server's release.
            gates: the feature gates that the server sets.
        """
        rules = self.rules_of(gvk.api_version, gvk.kind, release)
        if not rules:
            return []
        server = self._server(release, gvk.api_version, gates)
        found: dict[Path, Found] = {}
        for rule in rules:
            for path, value in islice(rule.check(manifest, server), _MOST):
                found.setdefault(path, Found(path, value, rule.refusal))
        for rule, (path, value) in visit_all(manifest, server, rules, _MOST):
            found.setdefault(path, Found(path, value, rule.refusal))
        return [*found.values()]

    def may_be_needed(self, gvk: GroupVersionKind, schema: Path) -> bool:
        """Whether `without_dropped` may find something if a field is dropped.

        Args:
            gvk: the manifest's group, version and kind.
            schema: the field's place in the type.
        """
        return self._dropped.may_be_needed(gvk, schema)

    def without_dropped(
        self, manifest: Manifest, gvk: GroupVersionKind, release: Release, dropped: Iterable[Dropped]
    ) -> dict[Path, Refusal]:
        """Say which fields a release refuses a manifest without, of those that it drops.

        Args:
            manifest: the manifest, in the version that the server gets.
            gvk: its group, version and kind.
            release: the server's release.
            dropped: the fields that the release drops.
        """
        return {path: refusal for path, _, refusal in self._dropped.find(manifest, gvk, release, dropped)}

    def _find_suspects(self, api_version: str, kind: str, release: Release) -> Suspects | None:
        """Give what decides fast about manifests of a kind; None if nothing of it is refused."""
        suspects = [*dict.fromkeys(rule.suspects or _each for rule in self.rules_of(api_version, kind, release))]
        if len(suspects) <= 1:
            return suspects[0] if suspects else None
        return _each if _each in suspects else _any_of(suspects)

    def _make_server(self, release: Release, api_version: str, gates: GateSettings) -> Server:
        own = self._catalog.gates(release)
        return Server(release, api_version, gates.off(own), frozenset(own))
