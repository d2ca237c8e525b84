"""Pushes a schema through the steps that move fields or give them another shape.

Each function does to a schema what the step's lens does to a manifest, on the way to a side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.kube import canonical_json, copy_json
from converter.rules.lens import LensError
from converter.rules.schema import NEVER, UNSET, Lapse, Schema, find
from converter.rules.schema_moves import kind_of, load, move, places, put, shared, take, there_with
from converter.rules.steps.reshape import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from converter.kube import Json
    from converter.rules.lens import Side
    from converter.rules.schema import SchemaKind
    from converter.rules.steps.amounts import Amount
    from converter.rules.steps.annotations import Annotation
    from converter.rules.steps.enums import Enum
    from converter.rules.steps.int_or_string import IntOrString
    from converter.rules.steps.invert import Invert
    from converter.rules.steps.labels import Label
    from converter.rules.steps.moves import Nest, Rename
    from converter.rules.steps.references import ApiGroup
    from converter.rules.steps.reshape import ListOfOne, MapList, Reshape

_TYPES: dict[str, SchemaKind] = {
    "string": "string",
    "integer": "integer",
    "boolean": "boolean",
    "intOrString": "int-or-string",
    "json": "unknown",
}


def push_rename(root: Schema, step: Rename, toward: Side) -> None:
    """Move a field."""
    old, new = (step.left, step.right) if toward.value == "right" else (step.right, step.left)
    for node in places(root, step.scope):
        move(node, old, new)


def push_nest(root: Schema, step: Nest, toward: Side) -> None:
    """Move fields into an object, or out of it."""
    for node in places(root, step.scope):
        inner = node.fields.pop(step.into, None)
        if toward is not step.side:
            for name, below in (inner.fields if inner is not None else {}).items():
                put(node, (name,) if name in step.fields else (step.into, name), below)
            continue
        if inner is not None:
            node.lapses.append(Lapse("replaced", inner))
        if step.always:
            node.fields[step.into] = there_with(node, Schema(kind="object"))
        for name in step.fields:
            move(node, (name,), (step.into, name))


def push_text(root: Schema, step: Annotation | Label, toward: Side) -> None:
    """Make a field of an annotation or a label, or the other way round."""
    if toward is not step.side:
        take(root, step.field, stays=0)
    else:  # an annotation that is alone is not expected to make the objects around the field
        put(root, step.field, Schema(kind=_TYPES[step.encoding], settled=True))


def push_int_or_string(root: Schema, step: IntOrString, toward: Side) -> None:
    """Join two fields, or split one."""
    two = (step.number, step.string)
    stays = shared(two, [step.into])
    for node in places(root, step.scope):
        if toward is step.side:
            number, string = (take(node, keys, stays=stays) for keys in two)
            if number is None and string is None:
                continue
            made = Schema(kind="int-or-string", settled=True)
            made.perhaps = NEVER.union(*(each.perhaps for each in (number, string) if each is not None))
            made.surely = number.surely if number is not None else NEVER
            if step.neither is not None:
                made.perhaps, made.surely = node.perhaps, node.surely
            put(node, step.into, made, stays=stays)
            continue
        taken = take(node, step.into, stays=stays)
        if taken is not None:
            put(node, step.number, Schema(kind="integer", settled=True, perhaps=taken.perhaps), stays=stays)
            put(node, step.string, Schema(kind="string", settled=True, perhaps=taken.perhaps), stays=stays)


def push_enum(root: Schema, step: Enum, toward: Side) -> None:
    """Replace one field by several, or several by one; what no row has is a lapse."""
    rows = [((one,), many) for one, many in step.rows]
    old, new = [step.one], list(step.many)
    if toward is step.side:
        rows, old, new = [(many, one) for one, many in rows], new, old
    stays = shared(old, new)
    for node in places(root, step.scope):
        taken = [take(node, keys, stays=stays) for keys in old]
        there = [each for each in taken if each is not None]
        if not there:
            continue
        is_whole = len(old) == 1
        for index, each in enumerate(taken):
            known = {canonical_json(values[index]) for values, _ in rows if values[index] is not None}
            allowed = None if each is None else each.allowed
            if each is not None and allowed is not None and not allowed <= known:
                node.lapses.append(Lapse("values", each, allowed - known))
            is_whole = is_whole and allowed is not None and allowed <= known
        for index, keys in enumerate(new):
            values = [made[index] for _, made in rows]
            made = _one_of([value for value in values if value is not None])
            made.perhaps = NEVER.union(*(each.perhaps for each in there))
            if is_whole and None not in values:
                made.surely = there[0].surely
            put(node, keys, made, stays=stays)


def _one_of(values: Iterable[Json]) -> Schema:
    kinds = {kind_of(value) for value in values}
    known = frozenset(canonical_json(value) for value in values)
    return Schema(kind=kinds.pop() if len(kinds) == 1 else "unknown", values=known, settled=True)


def push_invert(root: Schema, step: Invert, toward: Side) -> None:
    """Move a boolean."""
    old, new, missing, unwritten = step.left, step.right, step.absent_left, step.absent_right
    if toward.value == "left":
        old, new, missing, unwritten = new, old, unwritten, missing
    for node in places(root, step.scope):
        holder = find(node, old[:-1])
        # Where the object around the new field is not there yet, the step makes it, and writes the field even if it
        # says what a missing one means.
        is_written = unwritten is None or find(node, new[:-1]) is None

        def change(taken: Schema, holder: Schema | None = holder, *, is_written: bool = is_written) -> Schema:
            made = Schema(kind="boolean", settled=True, perhaps=taken.perhaps)
            if missing is not None and holder is not None:
                made.perhaps |= holder.perhaps
                taken.surely |= holder.surely
            made.surely = taken.surely if is_written else NEVER
            return made

        move(node, old, new, change)


def push_list_of_one(root: Schema, step: ListOfOne, toward: Side) -> None:
    """Wrap a field in a list, or take the item out."""

    def change(taken: Schema) -> Schema:
        made = Schema(kind="list", element=taken) if toward is step.side else taken.element or Schema(kind="unknown")
        made.default = _reshaped(step, taken.default, toward)
        return made

    for node in places(root, step.scope):
        move(node, step.keys(toward.other), step.keys(toward), change, always=toward is step.side)


def _reshaped(step: Reshape, value: Json, toward: Side) -> Json:
    """Convert a default as the step converts a value."""
    if value is UNSET or value is None:
        return UNSET
    try:
        made = step.reshape(copy_json(value), toward, (), [])
    except LensError:
        return UNSET
    return UNSET if made is ABSENT else made


def push_map_list(root: Schema, step: MapList, toward: Side) -> None:
    """Make a list of a map, or a map of a list."""

    def to_list(taken: Schema) -> Schema:
        entry = (taken.element if taken.kind == "map" else None) or Schema(kind="unknown")
        key = there_with(entry, Schema(kind="string", settled=True))
        if step.value:
            item = there_with(entry, Schema(kind="object", fields={step.key: key, step.value: entry}))
        else:
            item = entry
            item.fields[step.key] = item.fields.get(step.key, key)
            item.fields[step.key].surely = item.surely
        return item

    def to_map(taken: Schema, node: Schema) -> Schema:
        item = (taken.element if taken.kind == "list" else None) or Schema(kind="unknown")
        if not step.keep:
            item.fields.pop(step.key, None)
        rest = [name for name in item.fields if name not in {step.key, step.value}]
        entry = item.fields.get(step.value) if step.value else None
        if entry is not None and not item.always_has(entry):
            node.lapses.append(Lapse("missing", entry))
        return item if rest or not step.value else entry or Schema(kind="unknown")

    for node in places(root, step.scope):

        def change(taken: Schema, node: Schema = node) -> Schema:
            is_map = toward is step.side
            element = to_map(taken, node) if is_map else to_list(taken)
            default = _reshaped(step, taken.default, toward)
            return Schema(kind="map" if is_map else "list", element=element, default=default)

        move(node, step.keys(toward.other), step.keys(toward), change)


def push_amount(root: Schema, step: Amount, toward: Side) -> None:
    """Make a number of a text, or a text of a number."""

    def change(taken: Schema) -> Schema:
        made = Schema(kind="string" if toward is step.side else "number" if step.fractions else "integer")
        made.default = _reshaped(step, taken.default, toward)
        if taken.values is not None:
            values = [_reshaped(step, load(value), toward) for value in taken.values]
            made.values = frozenset(canonical_json(value) for value in values if value is not UNSET)
        return made

    for node in places(root, step.scope):
        move(node, step.keys(toward.other), step.keys(toward), change)


def push_api_group(root: Schema, step: ApiGroup, toward: Side) -> None:
    """Cut off a version, or add it."""

    def change(taken: Schema) -> Schema:
        made = Schema(kind="string", default=_reshaped(step, taken.default, toward), perhaps=taken.perhaps)
        made.surely = NEVER if toward is step.side else taken.surely
        return made

    for node in places(root, step.scope):
        move(node, step.keys(toward.other), step.keys(toward), change, always=toward is not step.side)
