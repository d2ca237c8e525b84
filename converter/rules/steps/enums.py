"""The step ``enum``: one field whose values the other version spreads over several fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from converter.kube import Json, Path, canonical_json, copy_json, format_path
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
    get_value,
    prune_empty,
)
from converter.rules.steps.base import Step, join
from converter.rules.steps.values import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from converter.rules.steps.moves import Keys

_Values: TypeAlias = "tuple[Json, ...]"

_NO_ROW: Final = "the rule names no counterpart of this value, or combination of values, in the other version"

Row = tuple[Json, tuple[Json, ...]]
"""A value of the one field, and those of the others; null means that a field is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enum(Step):
    """One field of one version (``side``), and several of the other: each row pairs a value with its combination.

    Attributes:
        scope: the lists around all the fields.
        one: the one field, below the scope.
        many: the other version's fields.
        side: the version with the one field.
        rows: values and combinations; the first row that fits counts.
    """

    scope: Path
    one: Keys
    many: tuple[Keys, ...]
    side: Side
    rows: tuple[Row, ...]

    def lens(self, toward: Side) -> Lens:
        """Compile; what no row has is dropped and noted, as is a field that is in the way."""
        rows = [((one,), many) for one, many in self.rows]
        if toward is self.side:
            return scoped(self.scope, _translate(self.many, (self.one,), [(many, one) for one, many in rows]))
        return scoped(self.scope, _translate((self.one,), self.many, rows))

    def describe(self, toward: Side) -> str:
        """Say which values become which."""
        one = format_path(join(self.scope, self.one))
        many = " and ".join(format_path(join(self.scope, keys)) for keys in self.many)
        turned = [(shown(value), " and ".join(map(shown, values))) for value, values in self.rows]
        if toward is self.side:
            return f"{many} become {one}: " + "; ".join(f"{old} becomes {new}" for new, old in turned)
        return f"{one} becomes {many}: " + "; ".join(f"{old} becomes {new}" for old, new in turned)

    def expected_fields(self, side: Side) -> tuple[Path, ...]:
        """The one field, or the others."""
        return tuple(join(self.scope, keys) for keys in ((self.one,) if side is self.side else self.many))


def _translate(old: Sequence[Keys], new: Sequence[Keys], rows: Sequence[tuple[_Values, _Values]]) -> Lens:
    """Make the lens that replaces the values of some fields by those of others."""
    table: dict[bytes, _Values] = {}
    first: dict[bytes, bytes] = {}
    for given, made in rows:
        table.setdefault(canonical_json(given), made)
        first.setdefault(canonical_json(made), canonical_json(given))
    absent = table.get(canonical_json([None] * len(old)))
    foreign = [keys for keys in new if keys not in old]

    def translate(node: dict[str, Any], notes: Notes) -> None:
        found = [get_value(node, keys) for keys in old]
        _clear(node, foreign, notes)
        if all(value is None for value in found):
            if absent is not None and _has_place(node, old):
                _replace(node, old, new, absent)
            return
        written = canonical_json(found)
        made = table.get(written)
        # Of several rows that say the same, the way back writes the first one.
        why = _NO_ROW if made is None else None if first[canonical_json(made)] == written else RESTATED
        for keys, value in zip(old, found, strict=True):
            if value is not None:
                ensure_object(node, keys[:-1]).pop(keys[-1])
                if why is not None:
                    notes.append(Note(keys, value, why))
        if made is not None:
            _replace(node, old, new, made)

    return translate


def _clear(node: dict[str, Any], fields: Sequence[Keys], notes: Notes) -> None:
    """Drop and note the fields that are in the way."""
    for keys in fields:
        target = get_object(node, keys[:-1])
        if target is not None:
            drop_foreign(target, keys[-1], keys, notes)


def _replace(node: dict[str, Any], old: Sequence[Keys], new: Sequence[Keys], values: _Values) -> None:
    """Write values for those that were removed, and remove the objects that are empty now."""
    if any(value is not None for value in values) or not _has_place(node, new):
        for keys in old:
            prune_empty(node, keys[:-1])
    _write(node, new, values)


def _has_place(node: dict[str, Any], fields: Sequence[Keys]) -> bool:
    return any(get_object(node, keys[:-1]) is not None for keys in fields)


def _write(node: dict[str, Any], new: Sequence[Keys], values: _Values) -> None:
    """Write values; if all are missing, make an object that lacks them, so that the way back can tell."""
    for keys, value in zip(new, values, strict=True):
        if value is not None:
            ensure_object(node, keys[:-1])[keys[-1]] = copy_json(value)
    if not _has_place(node, new):
        ensure_object(node, new[0][:-1])
