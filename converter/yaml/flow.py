"""Writes a value as YAML in one line, as people write it: ``{path: spec.a, pairs: [{left: "yes", right: 1}]}``."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_UNPRINTABLE: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_WORDS: Final = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
"""Words that YAML 1.1 reads as something else than text."""


def flow(value: Any) -> str:
    """Write a JSON value in one line; the keys of objects stay in their order."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return _quoted(value)


def plain(value: str) -> str:
    """Write a text for a place outside of brackets, without quotes if it is a simple sentence."""
    is_simple = re.fullmatch(r"[A-Za-z][A-Za-z0-9 ,.;()/_-]*", value) and value.lower() not in _WORDS
    return value if is_simple and not value.endswith(" ") else _quoted(value)


def _quoted(value: Any) -> str:
    """Write JSON, with escapes for the characters that JSON allows and YAML does not."""
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", msgspec.json.encode(value).decode())
