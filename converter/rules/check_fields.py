"""Checks the kinds, versions and fields that rules name against the catalog of Kubernetes' own types.

A step's path stands in the manifest as the steps before it have left it: after ``rename: {spec.defaultBackend:
spec.backend}`` the next step says ``spec.backend`` and means ``spec.defaultBackend`` of the left version. So each name
is carried back through the steps before it, or on through the steps after it, until it is the version's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from converter.errors import RuleProblem
from converter.kube import GroupVersionKind, Path, format_path
from converter.rules.lens import Side
from converter.rules.steps.blocks import In
from converter.rules.steps.moves import Nest, Rename

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from converter.catalog import Catalog, ObjectType
    from converter.rules.rule import Rule
    from converter.rules.steps.base import Step

_SUBRESOURCE_KINDS = frozenset({"Binding", "DeploymentRollback", "Eviction", "Scale", "TokenRequest"})
"""Kinds that are only ever posted to a subresource, which the catalog does not list."""


class _Leaf(NamedTuple):
    """A step that holds no others, and the place it stands on."""

    scope: Path
    step: Step


class _Known:
    """What the catalog says of the kinds that rules name, each looked up once."""

    def __init__(self, catalog: Catalog) -> None:
        self.groups = frozenset(gvk.group for gvk in catalog.kinds())
        self._catalog = catalog
        self._types: dict[GroupVersionKind, tuple[ObjectType, ...]] = {}

    def has(self, gvk: GroupVersionKind) -> bool:
        """Whether any release has that kind in that version."""
        return bool(self._catalog.releases_of(gvk))

    def _types_of(self, gvk: GroupVersionKind) -> tuple[ObjectType, ...]:
        """The types of a kind, that of the newest release first."""
        if gvk not in self._types:
            releases = reversed(self._catalog.releases_of(gvk))
            found = (self._catalog.type_of(release, gvk) for release in releases)
            self._types[gvk] = tuple(dict.fromkeys(kind for kind in found if kind is not None))
        return self._types[gvk]

    def has_field(self, gvk: GroupVersionKind, path: Path) -> bool:
        """Whether any release has that field."""
        return any(kind.field_at(path) is not None for kind in self._types_of(gvk))


def unknown_names(rules: Iterable[Rule], catalog: Catalog) -> Iterator[RuleProblem]:
    """Find versions and fields of Kubernetes' own kinds that no release has.

    Groups that no release serves are an admin's own, and are not judged.
    """
    known = _Known(catalog)
    for rule in rules:
        for kind in rule.kinds:
            if kind not in _SUBRESOURCE_KINDS:
                for side in Side:
                    yield from _unknown(rule, GroupVersionKind.of(rule.version(side), kind), side, known)


def _unknown(rule: Rule, gvk: GroupVersionKind, side: Side, known: _Known) -> Iterator[RuleProblem]:
    if known.has(gvk):
        yield from _unknown_fields(rule, gvk, side, known)
    elif gvk.group in known.groups:
        text = f"rule {rule.name}: no Kubernetes release ever had {gvk}"
        yield RuleProblem(rule.file, rule.line, text, "`converter catalog` lists what each has")


def _unknown_fields(rule: Rule, gvk: GroupVersionKind, side: Side, known: _Known) -> Iterator[RuleProblem]:
    across = GroupVersionKind.of(rule.version(side.other), gvk.kind)
    leaves = list(_leaves(rule.steps, ()))
    for index, leaf in enumerate(leaves):
        for name in leaf.step.names(side):
            path = _own(leaves, index, (*leaf.scope, *name), side)
            if known.has_field(gvk, path):
                continue
            elsewhere = known.has_field(across, _own(leaves, index, (*leaf.scope, *name), side.other))
            if elsewhere and name in leaf.step.names(side.other):  # named once for both sides, and one of them has it
                continue
            hint = "is it on the other side?" if elsewhere else "check its spelling"
            text = f"rule {rule.name}: {gvk} has no field {format_path(path)} in any release"
            yield RuleProblem(rule.file, leaf.step.line, text, hint)


def _leaves(steps: Iterable[Step], scope: Path) -> Iterator[_Leaf]:
    for step in steps:
        if isinstance(step, In):
            for path in step.paths:
                yield from _leaves(step.steps, (*scope, *path))
        else:
            yield _Leaf(scope, step)


def _own(leaves: Sequence[_Leaf], index: int, path: Path, side: Side) -> Path:
    """Carry a path that a step names to where that side's version itself has it."""
    passed = reversed(leaves[:index]) if side is Side.LEFT else leaves[index + 1 :]
    for leaf in passed:
        path = _carry(leaf, path, side)
    return path


def _carry(leaf: _Leaf, path: Path, side: Side) -> Path:
    """Undo (toward the left) or do (toward the right) what a step does to the place of a path."""
    step = leaf.step
    moves: list[tuple[Path, Path]]
    if isinstance(step, Rename):
        moves = [(step.left, step.right)]
    elif isinstance(step, Nest):
        moves = [((step.into, name), (name,)) for name in step.fields]
        moves = moves if step.side is Side.LEFT else [(right, left) for left, right in moves]
    else:
        return path
    for left, right in moves:
        old, new = (right, left) if side is Side.LEFT else (left, right)
        whole = (*leaf.scope, *step.scope, *old)
        if path[: len(whole)] == whole:
            return (*leaf.scope, *step.scope, *new, *path[len(whole) :])
    return path
