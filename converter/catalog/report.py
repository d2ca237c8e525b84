"""Reports about one release, as plain data: what it serves, and the fields of a kind."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from converter.catalog.release import CatalogError, Release

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from converter.catalog.lookup import Catalog, Resource
    from converter.catalog.types import ObjectType
    from converter.kube import GroupVersionKind

_VERSION = re.compile(r"v(?P<major>\d+)(?:(?P<stage>alpha|beta)(?P<step>\d+))?")


class UnknownKindError(CatalogError):
    """A kind that a release does not have.

    Attributes:
        kind: as it was asked for.
        release: the release.
        elsewhere: the releases that have it; may be empty.
        similar: kinds of the release with a similar name, or versions with the same name.
    """

    def __init__(self, kind: str, release: Release, elsewhere: Iterable[Release], similar: Iterable[str]) -> None:
        self.kind = kind
        self.release = release
        self.elsewhere = tuple(elsewhere)
        self.similar = tuple(similar)
        hints = [
            f"it exists in {spans(self.elsewhere)}" if self.elsewhere else "",
            f"did you mean {' or '.join(self.similar)}?" if self.similar else "",
        ]
        hint = "; ".join(filter(None, hints)) or f"`converter catalog {release}` lists its kinds"
        super().__init__(f"Kubernetes {release} does not have {kind}: {hint}")


@dataclass(frozen=True, slots=True)
class ServedKind:
    """One kind in one version, as a release has it.

    Attributes:
        api_version: ``batch/v1``.
        kind: ``CronJob``.
        plural: ``cronjobs``.
        namespaced: whether its objects live in a namespace.
        default_on: whether the release serves it without ``--runtime-config``.
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
        values: the values that the release knows of an enumeration, where they are not the same in all releases.
    """

    name: str
    type: str
    fields: tuple[FieldNode, ...]
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KindReport:
    """One kind in one release: its versions there, and the fields of one of them."""

    release: str
    versions: tuple[ServedKind, ...]
    shown: str
    fields: tuple[FieldNode, ...]


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
    return tuple(served_kind(catalog, gvk, resource) for gvk, resource in found.items())


def served_kind(catalog: Catalog, gvk: GroupVersionKind, resource: Resource) -> ServedKind:
    """Report how a release has one kind."""
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
    """Report the versions of a kind in a release, and the fields of one version.

    Args:
        catalog: the catalog.
        release: the release.
        kind: ``CronJob``, or the plural ``cronjobs``, in any case.
        api_version: which version's fields to show; by default the most stable one that is served.
        path: show only the fields below this one.
        depth: how many levels of fields to show; 0 for all.

    Raises:
        UnknownKindError: the release has no such kind, version or path.
        UnknownReleaseError: the release is older than the oldest in the catalog.
        ManifestError: the path is not one.
    """
    found = {gvk: catalog.served(release, all_versions=True)[gvk] for gvk in named(catalog, release, kind)}
    chosen = [gvk for gvk in found if not api_version or gvk.api_version == api_version]
    if not chosen:
        known = sorted({gvk.api_version for gvk in found})
        raise UnknownKindError(f"{api_version} {kind}", catalog.nearest(release), (), known)
    best = best_of(chosen, found)
    root = catalog.type_of(release, best)
    if root is not None and path:
        field = root.field_at(path)
        root = field.innermost.target if field is not None else None
        if field is None:
            raise UnknownKindError(f"{path} in {best}", catalog.nearest(release), catalog.fields_ever(best, path), ())
    versions = tuple(served_kind(catalog, gvk, resource) for gvk, resource in found.items())
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


def best_of(among: Iterable[GroupVersionKind], found: Mapping[GroupVersionKind, Resource]) -> GroupVersionKind:
    """Choose the version that a release prefers: served by default first, then the most stable."""
    return max(among, key=lambda gvk: (found[gvk].default_on, stability(gvk.version), gvk.group))


def named(catalog: Catalog, release: Release, kind: str) -> list[GroupVersionKind]:
    """Find the versions of a kind, given by its name or its plural in any case, that a release knows.

    Raises:
        UnknownKindError: there is none.
    """
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
        values = field.innermost.values
        nodes.append(FieldNode(name, str(field), below, tuple(sorted(values.known)) if values is not None else ()))
    return tuple(nodes)
