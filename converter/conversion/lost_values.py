"""The values that a version cannot hold: where they were, what they were, and why they are lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec import UNSET

from converter.kube import Json, Path, canonical_json, format_path, is_empty, parse_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from converter.conversion.conversion_data import PreservedValue
    from converter.rules.lens import Note


@dataclass(frozen=True, slots=True)
class LostValue:
    """A value that the target version cannot hold.

    Attributes:
        path: the field, in the manifest as given.
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
    """One value that did not come back, with what came instead; an empty one is reported only with a note."""

    path: Path
    value: Json
    was: Json

    @property
    def says(self) -> bool:
        return not is_empty(self.value)


def tell_losses(notes: Sequence[Note], values: Sequence[PreservedValue], target: str) -> tuple[LostValue, ...]:
    """Join what the steps noted on the way with what proved not to come back.

    What did not come back has its path in the given manifest; the notes say why it is gone. A
    note from later on a route has a path of the version there, so it is matched by its value as well, and by its
    name, since many fields hold the same. If several notes are equal, the first one covers all those values.

    Args:
        notes: what the steps noted.
        values: what does not come back, each single value.
        target: the apiVersion converted to.
    """
    if not notes and not values:
        return ()
    gone = [leaf for item in values for leaf in _leaves(item)]
    losses: list[LostValue] = []
    told: set[tuple[Path, str, bytes]] = set()
    for note in notes:
        same = (note.path[-1:], note.why, canonical_json(note.value))
        at_place = [leaf for leaf in gone if leaf.says and touches(leaf.path, note.path)]
        if same in told and not at_place:
            continue
        found = at_place or _alike(note, gone)
        if at_place or not found:
            losses.append(LostValue(format_path(note.path), note.value, target, note.why))
        else:
            told.add(same)
            telling = [leaf for leaf in found if leaf.says] or found
            losses += [LostValue(format_path(leaf.path), leaf.value, target, note.why) for leaf in telling]
        gone = [leaf for leaf in gone if leaf not in found]
    for leaf in (leaf for leaf in gone if leaf.says):
        instead = UNSET if is_empty(leaf.was) else leaf.was
        losses.append(LostValue(format_path(leaf.path), leaf.value, target, instead=instead))
    return tuple(losses)


def _leaves(item: PreservedValue) -> Iterator[_Leaf]:
    """Spread what does not come back at one place over its fields."""
    if item.value is UNSET or not item.path:
        return
    was = None if item.was is UNSET else item.was
    for path, value in _spread(item.value, parse_path(item.path)):
        yield _Leaf(path, value, was)


def _spread(value: Json, path: Path) -> Iterator[tuple[Path, Json]]:
    if isinstance(value, dict) and value:
        for key, below in value.items():
            yield from _spread(below, (*path, key))
    else:
        yield path, value


def _alike(note: Note, gone: Sequence[_Leaf]) -> list[_Leaf]:
    """The values that a note is about by what they are: those of its name, or, where none has it, all that say it."""
    wanted = {canonical_json(value) for _, value in _spread(note.value, ())}
    alike = [leaf for leaf in gone if canonical_json(leaf.value) in wanted]
    return [leaf for leaf in alike if note.path[-1:] and note.path[-1] in leaf.path] or [
        leaf for leaf in alike if leaf.says
    ]


def touches(one: Path, two: Path) -> bool:
    """Whether one path is the other, or leads to it."""
    shorter = min(len(one), len(two))
    return one[:shorter] == two[:shorter]
