"""Checks the kinds, versions and fields that rules name against the catalog of Kubernetes' own types.

A step's path refers to the manifest as the steps before it left it: after ``rename: {spec.defaultBackend:
spec.backend}`` the next step writes ``spec.backend`` for ``spec.defaultBackend`` of the left version. To look a name up
in one version, the checker undoes the steps before it, or applies the steps after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from converter.errors import ProblemCode, RuleProblem
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
"""Kinds that are only posted to a subresource, which the catalog does not list."""


class _Leaf(NamedTuple):
    """A step without steps inside, and the place that its paths start from."""

    scope: Path
    step: Step


class _KnownTypes:
    """The catalog's types of the kinds that rules name; looks up each kind once."""

    def __init__(self, catalog: Catalog) -> None:
        self.groups = frozenset(gvk.group for gvk in catalog.kinds())
        self._catalog = catalog
        self._types: dict[GroupVersionKind, tuple[ObjectType, ...]] = {}

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


def unknown_names(rules: Iterable[Rule], catalog: Catalog) -> Iterator[RuleProblem]:
    """Find versions and fields of Kubernetes' own kinds that no release has.

    Groups that no release serves belong to custom resources and are not checked.
    """
    known = _KnownTypes(catalog)
    for rule in rules:
        for kind in rule.kinds:
            if kind not in _SUBRESOURCE_KINDS:
                for side in Side:
                    yield from _unknown(rule, GroupVersionKind.of(rule.version(side), kind), side, known)


def _unknown(rule: Rule, gvk: GroupVersionKind, side: Side, known: _KnownTypes) -> Iterator[RuleProblem]:
    if known.has(gvk):
        yield from _unknown_fields(rule, gvk, side, known)
    elif gvk.group in known.groups:
        text = f"rule {rule.name}: no Kubernetes release has {gvk}"
        hint = "run `converter catalog` to list the kinds of a release"
        yield RuleProblem(rule.file, rule.line, text, hint, ProblemCode.UNKNOWN_KIND)


def _unknown_fields(rule: Rule, gvk: GroupVersionKind, side: Side, known: _KnownTypes) -> Iterator[RuleProblem]:
    across = GroupVersionKind.of(rule.version(side.other), gvk.kind)
    leaves = list(_leaves(rule.steps, ()))
    for index, leaf in enumerate(leaves):
        for name in leaf.step.expected_fields(side):
            path = _own(leaves, index, (*leaf.scope, *name), side)
            if known.has_field(gvk, path):
                continue
            elsewhere = known.has_field(across, _own(leaves, index, (*leaf.scope, *name), side.other))
            if elsewhere and name in leaf.step.expected_fields(side.other):  # one name for both sides, and one has it
                continue
            hint = "check whether it is on the other side" if elsewhere else "check the spelling"
            text = f"rule {rule.name}: {gvk} has no field {format_path(path)} in any release"
            code = ProblemCode.WRONG_SIDE if elsewhere else ProblemCode.UNKNOWN_FIELD
            yield RuleProblem(rule.file, leaf.step.line, text, hint, code)


def _leaves(steps: Iterable[Step], scope: Path) -> Iterator[_Leaf]:
    for step in steps:
        if isinstance(step, In):
            for path in step.paths:
                yield from _leaves(step.steps, (*scope, *path))
        else:
            yield _Leaf(scope, step)


def _own(leaves: Sequence[_Leaf], index: int, path: Path, side: Side) -> Path:
    """Translate a path of one step into a path of that side's version."""
    passed = reversed(leaves[:index]) if side is Side.LEFT else leaves[index + 1 :]
    for leaf in passed:
        path = _carry(leaf, path, side)
    return path


def _carry(leaf: _Leaf, path: Path, side: Side) -> Path:
    """Translate a path back across a step (toward the left), or forward across it (toward the right)."""
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
