"""Pushes a schema through the steps of a rule: what a step does to manifests, done to their schema."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from converter.kube import EACH, canonical_json
from converter.rules.schema import NEVER, UNSET, Lapse, Schema, find, walk
from converter.rules.schema_moves import ensure, field_at, item_of, kind_of, load, places, put, take, there_with
from converter.rules.schema_push_moves import (
    push_amount,
    push_api_group,
    push_enum,
    push_int_or_string,
    push_invert,
    push_list_of_one,
    push_map_list,
    push_nest,
    push_rename,
    push_text,
)
from converter.rules.steps.amounts import Amount
from converter.rules.steps.annotations import Annotation
from converter.rules.steps.blocks import Call, In, ordered
from converter.rules.steps.enums import Enum
from converter.rules.steps.int_or_string import IntOrString
from converter.rules.steps.invert import Invert
from converter.rules.steps.labels import Label
from converter.rules.steps.moves import Nest, Rename
from converter.rules.steps.references import ApiGroup, Implied
from converter.rules.steps.refuse import Refuse
from converter.rules.steps.reshape import ListOfOne, MapList
from converter.rules.steps.values import MISSING, Default, Drop, Values
from converter.rules.steps.zeros import OmitEmpty, OmitZero

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from converter.kube import Json
    from converter.rules.lens import Side
    from converter.rules.schema import SchemaKind
    from converter.rules.steps.base import Step


def push_schema(root: Schema, steps: Sequence[Step], toward: Side) -> None:
    """Push a schema through steps, in the order in which they run; the schema is changed.

    A field that a step names and the schema does not have is left out: `converter.rules.check_fields` reports it.
    """
    for step in ordered(steps, toward):
        push = _PUSHES.get(type(step))
        if push is not None:
            push(root, step, toward)


def _values(root: Schema, step: Values, toward: Side) -> None:
    turned = step.pairs if toward.value == "right" else tuple((right, left) for left, right in step.pairs)
    pairs = [(old, new) for old, new in turned if old is not None]  # a missing field stays missing
    fallback = step.right if toward.value == "right" else step.left
    table: dict[bytes, Json] = {}
    for old, new in pairs:
        table.setdefault(canonical_json(old), new)
    for holder in places(root, (*step.scope, *step.keys[:-1])):
        found = item_of(holder.fields.get(step.keys[-1]), items=step.items)
        if found is None:
            continue
        known = found.allowed
        if known is not None:
            new = [table.get(value, load(value) if fallback is MISSING else fallback) for value in sorted(known)]
        else:
            new = [*table.values(), *([] if fallback is MISSING else [fallback])]
        made = [value for value in new if value is not None]
        passes = known is None and fallback is MISSING
        _retype(found, made, passes=passes)
        if not passes:
            found.values = frozenset(map(canonical_json, made))
        if fallback is None or any(value is None for value in new):
            found.surely, found.is_removed = NEVER, True
        if found.default is not UNSET:
            default = table.get(canonical_json(found.default), found.default if fallback is MISSING else fallback)
            found.default = UNSET if default is None else default


def _retype(found: Schema, made: Sequence[Json], *, passes: bool) -> None:
    """Say of which type a field is whose values a step maps.

    Args:
        found: the field.
        made: what the step makes.
        passes: whether values that the step does not name pass as they are.
    """
    kinds = {_kind_in(found.kind, value) for value in made} | ({found.kind} if passes else set())
    if not kinds or kinds == {found.kind} or (passes and found.kind in {"any", "unknown"}):
        return
    if len(kinds) == 1:
        (kind,) = kinds
    elif kinds <= {"integer", "string", "int-or-string"}:
        kind = "int-or-string"
    else:
        kind = "number" if kinds == {"integer", "number"} else "mixed"
    found.kind, found.fields, found.element = kind, {}, None


def _kind_in(kind: SchemaKind, value: Json) -> SchemaKind:
    """Return the type of a value in the place of a field: an object has that of the field, if it can be one."""
    is_alike = kind in {"object", "map"} if isinstance(value, dict) else kind == "list" and isinstance(value, list)
    return kind if is_alike else kind_of(value)


def _default(root: Schema, step: Default, toward: Side) -> None:
    own, across = (step.left, step.right) if toward.value == "right" else (step.right, step.left)
    writes = step.copied_on is toward.other if step.copied else own is not MISSING
    if writes and not step.copied and across is not MISSING and canonical_json(own) == canonical_json(across):
        for same in places(root, (*step.scope, *step.keys)):
            same.settled = same.settled or same.kind == "object"  # what is in it then, the defaults of its fields say
        return  # both versions mean the same, so nothing is written
    is_certain = writes and not step.copied and not step.when and not step.unless
    for node in places(root, step.scope):
        found = find(node, step.keys)
        if found is None and own is not MISSING:
            found = Schema(kind=kind_of(own), settled=True, values=frozenset({canonical_json(own)}))
            for holder in places(node, step.keys[:-1]):
                holder.named.add(step.keys[-1])  # what is there stays
            put(node, step.keys, found)
        if found is not None and writes and not step.copied and not _fits(found, own):
            found.lapses.append(Lapse("default", found, frozenset({canonical_json(own)})))
        if found is not None and is_certain:
            _fill(node, found, step.keys, canonical_json(own))
        elif found is not None:
            found.settled = found.settled or writes or bool(step.copied)
            found.is_stated = True


def _fits(schema: Schema, value: Json) -> bool:
    """Whether a field can hold a value: by its type, and those of the fields inside."""
    if schema.kind in {"any", "unknown", "mixed"}:
        return True
    if isinstance(value, dict):
        below = {name: schema.element if schema.kind == "map" else schema.fields.get(name) for name in value}
        is_object = schema.kind in {"object", "map"}
        return is_object and all(schema.is_open if at is None else _fits(at, value[name]) for name, at in below.items())
    if isinstance(value, list):
        return schema.kind == "list" and all(schema.element is None or _fits(schema.element, item) for item in value)
    also: dict[SchemaKind, tuple[str, ...]] = {"number": ("integer",), "int-or-string": ("integer", "string")}
    return kind_of(value) in {schema.kind, *also.get(schema.kind, ())}


def _fill(node: Schema, found: Schema, keys: Sequence[str], own: bytes) -> None:
    """Write a value wherever the field is missing and the object is there that the keys start from."""
    around = [each.inside for each in found.perhaps if each.inside is not None]
    is_there = all(any(each.implies(sure) for sure in node.surely) for each in around)
    if is_there and found.default is not UNSET and canonical_json(found.default) == own:
        found.default = UNSET  # it is never missing where the server fills it in
    holder = find(node, keys[:-1])
    if found.values is not None and (holder is None or not holder.always_has(found)):
        found.values |= {own}
    found.is_removed = False
    ensure(node, keys)
    found.perhaps, found.surely = found.perhaps | node.perhaps, found.surely | node.surely


def _drop(root: Schema, step: Drop, toward: Side) -> None:
    if toward is not step.side:
        for node in places(root, step.scope):
            take(node, step.keys)


def _refuse(root: Schema, step: Refuse, toward: Side) -> None:
    if toward is step.side:
        return
    for node in places(root, step.scope):
        holder = field_at(node, step.keys[:-1])
        if holder is None:
            continue
        found = item_of(holder.fields.get(step.keys[-1]), items=step.items)
        if step.missing:
            _require(holder, found)
        elif step.others is not None and found is not None:
            passing = frozenset(map(canonical_json, step.others))
            found.values = passing if found.allowed is None else found.allowed & passing
        elif step.values is not None and found is not None and found.allowed is not None:
            found.values = found.allowed - {canonical_json(value) for value in step.values}
        elif step.values is None and not step.items:
            take(holder, step.keys[-1:])


def _require(holder: Schema, found: Schema | None) -> None:
    """Say that a field is there wherever the object around it is, and so is all that is there wherever the field is."""
    if found is None:
        return
    for below in (*(each for _, each in walk(found) if found.always_has(each)), found):
        below.surely |= holder.surely


def _implied(root: Schema, step: Implied, toward: Side) -> None:
    for node in places(root, step.scope):
        if toward is not step.side:
            take(node, step.keys, stays=0 if step.always else None)
            continue
        holder = node if step.always else find(node, step.keys[:-1])
        if holder is not None:
            made = there_with(holder, Schema(kind="unknown" if step.copied else kind_of(step.value), settled=True))
            made.values = None if step.copied else frozenset({canonical_json(step.value)})
            made.surely = NEVER if step.copied else made.surely
            put(node, step.keys, made)


def _omit_zero(root: Schema, step: OmitZero, toward: Side) -> None:
    for node in places(root, (*step.scope, *step.keys[:-1])):
        found = node.fields.get(step.keys[-1])
        if found is None:
            continue
        found.settled = True
        if step.side in {None, toward}:
            found.surely = NEVER
        else:
            found.perhaps, found.surely = node.perhaps, node.surely


def _omit_empty(root: Schema, step: OmitEmpty, toward: Side) -> None:
    for path in sorted(step.fields, key=len, reverse=True) if toward is step.side else ():
        for found in places(root, path):
            found.surely = NEVER.union(*(below.surely for below in found.fields.values()))


def _in(root: Schema, step: In, toward: Side) -> None:
    steps = _without_refusals(step.steps) if step.when else step.steps
    for path in step.paths:
        for node in places(root, path):
            push_schema(node, steps, toward)


def _without_refusals(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Leave out what a block refuses of some objects only: the others can still have it, or lack it."""
    return tuple(
        replace(step, steps=_without_refusals(step.steps)) if isinstance(step, In) else step
        for step in steps
        if not isinstance(step, Refuse)
    )


def _call(root: Schema, step: Call, toward: Side) -> None:
    for path in step.expected_fields(toward.other):
        for holder in places(root, path[:-1]):
            if path[-1] != EACH:
                holder.fields.pop(str(path[-1]), None)
    for path in step.expected_fields(toward):
        for holder in places(root, path[:-1]):
            if path[-1] != EACH:
                holder.fields[str(path[-1])] = there_with(holder, Schema(kind="unknown", settled=True))


_PUSHES: dict[type, Callable[[Schema, Any, Side], None]] = {
    Rename: push_rename,
    Nest: push_nest,
    Annotation: push_text,
    Label: push_text,
    IntOrString: push_int_or_string,
    Values: _values,
    Enum: push_enum,
    Invert: push_invert,
    ListOfOne: push_list_of_one,
    MapList: push_map_list,
    ApiGroup: push_api_group,
    Implied: _implied,
    Default: _default,
    Drop: _drop,
    Refuse: _refuse,
    In: _in,
    Call: _call,
    OmitZero: _omit_zero,
    OmitEmpty: _omit_empty,
}
_PUSHES.update(dict.fromkeys(Amount.__subclasses__(), push_amount))
