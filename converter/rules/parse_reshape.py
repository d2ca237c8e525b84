"""Parses the steps that give values another shape, as neighbouring versions of custom resources often do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from converter.errors import ProblemCode
from converter.kube import canonical_json
from converter.rules.parse_paths import SIDES, parse_field, parse_flag, parse_keys, parse_plain, parse_side
from converter.rules.steps.base import split_scope
from converter.rules.steps.enums import Enum
from converter.rules.steps.invert import Invert
from converter.rules.steps.labels import LABEL_ENCODINGS, LABELS, Label
from converter.rules.steps.reshape import ListOfOne, MapList

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.kube import Json, Path
    from converter.rules.lens import Side
    from converter.rules.steps.amounts import Duration, Quantity
    from converter.rules.steps.base import Step
    from converter.rules.steps.enums import Row
    from converter.rules.steps.moves import Keys
    from converter.rules.yaml_source import Cursor

_MOST_FIELDS: Final = 8
"""Fields that one enum can be spread over."""


def parse_label(entry: Cursor, body: Cursor) -> Iterator[Step]:
    """Parse the step ``label``."""
    body.only(("field", "name", "as", "side", "labels"), "label")
    yield Label(
        line=entry.line,
        field=parse_keys(body, "field"),
        name=body.text("name"),
        encoding=body.choice("as", LABEL_ENCODINGS, "string"),
        side=parse_side(body),
        labels=parse_keys(body, "labels") if body.has("labels") else LABELS,
    )


def parse_enum(entry: Cursor, body: Cursor) -> Iterator[Step]:
    """Parse the step ``enum``."""
    body.only(("field", "fields", "side", "values"), "enum")
    scope, one = parse_field(body, "field")
    many = tuple(_fields(body, scope))
    yield Enum(
        line=entry.line, scope=scope, one=one, many=many, side=parse_side(body), rows=tuple(_rows(body, len(many)))
    )


def _fields(body: Cursor, scope: Path) -> Iterator[Keys]:
    seen: set[Keys] = set()
    fields = body.child("fields")
    for child in fields.entries():
        if not child.expect(str, "a path"):
            continue
        there, keys = split_scope(parse_plain(child, child.as_path(child.value)))
        if there != scope or not keys:
            hint = "a step cannot move a field out of its list"
            child.problem("all fields of an enum must be inside the same list", hint, ProblemCode.CONFLICT)
        elif keys in seen:
            child.problem("the field is listed twice", "keep one", ProblemCode.DUPLICATE)
        seen.add(keys)
        yield keys or ("",)
    if isinstance(fields.value, list) and not 1 <= len(fields.value) <= _MOST_FIELDS:
        fields.problem(f"an enum has 1 to {_MOST_FIELDS} fields in the other version", code=ProblemCode.CONFLICT)


def _rows(body: Cursor, width: int) -> Iterator[Row]:
    values: set[bytes] = set()
    combinations: set[bytes] = set()
    rows = body.child("values")
    if rows.value == []:
        rows.problem("values is empty", "pair each value of the field with those of the fields", ProblemCode.MISSING)
    for row in rows.entries():
        row.only(("field", "fields"), "a row of values")
        if not (row.has("field") and row.has("fields")):
            text = "a row must have the value of the 'field' and those of the 'fields'"
            row.problem(text, "null means that a field is missing", ProblemCode.MISSING)
            continue
        many = row.child("fields")
        if not many.expect(list, "a list of values"):
            continue
        if len(many.value) != width:
            text = f"the row has {len(many.value)} values for {width} fields"
            many.problem(text, "write null for a field that is missing", ProblemCode.CONFLICT)
            continue
        one: Json = row.value["field"]
        if one is None and all(value is None for value in many.value):
            row.problem("a row must have a value", "leave it out: missing fields stay missing", ProblemCode.CONFLICT)
            continue
        keys = canonical_json(one), canonical_json(many.value)
        if keys[0] in values and keys[1] in combinations:
            hint = "the first row that fits counts; remove this one"
            row.problem("rows above have this value and this combination", hint, ProblemCode.DUPLICATE)
        values.add(keys[0])
        combinations.add(keys[1])
        yield one, tuple(many.value)


def parse_invert(entry: Cursor, body: Cursor) -> Iterator[Step]:
    """Parse the step ``invert``."""
    body.only(("left", "right", "absent"), "invert")
    scope, left, right = parse_pair(body, "left", "right")
    absent = body.child("absent")
    if not body.has("absent"):
        text = "invert must state what a missing field means: 'absent', with 'left' and 'right'"
        body.problem(text, "absent: {left: false, right: false}; null if it means neither", ProblemCode.MISSING)
    else:
        absent.only(SIDES, "absent")
    meaning: dict[str, bool | None] = {}
    for side in SIDES if isinstance(absent.value, dict) else ():
        if not absent.has(side):
            text = f"absent does not state what a missing field means in the {side} version"
            absent.problem(text, "true, false, or null if it means neither", ProblemCode.MISSING)
            continue
        value = absent.child(side)
        meaning[side] = value.value if value.value is None or value.expect(bool, "true, false or null") else None
    yield Invert(
        line=entry.line,
        scope=scope,
        left=left,
        right=right,
        absent_left=meaning.get("left"),
        absent_right=meaning.get("right"),
    )


def parse_list_of_one(entry: Cursor, body: Cursor) -> Iterator[Step]:
    """Parse the step ``listOfOne``."""
    body.only(("list", "item", "side", "more"), "listOfOne")
    scope, listed, item = parse_pair(body, "list", "item")
    side = parse_side(body)
    left, right = order_sides(side, listed, item)
    refuse = body.choice("more", ("drop", "refuse"), "drop") == "refuse"
    yield ListOfOne(line=entry.line, scope=scope, left=left, right=right, side=side, refuse=refuse)


def parse_map_list(entry: Cursor, body: Cursor) -> Iterator[Step]:
    """Parse the step ``mapList``."""
    body.only(("map", "list", "key", "value", "keep", "trust", "side"), "mapList")
    scope, mapped, listed = parse_pair(body, "map", "list")
    side = parse_side(body)
    left, right = order_sides(side, mapped, listed)
    key, value, keep = body.text("key"), body.text("value", ""), parse_flag(body, "keep")
    if value and keep:
        text = "'keep' is for maps of objects, and 'value' for maps of other values"
        body.child("keep").problem(text, "remove one of them", ProblemCode.CONFLICT)
    trust_items = body.has("trust") and body.choice("trust", ("map", "items")) == "items"
    if trust_items and not keep:
        text = "'trust' is for objects that hold the key, too"
        body.child("trust").problem(text, "add keep: true", ProblemCode.CONFLICT)
    if value and value == key:
        body.child("value").problem("an item must hold key and value in two fields", code=ProblemCode.CONFLICT)
    yield MapList(
        line=entry.line,
        scope=scope,
        left=left,
        right=right,
        side=side,
        key=key,
        value=value,
        keep=keep,
        trust_items=trust_items,
    )


def parse_amount(
    step: type[Duration | Quantity], units: tuple[str, ...], entry: Cursor, body: Cursor
) -> Iterator[Step]:
    """Parse the step ``duration`` or ``quantity``.

    Args:
        step: what to make.
        units: the units of such an amount.
        entry: the step.
        body: what it says.
    """
    called = "duration" if "h" in units else "quantity"
    body.only(("text", "number", "unit", "side", "fractions"), called)
    scope, text, number = parse_pair(body, "text", "number")
    side = parse_side(body)
    left, right = order_sides(side, text, number)
    unit = body.value.get("unit")
    if unit is None:
        body.problem("unit is missing", f"one of {_listed(units)}", ProblemCode.MISSING)
    elif unit not in units:
        body.child("unit").problem(f"{str(unit)[:80]!r} is not a unit of a {called}", f"one of {_listed(units)}")
    unit = unit if isinstance(unit, str) and unit in units else units[-1]
    fractions = parse_flag(body, "fractions")
    yield step(line=entry.line, scope=scope, left=left, right=right, side=side, unit=unit, fractions=fractions)


def _listed(units: tuple[str, ...]) -> str:
    return ", ".join(unit or '""' for unit in units)


def parse_pair(body: Cursor, first: str, second: str) -> tuple[Path, Keys, Keys]:
    """Parse two paths inside the same list: their scope, and the keys of each below it."""
    scope, one = parse_field(body, first)
    across, two = parse_field(body, second)
    if scope != across:
        text = f"{first} and {second} must be inside the same list"
        body.child(second).problem(text, "a step cannot move a field out of its list", ProblemCode.CONFLICT)
    return scope, one, two


def order_sides(side: Side, own: Keys, other: Keys) -> tuple[Keys, Keys]:
    """Order the fields of a side and of the other one: left, then right."""
    return (own, other) if side.value == "left" else (other, own)
