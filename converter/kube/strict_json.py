"""Finds the place of JSON errors that the fast decoder accepts or cannot locate: duplicate keys, huge numbers.

Slow: used only for input that is wrong or suspicious.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final, NoReturn

from converter.errors import ManifestError
from converter.kube import Path, format_path

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST_INTEGER = 400
"""Digits; Python refuses to read integers of more than some thousands."""


class _Wrong:
    """Marks a wrong value, so that a walk from the root finds its path."""

    def __init__(self, problem: str, key: str | None = None) -> None:
        self.problem = problem
        self.key = key


_TOO_LARGE: Final = "a number is too large for every reader"


def check_strictly(data: bytes) -> None:
    """Parse JSON, and reject input that other parsers could read differently.

    Raises:
        ManifestError: with the path of a duplicate key, or of a number that is not valid JSON (NaN)
            or too large for every reader.
    """
    try:
        value = json.loads(
            data, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float, parse_int=_integer
        )
    except RecursionError:
        raise ManifestError("is nested too deep; no Kubernetes object is nested that deep") from None
    except ValueError as error:  # bad syntax and bad UTF-8
        raise ManifestError(f"is not JSON: {error}") from None
    for path, wrong in _find(value, ()):
        raise ManifestError(wrong.problem, format_path(path if wrong.key is None else (*path, wrong.key)))


def _object(pairs: list[tuple[str, Any]]) -> Any:
    result = dict(pairs)
    if len(result) == len(pairs):
        return result
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            return _Wrong("this key is set more than once in the same object; keep one", key)
        seen.add(key)
    return result


def _constant(text: str) -> _Wrong:
    return _Wrong(f"{text} is not a number in JSON")


def _float(text: str) -> float | _Wrong:
    number = float(text)
    return number if math.isfinite(number) else _Wrong(_TOO_LARGE)


def _integer(text: str) -> int | _Wrong:
    return int(text) if len(text) <= _LONGEST_INTEGER else _Wrong(_TOO_LARGE)


def _find(value: Any, path: Path) -> Iterator[tuple[Path, _Wrong]]:
    if isinstance(value, _Wrong):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _find(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _find(item, (*path, index))


def refuse(data: bytes, fallback: Exception) -> NoReturn:
    """Say what is wrong with JSON that could not be decoded: its place if it can be found, else the decoder's words.

    Raises:
        ManifestError: always.
    """
    check_strictly(data)
    raise ManifestError(f"cannot be read: {fallback}") from None
