"""Says which releases store a field, and what keeps one release from storing it: the facts of a loss by release."""

from __future__ import annotations

from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, Final, NamedTuple

from converter.kube import GroupVersionKind, version_priority
from converter.losses.model import NO_HISTORY, FieldHistory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from converter.catalog import Catalog, GateSettings, ObjectType, Release
    from converter.kube import Json, Path


class Obstacle(NamedTuple):
    """Why a server does not store a field that its release knows.

    Attributes:
        gates: the feature gates that are off and would have to be on; of alternatives, all.
        default_off: whether they are off by default in the release, and not by the cluster's own settings.
        with_holder: whether the server drops what holds the field, too.
        by_kind: whether the field is a reference that is stored for some kinds only.
    """

    gates: tuple[str, ...] = ()
    default_off: bool = True
    with_holder: bool = False
    by_kind: bool = False


class _Later(NamedTuple):
    """A later release that serves a kind: the version that an object has there, and what a server stores of it."""

    release: Release
    version: GroupVersionKind
    stored: ObjectType


_CACHED: Final = 4096
"""Answers in each cache. The keys are small: kinds of the catalog, and paths in its types."""


class FieldHistories:
    """Looks fields up in all releases; answers are cached, and the caches are bounded.

    Requests choose the paths, so a path that is looked up for the first time must not cost much either: what depends on
    the kind alone is cached apart, and releases that agree about a type are asked once.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.find = lru_cache(maxsize=_CACHED)(self._find)
        self._of_reference = lru_cache(maxsize=_CACHED)(self._find_reference)
        self.obstacle = lru_cache(maxsize=_CACHED)(self._obstacle)
        self._later = lru_cache(maxsize=_CACHED)(self._list_later)
        self._types = lru_cache(maxsize=_CACHED)(self._list_types)

    def after_conversion(self, gvk: GroupVersionKind, target: str, path: Path, release: Release) -> FieldHistory:
        """Find the first later release that would hold what a conversion lost.

        A release that serves the same target and not the version that was sent converts in the same way. If the target
        has the field, it is the value that it cannot hold; then only the version that was sent is certain to do so.

        Args:
            gvk: the group, version and kind that the manifest was sent in.
            target: the apiVersion that it was converted to.
            path: the field's place in the type.
            release: the cluster's release.
        """
        now = GroupVersionKind.of(target, gvk.kind)
        stores = cache(partial(_stores, path=path, value=None))
        of_value = self._stored_then(now, release, stores)
        for later in self._catalog.releases:
            if later <= release:
                continue
            served = self._catalog.served(later)
            version: GroupVersionKind | None = gvk
            if gvk not in served:
                version = None if of_value or now in served else _most_stable(served, gvk.kind)
            if version is not None and self._stored_then(version, later, stores):
                return FieldHistory(later, "" if version == gvk else version.api_version)
        return NO_HISTORY

    def of_reference(
        self, gvk: GroupVersionKind, path: Path, release: Release, value: Json, holder: Mapping[str, Json]
    ) -> FieldHistory:
        """Find the first later release that stores a reference to an object of this kind.

        Args:
            gvk: the group, version and kind.
            path: the field's place in the type.
            release: the cluster's release.
            value: the reference.
            holder: the object that has the field.
        """
        need, later = self._catalog.requirements(gvk, path, release)[-1], self._later(gvk, release)
        around = later[-1].stored.field_at(path[:-1]) if later else None
        known = around.target.fields if around is not None and around.target is not None else {}
        kind = value.get("kind") if isinstance(value, dict) else None
        kind = kind if isinstance(kind, str) and kind in (need.kinds or {}) else ""
        siblings = tuple([name for name in known if holder.get(name) is not None])
        return self._of_reference(gvk, path, release, kind, siblings)

    def _find_reference(
        self, gvk: GroupVersionKind, path: Path, release: Release, kind: str, siblings: tuple[str, ...]
    ) -> FieldHistory:
        value = {"kind": kind}
        for later in self._later(gvk, release):
            field = later.stored.field_at(path)
            holder = {name: True for name in siblings if later.stored.field_at((*path[:-1], name)) is not None}
            if field is not None and (field.condition is None or field.condition.stores(value, holder)):
                return FieldHistory(later.release, "" if later.version == gvk else later.version.api_version)
        return NO_HISTORY

    def _find(self, gvk: GroupVersionKind, path: Path, release: Release, value: str | None = None) -> FieldHistory:
        """Name the first later release that stores a field by default, in the version that the object has there.

        That version is the same one while the release serves it, else the most stable one of the kind.
        """
        stores = cache(partial(_stores, path=path, value=value))
        known = self._known(gvk, path, value)
        stray: dict[GroupVersionKind, bool] = {gvk: False}
        for later in self._later(gvk, release):
            if not stores(later.stored):
                continue
            if later.version not in stray:
                stray[later.version] = self._is_stray(gvk, later.version, path, value, known)
            if not stray[later.version]:
                return FieldHistory(later.release, "" if later.version == gvk else later.version.api_version)
        before = [each for each in known if each < release and self._stored_then(gvk, each, stores)]
        return FieldHistory(last=max(before, default=None), gated=bool(known) and known[-1] > release)

    def _stored_then(self, gvk: GroupVersionKind, release: Release, stores: Callable[[ObjectType], bool]) -> bool:
        stored = self._catalog.stored_type_of(release, gvk)
        return stored is not None and stores(stored)

    def _known(self, gvk: GroupVersionKind, path: Path, value: str | None) -> tuple[Release, ...]:
        """Name the releases that know a field, or a value of an enumeration, whether or not they store it."""
        knows = cache(partial(_knows, path=path, value=value))
        return tuple([release for release, full in self._types(gvk) if knows(full)])

    def _is_stray(
        self, gvk: GroupVersionKind, other: GroupVersionKind, path: Path, value: str | None, known: Iterable[Release]
    ) -> bool:
        """Whether a field belongs to another version: in a release with both, only the other one has it."""
        both = {release for release, _ in self._types(gvk)} & {release for release, _ in self._types(other)}
        return bool(both & set(self._known(other, path, value)) - set(known))

    def _list_types(self, gvk: GroupVersionKind) -> tuple[tuple[Release, ObjectType], ...]:
        catalog = self._catalog
        found = ((release, catalog.type_of(release, gvk)) for release in catalog.releases_of(gvk))
        return tuple((release, full) for release, full in found if full is not None)

    def _list_later(self, gvk: GroupVersionKind, release: Release) -> tuple[_Later, ...]:
        found = []
        for later in self._catalog.releases:
            there = self._version_in(gvk, later, release) if later > release else None
            stored = self._catalog.stored_type_of(later, there) if there is not None else None
            if there is not None and stored is not None:
                found.append(_Later(later, there, stored))
        return tuple(found)

    def _version_in(self, gvk: GroupVersionKind, release: Release, now: Release) -> GroupVersionKind | None:
        served = self._catalog.served(release)
        switched_on = gvk not in self._catalog.served(now)  # by the cluster's --runtime-config, as there
        if gvk in (self._catalog.served(release, all_versions=True) if switched_on else served):
            return gvk
        return _most_stable(served, gvk.kind)

    def _obstacle(self, gvk: GroupVersionKind, path: Path, release: Release, gates: GateSettings) -> Obstacle | None:
        """Say why a server does not store a field; None where its release does not know it."""
        if self._catalog.field_at(release, gvk, path) is None:
            return None
        own = self._catalog.gates(release)
        off = gates.off(own)
        needs = self._catalog.requirements(gvk, path, release)
        names = tuple(dict.fromkeys(name for need in needs for name in need.missing(off) or sorted(need.gates & off)))
        default_off = not all(own[name].default for name in names)
        by_kind = bool(needs) and needs[-1].kinds is not None
        return Obstacle(names, default_off, bool(needs) and needs[-1].with_holder and bool(names), by_kind)


def _most_stable(served: Iterable[GroupVersionKind], kind: str) -> GroupVersionKind | None:
    """Choose the most stable version of a kind; None if it is not served."""
    versions = [each for each in served if each.kind == kind]
    return min(versions, key=lambda each: version_priority(each.api_version), default=None)


def _knows(full: ObjectType, *, path: Path, value: str | None) -> bool:
    field = full.field_at(path)
    if field is None or value is None:
        return field is not None
    values = field.innermost.values
    return values is not None and value in values.known


def _stores(stored: ObjectType, *, path: Path, value: str | None) -> bool:
    field = stored.field_at(path)
    if field is None:
        return False
    if value is not None:
        kept = field.condition is None or field.condition.stores(value, {})
        return kept and _knows(stored, path=path, value=value)
    need = field.condition.requirement if field.condition is not None else None
    return need is None or need.kinds is not None or need.first > 0
