"""Steps about values: values (other words for the same thing), default, drop, refuse."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from converter.kube import Json, Path, canonical_json, copy_json, format_path, is_empty
from converter.rules.codegen import scoped
from converter.rules.lens import Lens, LensError, Note, Notes, Side, nothing, prune, reach, walk, walk_object
from converter.rules.steps.base import Step, join

if TYPE_CHECKING:
    from collections.abc import Sequence

    from converter.rules.steps.moves import Keys

MISSING: Any = object()
"""Stands for a value that a rule does not give, where null is a value it could give."""


def shown(value: Json, limit: int = 80) -> str:
    """Write a value for a message: compact JSON, cut where it is long."""
    text = canonical_json(value).decode()
    return text if len(text) <= limit else text[: limit - 1] + "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Values(Step):
    """A field whose values are written differently in the two versions; ``pairs`` are (left, right).

    Null on one side of a pair says that this version leaves the field out; what is missing stays missing.
    """

    scope: Path
    keys: Keys
    pairs: tuple[tuple[Json, Json], ...]

    def lens(self, toward: Side) -> Lens:
        """Compile; values that are in no pair pass unchanged."""
        *parent, leaf = self.keys
        turned = self.pairs if toward is Side.RIGHT else tuple((right, left) for left, right in self.pairs)
        table = {canonical_json(old): new for old, new in turned}

        def translate(node: dict[str, Any], _notes: Notes) -> None:
            holder = walk_object(node, parent)
            if holder is None or holder.get(leaf) is None:
                return
            new = table.get(canonical_json(holder[leaf]), MISSING)
            if new is None:
                del holder[leaf]
            elif new is not MISSING:
                holder[leaf] = copy_json(new)

        return scoped(self.scope, translate)

    def tell(self, toward: Side) -> str:
        """Say which values become which."""
        turned = self.pairs if toward is Side.RIGHT else tuple((right, left) for left, right in self.pairs)
        words = "; ".join(f"{shown(old)} becomes {shown(new)}" for old, new in turned)
        return f"{format_path(join(self.scope, self.keys))}: {words}"

    def names(self, side: Side) -> tuple[Path, ...]:  # noqa: ARG002  # the same on both sides
        """The one field."""
        return (join(self.scope, self.keys),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Default(Step):
    """What each version fills in for a field that is not there.

    Where the two differ, the source version's value is written out, so that it goes on meaning the same.

    Attributes:
        left: what the left version fills in, or `MISSING` where it fills in nothing.
        right: the same for the right version.
        copied: read the value from this place instead (selectors default to the template's labels).
        copied_on: the side that copies.
        when: only where these fields have one of these values, after the defaults above.
        unless: only where none of these fields is there.
        empty: whether an empty list or string counts as missing, as it does for Go types that are no pointers.
    """

    scope: Path
    keys: Keys
    left: Json = MISSING
    right: Json = MISSING
    copied: Keys = ()
    copied_on: Side | None = None
    when: tuple[tuple[Keys, tuple[Json, ...]], ...] = ()
    unless: tuple[Keys, ...] = field(default=())
    empty: bool = False

    def lens(self, toward: Side) -> Lens:
        """Compile; nothing is done where both versions fill in the same."""
        source = toward.other
        if self.copied:
            inner = self._copy() if source is self.copied_on else nothing
        else:
            own, across = (self.left, self.right) if source is Side.LEFT else (self.right, self.left)
            same = own is MISSING or (across is not MISSING and canonical_json(own) == canonical_json(across))
            inner = nothing if same else self._fill(own)
        return scoped(self.scope, inner)

    def _fill(self, value: Json) -> Lens:
        (*parent, leaf), applies = self.keys, self._applies
        missing = is_empty if self.empty else _is_null
        if not parent and not self.empty and not self.when and not self.unless:

            def fill_here(node: dict[str, Any], _notes: Notes) -> None:
                if node.get(leaf) is None:
                    node[leaf] = copy_json(value)

            return fill_here

        def fill(node: dict[str, Any], _notes: Notes) -> None:
            holder = walk_object(node, parent)
            if (holder is None or missing(holder.get(leaf))) and applies(node):
                reach(node, parent)[leaf] = copy_json(value)

        return fill

    def _copy(self) -> Lens:
        (*parent, leaf), copied, applies = self.keys, self.copied, self._applies

        def copy(node: dict[str, Any], _notes: Notes) -> None:
            holder = walk_object(node, parent)
            if (holder is None or is_empty(holder.get(leaf))) and applies(node):
                value = walk(node, copied)
                if not is_empty(value):
                    reach(node, parent)[leaf] = copy_json(value)

        return copy

    def _applies(self, node: dict[str, Any]) -> bool:
        return all(walk(node, keys) in values for keys, values in self.when) and all(
            walk(node, keys) is None for keys in self.unless
        )

    def tell(self, toward: Side) -> str:
        """Say what is written out, or that nothing is."""
        path = format_path(join(self.scope, self.keys))
        if self.copied:
            action = (
                f"is written out as {format_path(self.copied)}" if toward.other is self.copied_on else "needs nothing"
            )
        else:
            own = self.left if toward is Side.RIGHT else self.right
            action = "needs nothing" if own is MISSING or self.left == self.right else f"is written out as {shown(own)}"
        return f"{path}, where missing{' or empty' if self.empty else ''}, {action}"

    def names(self, side: Side) -> tuple[Path, ...]:
        """The field, on each side that fills it in, and what it is copied from."""
        value = self.left if side is Side.LEFT else self.right
        copies = self.copied_on is side
        names = [join(self.scope, self.keys)] if copies or value is not MISSING else []
        return (*names, join(self.scope, self.copied)) if copies else tuple(names)

    def touches(self, side: Side) -> tuple[Path, ...]:  # noqa: ARG002  # a default may stand beside a move
        """Nothing: it fills in what another step moves."""
        return ()

    @property
    def keeps_order(self) -> bool:
        """Defaults see the defaults above them, in both directions."""
        return True


def _is_null(value: Json) -> bool:
    return value is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop(Step):
    """A field that only one version (``side``) has; on the way to the other it is taken out and noted."""

    scope: Path
    keys: Keys
    side: Side
    why: str

    def lens(self, toward: Side) -> Lens:
        """Compile; nothing is done toward the side that has the field."""
        if toward is self.side:
            return nothing
        (*parent, leaf), keys, why = self.keys, self.keys, self.why

        def drop(node: dict[str, Any], notes: Notes) -> None:
            holder = walk_object(node, parent)
            if holder is None or leaf not in holder:
                return
            value = holder.pop(leaf)
            prune(node, parent)
            if not is_empty(value):
                notes.append(Note(keys, value, why))

        return scoped(self.scope, drop)

    def tell(self, toward: Side) -> str:
        """Say what is dropped, or that nothing is."""
        path = format_path(join(self.scope, self.keys))
        return f"{path} stays out" if toward is self.side else f"{path} is dropped: {self.why}"

    def names(self, side: Side) -> tuple[Path, ...]:
        """The field, on the side that has it."""
        return (join(self.scope, self.keys),) if side is self.side else ()

    def losses(self, toward: Side) -> int:
        """One, toward the side that lacks the field."""
        return 0 if toward is self.side else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse(Step):
    """A field (or some of its values) of one version without which a manifest would mean something else."""

    scope: Path
    keys: Keys
    side: Side
    why: str
    values: Sequence[Json] | None = None

    def lens(self, toward: Side) -> Lens:
        """Compile; toward the side that has the field everything passes."""
        if toward is self.side:
            return nothing
        keys, why = self.keys, self.why
        wanted = None if self.values is None else {canonical_json(value) for value in self.values}

        def refuse(node: dict[str, Any], _notes: Notes) -> None:
            value = walk(node, keys)
            if not is_empty(value) and (wanted is None or canonical_json(value) in wanted):
                raise LensError(keys, why, refused=True)

        return scoped(self.scope, refuse)

    def tell(self, toward: Side) -> str:
        """Say what is refused, or that nothing is."""
        path = format_path(join(self.scope, self.keys))
        which = "" if self.values is None else f" with {' or '.join(shown(value) for value in self.values)}"
        return f"{path} passes" if toward is self.side else f"{path}{which} is refused: {self.why}"

    def names(self, side: Side) -> tuple[Path, ...]:
        """The field, on the side that has it."""
        return (join(self.scope, self.keys),) if side is self.side else ()

    def touches(self, side: Side) -> tuple[Path, ...]:  # noqa: ARG002  # it only looks
        """Nothing: it only looks."""
        return ()
