"""The coverage matrix: how each Kubernetes release gets each kind, starting from the kind's newest version.

The matrix is generated: the catalog says what a release serves, the rules how to reach a version, and a conversion
of each field what is lost on the way.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from converter.catalog import is_stored
from converter.conversion import Routes
from converter.coverage.by_field import FieldLosses
from converter.errors import NoRouteError
from converter.kube import version_priority
from converter.losses.unknown_fields import UnknownFieldFinder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from converter.catalog import Catalog, Release
    from converter.kube import GroupVersionKind
    from converter.rules import RuleBook


class State(Enum):
    """How a release gets a kind."""

    NATIVE = "native"
    CONVERTED = "converted"
    UNREACHABLE = "unreachable"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Cell:
    """One kind in one release.

    Attributes:
        state: native, converted, unreachable by rules, or absent in every version.
        version: the apiVersion for a cluster of that release; empty if there is none.
        lost: fields of the newest version that the release cannot hold, the topmost of each.
        why: the reason, for an unreachable or absent kind.
        refused: what the release demands of an object in that version, as far as it is known to refuse others; and the
            lost fields without which it refuses the object.
    """

    state: State
    version: str = ""
    lost: tuple[str, ...] = ()
    why: str = ""
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One kind, with all versions that rules connect.

    Attributes:
        kind: the kind.
        source: its newest apiVersion, which the cells start from.
        versions: every apiVersion of the kind in any release, most stable first.
        cells: one for each release, in the order of the matrix.
    """

    kind: str
    source: str
    versions: tuple[str, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """All kinds in all releases.

    Attributes:
        releases: the columns, oldest first.
        rows: the kinds, by group and name.
    """

    releases: tuple[Release, ...]
    rows: tuple[Row, ...]


def build_matrix(book: RuleBook, catalog: Catalog) -> Matrix:
    """Build the matrix of every stored kind that the catalog knows; takes a few seconds."""
    routes, check = Routes(book), UnknownFieldFinder(catalog)
    families = _families(catalog, routes)
    rows = [_row(family, catalog, routes, check) for family in families]
    return Matrix(catalog.releases, tuple(sorted(rows, key=lambda row: (row.kind, row.source))))


def _families(catalog: Catalog, routes: Routes) -> list[tuple[GroupVersionKind, ...]]:
    """Group the versions of each kind that rules connect; one name can belong to several kinds."""
    by_kind: dict[str, list[GroupVersionKind]] = defaultdict(list)
    for gvk in filter(is_stored, catalog.kinds()):
        by_kind[gvk.kind].append(gvk)
    families = []
    for kind, members in sorted(by_kind.items()):
        left = set(members)
        while left:
            first = min(left)
            reached = {first} | {gvk for gvk in left if _connected(routes, kind, first, gvk)}
            families.append(tuple(sorted(reached, key=lambda gvk: version_priority(gvk.api_version))))
            left -= reached
    return families


def _connected(routes: Routes, kind: str, one: GroupVersionKind, two: GroupVersionKind) -> bool:
    if two.api_version in routes.reachable(kind, one.api_version):
        return True
    pair = (kind, one.api_version, two.api_version)
    return pair in routes.book.unconvertible or one.group == two.group


def _row(family: Iterable[GroupVersionKind], catalog: Catalog, routes: Routes, check: UnknownFieldFinder) -> Row:
    versions = tuple(family)
    source = _newest(versions, catalog)
    losses = FieldLosses(source, catalog, check)
    cells = [
        _cell(source, _served(versions, release, catalog), release, routes=routes, losses=losses)
        for release in catalog.releases
    ]
    return Row(source.kind, source.api_version, tuple(gvk.api_version for gvk in versions), tuple(cells))


def _newest(versions: tuple[GroupVersionKind, ...], catalog: Catalog) -> GroupVersionKind:
    """Choose the preferred version of the last release that has the kind."""
    last = max(catalog.releases_of(gvk)[-1] for gvk in versions)
    return next(gvk for gvk in versions if catalog.releases_of(gvk)[-1] == last)


@dataclass(frozen=True, slots=True)
class _Served:
    """The versions that a release serves, and those that it serves only with ``--runtime-config``."""

    there: tuple[str, ...]
    off: tuple[str, ...]


def _served(versions: tuple[GroupVersionKind, ...], release: Release, catalog: Catalog) -> _Served:
    served, known = catalog.served(release), catalog.served(release, all_versions=True)
    there = tuple(gvk.api_version for gvk in versions if gvk in served)
    return _Served(there, tuple(gvk.api_version for gvk in versions if gvk in known and gvk not in served))


def _cell(source: GroupVersionKind, served: _Served, release: Release, *, routes: Routes, losses: FieldLosses) -> Cell:
    if source.api_version in served.there:
        lost = losses.native(release)
        return Cell(State.NATIVE, source.api_version, lost, refused=losses.refused(source.api_version, release, lost))
    if not served.there:
        off = " and ".join(served.off)
        why = f"{release} serves {off} only with --runtime-config" if off else f"{release} has no {source.kind}"
        return Cell(State.ABSENT, why=why)
    try:
        route = routes.cheapest(source.kind, source.api_version, served.there)
    except NoRouteError as error:
        return Cell(State.UNREACHABLE, why=error.reason or str(error))
    lost = losses.converted(route, release)
    return Cell(State.CONVERTED, route.target, lost, refused=losses.refused(route.target, release, lost))
