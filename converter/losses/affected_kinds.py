"""Decides from the catalog alone whether a release may lose something of a kind, before any manifest is searched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from converter.catalog import DEFAULT_GATES

if TYPE_CHECKING:
    from converter.catalog import Catalog, FieldType, GateSettings, ObjectType, Release
    from converter.kube import GroupVersionKind

_NOT_SENT: Final = frozenset({"status"})
"""Karmada takes the status off the manifests of Works (pkg/resourceinterpreter/default/native/prune)."""

_SERVER_WRITTEN: Final = frozenset({"V1ObjectMeta"})
"""The fields of metadata that came or went since v1.12 (``managedFields``, ``selfLink``, ``clusterName``) are written
by API servers, and Karmada takes them off."""


_CACHED: Final = 20_000
"""Kinds by release and settings of feature gates whose answer is cached."""


class AffectedKinds:
    """Compares the type of a kind in one release with its types in all others; each kind is compared once."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._answers: dict[tuple[Release, GateSettings, GroupVersionKind], bool] = {}

    def may_lose(self, release: Release, gvk: GroupVersionKind, gates: GateSettings = DEFAULT_GATES) -> bool:
        """Whether a manifest of a kind can hold a field or a value that a cluster of a release does not store.

        Raises:
            UnknownReleaseError: the release is older than the oldest in the catalog.
        """
        key = (release, gates, gvk)
        answer = self._answers.get(key)
        if answer is None:
            if len(self._answers) >= _CACHED:
                self._answers.clear()
            answer = self._answers[key] = self._lacks(release, gvk, gates)
        return answer

    def _lacks(self, release: Release, gvk: GroupVersionKind, gates: GateSettings) -> bool:
        here = self._catalog.stored_type_of(release, gvk, gates)
        if here is None:
            return False
        others = (self._catalog.type_of(other, gvk) for other in self._catalog.releases_of(gvk))
        if _lacks_values(here, {here}, top=True):
            return True
        seen: set[tuple[ObjectType, ObjectType]] = set()
        return any(other is not None and _lacks(here, other, seen, top=True) for other in others)


def _lacks(here: ObjectType, other: ObjectType, seen: set[tuple[ObjectType, ObjectType]], *, top: bool = False) -> bool:
    """Whether one type lacks a field that the other has, at any depth."""
    if here is other or (here, other) in seen or here.name in _SERVER_WRITTEN:
        return False
    seen.add((here, other))
    for name, theirs in other.fields.items():
        if top and name in _NOT_SENT:
            continue
        ours = here.fields.get(name)
        if ours is None or _below(ours, theirs, seen):
            return True
    return False


def _lacks_values(here: ObjectType, seen: set[ObjectType], *, top: bool = False) -> bool:
    """Whether a type lacks a value that another release knows, at any depth."""
    for name, field in here.fields.items():
        inner = field.innermost
        if top and name in _NOT_SENT:
            continue
        if field.condition is not None or (inner.values is not None and inner.values.lacking):
            return True
        target = inner.target
        if target is not None and target not in seen and target.name not in _SERVER_WRITTEN:
            seen.add(target)
            if _lacks_values(target, seen):
                return True
    return False


def _below(ours: FieldType, theirs: FieldType, seen: set[tuple[ObjectType, ObjectType]]) -> bool:
    mine, other = ours.innermost.target, theirs.innermost.target
    return mine is not None and other is not None and _lacks(mine, other, seen)
