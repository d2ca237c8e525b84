"""Suggests the steps for a field that has one place and one type in both versions: other values, another default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from converter.kube import canonical_json, format_path
from converter.rules.schema import UNSET
from converter.rules.schema_moves import load
from converter.rules.suggest_pairs import Suggestion, Trust

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from converter.kube import Json, Path
    from converter.rules.schema import Schema


def same_place(one: Schema, two: Schema, path: Path, base: Path, names: Mapping[str, str]) -> Iterator[Suggestion]:
    """Suggest steps for a field.

    Args:
        one: its schema in the left version.
        two: its schema in the right version.
        path: its place.
        base: the object around it that can be missing; empty if none can.
        names: what to call the versions, by side.
    """
    pairs: list[tuple[bytes, bytes]] = []
    if one.values is not None and two.values is not None and one.values != two.values:
        pairs = _pairs(one, two)
        yield from _values(one, two, path, names, pairs)
    elif one.values != two.values:
        side, other, values = ("left", "right", one.values) if one.values is not None else ("right", "left", two.values)
        allowed = sorted(values or ())
        text = f"{format_path(path)} is limited in {names[side]} only, to {_join(allowed)}; refuse the rest, or map it"
        body = {"path": format_path(path), "side": other, "except": [load(value) for value in allowed]}
        yield Suggestion(Trust.OPEN, {"refuse": {**body, "why": f"{names[side]} has no other value"}}, text)
    left, right = filled(one, one.default), filled(two, two.default)
    if left is UNSET and right is UNSET:
        return
    sides = {side: value for side, value in (("left", left), ("right", right)) if value is not UNSET}
    if len(sides) > 1:
        encoded = canonical_json(left), canonical_json(right)
        if encoded[0] == encoded[1] or encoded in pairs:
            return
        why, settings = "the defaults differ", sides
    else:
        ((side, value),) = sides.items()
        why, settings = f"only the {side} version has a default", {"side": side, "value": value}
    trust = Trust.CERTAIN
    for side, value in sides.items():
        if not allows(two if side == "left" else one, value):
            other = names["right" if side == "left" else "left"]
            trust, why = Trust.LIKELY, f"{why}, and {other} does not allow that of {names[side]}: map or move it, too"
    yield Suggestion(trust, _default(path, base, settings), why)


def _default(path: Path, base: Path, settings: Mapping[str, Json]) -> dict[str, Any]:
    step = {"default": {"path": format_path(path[len(base) :]), **settings}}
    return {"in": format_path(base), "steps": [step]} if base else step


def filled(schema: Schema, default: Json) -> Json:
    """Return what a server makes of a default: it also fills in the defaults of the fields inside."""
    if not isinstance(default, dict):
        return default
    made = dict(default)
    for name, below in schema.fields.items():
        if name in made:
            made[name] = filled(below, made[name])
        elif below.default is not UNSET:
            made[name] = filled(below, below.default)
    return made


def allows(schema: Schema, value: Json) -> bool:
    """Whether a version takes a value: each field that it has, and each value of an enumeration."""
    if schema.values is not None and canonical_json(value) not in schema.values:
        return False
    if isinstance(value, dict) and schema.kind == "object":
        return all(
            allows(schema.fields[name], below) if name in schema.fields else schema.is_open
            for name, below in value.items()
        )
    if isinstance(value, (dict, list)) and schema.element is not None:
        return all(allows(schema.element, below) for below in (value.values() if isinstance(value, dict) else value))
    return True


def spread_defaults(one: Schema, two: Schema, path: Path, base: Path) -> Suggestion | None:
    """Take different defaults of an object for defaults of its fields, if that says the same.

    It does if each field of a default is one that the server fills in anyway, or that the object must have.

    Returns:
        A step that says that the object is always there; None if it says something else.
    """
    sides = (one, two)
    if not all(isinstance(schema.default, dict) and _is_spread(schema, schema.default) for schema in sides):
        return None
    if _is_same(*(filled(schema, schema.default) for schema in sides)):
        return None
    for schema in sides:
        for name, value in schema.default.items():
            schema.fields[name].default = value
        schema.default = UNSET
    why = "both versions create the object if it is missing; what is in it then, the defaults of its fields say"
    return Suggestion(Trust.CERTAIN, _default(path, base, {"left": {}, "right": {}}), why)


def _is_spread(schema: Schema, default: dict[str, Json]) -> bool:
    return all(
        name in schema.fields and (name in schema.required or _is_same(schema.fields[name].default, value))
        for name, value in default.items()
    )


def _is_same(one: Json, two: Json) -> bool:
    return one is not UNSET and canonical_json(one) == canonical_json(two)


def _pairs(one: Schema, two: Schema) -> list[tuple[bytes, bytes]]:
    """Pair the values that only one version has: by spelling, or as the defaults of both."""
    gone, came = _only(one, two), _only(two, one)
    folded = {_fold(value): value for value in came}
    pairs = [(value, folded[_fold(value)]) for value in gone if _fold(value) in folded]
    defaults = [canonical_json(schema.default) for schema in (one, two) if schema.default is not UNSET]
    if len(defaults) > 1 and defaults[0] in gone and defaults[1] in came and not pairs:
        pairs = [(defaults[0], defaults[1])]
    return pairs


def _values(
    one: Schema, two: Schema, path: Path, names: Mapping[str, str], pairs: Sequence[tuple[bytes, bytes]]
) -> Iterator[Suggestion]:
    """Suggest what becomes of the values that only one version has."""
    gone, came = _only(one, two), _only(two, one)
    is_spelling = all(_fold(left) == _fold(right) for left, right in pairs)
    why = "some values differ in their spelling only" if is_spelling else "each is the default of its version"
    trust = Trust.LIKELY if pairs else Trust.OPEN
    if pairs and is_spelling and len(pairs) == len(gone) == len(came) == len({_fold(value) for value in came}):
        trust, why = Trust.CERTAIN, "the values differ in their spelling only"
    elif pairs:
        why = f"{why}; {_list(gone, came)}"
    else:
        why = f"the values of {format_path(path)} differ: pair those that mean the same; {_list(gone, came)}"
        pairs = list(zip(gone, came, strict=False))
    if pairs:
        listed = [{"left": load(left), "right": load(right)} for left, right in pairs]
        yield Suggestion(trust, {"values": {"path": format_path(path), "pairs": listed}}, why)
    for side, other, values in (("left", "right", gone), ("right", "left", came)):
        rest = [value for value in values if value not in {value for pair in pairs for value in pair}]
        if rest:
            text = (
                f"{format_path(path)} can be {_join(rest)} in {names[side]} only; "
                "map what another value says by a values step, and refuse the rest"
            )
            body = {"path": format_path(path), "side": side, "values": [load(value) for value in rest]}
            step: dict[str, Any] = {"refuse": {**body, "why": f"{names[other]} has no such value"}}
            yield Suggestion(Trust.OPEN, step, text)


def _only(one: Schema, two: Schema) -> list[bytes]:
    return sorted((one.values or frozenset()) - (two.values or frozenset()))


def _list(gone: list[bytes], came: list[bytes]) -> str:
    return f"only left: {_join(gone)}; only right: {_join(came)}"


def _join(values: list[bytes]) -> str:
    return ", ".join(value.decode() for value in values[:10]) or "none"


def _fold(value: bytes) -> str:
    return "".join(letter for letter in value.decode().lower() if letter.isalnum())
