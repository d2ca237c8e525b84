"""The step ``invert``: a boolean whose name says the opposite in the other version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from converter.kube import Path, format_path
from converter.rules.codegen import scoped
from converter.rules.lens import (
    RESTATED,
    Lens,
    Note,
    Notes,
    Side,
    drop_foreign,
    ensure_object,
    get_object,
    prune_empty,
    wrong_type,
)
from converter.rules.steps.base import Step, join
from converter.rules.steps.values import shown

if TYPE_CHECKING:
    from converter.rules.steps.moves import Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Invert(Step):
    """A boolean that means the opposite in the other version, and what it means in each if it is missing.

    A value that a missing field means is not written, as Go's ``omitempty`` does.

    Attributes:
        scope: the lists around the fields.
        left: the field of the left version, below the scope.
        right: the field of the right version.
        absent_left: what a missing field means in the left version; None if it is neither true nor false.
        absent_right: the same for the right version.
    """

    scope: Path
    left: Keys
    right: Keys
    absent_left: bool | None
    absent_right: bool | None

    def lens(self, toward: Side) -> Lens:
        """Compile; a field that is in the way at the new place is dropped and noted."""
        old, new, missing, unwritten = self.left, self.right, self.absent_left, self.absent_right
        if toward is Side.LEFT:
            old, new, missing, unwritten = new, old, unwritten, missing
        return scoped(self.scope, _invert(old, new, missing=missing, unwritten=unwritten))

    def describe(self, toward: Side) -> str:
        """Say which is the opposite of which, and what a missing field becomes."""
        old, new = (format_path(*self.expected_fields(side)) for side in (toward.other, toward))
        missing = self.absent_left if toward is Side.RIGHT else self.absent_right
        return f"{old} becomes its opposite, {new}" + (
            "" if missing is None else f"; where missing, it counts as {shown(missing)}"
        )

    def expected_fields(self, side: Side) -> tuple[Path, ...]:
        """The field."""
        return (join(self.scope, self.left if side is Side.LEFT else self.right),)

    def moved_paths(self) -> tuple[tuple[Path, Path], ...]:
        """The field on both sides."""
        return ((join(self.scope, self.left), join(self.scope, self.right)),)


def _invert(old: Keys, new: Keys, *, missing: bool | None, unwritten: bool | None) -> Lens:
    """Make the lens from one field to the other.

    Args:
        old: the field of the source version.
        new: the field of the target version.
        missing: what a missing field means in the source version.
        unwritten: what it means in the target version.
    """
    (*old_parent, old_leaf), (*new_parent, new_leaf) = old, new

    def invert(node: dict[str, Any], notes: Notes) -> None:
        target = get_object(node, new_parent) if old != new else None
        if target is not None:
            drop_foreign(target, new_leaf, new, notes)
        source = get_object(node, old_parent)
        if source is None:
            return
        value = source.get(old_leaf)
        if value is not None:
            if type(value) is not bool:
                raise wrong_type(old, "true or false", value)
            del source[old_leaf]
            if value is missing:
                notes.append(Note(old, value, RESTATED))  # the way back leaves it out
        elif missing is None:
            return
        else:
            value = missing
        is_said = value is not unwritten and unwritten is not None and get_object(node, new_parent) is not None
        if old_parent != new_parent:
            prune_empty(node, old_parent)
        if not is_said:  # a missing field of an object that is there means the same
            ensure_object(node, new_parent)[new_leaf] = not value

    return invert
