"""What tests of single steps share: convert a Thing between v1 (left) and v2 (right), and straight back."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from tests.rulekit import converter, rule_text, thing

if TYPE_CHECKING:
    from converter.engine import Conversion

LEFT, RIGHT = "a.example/v1", "a.example/v2"


def across(step: str, toward: str, fields: dict[str, Any]) -> tuple[Conversion, dict[str, Any]]:
    """Convert a Thing with these fields toward ``left`` or ``right``; it must come back exactly.

    Returns:
        The conversion, and the fields of its manifest.
    """
    source, target = (LEFT, RIGHT) if toward == "right" else (RIGHT, LEFT)
    rules = converter(rule_text(f"steps:\n  - {step}"))
    given = thing(source, **fields)
    before = copy.deepcopy(given)
    made = rules.convert(given, to=target)
    assert given == before
    back = rules.convert(made.manifest, to=source, conversion_data=made.conversion_data)
    assert (back.manifest, back.unrestored) == (given, ())
    return made, {key: value for key, value in made.manifest.items() if key not in {"apiVersion", "kind"}}


def converted(step: str, toward: str, fields: dict[str, Any], lost: list[str] | None = None) -> dict[str, Any]:
    """Convert as `across` does; check the paths of what is lost, and return the fields."""
    made, found = across(step, toward, fields)
    assert [loss.path for loss in made.losses] == (lost or [])
    return found


def both_ways(step: str, left: dict[str, Any], right: dict[str, Any]) -> None:
    """Check that two Things are each other's conversion, without conversion data."""
    for toward, given, wanted in (("right", left, right), ("left", right, left)):
        made, found = across(step, toward, given)
        assert (found, made.losses, made.conversion_data.values) == (wanted, (), ())
