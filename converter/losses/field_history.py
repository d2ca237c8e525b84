"""Says which releases store a field, and what keeps one release from storing it: the facts of a loss by release."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from converter.kube import version_priority
from converter.losses.model import FieldHistory

if TYPE_CHECKING:
    from converter.catalog import Catalog, GateSettings, Release
    from converter.kube import GroupVersionKind, Path


class Obstacle(NamedTuple):
    """Why a server does not store a field that its release knows.

    Attributes:
        gates: the feature gates that are off and would have to be on; of alternatives, all.
        default_off: whether they are off by default in the release, and not by the cluster's own settings.
        with_holder: whether the server drops what holds the field, too.
    """

    gates: tuple[str, ...] = ()
    default_off: bool = True
    with_holder: bool = False


class FieldHistories:
    """Looks fields up in all releases; answers are cached, and the cache is bounded."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.find = lru_cache(maxsize=4096)(self._find)
        self.obstacle = lru_cache(maxsize=4096)(self._obstacle)

    def _find(self, gvk: GroupVersionKind, path: Path, release: Release, value: str | None = None) -> FieldHistory:
        """Name the first later release that stores a field by default, in the version that the object has there.

        That version is the same one while the release serves it, else the most stable one of the kind.
        """
        known = self._known(gvk, path, value)
        for later in self._catalog.releases:
            if later <= release:
                continue
            there = self._version_in(gvk, later, release)
            if there is None or (there != gvk and self._is_stray(gvk, there, path, value)):
                continue
            if self._stores(there, path, later, value):
                return FieldHistory(later, "" if there == gvk else there.api_version)
        before = [each for each in known if each < release and self._stores(gvk, path, each, value)]
        return FieldHistory(last=max(before, default=None), gated=bool(known) and known[-1] > release)

    def _known(self, gvk: GroupVersionKind, path: Path, value: str | None) -> tuple[Release, ...]:
        if value is None:
            return self._catalog.fields_ever(gvk, path)
        return self._catalog.values_ever(gvk, path, value)

    def _is_stray(self, gvk: GroupVersionKind, other: GroupVersionKind, path: Path, value: str | None) -> bool:
        """Whether a field belongs to another version: in a release with both, only the other one has it."""
        both = set(self._catalog.releases_of(gvk)) & set(self._catalog.releases_of(other))
        return bool(both & set(self._known(other, path, value)) - set(self._known(gvk, path, value)))

    def _version_in(self, gvk: GroupVersionKind, release: Release, now: Release) -> GroupVersionKind | None:
        served = self._catalog.served(release)
        switched_on = gvk not in self._catalog.served(now)  # by the cluster's --runtime-config, as there
        if gvk in (self._catalog.served(release, all_versions=True) if switched_on else served):
            return gvk
        others = [other for other in served if other.kind == gvk.kind]
        return min(others, key=lambda other: version_priority(other.api_version), default=None)

    def _stores(self, gvk: GroupVersionKind, path: Path, release: Release, value: str | None) -> bool:
        root = self._catalog.stored_type_of(release, gvk)
        field = root.field_at(path) if root is not None else None
        if field is None:
            return False
        if value is None:
            return field.condition is None or field.condition.requirement.kinds is not None
        values = field.innermost.values
        return values is not None and value in values.known

    def _obstacle(self, gvk: GroupVersionKind, path: Path, release: Release, gates: GateSettings) -> Obstacle | None:
        """Say why a server does not store a field; None where its release does not know it."""
        if self._catalog.field_at(release, gvk, path) is None:
            return None
        own = self._catalog.gates(release)
        off = gates.off(own)
        needs = self._catalog.requirements(gvk, path, release)
        names = tuple(dict.fromkeys(name for need in needs for name in need.missing(off) or sorted(need.gates & off)))
        default_off = not all(own[name].default for name in names)
        return Obstacle(names, default_off, bool(needs) and needs[-1].with_holder and bool(names))
