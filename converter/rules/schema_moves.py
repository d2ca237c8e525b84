"""Moves fields of a schema, and keeps track of what is there whenever something else is.

A step that moves a field makes the objects around its new place, and removes the objects around the old one that are
empty then. The objects around both places stay as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from converter.kube import EACH
from converter.rules.schema import NEVER, Lapse, Schema, step_into

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from converter.kube import Json, Path
    from converter.rules.schema import SchemaKind

    Keys = Sequence[str]


def places(root: Schema, path: Path) -> Iterator[Schema]:
    """Yield the schema of the objects at a path, if the field exists."""
    found: Schema | None = root
    for segment in path:
        found = step_into(found, segment) if found is not None else None
    if found is not None:
        yield found


def field_at(node: Schema, keys: Keys) -> Schema | None:
    """Return a field that the schema names; None for a key of a map, whose schema is that of all keys."""
    found: Schema | None = node
    for key in keys:
        found = None if found is None else found.fields.get(key)
    return found


def shared(old: Iterable[Keys], new: Iterable[Keys]) -> int:
    """Count the keys of the objects around every old and every new place."""
    holders = [keys[:-1] for keys in (*old, *new)]
    first = min(holders, key=len)
    for depth, key in enumerate(first):
        if any(keys[depth] != key for keys in holders):
            return depth
    return len(first)


def take(node: Schema, keys: Keys, *, stays: int | None = None, always: bool = True) -> Schema | None:
    """Remove a field, and the objects around it that have no field left.

    Args:
        node: the object that the keys start from.
        keys: the field.
        stays: how many of the keys name objects that stay, even if they are empty; None for all of them.
        always: whether objects that are empty then are removed whatever the value was.

    Returns:
        The field; None if there is none.
    """
    chain = [node]
    for key in keys[:-1]:
        below = chain[-1].fields.get(key)
        if below is None:
            return None
        chain.append(below)
    chain[-1].named.add(keys[-1])
    taken = chain[-1].fields.pop(keys[-1], None)
    if taken is None or stays is None:
        return taken
    for depth in range(len(keys) - 1, stays, -1):
        holder = chain[depth]
        if holder.is_open or any(holder.always_has(below) for below in holder.fields.values()):
            break
        if not holder.fields:
            del chain[depth - 1].fields[keys[depth - 1]]
            continue
        if always and holder.always_has(taken):
            holder.perhaps = NEVER.union(*(below.perhaps for below in holder.fields.values()))
        holder.surely = NEVER.union(*(below.surely for below in holder.fields.values()))
    return taken


def put(node: Schema, keys: Keys, made: Schema, *, stays: int = 0) -> None:
    """Add a field, and the objects around it; what is there already is replaced.

    Args:
        node: the object that the keys start from.
        keys: the field.
        made: its schema.
        stays: how many of the keys name objects that are there whether or not the field is.
    """
    for depth, key in enumerate(keys[:-1]):
        below = node.fields.get(key)
        if below is None:
            below = node.fields[key] = Schema(kind="object")
        if depth >= stays:
            below.perhaps |= made.perhaps
            below.surely |= made.surely
        node = below
    replaced = node.fields.get(keys[-1])
    if replaced is not None:
        # Of an object whose field takes its place, the other fields have none.
        rest = list(replaced.fields.values()) if _is_inside(made, replaced) and not replaced.is_open else [replaced]
        node.lapses += [Lapse("replaced", one) for one in rest]
    elif node.is_open and keys[-1] not in node.named:
        node.lapses.append(Lapse("unnamed", node, name=keys[-1]))
    node.named.add(keys[-1])
    node.fields[keys[-1]] = made


def _is_inside(made: Schema, whole: Schema) -> bool:
    """Whether a field was inside of an object, in the schema as given."""
    if made.origin is None or whole.origin is None:
        return False
    return made.origin[: len(whole.origin)] == whole.origin


def move(
    node: Schema, old: Keys, new: Keys, change: Callable[[Schema], Schema] | None = None, *, always: bool = True
) -> None:
    """Move a field.

    Args:
        node: the object that the keys start from.
        old: the field.
        new: its new place.
        change: makes its new schema; its presence stays as it was, unless the function gives one.
        always: whether every value has one at the new place.
    """
    stays = shared([old], [new])
    taken = take(node, old, stays=stays, always=always)
    if taken is None:
        return
    made = taken if change is None else change(taken)
    made.origin = taken.origin if made.origin is None else made.origin
    if not made.perhaps:
        made.perhaps, made.surely = taken.perhaps, taken.surely
    put(node, new, made, stays=stays)


def ensure(node: Schema, keys: Keys) -> None:
    """Say that the objects around a field are made wherever the object is that the keys start from."""
    for key in keys[:-1]:
        below = node.fields.get(key)
        if below is None:
            below = node.fields[key] = Schema(kind="object")
        below.perhaps |= node.perhaps
        below.surely |= node.surely
        node = below


def there_with(holder: Schema, made: Schema) -> Schema:
    """Say that something is there whenever an object is; returns it."""
    made.perhaps, made.surely = holder.perhaps, holder.surely
    return made


def item_of(found: Schema | None, *, items: bool) -> Schema | None:
    """Return a field itself, or what it holds of each item."""
    return step_into(found, EACH) if found is not None and items else found


def kind_of(value: Json) -> SchemaKind:
    """Return the type of a value that a rule states."""
    kinds: dict[type, SchemaKind] = {str: "string", bool: "boolean", int: "integer", float: "number"}
    return kinds.get(type(value), "unknown")


def load(value: bytes) -> Json:
    """Read an allowed value."""
    return msgspec.json.decode(value)
