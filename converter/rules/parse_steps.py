"""Parses the steps of a rule: which keyword makes which step, and the keys that each step has."""

from __future__ import annotations

from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING, Any

from converter.errors import ProblemCode
from converter.kube import EACH
from converter.kube.amounts import DURATION_UNITS, QUANTITY_UNITS
from converter.rules.functions import FUNCTIONS
from converter.rules.lens import Side
from converter.rules.limits import MAX_FIELDS
from converter.rules.parse_paths import SIDES, parse_field, parse_flag, parse_keys, parse_plain, parse_side
from converter.rules.parse_references import parse_api_group, parse_implied
from converter.rules.parse_refuse import parse_refuse
from converter.rules.parse_reshape import (
    parse_amount,
    parse_enum,
    parse_invert,
    parse_label,
    parse_list_of_one,
    parse_map_list,
)
from converter.rules.steps.amounts import Duration, Quantity
from converter.rules.steps.annotations import ENCODINGS, Annotation
from converter.rules.steps.base import Step, keys_of, split_scope
from converter.rules.steps.blocks import Call, In
from converter.rules.steps.int_or_string import IntOrString
from converter.rules.steps.moves import Nest, Rename
from converter.rules.steps.values import MISSING, Default, Drop, Values
from converter.rules.steps.zeros import OmitEmpty, OmitZero

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from converter.kube import Json
    from converter.rules.steps.blocks import Guard
    from converter.rules.steps.moves import Keys
    from converter.rules.yaml_source import Cursor

_WITH = ("steps", "when", "recurse")  # keys next to a step's keyword
_WITHOUT_KEYS = ("in", "call")  # keywords whose value is not a mapping


def parse_steps(cursor: Cursor) -> tuple[Step, ...]:
    """Parse a list of steps; a step with a problem is reported and left out."""
    return tuple(step for entry in cursor.entries() for step in _parse_step(entry))


def _parse_step(entry: Cursor) -> list[Step]:
    if not entry.expect(dict, "a step"):
        return []
    words = [key for key in entry.value if key not in _WITH]
    if len(words) != 1 or words[0] not in _PARSERS:
        entry.problem(
            f"a step is one of {', '.join(_PARSERS)}, not {' + '.join(map(str, words)) or 'nothing'}",
            _hint(words),
            ProblemCode.UNKNOWN_STEP,
        )
        return []
    word = words[0]
    if word != "in":
        for key in _WITH:
            if entry.has(key):
                entry.child(key).problem(
                    f"{key!r} belongs to the step 'in', not to {word!r}", code=ProblemCode.CONFLICT
                )
    body = entry.child(word)
    if word not in _WITHOUT_KEYS and not body.expect(dict, "a mapping"):
        return []
    return list(_PARSERS[word](entry, body))


def _hint(words: list[Any]) -> str:
    near = get_close_matches(str(words[0]), _PARSERS, n=1) if words else []
    return f"{f'did you mean {near[0]}? ' if near else ''}docs/reference/steps.md describes each step"


def _rename(entry: Cursor, body: Cursor) -> Iterator[Step]:
    for old, child in body.items():
        if not child.expect(str, "the path in the other version"):
            continue
        left_scope, left = split_scope(parse_plain(child, child.as_path(old)))
        right_scope, right = split_scope(parse_plain(child, child.as_path(child.value)))
        if left_scope != right_scope:
            child.problem(
                "both paths must be inside the same list",
                "a step cannot move a field out of its list",
                ProblemCode.CONFLICT,
            )
        elif not left or not right or left == right:
            child.problem("a rename must have two different fields", code=ProblemCode.CONFLICT)
        else:
            yield Rename(line=child.line or entry.line, scope=left_scope, left=left, right=right)


def _nest(entry: Cursor, body: Cursor) -> Iterator[Step]:
    body.only(("into", "fields", "side", "always"), "nest")
    scope, keys = parse_field(body, "into")
    fields = tuple(item.value for item in body.child("fields").entries() if item.expect(str, "a field's name"))
    yield Nest(
        line=entry.line,
        scope=(*scope, *keys[:-1]),
        into=keys[-1],
        fields=fields,
        side=parse_side(body),
        always=parse_flag(body, "always"),
    )


def _annotation(entry: Cursor, body: Cursor) -> Iterator[Step]:
    body.only(("field", "name", "as", "side"), "annotation")
    yield Annotation(
        line=entry.line,
        field=parse_keys(body, "field"),
        name=body.text("name"),
        encoding=body.choice("as", ENCODINGS, "string"),
        side=parse_side(body),
    )


def _int_or_string(entry: Cursor, body: Cursor) -> Iterator[Step]:
    body.only(("into", "number", "string", "side", "neither"), "intOrString")
    scope, into = parse_field(body, "into")
    number_scope, number = parse_field(body, "number")
    string_scope, string = parse_field(body, "string")
    if not scope == number_scope == string_scope:
        body.problem("the three fields must be in the same list", code=ProblemCode.CONFLICT)
    side = Side(body.choice("side", SIDES, "right"))
    neither = (
        body.value.get("neither") if body.has("neither") and body.child("neither").expect(int, "a number") else None
    )
    yield IntOrString(line=entry.line, scope=scope, into=into, number=number, string=string, side=side, neither=neither)


def _values(entry: Cursor, body: Cursor) -> Iterator[Step]:
    body.only(("path", "pairs", "else"), "values")
    path = parse_plain(body.child("path"), body.path("path"))
    items = path[-1:] == (EACH,)
    scope, keys = split_scope(path[:-1]) if items else parse_field(body)
    pairs = []
    for pair in body.child("pairs").entries():
        pair.only(SIDES, "a pair")
        if pair.has("left") and pair.has("right"):
            pairs.append((pair.value["left"], pair.value["right"]))
        else:
            pair.problem("a pair must have a 'left' and a 'right' value", code=ProblemCode.MISSING)
    if items and not keys:
        body.child("path").problem("[*] must follow a field", code=ProblemCode.CONFLICT)
    if items and any(None in pair for pair in pairs):
        body.child("pairs").problem("an item cannot be missing: a pair must have two values", code=ProblemCode.CONFLICT)
    others: dict[str, Json] = {}
    if body.has("else") and body.child("else").expect(dict, "a mapping"):
        body.child("else").only(SIDES, "else")
        others = body.value["else"]
    yield Values(
        line=entry.line,
        scope=scope,
        keys=keys or ("",),
        pairs=tuple(pairs),
        items=items,
        left=others.get("left", MISSING),
        right=others.get("right", MISSING),
    )


def _default(entry: Cursor, body: Cursor) -> Iterator[Step]:
    body.only(("path", "left", "right", "value", "side", "copy", "when", "unless", "empty"), "default")
    scope, keys = parse_field(body)
    left, right = body.value.get("left", MISSING), body.value.get("right", MISSING)
    copied: Keys = ()
    side: Side | None = None
    if body.has("copy") or body.has("value"):
        side = parse_side(body)
        if left is not MISSING or right is not MISSING or body.has("copy") == body.has("value"):
            text = "a default must have 'left' and 'right', or 'side' with one of 'value' and 'copy'"
            body.problem(text, code=ProblemCode.CONFLICT)
        if body.has("copy"):
            copied = parse_keys(body, "copy")
        elif side is Side.LEFT:
            left = body.value["value"]
        else:
            right = body.value["value"]
    elif left is MISSING and right is MISSING:
        text = "a default must have a value: 'left', 'right', or 'side' with 'value' or 'copy'"
        body.problem(text, code=ProblemCode.MISSING)
    unless = (
        tuple(
            keys_of(child.as_path(child.value))
            for child in body.child("unless").entries()
            if child.expect(str, "a path")
        )
        if body.has("unless")
        else ()
    )
    yield Default(
        line=entry.line,
        scope=scope,
        keys=keys,
        left=left,
        right=right,
        copied=copied,
        copied_on=side if copied else None,
        when=_guard(body),
        unless=unless,
        empty=parse_flag(body, "empty"),
    )


def _drop(entry: Cursor, body: Cursor) -> Iterator[Step]:
    body.only(("path", "side", "why"), "drop")
    scope, keys = parse_field(body)
    yield Drop(line=entry.line, scope=scope, keys=keys, side=parse_side(body), why=body.text("why"))


def _omit_zero(entry: Cursor, body: Cursor) -> Iterator[Step]:
    body.only(("path", "side", "zero"), "omitZero")
    scope, keys = parse_field(body)
    side = body.choice("side", (*SIDES, "both"))
    zero = body.value.get("zero", 0)
    yield OmitZero(line=entry.line, scope=scope, keys=keys, side=None if side == "both" else Side(side), zero=zero)


def _omit_empty(entry: Cursor, body: Cursor) -> Iterator[Step]:
    body.only(("fields", "side"), "omitEmpty")
    fields = body.child("fields")
    paths = []
    for child in fields.entries():
        if child.expect(str, "a path"):
            path = parse_plain(child, child.as_path(child.value))
            if path and split_scope(path)[1]:
                paths.append(path)
            elif path:
                child.problem("a path must name a field, not the items of a list")
    if isinstance(fields.value, list) and not 1 <= len(fields.value) <= MAX_FIELDS:
        fields.problem(f"omitEmpty has 1 to {MAX_FIELDS} fields", code=ProblemCode.TOO_LARGE)
    yield OmitEmpty(line=entry.line, fields=tuple(paths[:MAX_FIELDS]), side=parse_side(body))


def _in(entry: Cursor, body: Cursor) -> Iterator[Step]:
    places = [body] if isinstance(body.value, str) else list(body.entries())
    paths = tuple(parse_plain(place, place.as_path(place.value)) for place in places if place.expect(str, "a path"))
    if not entry.has("steps"):
        entry.problem("'in' must have 'steps'", code=ProblemCode.MISSING)
        return
    recurse = parse_plain(entry.child("recurse"), entry.path("recurse")) if entry.has("recurse") else ()
    steps = parse_steps(entry.child("steps"))
    yield In(line=entry.line, paths=paths, steps=steps, when=_guard(entry), recurse=recurse)


def _guard(cursor: Cursor) -> Guard:
    if not cursor.has("when"):
        return ()
    guard = []
    for path, child in cursor.child("when").items():
        values = tuple(child.value) if isinstance(child.value, list) else (child.value,)
        guard.append((keys_of(parse_plain(child, child.as_path(path))), values))
    return tuple(guard)


def _call(entry: Cursor, body: Cursor) -> Iterator[Step]:
    if not body.expect(str, "a named function"):
        return
    function = FUNCTIONS.get(body.value)
    if function is None:
        known = f"known functions: {', '.join(sorted(FUNCTIONS)) or 'none'}"
        body.problem(f"unknown function {body.value!r}", known, ProblemCode.UNKNOWN_FUNCTION)
        return
    yield Call(line=entry.line, function=function)


_PARSERS: dict[str, Callable[[Cursor, Cursor], Iterator[Step]]] = {
    "rename": _rename,
    "nest": _nest,
    "annotation": _annotation,
    "intOrString": _int_or_string,
    "label": parse_label,
    "values": _values,
    "enum": parse_enum,
    "invert": parse_invert,
    "listOfOne": parse_list_of_one,
    "mapList": parse_map_list,
    "duration": partial(parse_amount, Duration, tuple(DURATION_UNITS)),
    "quantity": partial(parse_amount, Quantity, tuple(QUANTITY_UNITS)),
    "apiGroup": parse_api_group,
    "implied": parse_implied,
    "default": _default,
    "omitZero": _omit_zero,
    "omitEmpty": _omit_empty,
    "drop": _drop,
    "refuse": parse_refuse,
    "in": _in,
    "call": _call,
}

STEP_WORDS = tuple(_PARSERS)
"""The keyword of every step."""
