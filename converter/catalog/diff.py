"""Compares two releases: added and removed kinds and versions, and the fields of common kinds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from converter.catalog.report import ServedKind, UnknownKindError, best_of, named, served_kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from converter.catalog.lookup import Catalog, Resource
    from converter.catalog.release import Release
    from converter.catalog.types import FieldType, ObjectType
    from converter.kube import GroupVersionKind


@dataclass(frozen=True, slots=True)
class KindDiff:
    """How the fields of one kind differ between two releases; outermost paths only.

    Attributes:
        api_version: the version in both releases, or in the newer one if they have none in common.
        was: the version in the older release.
        kind: the kind.
        gained: paths that only the newer release has.
        lost: paths that only the older release has.
        retyped: paths that both have with different types, each with its old and new type.
    """

    api_version: str
    was: str
    kind: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    retyped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReleaseDiff:
    """What only the newer, and only the older, of two releases has."""

    old: str
    new: str
    gained: tuple[ServedKind, ...]
    lost: tuple[ServedKind, ...]
    kinds: tuple[KindDiff, ...]


def release_diff(
    catalog: Catalog, old: Release, new: Release, *, kind: str = "", all_versions: bool = False
) -> ReleaseDiff:
    """Compare two releases: added and removed kinds and versions, and the fields of common kinds.

    Args:
        catalog: the catalog.
        old: the release to compare from.
        new: the release to compare to.
        kind: compare only this kind, given as for `kind_report`.
        all_versions: compare all that the releases know, not only what they serve by default.

    Raises:
        UnknownKindError: neither release has the kind.
        UnknownReleaseError: a release is older than the oldest in the catalog.
    """
    before, after = (catalog.served(release, all_versions=all_versions) for release in (old, new))
    if kind:
        only = {gvk.kind for gvk in _named_in_either(catalog, old, new, kind)}
        before, after = ({gvk: found[gvk] for gvk in found if gvk.kind in only} for found in (before, after))
    kinds = (_kind_diff(catalog, (old, one), (new, two)) for one, two in _pairs(before, after))
    return ReleaseDiff(
        str(catalog.nearest(old)),
        str(catalog.nearest(new)),
        tuple(served_kind(catalog, gvk, after[gvk]) for gvk in after if gvk not in before),
        tuple(served_kind(catalog, gvk, before[gvk]) for gvk in before if gvk not in after),
        tuple(diff for diff in kinds if diff.gained or diff.lost or diff.retyped),
    )


def _named_in_either(catalog: Catalog, old: Release, new: Release, kind: str) -> list[GroupVersionKind]:
    try:
        return named(catalog, old, kind)
    except UnknownKindError:
        return named(catalog, new, kind)


def _pairs(
    before: Mapping[GroupVersionKind, Resource], after: Mapping[GroupVersionKind, Resource]
) -> Iterator[tuple[GroupVersionKind, GroupVersionKind]]:
    """Pair a kind's version with itself, or the preferred one of each release if they have none in common."""
    for kind in sorted({gvk.kind for gvk in before} & {gvk.kind for gvk in after}):
        olds, news = ([gvk for gvk in found if gvk.kind == kind] for found in (before, after))
        common = [gvk for gvk in olds if gvk in news]
        yield from ((gvk, gvk) for gvk in common)
        if not common:
            yield best_of(olds, before), best_of(news, after)


def _kind_diff(
    catalog: Catalog, old: tuple[Release, GroupVersionKind], new: tuple[Release, GroupVersionKind]
) -> KindDiff:
    before, after = catalog.type_of(*old), catalog.type_of(*new)
    found: dict[str, list[str]] = {"+": [], "-": [], "~": []}
    if before is not None and after is not None:
        for sign, text in _changes(before, after, "", frozenset()):
            found[sign].append(text)
    changes = (tuple(found[sign]) for sign in "+-~")
    return KindDiff(new[1].api_version, old[1].api_version, new[1].kind, *changes)


def _changes(
    old: ObjectType, new: ObjectType, prefix: str, inside: frozenset[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    pair = (old.name, new.name)
    if old is new or pair in inside:  # releases share identical types
        return
    for name in sorted({*old.fields, *new.fields}):
        path = f"{prefix}.{name}" if prefix else name
        before, after = old.fields.get(name), new.fields.get(name)
        if before is None or after is None:
            yield ("+" if before is None else "-"), path
            continue
        if _shape(before) != _shape(after):
            yield "~", f"{path}: {before} became {after}"
            continue
        below = path + "[*]" * before.nesting
        one, two = before.innermost.target, after.innermost.target
        if one is not None and two is not None:
            yield from _changes(one, two, below, inside | {pair})


def _shape(field: FieldType) -> tuple[str, ...]:
    """A type without its name: clients rename object types between releases."""
    rest = _shape(field.element) if field.element is not None else ()
    return (field.kind, field.scalar or "", *rest)
