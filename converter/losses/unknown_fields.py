"""Finds the fields of a manifest that a Kubernetes release does not know, and the values that it refuses.

Each type of the catalog is compiled into a plain dictionary when it is first needed; releases that agree about a type
share it. Maps and free-form JSON (annotations, ConfigMap data, RawExtension) are not searched.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import msgspec

from converter.catalog import DEFAULT_GATES, FieldCondition
from converter.kube import EACH, GroupVersionKind, Json, Path, format_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from converter.catalog import Catalog, FieldType, GateSettings, ObjectType, Release
    from converter.kube import Manifest, Segment


class UnknownField(msgspec.Struct, frozen=True):
    """A field that a release does not know, or a value of one that it knows.

    Attributes:
        path: its place in the manifest.
        value: what it holds.
        refused: whether the field is known, and the value is one that only other releases have: servers drop fields
            that they do not know, but refuse such values.
        conditional: whether the release stores the field, but not this value of it.
        instead: what it stores in its place; empty if it stores nothing.
        schema: its place in the type: the path with ``[*]`` for every index, and for every key of a map.
    """

    path: Path
    value: Json
    refused: bool = False
    conditional: bool = False
    instead: str = ""
    schema: Path = ()

    def __str__(self) -> str:
        return format_path(self.path)


class TooManyFieldsError(Exception):
    """More fields are unknown than the caller wants to know about; the search ends there."""


class _Hit(msgspec.Struct):
    """An `UnknownField` while the search goes back up: its path grows at the end, from the field to the top."""

    upward: list[Segment]
    schema: list[Segment]
    value: Json
    refused: bool = False
    conditional: bool = False
    instead: str = ""

    def field(self) -> UnknownField:
        path, schema = tuple(self.upward[::-1]), tuple(self.schema[::-1])
        return UnknownField(path, self.value, self.refused, self.conditional, self.instead, schema)


class _Found(list[_Hit]):
    """The hits of one search."""

    def __init__(self, limit: int | None) -> None:
        super().__init__()
        self._limit = limit

    def add(self, hit: _Hit) -> None:
        self.append(hit)
        if self._limit is not None and len(self) > self._limit:
            raise TooManyFieldsError


_Search: TypeAlias = "Callable[[Any, _Found], None]"
_Plan: TypeAlias = "dict[str, _Search | _Conditional | dict[str, Any] | None]"
"""The known fields of one type: the plan of an object, how to search anything else, None if there is nothing to."""

_MISSING: Any = object()


class _Conditional(NamedTuple):
    """How to search a field that is stored for some values only."""

    condition: FieldCondition
    inner: _Search | dict[str, Any] | None


_CACHED: Final = 20_000
"""Kinds by release and settings of feature gates whose plan is cached."""

TAKEN_OFF_ANNOTATIONS: Final = (
    "pod.alpha.kubernetes.io/init-containers",
    "pod.beta.kubernetes.io/init-containers",
)
"""Annotations that API servers take off Pods and their templates since v1.8: these init containers never run
(``dropInitContainerAnnotations`` in pkg/apis/core/v1/conversion.go)."""

WITH_POD_METADATA: Final = frozenset({"V1Pod", "V1PodTemplateSpec"})
"""Types whose metadata has these annotations."""


class UnknownFieldFinder:
    """Finds the fields that a release does not know; what it compiles, it keeps."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._plans: dict[ObjectType, _Plan] = {}
        self._roots: dict[tuple[Release, GateSettings, GroupVersionKind], _Plan | None] = {}
        self._lock = threading.Lock()

    def unknown(
        self,
        manifest: Manifest,
        gvk: GroupVersionKind,
        release: Release,
        gates: GateSettings = DEFAULT_GATES,
        limit: int | None = None,
    ) -> tuple[UnknownField, ...]:
        """List what a release does not know, or does not store, of a manifest in that version, in the manifest's order.

        Of values only those are found that another release knows. Nothing is found in a kind that the release does not
        know at all.

        Args:
            manifest: the manifest, in the version that the cluster gets.
            gvk: its group, version and kind.
            release: the cluster's release.
            gates: the feature gates that the cluster sets.
            limit: the most fields to find; None finds all.

        Raises:
            TooManyFieldsError: there are more.
            UnknownReleaseError: the release is older than the oldest in the catalog.
        """
        key = (release, gates, gvk)
        plan = self._roots.get(key, _MISSING)
        if plan is _MISSING:
            plan = self._compile(key)
        if plan is None:
            return ()
        found = _Found(limit)
        _search_object(plan, manifest, found)
        return tuple([hit.field() for hit in found]) if found else ()

    def _compile(self, key: tuple[Release, GateSettings, GroupVersionKind]) -> _Plan | None:
        """Make the plan of a kind; in one thread at a time, since other plans share its parts while they grow."""
        release, gates, gvk = key
        with self._lock:
            if len(self._roots) >= _CACHED:
                self._roots.clear()
                self._plans.clear()
            plan = self._roots[key] = self._root(gvk, release, gates)
        return plan

    def _root(self, gvk: GroupVersionKind, release: Release, gates: GateSettings) -> _Plan | None:
        here = self._catalog.stored_type_of(release, gvk, gates)
        return self._plan(here) if here is not None else None

    def _plan(self, of: ObjectType) -> _Plan:
        """Find or make the plan of a type; it is cached before it is filled, since types can contain themselves."""
        plan = self._plans.get(of)
        if plan is None:
            plan = self._plans[of] = {}
            plan.update((name, self._search_field(known)) for name, known in of.fields.items())
            if of.name in WITH_POD_METADATA:
                plan["metadata"] = _pod_metadata_search(self._search(of.fields["metadata"]))
        return plan

    def _search_field(self, field: FieldType) -> _Search | _Conditional | _Plan | None:
        search = self._search(field)
        return search if field.condition is None else _Conditional(field.condition, search)

    def _search(self, field: FieldType) -> _Search | _Plan | None:
        if field.kind == "object" and field.target is not None:
            return self._plan(field.target)
        if field.values is not None and field.values.lacking:
            return _value_search(field.values.lacking)
        inner = self._search(field.element) if field.element is not None else None
        if inner is None:
            return None
        if isinstance(inner, dict):
            if field.kind == "list":
                return _object_list_search(inner)
            inner = partial(_search_object, inner)
        return _list_search(inner) if field.kind == "list" else _map_search(inner)


def _search_object(plan: _Plan, node: Any, found: _Found) -> None:
    if type(node) is not dict:  # simpler JSON where that is allowed, or a wrong type, which the server reports
        return
    get, missing = plan.get, _MISSING
    for key, value in node.items():
        search = get(key, missing)
        if search is None or value is None:
            continue
        if search is missing:
            found.add(_Hit([key], [key], value))
        elif type(search) is _Conditional:
            _search_conditional(key, search, node, found)
        else:
            before = len(found)
            if type(search) is dict:
                _search_object(search, value, found)
            else:
                search(value, found)
            if len(found) != before:
                _put_below(key, key, found, before)


def _search_conditional(key: str, search: _Conditional, holder: dict[str, Any], found: _Found) -> None:
    value, before = holder[key], len(found)
    if not search.condition.stores(value, holder):
        need = search.condition.requirement
        if need.first:
            for index in range(need.first, len(value)):
                found.add(_Hit([index, key], [EACH, key], value[index], conditional=True))
            return
        found.add(_Hit([key], [key], value, conditional=True, instead=need.instead))
        return
    _search_into(search.inner, value, found)
    _put_below(key, key, found, before)


def _search_into(search: _Search | _Plan | None, node: Any, found: _Found) -> None:
    if isinstance(search, dict):
        _search_object(search, node, found)
    elif search is not None:
        search(node, found)


def _pod_metadata_search(fields: _Search | _Plan | None) -> _Search:
    def search(node: Any, found: _Found) -> None:
        _search_into(fields, node, found)
        annotations = node.get("annotations") if type(node) is dict else None
        if type(annotations) is dict:
            for key in TAKEN_OFF_ANNOTATIONS:
                if annotations.get(key) is not None:
                    found.add(_Hit([key, "annotations"], [EACH, "annotations"], annotations[key], conditional=True))

    return search


def _put_below(segment: Segment, schema: Segment, found: _Found, start: int) -> None:
    """Put a segment in front of the paths that were found below it."""
    for index in range(start, len(found)):
        found[index].upward.append(segment)
        found[index].schema.append(schema)


def _value_search(lacking: frozenset[str]) -> _Search:
    def search(node: Any, found: _Found) -> None:
        if type(node) is str and node in lacking:
            found.add(_Hit([], [], node, refused=True))

    return search


def _object_list_search(plan: _Plan) -> _Search:
    """Search the objects of a list: as `_list_search`, with one call less for each."""

    def search(node: Any, found: _Found) -> None:
        if type(node) is list:
            for index, item in enumerate(node):
                before = len(found)
                _search_object(plan, item, found)
                if len(found) != before:
                    _put_below(index, EACH, found, before)

    return search


def _list_search(inner: _Search) -> _Search:
    def search(node: Any, found: _Found) -> None:
        if type(node) is list:
            for index, item in enumerate(node):
                before = len(found)
                inner(item, found)
                if len(found) != before:
                    _put_below(index, EACH, found, before)

    return search


def _map_search(inner: _Search) -> _Search:
    def search(node: Any, found: _Found) -> None:
        if type(node) is dict:
            for key, item in node.items():
                before = len(found)
                inner(item, found)
                if len(found) != before:
                    _put_below(key, EACH, found, before)

    return search
