"""Parses the step ``refuse``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from converter.errors import ProblemCode
from converter.kube import EACH
from converter.rules.parse_paths import parse_field, parse_flag, parse_plain, parse_side
from converter.rules.steps.base import split_scope
from converter.rules.steps.refuse import Refuse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.rules.steps.base import Step
    from converter.rules.yaml_source import Cursor

_WHICH: Final = ("values", "except", "missing")
"""The keys that say what is refused; a step has at most one of them."""


def parse_refuse(entry: Cursor, body: Cursor) -> Iterator[Step]:
    """Parse ``refuse: {path: …, side: …, why: …}``."""
    body.only(("path", "side", "values", "except", "missing", "empty", "why"), "refuse")
    path = parse_plain(body.child("path"), body.path("path"))
    items = path[-1:] == (EACH,)
    scope, keys = split_scope(path[:-1]) if items else parse_field(body)
    missing, empty = parse_flag(body, "missing"), parse_flag(body, "empty")
    given = [key for key in _WHICH if (missing if key == "missing" else body.has(key))]
    if items and not keys:
        body.child("path").problem("[*] must follow a field", code=ProblemCode.CONFLICT)
    if items and missing:
        body.child("missing").problem("an item cannot be missing", "name a field", ProblemCode.CONFLICT)
    if len(given) > 1:
        text = f"a refuse must have one of {', '.join(_WHICH)}, not {' and '.join(given)}"
        body.problem(text, "write a step for each", ProblemCode.CONFLICT)
    if empty and given:
        hint = "list an empty value among the values"
        body.problem(f"empty and {given[0]} contradict each other", hint, ProblemCode.CONFLICT)
    yield Refuse(
        line=entry.line,
        scope=scope,
        keys=keys or ("",),
        side=parse_side(body),
        why=body.text("why"),
        values=_listed(body, "values"),
        others=_listed(body, "except"),
        missing=missing,
        empty=empty,
        items=items,
    )


def _listed(body: Cursor, key: str) -> tuple[Any, ...] | None:
    """Parse an optional list of values; null is not a value, but a missing field."""
    if not body.has(key):
        return None
    listed = tuple(body.child(key).entries())
    for item in listed:
        if item.value is None:
            item.problem("null is a missing field", "missing: true refuses manifests without it", ProblemCode.CONFLICT)
    return tuple(item.value for item in listed)
