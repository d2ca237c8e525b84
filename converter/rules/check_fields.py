"""Checks the kinds, versions and fields that rules name against the catalog of Kubernetes' own types.

A step's path refers to the manifest as the steps before it left it: after ``rename: {spec.defaultBackend:
spec.backend}`` the next step writes ``spec.backend`` for ``spec.defaultBackend`` of the left version. To look a name up
in one version, the checker undoes the steps before it, or applies the steps after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from converter.errors import ProblemCode
from converter.kube import GroupVersionKind, Path, format_path
from converter.rules.check_bounds import leaves
from converter.rules.lens import Side
from converter.rules.steps.values import Default

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from converter.catalog import Catalog, ObjectType
    from converter.rules.check_bounds import Leaf
    from converter.rules.rule import Rule, RuleFinding

_SUBRESOURCE_KINDS = frozenset({"Binding", "DeploymentRollback", "Eviction", "Scale", "TokenRequest"})
"""Kinds that are only posted to a subresource, which the catalog does not list."""


class KnownTypes(Protocol):
    """Where the fields of kinds are known."""

    @property
    def source(self) -> str:
        """The place that has the fields: ``any release``."""

    @property
    def nobody(self) -> str:
        """What to say of a kind that is not known: ``no release``."""

    def expects(self, gvk: GroupVersionKind) -> bool:
        """Whether a version that is not known is a mistake."""

    def hint(self, gvk: GroupVersionKind) -> str:
        """What to do about a version that is not known."""

    def has(self, gvk: GroupVersionKind) -> bool:
        """Whether the kind is known in that version."""

    def has_field(self, gvk: GroupVersionKind, path: Path) -> bool:
        """Whether the version has the field."""


class CatalogTypes:
    """The catalog's types of the kinds that rules name; looks up each kind once."""

    source = "any release"
    nobody = "no Kubernetes release"

    def __init__(self, catalog: Catalog) -> None:
        self._groups = frozenset(gvk.group for gvk in catalog.kinds())
        self._catalog = catalog
        self._types: dict[GroupVersionKind, tuple[ObjectType, ...]] = {}

    def expects(self, gvk: GroupVersionKind) -> bool:
        """Whether Kubernetes has the group: other groups belong to custom resources."""
        return gvk.group in self._groups

    def hint(self, gvk: GroupVersionKind) -> str:
        """Name the places where the kinds are listed, and the form of the apiVersion of a custom resource."""
        if gvk.group:
            return "check the version; `converter catalog` lists the kinds of a release"
        return f"check the kind; for a custom resource, name its group, as in acme.io/{gvk.version}"

    def has(self, gvk: GroupVersionKind) -> bool:
        """Whether any release has the kind in that version."""
        return bool(self._catalog.releases_of(gvk))

    def _types_of(self, gvk: GroupVersionKind) -> tuple[ObjectType, ...]:
        """The types of a kind, newest release first."""
        if gvk not in self._types:
            releases = reversed(self._catalog.releases_of(gvk))
            found = (self._catalog.type_of(release, gvk) for release in releases)
            self._types[gvk] = tuple(dict.fromkeys(kind for kind in found if kind is not None))
        return self._types[gvk]

    def has_field(self, gvk: GroupVersionKind, path: Path) -> bool:
        """Whether any release has the field."""
        return any(kind.field_at(path) is not None for kind in self._types_of(gvk))


def unknown_names(rules: Iterable[Rule], known: KnownTypes) -> Iterator[RuleFinding]:
    """Find versions and fields of known kinds that nothing has. Kinds that are not known are not checked."""
    for rule in rules:
        for kind in rule.kinds:
            if kind not in _SUBRESOURCE_KINDS:
                for side in Side:
                    yield from _unknown(rule, GroupVersionKind.of(rule.version(side), kind), side, known)


def _unknown(rule: Rule, gvk: GroupVersionKind, side: Side, known: KnownTypes) -> Iterator[RuleFinding]:
    if known.has(gvk):
        yield from _unknown_fields(rule, gvk, side, known)
    elif known.expects(gvk):
        yield rule.problem(ProblemCode.UNKNOWN_KIND, f"{known.nobody} has {gvk}", known.hint(gvk))


def _unknown_fields(rule: Rule, gvk: GroupVersionKind, side: Side, known: KnownTypes) -> Iterator[RuleFinding]:
    across = GroupVersionKind.of(rule.version(side.other), gvk.kind)
    found = list(leaves(rule.steps))
    moves = {one: [*_moves(found, one)] for one in Side}
    for index, leaf in enumerate(found):
        for name in leaf.step.expected_fields(side):
            path = (*leaf.scope, *name)
            own = _own(moves[side], index, path, side)
            if known.has_field(gvk, own):
                continue
            elsewhere = known.has_field(across, _own(moves[side.other], index, path, side.other))
            is_shared = name in leaf.step.expected_fields(side.other)  # one name for both sides
            if elsewhere and (is_shared or isinstance(leaf.step, Default)):  # what a version means that lacks the field
                continue
            hint = "check whether it is on the other side" if elsewhere else "check the spelling"
            text = f"{gvk} has no field {format_path(own)} in {known.source}"
            code = ProblemCode.WRONG_SIDE if elsewhere else ProblemCode.UNKNOWN_FIELD
            yield rule.problem(code, text, hint, leaf.step.line)


class _Move(NamedTuple):
    """A move of one step, toward the version whose fields are looked up.

    Attributes:
        at: the step's place among the leaves.
        old: the path that it moves.
        new: where it moves that to.
    """

    at: int
    old: Path
    new: Path


def _moves(found: Sequence[Leaf], side: Side) -> Iterator[_Move]:
    """List the moves in the order in which they lead to a side: back toward the left, forward toward the right."""
    numbered = list(enumerate(found))
    for at, leaf in reversed(numbered) if side is Side.LEFT else numbered:
        for left, right in leaf.step.moved_paths():
            old, new = (right, left) if side is Side.LEFT else (left, right)
            yield _Move(at, (*leaf.scope, *old), (*leaf.scope, *new))


def _own(moves: Iterable[_Move], index: int, path: Path, side: Side) -> Path:
    """Translate a path of the step at an index into a path of that side's version."""
    moved = -1  # a step moves a path once
    for move in moves:
        passed = move.at < index if side is Side.LEFT else move.at > index
        if passed and move.at != moved and path[: len(move.old)] == move.old:
            path, moved = (*move.new, *path[len(move.old) :]), move.at
    return path
