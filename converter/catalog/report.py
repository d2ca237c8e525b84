"""What people ask the catalog, as plain data: a release, a kind in it, two releases side by side."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from converter.catalog.release import CatalogError, Release

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from converter.catalog.lookup import Catalog, Resource
    from converter.catalog.types import FieldType, ObjectType
    from converter.kube import GroupVersionKind

_VERSION = re.compile(r"v(?P<major>\d+)(?:(?P<stage>alpha|beta)(?P<step>\d+))?")


class UnknownKindError(CatalogError):
    """A kind that a release does not know.

    Attributes:
        kind: as it was asked for.
        release: the release that was asked.
        elsewhere: the releases that know it; empty where none does.
    """

    def __init__(self, kind: str, release: Release, elsewhere: Iterable[Release], similar: Iterable[str]) -> None:
        self.kind = kind
        self.release = release
        self.elsewhere = tuple(elsewhere)
        hints = [
            f"{spans(self.elsewhere)} know it" if self.elsewhere else "",
            f"did you mean {' or '.join(similar)}?" if similar else "",
        ]
        hint = "; ".join(filter(None, hints)) or f"`converter catalog {release}` lists what it knows"
        super().__init__(f"Kubernetes {release} knows no {kind}: {hint}")


@dataclass(frozen=True, slots=True)
class ServedKind:
    """One kind in one version, as a release has it.

    Attributes:
        api_version: ``batch/v1``.
        kind: ``CronJob``.
        plural: ``cronjobs``.
        namespaced: whether its objects live in a namespace.
        default_on: whether the release serves it without being told to.
        subresources: ``status``, ``scale``, ….
        known_in: the releases that know it, as people write them: ``v1.12 to v1.24``.
    """

    api_version: str
    kind: str
    plural: str
    namespaced: bool
    default_on: bool
    subresources: tuple[str, ...]
    known_in: str


@dataclass(frozen=True, slots=True)
class FieldNode:
    """One field and those below it.

    Attributes:
        name: its JSON name.
        type: its type in words: ``list of V1Container``.
        fields: the fields of the object there, or of each object in the list or map there.
    """

    name: str
    type: str
    fields: tuple[FieldNode, ...]


@dataclass(frozen=True, slots=True)
class KindReport:
    """One kind in one release: its versions there, and the fields of one of them."""

    release: str
    versions: tuple[ServedKind, ...]
    shown: str
    fields: tuple[FieldNode, ...]


@dataclass(frozen=True, slots=True)
class KindDiff:
    """How the fields of one kind in one version differ between two releases; outermost paths only."""

    api_version: str
    kind: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    retyped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReleaseDiff:
    """What the newer of two releases has that the older has not, and the other way round."""

    old: str
    new: str
    gained: tuple[ServedKind, ...]
    lost: tuple[ServedKind, ...]
    kinds: tuple[KindDiff, ...]


def spans(releases: Iterable[Release]) -> str:
    """Write releases as people do: ``v1.12 to v1.20, v1.24``."""
    runs: list[list[Release]] = []
    for release in sorted(releases):
        if runs and runs[-1][-1] == (release.major, release.minor - 1):
            runs[-1].append(release)
        else:
            runs.append([release])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)


def served_kinds(catalog: Catalog, release: Release, *, all_versions: bool = False) -> tuple[ServedKind, ...]:
    """List what a release serves, or all it knows.

    Raises:
        UnknownReleaseError: the release is older than the oldest in the catalog.
    """
    found = catalog.served(release, all_versions=all_versions)
    return tuple(_served_kind(catalog, gvk, resource) for gvk, resource in found.items())


def _served_kind(catalog: Catalog, gvk: GroupVersionKind, resource: Resource) -> ServedKind:
    known_in = spans(catalog.releases_of(gvk))
    return ServedKind(
        gvk.api_version,
        gvk.kind,
        resource.plural,
        resource.namespaced,
        resource.default_on,
        resource.subresources,
        known_in,
    )


def kind_report(
    catalog: Catalog, release: Release, kind: str, *, api_version: str = "", path: str = "", depth: int = 3
) -> KindReport:
    """Tell which versions of a kind a release knows, and the fields of one of them.

    Args:
        catalog: the catalog.
        release: the release.
        kind: ``CronJob``, or the plural ``cronjobs``, in any case.
        api_version: which version's fields to show; by default the most stable one that is served.
        path: show only what is below this field.
        depth: how many fields deep to go; 0 for all the way.

    Raises:
        UnknownKindError: the release has no such kind, version or path.
        UnknownReleaseError: the release is older than the oldest in the catalog.
        ManifestError: the path is not one.
    """
    found = {gvk: catalog.served(release, all_versions=True)[gvk] for gvk in _named(catalog, release, kind)}
    chosen = [gvk for gvk in found if not api_version or gvk.api_version == api_version]
    if not chosen:
        known = sorted({gvk.api_version for gvk in found})
        raise UnknownKindError(f"{api_version} {kind}", catalog.nearest(release), (), known)
    best = max(chosen, key=lambda gvk: (found[gvk].default_on, stability(gvk.version), gvk.group))
    root = catalog.type_of(release, best)
    if root is not None and path:
        field = root.field_at(path)
        root = field.innermost.target if field is not None else None
        if field is None:
            raise UnknownKindError(f"{path} in {best}", catalog.nearest(release), catalog.fields_ever(best, path), ())
    versions = tuple(_served_kind(catalog, gvk, resource) for gvk, resource in found.items())
    shown = f"{best.api_version} {best.kind}" + (f" {path}" if path else "")
    fields = _tree(root, depth, (root.name,)) if root is not None else ()
    return KindReport(str(catalog.nearest(release)), versions, shown, fields)


def stability(version: str) -> tuple[int, int, int]:
    """Order versions as Kubernetes prefers them: v2 over v1 over v1beta2 over v1beta1 over v1alpha1."""
    found = _VERSION.fullmatch(version)
    if found is None:
        return (-1, 0, 0)
    stage = {None: 2, "beta": 1, "alpha": 0}[found["stage"]]
    return (stage, int(found["major"]), int(found["step"] or 0))


def _named(catalog: Catalog, release: Release, kind: str) -> list[GroupVersionKind]:
    wanted = kind.lower()
    known = catalog.served(release, all_versions=True)
    found = [gvk for gvk, resource in known.items() if wanted in {gvk.kind.lower(), resource.plural}]
    if not found:
        every = catalog.kinds()
        elsewhere = {other for gvk in every if gvk.kind.lower() == wanted for other in catalog.releases_of(gvk)}
        names = {gvk.kind.lower(): gvk.kind for gvk in every}
        similar = () if elsewhere else [names[near] for near in difflib.get_close_matches(wanted, names)]
        raise UnknownKindError(kind, catalog.nearest(release), elsewhere, similar)
    return found


def _tree(root: ObjectType, depth: int, inside: tuple[str, ...]) -> tuple[FieldNode, ...]:
    nodes = []
    for name, field in root.fields.items():
        target = field.innermost.target
        deeper = target is not None and target.name not in inside and depth != 1
        below = _tree(target, depth - 1, (*inside, target.name)) if deeper and target is not None else ()
        nodes.append(FieldNode(name, str(field), below))
    return tuple(nodes)


def release_diff(
    catalog: Catalog, old: Release, new: Release, *, kind: str = "", all_versions: bool = False
) -> ReleaseDiff:
    """Compare two releases: kinds and versions gained and lost, and fields of those that both have.

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
    kinds = (_kind_diff(catalog, old, new, gvk) for gvk in before if gvk in after)
    return ReleaseDiff(
        str(catalog.nearest(old)),
        str(catalog.nearest(new)),
        tuple(_served_kind(catalog, gvk, after[gvk]) for gvk in after if gvk not in before),
        tuple(_served_kind(catalog, gvk, before[gvk]) for gvk in before if gvk not in after),
        tuple(diff for diff in kinds if diff.gained or diff.lost or diff.retyped),
    )


def _named_in_either(catalog: Catalog, old: Release, new: Release, kind: str) -> list[GroupVersionKind]:
    try:
        return _named(catalog, old, kind)
    except UnknownKindError:
        return _named(catalog, new, kind)


def _kind_diff(catalog: Catalog, old: Release, new: Release, gvk: GroupVersionKind) -> KindDiff:
    before, after = catalog.type_of(old, gvk), catalog.type_of(new, gvk)
    found: dict[str, list[str]] = {"+": [], "-": [], "~": []}
    if before is not None and after is not None:
        for sign, text in _changes(before, after, "", frozenset()):
            found[sign].append(text)
    return KindDiff(gvk.api_version, gvk.kind, tuple(found["+"]), tuple(found["-"]), tuple(found["~"]))


def _changes(
    old: ObjectType, new: ObjectType, prefix: str, inside: frozenset[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    pair = (old.name, new.name)
    if old is new or pair in inside:  # releases share the types they agree about
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
    """What a type says without its name: names of object types change with the client's taste."""
    rest = _shape(field.element) if field.element is not None else ()
    return (field.kind, field.scalar or "", *rest)
