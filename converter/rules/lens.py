"""Lenses: small functions that rewrite one object in place, and how they compose.

A lens gets the object it stands on and a list for notes on what it could not carry over. Paths in notes and
errors are relative to that object; whoever called the lens puts its own place in front. Nothing of that
costs anything while all goes well, which is why it is done with exceptions and list lengths.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from converter.errors import ConversionError, ManifestError, RefusedError
from converter.kube import Path, format_path, type_name

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
    for key in keys:
        if type(found) is not dict:
            raise _misfit_along(node, keys)
        found = found.get(key)
        if found is None:
            return None
    return found


def walk_object(node: dict[str, Any], keys: Sequence[str]) -> dict[str, Any] | None:
    """Follow keys down to an object; None where it is missing or null.

    Raises:
        LensError: something on the way, or at the end, is neither an object nor null.
    """
    found: Any = node
    for key in keys:
        found = found.get(key)
        if type(found) is not dict:
            if found is None:
                return None
            raise _misfit_along(node, keys)
    return found  # type: ignore[no-any-return]  # each was looked at


def _misfit_along(node: dict[str, Any], keys: Sequence[str]) -> LensError:
    """Make the error for the first value along keys that is neither an object nor null."""
    found: Any = node
    depth = 0
    while type(found) is dict:
        found = found.get(keys[depth])
        depth += 1
    return misfit(tuple(keys[:depth]), "an object", found)


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


def nothing(_node: dict[str, Any], _notes: Notes) -> None:
    """Leave the object as it is: the versions do not differ there."""
