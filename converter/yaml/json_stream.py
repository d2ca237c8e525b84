"""Reads JSON objects that follow each other, as Go's json.Decoder does, and refuses what would lose a value."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from converter.yaml.errors import DuplicateKeyError, SyntaxProblemError, TooDeepError
from converter.yaml.limits import MAX_DEPTH
from converter.yaml.scalars import json_number

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLANKS = re.compile(r"[ \t\r\n]*")
_LONGEST_INTEGER = 4_000
_SURROGATE = re.compile(r"[\ud800-\udfff]")


class _DuplicateError(Exception):
    """A key occurs twice; the argument is the key."""


class _BadNumber(str):
    """The text of a number that no reader of JSON can hold; refused once the whole object turns out to be JSON."""

    __slots__ = ()


class Found(NamedTuple):
    """A value in a text.

    Attributes:
        value: the value.
        begin: the index where it begins.
        end: the index after it.
        line: the line where it begins, from 1.
    """

    value: Any
    begin: int
    end: int
    line: int


def read_json(text: str) -> Iterator[Found]:
    """Read values one after the other, up to the first text that is not JSON.

    Yields:
        Each value, and its place.

    Raises:
        YamlError: a key occurs twice, a number has no value in JSON, or values are nested too deep.
    """
    begin, counted, line = _end_of_blanks(text, 0), 0, 1
    while begin < len(text):
        line, counted = line + text.count("\n", counted, begin), begin
        try:
            value, end = _DECODER.raw_decode(text, begin)
        except _DuplicateError as error:
            raise DuplicateKeyError(
                line, f"the key {error.args[0]!r} is set more than once in an object", "keep one"
            ) from None
        except RecursionError:
            raise _too_deep(line) from None
        except ValueError:
            return
        _check(value, line)
        yield Found(value, begin, end, line)
        begin = _end_of_blanks(text, end)


def _end_of_blanks(text: str, start: int) -> int:
    found = _BLANKS.match(text, start)
    return found.end() if found else start


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        raise _DuplicateError(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return result


def _float(text: str) -> int | float | _BadNumber:
    try:
        return json_number(float(text))
    except ValueError:
        return _BadNumber(text)


def _integer(text: str) -> int | _BadNumber:
    return int(text) if len(text) <= _LONGEST_INTEGER else _BadNumber(text)


def _constant(text: str) -> NoReturn:
    raise ValueError(text)  # NaN and Infinity are not JSON; kubectl continues and reads the text as YAML


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_float, parse_int=_integer, parse_constant=_constant)


def _check(value: Any, line: int) -> None:
    """Refuse deep nesting, and halves of surrogate pairs, which are not characters."""
    level, depth = [value], 0
    while level:
        depth += 1
        below: list[Any] = []
        for item in level:
            if isinstance(item, _BadNumber):
                raise SyntaxProblemError(line, "a number is too large", "put a text in quotes")
            if isinstance(item, str):
                _check_text(item, line)
            elif isinstance(item, dict):
                for key in item:
                    _check_text(key, line)
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
        if depth > MAX_DEPTH and any(isinstance(item, (dict, list)) for item in level):
            raise _too_deep(line)
        level = below


def _check_text(text: str, line: int) -> None:
    if not text.isascii() and _SURROGATE.search(text):
        raise SyntaxProblemError(line, "a text has half of a surrogate pair", "write the whole character")


def _too_deep(line: int) -> TooDeepError:
    return TooDeepError(line, f"nested deeper than {MAX_DEPTH} levels", "no Kubernetes object is nested that deep")
