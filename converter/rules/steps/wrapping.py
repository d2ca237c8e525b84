"""Lenses of the step ``rename`` between a field and a field inside of it: a text that became an object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from converter.rules.lens import Lens, Notes, get_object, get_value

if TYPE_CHECKING:
    from converter.rules.steps.moves import Keys


def into_itself(old: Keys, inner: Keys) -> Lens:
    """Put the value into an object of the same name: ``image: web`` becomes ``image: {name: web}``."""
    *parent, leaf = old

    def wrap(node: dict[str, Any], _notes: Notes) -> None:
        holder = get_object(node, parent)
        value = None if holder is None else holder.get(leaf)
        if holder is not None and value is not None:
            for key in reversed(inner):
                value = {key: value}
            holder[leaf] = value

    return wrap


def out_of_itself(new: Keys, old: Keys) -> Lens:
    """Replace the object by a value inside of it; what else is in it has no place, and the comparison reports it."""
    *parent, leaf = new

    def unwrap(node: dict[str, Any], _notes: Notes) -> None:
        holder, value = get_object(node, parent), get_value(node, old)
        if value is not None and holder is not None:
            holder[leaf] = value
        elif holder is not None and holder.get(leaf) is not None:
            del holder[leaf]

    return unwrap
