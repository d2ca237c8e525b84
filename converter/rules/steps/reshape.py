"""Steps that give a value another shape at its place or at another one: ``listOfOne`` and ``mapList``."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from converter.kube import EACH, Json, Path, format_path
from converter.rules.codegen import scoped
from converter.rules.lens import (
    RESTATED,
    Lens,
    LensError,
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

if TYPE_CHECKING:
    from converter.rules.steps.moves import Keys

ABSENT: Any = object()
"""The result of a conversion that writes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reshape(Step):
    """A value with another shape in the other version; ``left`` and ``right`` are keys below ``scope``."""

    scope: Path
    left: Keys
    right: Keys

    @abstractmethod
    def reshape(self, value: Json, toward: Side, path: Path, notes: Notes) -> Json:
        """Make the other version's value of a value that is not null, which is used up.

        Args:
            value: the value.
            toward: the side to convert to.
            path: where it is, for errors and notes.
            notes: the notes of the lens.

        Returns:
            The new value; `ABSENT` if the other version has no field then.

        Raises:
            LensError: the value has another shape than the source version allows.
        """

    def keys(self, side: Side) -> Keys:
        """Return the keys of the field on a side, below the scope."""
        return self.left if side is Side.LEFT else self.right

    def lens(self, toward: Side) -> Lens:
        """Compile; a field that is in the way at the new place is dropped and noted."""
        old, new = self.keys(toward.other), self.keys(toward)
        (*old_parent, old_leaf), (*new_parent, new_leaf) = old, new

        def move(node: dict[str, Any], notes: Notes) -> None:
            if old != new:
                target = get_object(node, new_parent)
                if target is not None:
                    drop_foreign(target, new_leaf, new, notes)
            source = get_object(node, old_parent)
            value = None if source is None else source.get(old_leaf)
            if source is None or value is None:
                return
            made = self.reshape(value, toward, old, notes)
            if made is not ABSENT and old == new:
                source[old_leaf] = made
                return
            del source[old_leaf]
            if made is not ABSENT:
                prune_empty(node, old_parent)
                ensure_object(node, new_parent)[new_leaf] = made

        return scoped(self.scope, move)

    def field(self, side: Side) -> Path:
        """Return the path of the field on a side."""
        return join(self.scope, self.keys(side))

    def expected_fields(self, side: Side) -> tuple[Path, ...]:
        """The field."""
        return (self.field(side),)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOfOne(Reshape):
    """A list in one version (``side``) of which the other version has one item, as a field.

    Attributes:
        side: the version with the list.
        refuse: whether a list with more than one item is refused; else its first item is taken, and the rest is lost.
    """

    side: Side
    refuse: bool = False

    def reshape(self, value: Json, toward: Side, path: Path, notes: Notes) -> Json:
        """Wrap the value in a list, or take it out."""
        if toward is self.side:
            if type(value) is list:
                raise wrong_type(path, "one value", value)
            return [value]
        if type(value) is not list:
            raise wrong_type(path, "a list", value)
        if not value:
            return ABSENT
        if len(value) > 1 and self.refuse:
            raise LensError(path, f"has {len(value)} items; the other version has one", refused=True)
        if value[0] is None or type(value[0]) is list:
            raise wrong_type((*path, 0), "one value", value[0])
        for index, item in enumerate(value[1:], 1):
            notes.append(Note((*path, index), item, "the other version has one item, not a list"))
        return value[0]

    def describe(self, toward: Side) -> str:
        """Say what is wrapped or taken out."""
        old, new = format_path(self.field(toward.other)), format_path(self.field(toward))
        return f"{old} becomes the only item of {new}" if toward is self.side else f"the item of {old} becomes {new}"

    def moved_paths(self) -> tuple[tuple[Path, Path], ...]:
        """The items of the list, and the one value."""
        sides = {side: (*self.field(side), EACH) if side is self.side else self.field(side) for side in Side}
        return ((sides[Side.LEFT], sides[Side.RIGHT]),)

    def losses(self, toward: Side) -> int:
        """One toward the single value, unless more items are refused."""
        return 0 if toward is self.side or self.refuse else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MapList(Reshape):
    """A map in one version (``side``), and a list whose items hold the key in the other.

    A map has no order: its items are listed by key. The order of a list is stored as conversion data.

    Attributes:
        side: the version with the map.
        key: the field of an item that holds the key.
        value: the field of an item that holds the value; empty if the value is an object that becomes the item.
        keep: whether the objects of the map hold the key, too.
        trust_items: with ``keep``, whether the field in the object counts if the key of the map is another one. An
            object without the field has the key ``""`` then, as Go writes it.
    """

    side: Side
    key: str
    value: str = ""
    keep: bool = False
    trust_items: bool = False

    def reshape(self, value: Json, toward: Side, path: Path, notes: Notes) -> Json:
        """Make the list of a map, or the map of a list."""
        return self._to_map(value, path, notes) if toward is self.side else self._to_list(value, path, notes)

    def _to_list(self, entries: Json, path: Path, notes: Notes) -> Json:
        if type(entries) is not dict:
            raise wrong_type(path, "an object", entries)
        made = []
        for name in sorted(entries):
            entry, place = entries[name], (*path, name)
            if self.value:
                made.append({self.key: name} if entry is None else {self.key: name, self.value: entry})
                continue
            if type(entry) is not dict:
                raise wrong_type(place, "an object", entry)
            if self.trust_items:
                if self._name(entry, place) != name:
                    why = f"its {self.key} is not its key in the map, and a list has no keys"
                    notes.append(Note(place, entry, why))
                made.append(entry)
                continue
            if not self.keep or entry.get(self.key) != name:
                drop_foreign(entry, self.key, (*place, self.key), notes)
            made.append({self.key: name, **entry})
            made[-1][self.key] = name  # a null key field
        return sorted(made, key=lambda item: item.get(self.key) or "") if self.trust_items else made

    def _to_map(self, items: Json, path: Path, notes: Notes) -> Json:
        if type(items) is not list:
            raise wrong_type(path, "a list", items)
        names = [self._name(item, (*path, index)) for index, item in enumerate(items)]
        last = {name: index for index, name in enumerate(names)}
        made: dict[str, Json] = {}
        for index, (name, item) in enumerate(zip(names, items, strict=True)):
            if last[name] == index:
                made[name] = self._entry(item, (*path, index), notes)
            else:
                notes.append(Note((*path, index), item, f"a later item has the same {self.key}, and a map has it once"))
        if list(last) == names and names != sorted(names):
            notes.append(Note(path, None, RESTATED))
        return made

    def _name(self, item: Json, path: Path) -> str:
        if type(item) is not dict:
            raise wrong_type(path, "an object", item)
        name = item.get(self.key)
        if name is None and self.trust_items:
            return ""
        if type(name) is not str:
            raise wrong_type((*path, self.key), "a string", name)
        return name

    def _entry(self, item: dict[str, Any], path: Path, notes: Notes) -> Json:
        if not self.keep:
            del item[self.key]
        if not self.value:
            return item
        entry = item.pop(self.value, None)
        item.pop(self.key, None)
        for name, value in item.items():
            notes.append(Note((*path, name), value, "the map of the other version holds one value for each key"))
        return entry

    def describe(self, toward: Side) -> str:
        """Say what becomes which shape."""
        old, new = format_path(self.field(toward.other)), format_path(self.field(toward))
        if toward is self.side:
            return f"the list {old} becomes the map {new}, by {self.key}"
        return f"the map {old} becomes the list {new}, sorted by {self.key}"

    def moved_paths(self) -> tuple[tuple[Path, Path], ...]:
        """The values of the map, and the items of the list or the values in them."""
        inside = (EACH, self.value) if self.value else (EACH,)
        sides = {side: (*self.field(side), *((EACH,) if side is self.side else inside)) for side in Side}
        return ((sides[Side.LEFT], sides[Side.RIGHT]),)
