"""Shortens a path to what its type says: a request cannot make a new path by other indexes, map keys or deeper nesting.

What is known of a field depends on its type alone. So facts are looked up, and cached, by shortened paths, of which
there are at most as many as the catalog has fields.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from converter.kube import EACH

if TYPE_CHECKING:
    from converter.catalog import Catalog, FieldType, ObjectType
    from converter.kube import GroupVersionKind, Path, Segment

_CACHED: Final = 4096
"""Kinds whose newest type is cached; only kinds of the catalog are."""


class SchemaPaths:
    """Shortens paths by the newest type of a kind."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._newest = lru_cache(maxsize=_CACHED)(self._find_newest)

    def of(self, gvk: GroupVersionKind, path: Path) -> Path:
        """Shorten a path.

        An index, a name of a list item and a map key become ``[*]``. A type inside itself is left out: the path
        continues from where the type came first. It ends where free-form JSON begins, and after an unknown field.

        Args:
            gvk: the group, version and kind; the path of another kind than the catalog's own is only made general.
            path: in that version.
        """
        root = self._newest(gvk)
        return _shorten(root, path) if root is not None else generalized(path)

    def _find_newest(self, gvk: GroupVersionKind) -> ObjectType | None:
        releases = self._catalog.releases_of(gvk)
        return self._catalog.type_of(releases[-1], gvk) if releases else None


def _shorten(root: ObjectType, path: Path) -> Path:
    short: list[Segment] = []
    seen: dict[str, int] = {root.name: 0}
    target: ObjectType | None = root
    at: FieldType | None = None
    for segment in path:
        if target is not None:
            at = target.fields.get(segment) if isinstance(segment, str) else None
            short.append(segment if isinstance(segment, str) else EACH)
        else:
            at = at.element if at is not None else None
            short.append(EACH)
        if at is None or at.kind == "any":
            break
        target = at.target
        if target is not None:
            del short[seen.setdefault(target.name, len(short)) :]
    return tuple(short)


def generalized(path: Path) -> Path:
    """Replace every index or name of a list item by ``[*]``: what does not depend on which item it is."""
    return tuple([segment if type(segment) is str else EACH for segment in path])
