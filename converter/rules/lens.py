"""Lenses: small functions that rewrite one object in place, and the helpers that they share.

A lens receives an object and a list. It adds a note to the list for each value that it cannot carry over. Paths in
notes and errors are relative to the object; the caller adds the object's own place. Exceptions and list lengths do
that, because they cost nothing while no value is lost or wrong.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from converter.errors import ConversionError, ManifestError, RefusedError
from converter.kube import Path, format_path, is_empty, type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Side(Enum):
    """One of the two versions of a rule, as its ``between`` writes them."""

    LEFT = "left"
    RIGHT = "right"

    @property
    def other(self) -> Side:
        """The opposite side."""
        return Side.RIGHT if self is Side.LEFT else Side.LEFT


class Note(NamedTuple):
    """A value that the other version cannot hold.

    Attributes:
        path: its path, relative to the object that the lens received.
        value: the value.
        why: the reason, for users; or `RESTATED`.
    """

    path: Path
    value: Any
    why: str


RESTATED: Final = ""
"""The reason of a note about a value that does not come back as it was, but says the same: it is not lost."""

Notes: TypeAlias = list[Note]
Lens: TypeAlias = "Callable[[dict[str, Any], Notes], None]"


class LensError(Exception):
    """A value that stops the conversion; `public` turns it into the public error once its path is complete."""

    def __init__(self, path: Path, text: str, *, refused: bool = False) -> None:
        super().__init__(text)
        self.path = path
        self.text = text
        self.refused = refused

    def public(self) -> ConversionError | ManifestError:
        """Make the public error: `RefusedError` if the lens refused the value, else `ManifestError`."""
        path = format_path(self.path)
        return RefusedError(path, self.text) if self.refused else ManifestError(self.text, path)


def wrong_type(path: Path, wanted: str, found: Any) -> LensError:
    """Make the error for a value of the wrong type."""
    return LensError(path, f"must be {wanted}, not {type_name(found)}")


FOREIGN_FIELD: Final = (
    "unknown field in the manifest's version, whose API servers drop it; the target version would activate it"
)


def drop_foreign(holder: dict[str, Any], name: str, path: Path, notes: Notes) -> None:
    """Drop and note a field that is unknown in the source version and exists in the target version.

    An API server drops it from a manifest of the source version, so converting must not activate it (decision 7).

    Args:
        holder: the object that may have the field.
        name: the field.
        path: its path, relative to the object that the lens received.
        notes: the notes of the lens.
    """
    value = holder.get(name)
    if value is None:
        return
    del holder[name]
    if not is_empty(value):
        notes.append(Note(path, value, FOREIGN_FIELD))


def get_value(node: dict[str, Any], keys: Sequence[str]) -> Any:
    """Get the value at a path of keys; None if a key is missing or null.

    Raises:
        LensError: a value on the way is neither an object nor null.
    """
    found: Any = node
    for key in keys:
        if type(found) is not dict:
            raise _wrong_type_along(node, keys)
        found = found.get(key)
        if found is None:
            return None
    return found


def get_object(node: dict[str, Any], keys: Sequence[str]) -> dict[str, Any] | None:
    """Get the object at a path of keys; None if it is missing or null.

    Raises:
        LensError: a value on the way, or at the end, is neither an object nor null.
    """
    found: Any = node
    for key in keys:
        found = found.get(key)
        if type(found) is not dict:
            if found is None:
                return None
            raise _wrong_type_along(node, keys)
    return found  # type: ignore[no-any-return]  # the loop checked each


def _wrong_type_along(node: dict[str, Any], keys: Sequence[str]) -> LensError:
    """Make the error for the first value along the keys that is neither an object nor null."""
    found: Any = node
    depth = 0
    while type(found) is dict:
        found = found.get(keys[depth])
        depth += 1
    return wrong_type(tuple(keys[:depth]), "an object", found)


def ensure_object(node: dict[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    """Get the object at a path of keys; create each object that is missing or null.

    Raises:
        LensError: a value on the way is neither an object nor null.
    """
    found = node
    for key in keys:
        below = found.get(key)
        if below is None:
            below = found[key] = {}
        elif type(below) is not dict:
            raise _wrong_type_along(node, keys)
        found = below
    return found


def prune_empty(node: dict[str, Any], keys: Sequence[str], depth: int = 0) -> bool:
    """Remove the objects along the keys that are empty, deepest first.

    Args:
        node: the object that has the one at ``keys[depth]``.
        keys: the way.
        depth: how much of the way leads to the node.

    Returns:
        Whether the whole way exists, and nothing is left of the node.
    """
    if depth < len(keys):
        below = node.get(keys[depth])
        if type(below) is not dict or not prune_empty(below, keys, depth + 1):
            return False
        del node[keys[depth]]
    return not node


def identity(_node: dict[str, Any], _notes: Notes) -> None:
    """Leave the object as it is: the versions do not differ."""
