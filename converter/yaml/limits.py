"""Bounds on what a document may contain: nesting, and the values that aliases repeat."""

from __future__ import annotations

MAX_DEPTH = 250
"""Levels of nesting. A CustomResourceDefinition has some 60; go-yaml refuses 10,000, which Python cannot walk."""

_FREE_ALIASES = 100
_FREE_VALUES = 1_000
_LOW, _HIGH = 400_000, 4_000_000
_MOST, _LEAST = 0.99, 0.10


def too_many_aliases(repeated: int, total: int) -> bool:
    """Decide whether aliases repeat too many values.

    The limits are those of go-yaml v2 (``decode.go``): 99 % of the values in a small document, 10 % in a large one.

    Args:
        repeated: how many values aliases repeat.
        total: how many values the document has, with the repeated ones.
    """
    if repeated <= _FREE_ALIASES or total <= _FREE_VALUES:
        return False
    if total >= _HIGH:
        return repeated / total > _LEAST
    share = max(total - _LOW, 0) / (_HIGH - _LOW)
    return repeated / total > _MOST - (_MOST - _LEAST) * share
