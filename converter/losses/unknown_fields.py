"""Finds the fields of a manifest that a Kubernetes release does not know, and the values that it refuses.

Each type of the catalog is compiled into a plain dictionary when it is first needed; releases that agree about a type
share it. Maps and free-form JSON (annotations, ConfigMap data, RawExtension) are not searched.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from converter.kube import GroupVersionKind, Json, Path, format_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from converter.catalog import Catalog, FieldType, ObjectType, Release
    from converter.kube import Manifest, Segment


class UnknownField(NamedTuple):
    """A field that a release does not know, or a value of one that it knows.

    Attributes:
        path: its place in the manifest.
        value: what it holds.
        refused: whether the field is known, and the value is one that only other releases have: servers drop fields
            that they do not know, but refuse such values.
    """

    path: Path
    value: Json
    refused: bool = False

    def __str__(self) -> str:
        return format_path(self.path)


_Found: TypeAlias = list[UnknownField]
_Search: TypeAlias = "Callable[[Any, _Found], None]"
_Plan: TypeAlias = "dict[str, _Search | dict[str, Any] | None]"
"""The known fields of one type: the plan of an object, how to search anything else, None if there is nothing to."""

_MISSING: Any = object()


class UnknownFieldFinder:
    """Finds the fields that a release does not know; what it compiles, it keeps."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._plans: dict[ObjectType, _Plan] = {}
        self._roots: dict[tuple[Release, GroupVersionKind], _Plan | None] = {}

    def unknown(self, manifest: Manifest, gvk: GroupVersionKind, release: Release) -> tuple[UnknownField, ...]:
        """List what a release does not know of a manifest in that version, in the manifest's order.

        Of values only those are found that another release knows. Nothing is found in a kind that the release does not
        know at all.

        Args:
            manifest: the manifest, in the version that the cluster gets.
            gvk: its group, version and kind.
            release: the cluster's release.

        Raises:
            UnknownReleaseError: the release is older than the oldest in the catalog.
        """
        key = (release, gvk)
        plan = self._roots.get(key, _MISSING)
        if plan is _MISSING:
            plan = self._roots[key] = self._root(gvk, release)
        if plan is None:
            return ()
        found: _Found = []
        _search_object(plan, manifest, found)
        return tuple(found)

    def known_in(self, gvk: GroupVersionKind, path: Path, value: str | None = None) -> tuple[Release, ...]:
        """Name the releases that know a field, or a value of it."""
        if value is None:
            return self._catalog.fields_ever(gvk, path)
        return self._catalog.values_ever(gvk, path, value)

    def known_since(
        self, gvk: GroupVersionKind, path: Path, after: Release, value: str | None = None
    ) -> Release | None:
        """Name the first release after one that knows a field, or a value of it; None where none does."""
        return next((release for release in self.known_in(gvk, path, value) if release > after), None)

    def _root(self, gvk: GroupVersionKind, release: Release) -> _Plan | None:
        here = self._catalog.type_of(release, gvk)
        return self._plan(here) if here is not None else None

    def _plan(self, of: ObjectType) -> _Plan:
        """Find or make the plan of a type; it is cached before it is filled, since types can contain themselves."""
        plan = self._plans.get(of)
        if plan is None:
            plan = self._plans[of] = {}
            plan.update((name, self._search(known)) for name, known in of.fields.items())
        return plan

    def _search(self, field: FieldType) -> _Search | _Plan | None:
        if field.kind == "object" and field.target is not None:
            return self._plan(field.target)
        if field.values is not None and field.values.lacking:
            return _value_search(field.values.lacking)
        inner = self._search(field.element) if field.element is not None else None
        if inner is None:
            return None
        search = partial(_search_object, inner) if isinstance(inner, dict) else inner
        return _list_search(search) if field.kind == "list" else _map_search(search)


def _search_object(plan: _Plan, node: Any, found: _Found) -> None:
    if type(node) is not dict:  # simpler JSON where that is allowed, or a wrong type, which the server reports
        return
    for key, value in node.items():
        search = plan.get(key, _MISSING)
        if search is None or value is None:
            continue
        before = len(found)
        if search is _MISSING:
            found.append(UnknownField((key,), value))
        elif type(search) is dict:
            _search_object(search, value, found)
            if len(found) != before:
                _put_below(key, found, before)
        else:
            search(value, found)
            if len(found) != before:
                _put_below(key, found, before)


def _put_below(segment: Segment, found: _Found, start: int) -> None:
    """Put a segment in front of the paths that were found below it."""
    for index in range(start, len(found)):
        below = found[index]
        found[index] = UnknownField((segment, *below.path), below.value, below.refused)


def _value_search(lacking: frozenset[str]) -> _Search:
    def search(node: Any, found: _Found) -> None:
        if type(node) is str and node in lacking:
            found.append(UnknownField((), node, refused=True))

    return search


def _list_search(inner: _Search) -> _Search:
    def search(node: Any, found: _Found) -> None:
        if type(node) is list:
            for index, item in enumerate(node):
                before = len(found)
                inner(item, found)
                if len(found) != before:
                    _put_below(index, found, before)

    return search


def _map_search(inner: _Search) -> _Search:
    def search(node: Any, found: _Found) -> None:
        if type(node) is dict:
            for key, item in node.items():
                before = len(found)
                inner(item, found)
                if len(found) != before:
                    _put_below(key, found, before)

    return search
