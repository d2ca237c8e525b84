"""Parses the steps for references to other objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.errors import ProblemCode
from converter.rules.parse_paths import parse_field, parse_flag, parse_keys, parse_side
from converter.rules.parse_reshape import order_sides, parse_pair
from converter.rules.steps.references import ApiGroup, Implied
from converter.rules.steps.values import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.rules.steps.base import Step
    from converter.rules.yaml_source import Cursor


def parse_api_group(entry: Cursor, body: Cursor) -> Iterator[Step]:
    """Parse the step ``apiGroup``."""
    body.only(("group", "apiVersion", "version", "side"), "apiGroup")
    scope, group, api_version = parse_pair(body, "group", "apiVersion")
    side, version = parse_side(body), body.text("version")
    if "/" in version:
        body.child("version").problem("version must be what follows the group, such as v1", code=ProblemCode.CONFLICT)
    left, right = order_sides(side, group, api_version)
    yield ApiGroup(line=entry.line, scope=scope, left=left, right=right, side=side, version=version)


def parse_implied(entry: Cursor, body: Cursor) -> Iterator[Step]:
    """Parse the step ``implied``."""
    body.only(("path", "side", "value", "copy", "why", "always"), "implied")
    scope, keys = parse_field(body)
    if body.has("value") == body.has("copy"):
        body.problem("implied must have one of 'value' and 'copy'", code=ProblemCode.CONFLICT)
    yield Implied(
        line=entry.line,
        scope=scope,
        keys=keys,
        side=parse_side(body),
        why=body.text("why"),
        value=body.value.get("value", MISSING),
        copied=parse_keys(body, "copy") if body.has("copy") else (),
        always=parse_flag(body, "always"),
    )
