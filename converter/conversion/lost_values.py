"""The values that a version cannot hold: where they were, what they were, and why they are lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec import UNSET

from converter.conversion.path_tree import PathTree
from converter.kube import EACH, WHOLE_MANIFEST, Json, Path, canonical_json, format_path, is_empty, parse_path
from converter.kube.amounts import is_same_amount
from converter.rules.lens import RESTATED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from converter.conversion.conversion_data import PreservedValue
    from converter.rules.lens import Note


@dataclass(frozen=True, slots=True)
class LostValue:
    """A value that the target version cannot hold.

    Attributes:
        path: the field, in the manifest as given; `WHOLE_MANIFEST` if more values are lost than are named.
        value: the value.
        target: the apiVersion converted to.
        why: the reason that the rule gives; empty if it gives none.
        instead: what the way back gives in its place; unset if it gives nothing.
    """

    path: str
    value: Json
    target: str
    why: str = ""
    instead: Json = UNSET


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One value that did not come back, with what came instead. One that says nothing needs a note to be reported."""

    path: Path
    value: Json
    was: Json

    @property
    def says(self) -> bool:
        return not is_empty(self.value) and not (self.was is not None and is_same_amount(self.value, self.was))


def tell_losses(
    notes: Sequence[Note], values: Sequence[PreservedValue] | None, target: str, limit: int | None = None
) -> tuple[LostValue, ...]:
    """Join what the steps noted on the way with what proved not to come back.

    What did not come back has its path in the given manifest; the notes say why it is gone. A
    note from later on a route has a path of the version there, so it is matched by its value as well, and by its
    name, since many fields hold the same. If several notes are equal, the first one covers all those values.

    Args:
        notes: what the steps noted.
        values: what does not come back, each single value; None if there are too many to name.
        target: the apiVersion converted to.
        limit: the most losses to name; if there may be more, the whole manifest is one. None names all.
    """
    if not notes and values is not None and not values:
        return ()
    gone = _Gone()
    restated, notes = _split(notes)
    if values is None or (limit is not None and len(notes) > limit):
        return (LostValue(WHOLE_MANIFEST, None, target),)
    for leaf in (leaf for item in values for leaf in _leaves(item, restated)):
        gone.add(leaf)
        if limit is not None and gone.saying > limit:
            return (LostValue(WHOLE_MANIFEST, None, target),)
    losses: list[LostValue] = []
    told: set[tuple[Path, str, bytes]] = set()
    for note in notes:
        same = (note.path[-1:], note.why, canonical_json(note.value))
        if gone.take_at(note.path):
            losses.append(LostValue(format_path(note.path), note.value, target, note.why))
            continue
        if same in told:
            continue
        found = gone.take_alike(note)
        if not found:
            losses.append(LostValue(format_path(note.path), note.value, target, note.why))
            continue
        told.add(same)
        telling = [leaf for leaf in found if leaf.says] or found
        losses += [LostValue(format_path(leaf.path), leaf.value, target, note.why) for leaf in telling]
    for leaf in gone.rest():
        instead = UNSET if is_empty(leaf.was) else leaf.was
        losses.append(LostValue(format_path(leaf.path), leaf.value, target, instead=instead))
    return tuple(losses)


class _Gone:
    """The values that did not come back, until a note explains them; found by place and by value.

    Attributes:
        saying: how many of them say something.
    """

    def __init__(self) -> None:
        self.saying = 0
        self._left: dict[int, _Leaf] = {}
        self._places = PathTree[int]()
        self._texts: dict[bytes, list[int]] = {}

    def add(self, leaf: _Leaf) -> None:
        """Add a value, before any is taken."""
        number = len(self._left)
        self._left[number] = leaf
        if leaf.says:
            self.saying += 1
            self._places.add(leaf.path, number)
        self._texts.setdefault(canonical_json(leaf.value), []).append(number)

    def take_at(self, path: Path) -> bool:
        """Take what says something at a place, above it or below it; returns whether there was anything."""
        taken = [number for number in self._places.take(path) if self._left.pop(number, None) is not None]
        return bool(taken)

    def take_alike(self, note: Note) -> list[_Leaf]:
        """Take the values that a note is about by what they are: those of its name, or else all that say it."""
        texts = {canonical_json(value) for _, value in _spread(note.value, ())}
        for text in texts & self._texts.keys():
            self._texts[text] = [number for number in self._texts[text] if number in self._left]
        alike = sorted(number for text in texts for number in self._texts.get(text, ()))
        named = [number for number in alike if note.path[-1:] and note.path[-1] in self._left[number].path]
        return [self._left.pop(number) for number in named or alike if named or self._left[number].says]

    def rest(self) -> list[_Leaf]:
        """What says something and was not taken."""
        return [leaf for leaf in self._left.values() if leaf.says]


def _split(notes: Sequence[Note]) -> tuple[PathTree[None] | None, Sequence[Note]]:
    """Part the places of notes about values that say the same (None if there are none) from the other notes."""
    if all(note.why != RESTATED for note in notes):
        return None, notes
    places = PathTree[None]()
    for note in notes:
        if note.why == RESTATED:
            places.add(_any_item(note.path), None)
    return places, [note for note in notes if note.why != RESTATED]


def _any_item(path: Path) -> Path:
    """Replace the items of lists in a path by any item: notes count items, and losses name them."""
    return tuple(segment if isinstance(segment, str) else EACH for segment in path)


def _leaves(item: PreservedValue, restated: PathTree[None] | None) -> Iterator[_Leaf]:
    """Spread what does not come back at one place over its fields."""
    if item.value is UNSET or not item.path:
        return
    was = None if item.was is UNSET else item.was
    for path, value in _spread(item.value, parse_path(item.path)):
        if restated is None or not restated.covers(_any_item(path)):
            yield _Leaf(path, value, was)


def _spread(value: Json, path: Path) -> Iterator[tuple[Path, Json]]:
    if isinstance(value, dict) and value:
        for key, below in value.items():
            yield from _spread(below, (*path, key))
    else:
        yield path, value
