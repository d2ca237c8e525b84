"""Tracebacks without messages: an error of Python quotes the value that it is about, which can be one of a Secret."""

from __future__ import annotations

import traceback
from typing import Final

from converter.errors import ConverterError

_CHAINED: Final = 8
"""Errors of a chain that a traceback shows."""


def traceback_of(error: BaseException) -> str:
    """Format an error and those that led to it: frames, types, and the messages of our own errors."""
    parts: list[str] = []
    link = ""
    current: BaseException | None = error
    while current is not None and len(parts) < _CHAINED:
        frames = "".join(traceback.format_tb(current.__traceback__))
        parts.append(f"Traceback (most recent call last):\n{frames}{_named(current)}{link}")
        cause = current.__cause__
        link = "\n\nwhich led to:\n" if cause is not None else "\n\nduring which this happened:\n"
        current = cause if cause is not None or current.__suppress_context__ else current.__context__
    return "\n".join(reversed(parts))


def _named(error: BaseException) -> str:
    name = type(error).__qualname__
    if not isinstance(error, ConverterError):
        return name
    for_log = getattr(error, "for_log", None)  # an error of an API server quotes what was sent
    return f"{name}: {error if for_log is None else for_log()}"
