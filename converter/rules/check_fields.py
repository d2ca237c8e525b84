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

    from converter.catalog import Catalog
    from converter.rules.rule import Rule
    from converter.rules.steps.base import Step

_SUBRESOURCE_KINDS = frozenset({"Binding", "DeploymentRollback", "Eviction", "Scale", "TokenRequest"})
"""Kinds that are only ever posted to a subresource, which the catalog does not list."""


class _Leaf(NamedTuple):
    """A step that holds no others, and the place it stands on."""

    scope: Path
    step: Step


def unknown_names(rule: Rule, catalog: Catalog) -> Iterator[RuleProblem]:
    """Find versions and fields of Kubernetes' own kinds that no release has.

    Groups that no release serves are an admin's own, and are not judged.
    """
    groups = {gvk.group for gvk in catalog.kinds()}
    for kind in rule.kinds:
        if kind in _SUBRESOURCE_KINDS:
            continue
        for side in Side:
            gvk = GroupVersionKind.of(rule.version(side), kind)
            if catalog.releases_of(gvk):
                yield from _unknown_fields(rule, gvk, side, catalog)
            elif gvk.group in groups:
                text = f"rule {rule.name}: no Kubernetes release ever had {gvk}"
                yield RuleProblem(rule.file, rule.line, text, "`converter catalog` lists what each has")


def _unknown_fields(rule: Rule, gvk: GroupVersionKind, side: Side, catalog: Catalog) -> Iterator[RuleProblem]:
    across = GroupVersionKind.of(rule.version(side.other), gvk.kind)
    leaves = list(_leaves(rule.steps, ()))
    for index, leaf in enumerate(leaves):
        shared = set(leaf.step.names(side.other))
        for name in leaf.step.names(side):
            path = _own(leaves, index, (*leaf.scope, *name), side)
            if catalog.has_field(gvk, path):
                continue
            elsewhere = _own(leaves, index, (*leaf.scope, *name), side.other)
            other_side = catalog.has_field(across, elsewhere)
            if other_side and name in shared:  # one field named for both sides, which only one of them has
                continue
            hint = "is it on the other side?" if other_side else "check its spelling"
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
