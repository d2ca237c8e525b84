"""Pushes a schema through the steps of a rule: what a step does to manifests, done to their schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from converter.kube import EACH, canonical_json
from converter.rules.schema import UNSET, Schema, find
from converter.rules.steps.amounts import Amount
from converter.rules.steps.blocks import Call, In, ordered
from converter.rules.steps.enums import Enum
from converter.rules.steps.int_or_string import IntOrString
from converter.rules.steps.invert import Invert
from converter.rules.steps.labels import Label
from converter.rules.steps.moves import Annotation, Nest, Rename
from converter.rules.steps.reshape import ListOfOne, MapList
from converter.rules.steps.values import MISSING, Default, Drop, Refuse, Values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from converter.kube import Json, Path
    from converter.rules.lens import Side
    from converter.rules.schema import SchemaKind
    from converter.rules.steps.base import Step

_TYPES: dict[str, SchemaKind] = {"string": "string", "integer": "integer", "boolean": "boolean", "json": "unknown"}


def push_schema(root: Schema, steps: Sequence[Step], toward: Side) -> None:
    """Push a schema through steps, in the order in which they run; the schema is changed.

    A field that a step names and the schema does not have is left out: `converter.rules.check_fields` reports it.
    """
    for step in ordered(steps, toward):
        push = _PUSHES.get(type(step))
        if push is not None:
            push(root, step, toward)


def _places(root: Schema, path: Path) -> list[Schema]:
    """Find the schema of the objects at a path; none if the field does not exist."""
    found = find(root, path)
    return [] if found is None else [found]


def _take(node: Schema, keys: Sequence[str], *, prune: bool = True) -> Schema | None:
    """Remove a field, and the objects around it that have no field left."""
    chain = [node]
    for key in keys[:-1]:
        below = chain[-1].fields.get(key)
        if below is None:
            return None
        chain.append(below)
    taken = chain[-1].fields.pop(keys[-1], None)
    if taken is None:
        return None
    chain[-1].required.discard(keys[-1])
    for depth in range(len(keys) - 2, -1, -1) if prune else ():
        if chain[depth + 1].fields or chain[depth + 1].is_open:
            break
        del chain[depth].fields[keys[depth]]
        chain[depth].required.discard(keys[depth])
    return taken


def _put(node: Schema, keys: Sequence[str], schema: Schema, *, required: bool = False) -> None:
    """Add a field, and the objects around it; what is there already is replaced."""
    for key in keys[:-1]:
        node = node.fields.setdefault(key, Schema(kind="object"))
    node.fields[keys[-1]] = schema
    if required:
        node.required.add(keys[-1])


def _is_required(node: Schema, keys: Sequence[str]) -> bool:
    """Whether a field is there whenever the object is that the keys start from."""
    for key in keys:
        if key not in node.required or key not in node.fields:
            return False
        node = node.fields[key]
    return True


def _move(
    node: Schema, old: Sequence[str], new: Sequence[str], change: Callable[[Schema], Schema] | None = None
) -> None:
    """Move a field, with another schema if ``change`` makes one."""
    required = _is_required(node, old)
    taken = _take(node, old)
    if taken is None:
        return
    made = taken if change is None else change(taken)
    made.origin = taken.origin if made.origin is None else made.origin
    _put(node, new, made, required=required)


def _rename(root: Schema, step: Rename, toward: Side) -> None:
    left, right = step.left, step.right
    old, new = (left, right) if toward.value == "right" else (right, left)
    for node in _places(root, step.scope):
        _move(node, old, new)


def _nest(root: Schema, step: Nest, toward: Side) -> None:
    for node in _places(root, step.scope):
        if toward is step.side:
            for name in step.fields:
                _move(node, (name,), (step.into, name))
            continue
        inner = node.fields.pop(step.into, None)
        for name, below in (inner.fields if inner is not None else {}).items():
            if name in step.fields:
                node.fields[name] = below
                if inner is not None and name in inner.required and step.into in node.required:
                    node.required.add(name)
            else:
                _put(node, (step.into, name), below)


def _text(root: Schema, step: Annotation | Label, toward: Side) -> None:
    if toward is not step.side:
        _take(root, step.field)
        return
    _put(root, step.field, Schema(kind=_TYPES[step.encoding], settled=True))


def _int_or_string(root: Schema, step: IntOrString, toward: Side) -> None:
    for node in _places(root, step.scope):
        if toward is step.side:
            taken = [_take(node, keys) for keys in (step.number, step.string)]
            if any(each is not None for each in taken):
                _put(node, step.into, Schema(kind="int-or-string", settled=True), required=step.neither is not None)
        elif _take(node, step.into) is not None:
            _put(node, step.number, Schema(kind="integer", settled=True))
            _put(node, step.string, Schema(kind="string", settled=True))


def _values(root: Schema, step: Values, toward: Side) -> None:
    pairs = step.pairs if toward.value == "right" else tuple((right, left) for left, right in step.pairs)
    table = {canonical_json(old): new for old, new in pairs}
    for holder in _places(root, (*step.scope, *step.keys[:-1])):
        found = holder.fields.get(step.keys[-1])
        if found is None:
            continue
        kinds = {_kind_of(new) for _, new in pairs if new is not None}
        if kinds and kinds != {_kind_of(old) for old, _ in pairs if old is not None}:
            found.kind = kinds.pop() if len(kinds) == 1 else "unknown"
            found.fields, found.element = {}, None
        if found.values is not None:
            new = [table.get(value, MISSING) for value in sorted(found.values)]
            kept = [value for value, made in zip(sorted(found.values), new, strict=True) if made is MISSING]
            found.values = frozenset([*kept, *(canonical_json(made) for made in new if made not in (MISSING, None))])
        if any(new is None for _, new in pairs):
            holder.required.discard(step.keys[-1])
        default = UNSET if found.default is UNSET else table.get(canonical_json(found.default), found.default)
        found.default = UNSET if default is None else default


def _kind_of(value: Json) -> SchemaKind:
    kinds: dict[type, SchemaKind] = {str: "string", bool: "boolean", int: "integer", float: "number"}
    return kinds.get(type(value), "unknown")


def _default(root: Schema, step: Default, toward: Side) -> None:
    own = step.left if toward.value == "right" else step.right
    writes = (step.copied_on is toward.other) if step.copied else own is not MISSING
    for node in _places(root, step.scope):
        found = find(node, step.keys)
        if found is not None:
            found.settled = True
        elif writes and own is not MISSING:
            _put(node, step.keys, Schema(kind=_kind_of(own), settled=True))
        if writes and not step.when and not step.unless and not step.copied:
            holder = find(node, step.keys[:-1])
            if holder is not None:
                holder.required.add(step.keys[-1])


def _drop(root: Schema, step: Drop, toward: Side) -> None:
    if toward is not step.side:
        for node in _places(root, step.scope):
            _take(node, step.keys, prune=False)


def _refuse(root: Schema, step: Refuse, toward: Side) -> None:
    if toward is step.side:
        return
    for node in _places(root, step.scope):
        if step.values is None:
            _take(node, step.keys, prune=False)
            continue
        found = find(node, step.keys)
        if found is not None and found.values is not None:
            found.values -= {canonical_json(value) for value in step.values}


def _enum(root: Schema, step: Enum, toward: Side) -> None:
    ones, combinations = [one for one, _ in step.rows], [many for _, many in step.rows]
    columns = [[many[index] for many in combinations] for index in range(len(step.many))]
    old, new = ([step.one], step.many) if toward is not step.side else (step.many, [step.one])
    made = columns if toward is not step.side else [ones]
    for node in _places(root, step.scope):
        taken = [_take(node, keys) for keys in old]
        if all(each is None for each in taken):
            continue
        for keys, values in zip(new, made, strict=True):
            _put(node, keys, _one_of([value for value in values if value is not None]))


def _one_of(values: Iterable[Json]) -> Schema:
    kinds = {_kind_of(value) for value in values}
    known = frozenset(canonical_json(value) for value in values)
    return Schema(kind=kinds.pop() if len(kinds) == 1 else "unknown", values=known, settled=True)


def _invert(root: Schema, step: Invert, toward: Side) -> None:
    old, new = (step.left, step.right) if toward.value == "right" else (step.right, step.left)
    for node in _places(root, step.scope):
        _move(node, old, new, lambda taken: Schema(kind=taken.kind, settled=True))


def _list_of_one(root: Schema, step: ListOfOne, toward: Side) -> None:
    def change(taken: Schema) -> Schema:
        if toward is step.side:
            return Schema(kind="list", element=taken, settled=True)
        return taken.element if taken.kind == "list" and taken.element is not None else taken

    for node in _places(root, step.scope):
        _move(node, step.keys(toward.other), step.keys(toward), change)


def _map_list(root: Schema, step: MapList, toward: Side) -> None:
    def to_list(taken: Schema) -> Schema:
        entry = (taken.element if taken.kind == "map" else None) or Schema(kind="unknown")
        key = Schema(kind="string", settled=True)
        if step.value:
            fields = {step.key: key, step.value: entry}
            item = Schema(kind="object", fields=fields, required={step.key, step.value})
        else:
            item = entry
            item.fields.setdefault(step.key, key)
            item.required.add(step.key)
        return Schema(kind="list", element=item, settled=True)

    def to_map(taken: Schema) -> Schema:
        item = (taken.element if taken.kind == "list" else None) or Schema(kind="unknown")
        if not step.keep:
            item.fields.pop(step.key, None)
            item.required.discard(step.key)
        rest = [name for name in item.fields if name not in {step.key, step.value}]
        entry = item.fields.get(step.value, Schema(kind="unknown")) if step.value and not rest else item
        return Schema(kind="map", element=entry, settled=True)

    for node in _places(root, step.scope):
        _move(node, step.keys(toward.other), step.keys(toward), to_map if toward is step.side else to_list)


def _amount(root: Schema, step: Amount, toward: Side) -> None:
    def change(_taken: Schema) -> Schema:
        if toward is not step.side:
            return Schema(kind="number" if step.fractions else "integer", settled=True)
        return Schema(kind="string", settled=True)

    for node in _places(root, step.scope):
        _move(node, step.keys(toward.other), step.keys(toward), change)


def _in(root: Schema, step: In, toward: Side) -> None:
    for path in step.paths:
        for node in _places(root, path):
            push_schema(node, step.steps, toward)


def _call(root: Schema, step: Call, toward: Side) -> None:
    for path in step.expected_fields(toward.other):
        for holder in _places(root, path[:-1]):
            if path[-1] != EACH:
                holder.fields.pop(str(path[-1]), None)
    for path in step.expected_fields(toward):
        for holder in _places(root, path[:-1]):
            if path[-1] != EACH:
                _put(holder, (str(path[-1]),), Schema(kind="unknown", settled=True), required=True)


_PUSHES: dict[type, Callable[[Schema, Any, Side], None]] = {
    Rename: _rename,
    Nest: _nest,
    Annotation: _text,
    Label: _text,
    IntOrString: _int_or_string,
    Values: _values,
    Enum: _enum,
    Invert: _invert,
    ListOfOne: _list_of_one,
    MapList: _map_list,
    Default: _default,
    Drop: _drop,
    Refuse: _refuse,
    In: _in,
    Call: _call,
}
_PUSHES.update(dict.fromkeys(Amount.__subclasses__(), _amount))
