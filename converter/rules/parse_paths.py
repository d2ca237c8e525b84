"""Parses what steps have in common: paths, sides and flags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from converter.kube import Path, format_path
from converter.rules.lens import Side
from converter.rules.steps.base import is_plain, split_scope

if TYPE_CHECKING:
    from converter.rules.steps.moves import Keys
    from converter.rules.yaml_source import Cursor

SIDES: Final = ("left", "right")
"""The two versions of a rule, as steps name them."""


def parse_plain(cursor: Cursor, path: Path) -> Path:
    """Check that a path has only keys and ``[*]``; other segments are reported and left out."""
    if not path:
        cursor.problem("the path is empty", "name a field, such as spec.replicas")
    elif not is_plain(path):
        cursor.problem(f"{format_path(path)}: a step's path can contain only keys and [*]")
    return tuple(segment for segment in path if is_plain((segment,)))


def parse_field(cursor: Cursor, key: str = "path") -> tuple[Path, Keys]:
    """Parse a required path that ends in a key; split it into its scope and the keys below."""
    path = parse_plain(cursor.child(key), cursor.path(key))
    scope, keys = split_scope(path)
    if path and not keys:
        cursor.child(key).problem(f"{format_path(path)} names the items of a list, not a field in them")
    return scope, keys or ("",)


def parse_keys(cursor: Cursor, key: str) -> Keys:
    """Parse a required path of keys only."""
    scope, keys = parse_field(cursor, key)
    if scope:
        cursor.child(key).problem(f"{key}: [*] is not allowed here", "put the step into an 'in'")
    return keys


def parse_side(cursor: Cursor) -> Side:
    """Parse the required key ``side``."""
    return Side(cursor.choice("side", SIDES))


def parse_flag(cursor: Cursor, key: str) -> bool:
    """Parse an optional boolean; false if it is missing."""
    return cursor.has(key) and cursor.child(key).expect(bool, "true or false") and cursor.value[key] is True
