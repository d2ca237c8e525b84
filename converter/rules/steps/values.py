"""Steps for values: ``values`` (different names for the same value), ``default``, ``drop``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from converter.kube import EACH, Json, Path, canonical_json, copy_json, format_path, is_empty
from converter.rules.codegen import scoped
from converter.rules.lens import (
    RESTATED,
    Lens,
    Note,
    Notes,
    Side,
    ensure_object,
    get_object,
    get_value,
    identity,
    wrong_type,
)
from converter.rules.steps.base import Step, join

if TYPE_CHECKING:
    from collections.abc import Callable

    from converter.rules.steps.moves import Keys

_NO_PAIR: Final = "the other version has no such value"

MISSING: Any = object()
"""A value that a rule does not give; null is a value that a rule can give."""


def shown(value: Json, limit: int = 80) -> str:
    """Format a value for a message: compact JSON, shortened to ``limit`` characters."""
    text = canonical_json(value).decode()
    return text if len(text) <= limit else text[: limit - 1] + "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Values(Step):
    """A field whose values have different names in the two versions; ``pairs`` are (left, right).

    Null on one side of a pair means that this version omits the field. A missing field stays missing.

    Attributes:
        items: whether each item of the list, or each value of the map, at the path is such a field.
        left: what replaces a value in no pair toward the left, which is lost then; `MISSING` if it passes unchanged.
        right: the same toward the right.
    """

    scope: Path
    keys: Keys
    pairs: tuple[tuple[Json, Json], ...]
    items: bool = False
    left: Json = MISSING
    right: Json = MISSING

    def lens(self, toward: Side) -> Lens:
        """Compile; a value that is not in a pair passes unchanged, unless the step says what replaces it."""
        *parent, leaf = self.keys
        translate = self._translate(toward)
        if not self.items:

            def translate_one(node: dict[str, Any], notes: Notes) -> None:
                holder = get_object(node, parent)
                if holder is not None:
                    translate(holder, leaf, self.keys, notes)

            return scoped(self.scope, translate_one)

        def translate_items(node: dict[str, Any], notes: Notes) -> None:
            outer = get_object(node, parent)
            holder = None if outer is None else outer.get(leaf)
            if holder is None:
                return
            if type(holder) is not dict and type(holder) is not list:
                raise wrong_type(self.keys, "a list", holder)
            for at in list(holder) if type(holder) is dict else range(len(holder)):
                translate(holder, at, (*self.keys, at), notes)

        return scoped(self.scope, translate_items)

    def _translate(self, toward: Side) -> Callable[[Any, Any, Path, Notes], None]:
        turned = self.pairs if toward is Side.RIGHT else tuple((right, left) for left, right in self.pairs)
        table: dict[bytes, Json] = {}
        first: dict[bytes, bytes] = {}
        for old, new in turned:
            table.setdefault(canonical_json(old), new)
            first.setdefault(canonical_json(new), canonical_json(old))
        # Of several values that say the same, the way back writes the first one.
        restated = {old for old, new in table.items() if new is not None and first[canonical_json(new)] != old}
        other = self.right if toward is Side.RIGHT else self.left

        def translate(holder: Any, at: Any, path: Path, notes: Notes) -> None:
            value = holder[at] if type(holder) is list else holder.get(at)
            if value is None:
                return
            written = canonical_json(value)
            new = table.get(written, MISSING)
            if written in restated:
                notes.append(Note(path, value, RESTATED))
            if new is MISSING and other is not MISSING:
                new = other
                notes.append(Note(path, value, _NO_PAIR))
            if new is None:
                del holder[at]
            elif new is not MISSING:
                holder[at] = copy_json(new)

        return translate

    def describe(self, toward: Side) -> str:
        """Describe which values become which."""
        turned = self.pairs if toward is Side.RIGHT else tuple((right, left) for left, right in self.pairs)
        words = "; ".join(f"{shown(old)} becomes {shown(new)}" for old, new in turned)
        other = self.right if toward is Side.RIGHT else self.left
        words += f"; any other becomes {shown(other)}" if other is not MISSING else ""
        return f"{format_path(self.expected_fields(toward)[0])}: {words}"

    @property
    def stays(self) -> bool:
        """It changes a value at its place."""
        return True

    def expected_fields(self, side: Side) -> tuple[Path, ...]:  # noqa: ARG002  # the same on both sides
        """The field."""
        return (join(self.scope, (*self.keys, EACH) if self.items else self.keys),)

    def losses(self, toward: Side) -> int:
        """One, toward a version that does not know the other values."""
        return 0 if (self.right if toward is Side.RIGHT else self.left) is MISSING else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Default(Step):
    """The value that each version fills in for a missing field.

    If the two differ, the conversion writes the source version's value, so that the meaning stays the same.

    Attributes:
        left: the default of the left version; `MISSING` if it has none.
        right: the default of the right version; `MISSING` if it has none.
        copied: copy the value from this field instead (selectors default to the template's labels).
        copied_on: the side that copies.
        when: only if these fields have one of these values, after the defaults before this step.
        unless: only if none of these fields is set.
        empty: whether an empty list or string counts as missing, as for Go types that are not pointers.
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
        """Compile; do nothing if both versions have the same default."""
        source = toward.other
        if self.copied:
            inner = self._copy() if source is self.copied_on else identity
        else:
            own, across = (self.left, self.right) if source is Side.LEFT else (self.right, self.left)
            same = own is MISSING or (across is not MISSING and canonical_json(own) == canonical_json(across))
            inner = identity if same else self._fill(own)
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
            holder = get_object(node, parent)
            if (holder is None or missing(holder.get(leaf))) and applies(node):
                ensure_object(node, parent)[leaf] = copy_json(value)

        return fill

    def _copy(self) -> Lens:
        (*parent, leaf), copied, applies = self.keys, self.copied, self._applies

        def copy(node: dict[str, Any], _notes: Notes) -> None:
            holder = get_object(node, parent)
            if (holder is None or is_empty(holder.get(leaf))) and applies(node):
                value = get_value(node, copied)
                if not is_empty(value):
                    ensure_object(node, parent)[leaf] = copy_json(value)

        return copy

    def _applies(self, node: dict[str, Any]) -> bool:
        return all(get_value(node, keys) in values for keys, values in self.when) and all(
            get_value(node, keys) is None for keys in self.unless
        )

    def describe(self, toward: Side) -> str:
        """Describe the value that the conversion writes, if any."""
        path = format_path(join(self.scope, self.keys))
        if self.copied:
            action = f"is set to {format_path(self.copied)}" if toward.other is self.copied_on else "needs nothing"
        else:
            own = self.left if toward is Side.RIGHT else self.right
            action = "needs nothing" if own is MISSING or self.left == self.right else f"is set to {shown(own)}"
        return f"{path}, where missing{' or empty' if self.empty else ''}, {action}"

    def expected_fields(self, side: Side) -> tuple[Path, ...]:
        """The field, on each side that has a default, and the field that it is copied from."""
        value = self.left if side is Side.LEFT else self.right
        copies = self.copied_on is side
        names = [join(self.scope, self.keys)] if copies or value is not MISSING else []
        return (*names, join(self.scope, self.copied)) if copies else tuple(names)

    def written_fields(self, side: Side) -> tuple[Path, ...]:  # noqa: ARG002  # the same on both sides
        """The field; what it is copied from is only read."""
        return (join(self.scope, self.keys),)

    def owned_fields(self, side: Side) -> tuple[Path, ...]:  # noqa: ARG002  # a default may use a field that another step moves
        """None: another step may move the field."""
        return ()

    @property
    def keeps_order(self) -> bool:
        """A default depends on the defaults before it, in both directions."""
        return True


def _is_null(value: Json) -> bool:
    return value is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop(Step):
    """A field that only one version (``side``) has; on the way to the other it is removed and reported as a loss.

    The object around it stays, even if it is empty then: that it is there can mean something. A server does the same
    with a field that it does not know.
    """

    scope: Path
    keys: Keys
    side: Side
    why: str

    def lens(self, toward: Side) -> Lens:
        """Compile; do nothing toward the side that has the field."""
        if toward is self.side:
            return identity
        (*parent, leaf), keys, why = self.keys, self.keys, self.why

        def drop(node: dict[str, Any], notes: Notes) -> None:
            holder = get_object(node, parent)
            if holder is None or leaf not in holder:
                return
            value = holder.pop(leaf)
            if not is_empty(value):
                notes.append(Note(keys, value, why))

        return scoped(self.scope, drop)

    def describe(self, toward: Side) -> str:
        """Describe what is dropped, if anything."""
        path = format_path(join(self.scope, self.keys))
        return f"{path} is not added" if toward is self.side else f"{path} is dropped: {self.why}"

    def expected_fields(self, side: Side) -> tuple[Path, ...]:
        """The field, on the side that has it."""
        return (join(self.scope, self.keys),) if side is self.side else ()

    def losses(self, toward: Side) -> int:
        """One, toward the side without the field."""
        return 0 if toward is self.side else 1
