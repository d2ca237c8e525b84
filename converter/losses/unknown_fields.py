"""Which fields of a manifest a Kubernetes release does not know, and would drop without a word; and which values.

The catalog's types are compiled into plain dictionaries, one a type, the first time they are needed; releases that
agree about a type share it. Maps and free-form JSON (annotations, ConfigMap data, RawExtension) are not looked into.
"""

from __future__ import annotations

from dataclasses import dataclass, field
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
        path: where it stands.
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
_Look: TypeAlias = "Callable[[Any, _Found], None]"
_Glance: TypeAlias = "Callable[[Any], bool]"
_MISSING: Any = object()


@dataclass(slots=True)
class _Plan:
    """The known fields of one type.

    Attributes:
        fields: by name: None where there is nothing to look into, else how to look into it.
        names: the names alone, for a comparison that is done in C.
        below: how to glance into those that can hold more, or a value that is not known; nearly every manifest, and
            nearly every part of the others, needs no more than the glance.
    """

    fields: dict[str, _Look | None] = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    below: dict[str, _Glance] = field(default_factory=dict)


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
        if plan is None or not _glance_at(plan, manifest):
            return ()
        found: _Found = []
        _look_at(plan, manifest, found)
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
        """Find or make a type's plan; it is remembered before it is filled, since types can hold themselves."""
        plan = self._plans.get(of)
        if plan is None:
            plan = self._plans[of] = _Plan()
            plan.fields = {name: self._look(known) for name, known in of.fields.items()}
            plan.names = frozenset(plan.fields)
            glances = ((name, self._glance(known)) for name, known in of.fields.items())
            plan.below = {name: glance for name, glance in glances if glance is not None}
        return plan

    def _glance(self, known: FieldType) -> _Glance | None:
        if known.kind == "object" and known.target is not None:
            return partial(_glance_at, self._plan(known.target))
        if known.values is not None and known.values.lacking:
            return partial(_glance_at_value, known.values.lacking)
        inner = self._glance(known.element) if known.element is not None else None
        if inner is None:
            return None
        return partial(_glance_in_list if known.kind == "list" else _glance_in_map, inner)

    def _look(self, field: FieldType) -> _Look | None:
        if field.kind == "object" and field.target is not None:
            plan = self._plan(field.target)
            return lambda node, found: _look_at(plan, node, found)
        if field.values is not None and field.values.lacking:
            return _at_value(field.values.lacking)
        inner = self._look(field.element) if field.element is not None else None
        if inner is None:
            return None
        return _in_list(inner) if field.kind == "list" else _in_map(inner)


def _glance_at(plan: _Plan, node: Any) -> bool:
    """Whether a field may be unknown below a node: all but certain, since null says nothing and is seen here."""
    if type(node) is not dict:
        return False
    if not node.keys() <= plan.names:
        return True
    for key, glance in plan.below.items():  # noqa: SIM110  a generator costs as much as all that it saves
        if key in node and glance(node[key]):
            return True
    return False


def _glance_at_value(lacking: frozenset[str], node: Any) -> bool:
    return type(node) is str and node in lacking


def _glance_in_list(inner: _Glance, node: Any) -> bool:
    if type(node) is list:
        for item in node:
            if inner(item):
                return True
    return False


def _glance_in_map(inner: _Glance, node: Any) -> bool:
    if type(node) is dict:
        for item in node.values():
            if inner(item):
                return True
    return False


def _look_at(plan: _Plan, node: Any, found: _Found) -> None:
    if type(node) is not dict:  # simpler JSON where that is allowed, or a wrong type, which is not our business
        return
    known, below = plan.fields, plan.below
    for key, value in node.items():
        look = known.get(key, _MISSING)
        if look is None or value is None:
            continue
        if look is _MISSING:
            found.append(UnknownField((key,), value))
        elif below[key](value):
            _below(key, look, value, found)


def _below(segment: Segment, look: _Look, value: Any, found: _Found) -> None:
    before = len(found)
    look(value, found)
    for index in range(before, len(found)):
        path, unknown, refused = found[index]
        found[index] = UnknownField((segment, *path), unknown, refused)


def _at_value(lacking: frozenset[str]) -> _Look:
    def look(node: Any, found: _Found) -> None:
        if type(node) is str and node in lacking:
            found.append(UnknownField((), node, refused=True))

    return look


def _in_list(inner: _Look) -> _Look:
    def look(node: Any, found: _Found) -> None:
        if type(node) is list:
            for index, item in enumerate(node):
                _below(index, inner, item, found)

    return look


def _in_map(inner: _Look) -> _Look:
    def look(node: Any, found: _Found) -> None:
        if type(node) is dict:
            for key, item in node.items():
                _below(key, inner, item, found)

    return look
