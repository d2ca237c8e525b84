"""Makes texts that match a regular expression of a schema."""

from __future__ import annotations

import re
import re._constants as ops  # type: ignore[import-not-found]  # the parser has no public name
import re._parser as parser  # type: ignore[import-not-found]
from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import random

_LETTERS: Final = "abcxyz0189-./_ABZ:"
_MOST: Final = 6
"""Repetitions of one part, unless the pattern asks for more."""


def text_of_pattern(pattern: str, source: random.Random) -> str | None:
    """Make a text that matches; None if the pattern cannot be read, or what was made does not match after all."""
    parsed, compiled = _parsed(pattern)
    if parsed is None or compiled is None:
        return None
    made = _sequence(parsed, source)
    return made if compiled.search(made) else None


@cache
def _parsed(pattern: str) -> tuple[Any, re.Pattern[str] | None]:
    text = re.sub(r"\(\?i\)", "", pattern).replace("[[:alnum:]]", "[a-z0-9]").replace("\\pL", "a-z")
    try:
        return list(parser.parse(text)), re.compile(text)
    except (re.error, OverflowError):
        return None, None


def _part(op: Any, argument: Any, source: random.Random) -> str:
    if op is ops.LITERAL:
        return chr(argument)
    if op is ops.IN:
        return _letter(argument, source)
    if op in (ops.MAX_REPEAT, ops.MIN_REPEAT):
        low, high, part = argument
        count = source.randint(low, max(low, min(int(high), low + _MOST if low < _MOST else low)))
        return "".join(_sequence(part, source) for _ in range(count))
    parts = {ops.SUBPATTERN: lambda: argument[3], ops.BRANCH: lambda: source.choice(argument[1])}
    if op in parts:
        return _sequence(parts[op](), source)
    # Nothing for anchors and assertions: what was made is checked afterwards.
    return source.choice("abcxyz019") if op in (ops.ANY, ops.NOT_LITERAL) else ""


def _sequence(parts: Any, source: random.Random) -> str:
    return "".join(_part(op, argument, source) for op, argument in parts)


def _letter(choices: Any, source: random.Random) -> str:
    if choices[0][0] is ops.NEGATE:
        return source.choice([letter for letter in _LETTERS if not _has(choices[1:], letter)] or ["~"])
    op, argument = source.choice(choices)
    if op is ops.LITERAL:
        return chr(argument)
    if op is ops.RANGE:
        return chr(source.randint(*argument))
    return source.choice("0189" if argument is ops.CATEGORY_DIGIT else "abcxyz")


def _has(choices: Any, letter: str) -> bool:
    for op, argument in choices:
        if op is ops.LITERAL and ord(letter) == argument:
            return True
        if op is ops.RANGE and argument[0] <= ord(letter) <= argument[1]:
            return True
        if op is ops.CATEGORY and argument is ops.CATEGORY_DIGIT and letter.isdigit():
            return True
    return False
