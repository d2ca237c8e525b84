"""Lenses: small functions that rewrite one object in place, and how they compose.

A lens gets the object it stands on and a list for notes on what it could not carry over. Paths in notes and
errors are relative to that object; whoever called the lens puts its own place in front. Nothing of that
costs anything while all goes well, which is why it is done with exceptions and list lengths.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from converter.errors import ConversionError, ManifestError, RefusedError
from converter.kube import Each, Path, Segment, format_path, type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Side(Enum):
    """One of the two versions of a rule, as its ``between`` writes them."""

    LEFT = "left"
    RIGHT = "right"

    @property
    def other(self) -> Side:
        """The side across."""
        return Side.RIGHT if self is Side.LEFT else Side.LEFT


class Note(NamedTuple):
    """A value that the version across cannot hold.

    Attributes:
        path: where it stood, from the object the lens stands on.
        value: what it was.
        why: a sentence for the user.
    """

    path: Path
    value: Any
    why: str


Notes: TypeAlias = list[Note]
Lens: TypeAlias = "Callable[[dict[str, Any], Notes], None]"


class LensError(Exception):
    """Something in an object that stops its conversion; becomes a public error once its path is whole."""

    def __init__(self, path: Path, text: str, *, refused: bool = False) -> None:
        super().__init__(text)
        self.path = path
        self.text = text
        self.refused = refused

    def public(self) -> ConversionError | ManifestError:
        """Make the error users see."""
        path = format_path(self.path)
        return RefusedError(path, self.text) if self.refused else ManifestError(self.text, path)


def misfit(path: Path, wanted: str, found: Any) -> LensError:
    """Make the error for a value of another type than its place calls for."""
    return LensError(path, f"must be {wanted}, not {type_name(found)}")


def intruder(path: Path) -> LensError:
    """Make the error for a field that the source version does not know but the target version does."""
    return LensError(
        path,
        "is no field of the version the manifest has, but is one of the version it would be converted to, "
        "so that the conversion would give it a meaning; remove it",
        refused=True,
    )


def walk(node: dict[str, Any], keys: Sequence[str]) -> Any:
    """Follow keys down; None where one is missing or null.

    Raises:
        LensError: something on the way is neither an object nor null.
    """
    found: Any = node
    for depth, key in enumerate(keys):
        if type(found) is not dict:
            raise misfit(tuple(keys[:depth]), "an object", found)
        found = found.get(key)
        if found is None:
            return None
    return found


def walk_object(node: dict[str, Any], keys: Sequence[str]) -> dict[str, Any] | None:
    """Follow keys down to an object; None where it is missing or null.

    Raises:
        LensError: something on the way, or at the end, is neither an object nor null.
    """
    found = walk(node, keys)
    if found is None or type(found) is dict:
        return found
    raise misfit(tuple(keys), "an object", found)


def reach(node: dict[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    """Follow keys down to an object, making what is missing or null.

    Raises:
        LensError: something on the way is neither an object nor null.
    """
    for depth, key in enumerate(keys):
        below = node.get(key)
        if below is None:
            below = node[key] = {}
        elif type(below) is not dict:
            raise misfit(tuple(keys[: depth + 1]), "an object", below)
        node = below
    return node


def prune(node: dict[str, Any], keys: Sequence[str]) -> None:
    """Remove the objects along keys that have become empty, the deepest first."""
    chain = [node]
    for key in keys:
        below = chain[-1].get(key)
        if type(below) is not dict:
            return
        chain.append(below)
    for depth in range(len(keys) - 1, -1, -1):
        if chain[depth + 1]:
            return
        del chain[depth][keys[depth]]


def sequence(lenses: Sequence[Lens]) -> Lens:
    """Make one lens of several, to be applied one after the other."""
    if len(lenses) == 1:
        return lenses[0]
    steps = tuple(lenses)

    def run(node: dict[str, Any], notes: Notes) -> None:
        for step in steps:
            step(node, notes)

    return run


def scoped(path: Path, inner: Lens) -> Lens:
    """Make a lens that applies another to each object at a path: missing and null ones are passed over.

    ``[*]`` stands for every item of a list or every value of a map.
    """
    if not path:
        return inner
    keys = tuple(segment for segment in _until_each(path) if isinstance(segment, str))
    rest = path[len(keys) :]
    return _each(keys, scoped(rest[1:], inner)) if rest else _below(keys, inner)


def _until_each(path: Path) -> Path:
    for index, segment in enumerate(path):
        if isinstance(segment, Each):
            return path[:index]
    return path


def _below(keys: tuple[str, ...], inner: Lens) -> Lens:
    def below(node: dict[str, Any], notes: Notes) -> None:
        found = walk_object(node, keys)
        if found is not None:
            _apply(inner, found, notes, keys)

    return below


def _each(keys: tuple[str, ...], inner: Lens) -> Lens:
    def each(node: dict[str, Any], notes: Notes) -> None:
        found = walk(node, keys)
        if found is None:
            return
        if type(found) is list:
            for index, item in enumerate(found):
                _apply(inner, item, notes, (*keys, index))
        elif type(found) is dict:
            for key, item in found.items():
                _apply(inner, item, notes, (*keys, key))
        else:
            raise misfit(keys, "a list", found)

    return each


def _apply(inner: Lens, node: Any, notes: Notes, prefix: tuple[Segment, ...]) -> None:
    """Apply a lens below a place, and put that place in front of the paths it reports."""
    if type(node) is not dict:
        if node is None:
            return
        raise misfit(prefix, "an object", node)
    before = len(notes)
    try:
        inner(node, notes)
    except LensError as error:
        error.path = (*prefix, *error.path)
        raise
    for index in range(before, len(notes)):
        note = notes[index]
        notes[index] = Note((*prefix, *note.path), note.value, note.why)
