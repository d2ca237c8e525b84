"""The engine of the shipped rule book, read once for each process: it never changes."""

from __future__ import annotations

from functools import cache

from converter.engine import Engine


@cache
def shipped_engine() -> Engine:
    """Read the shipped rule book."""
    return Engine.from_rules()
