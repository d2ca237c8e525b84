"""Structured logging: one event a line, as ``key=value`` text for people or as JSON for machines."""

from __future__ import annotations

import datetime as dt
import logging
import sys
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from typing import TextIO

FORMATS = ("text", "json")
"""What ``--log-format`` takes."""

LEVELS = ("debug", "info", "warning", "error")
"""What ``--log-level`` takes."""

_NOT_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@+")
_encoder = msgspec.json.Encoder(enc_hook=str)


def set_up(style: str, level: str, stream: TextIO | None = None) -> None:
    """Send every log record of the process to one stream, one line each.

    Args:
        style: one of `FORMATS`.
        level: one of `LEVELS`; what is less is dropped.
        stream: where to; standard error if None.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if style == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # aiohttp's own words on each broken request say less than ours, with a traceback.
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)
    logging.getLogger("asyncio").setLevel(logging.WARNING)


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """The facts of a record: what was given as ``extra``."""
    return {key: value for key, value in vars(record).items() if key not in _NOT_FIELDS}


class TextFormatter(logging.Formatter):
    """``2026-01-02T03:04:05.678Z INFO message key=value …``; values that need it are quoted as JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record as one line; a traceback goes into a field of its own, quoted like the others."""
        facts = "".join(f" {key}={_shown(value)}" for key, value in fields_of(record).items())
        line = f"{_time(record)} {record.levelname} {_one_line(record.getMessage())}{facts}"
        trace = _trace(self, record)
        return f"{line} traceback={_shown(trace)}" if trace else line


class JsonFormatter(logging.Formatter):
    """``{"time": …, "level": …, "logger": …, "message": …, key: value, …}``."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record as one line of JSON."""
        event = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **fields_of(record),
        }
        trace = _trace(self, record)
        if trace:
            event["traceback"] = trace
        return _encoder.encode(event).decode()


def _time(record: logging.LogRecord) -> str:
    at = dt.datetime.fromtimestamp(record.created, dt.UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    return formatter.formatException(record.exc_info) if record.exc_info else ""


def _one_line(text: str) -> str:
    # A name in a request may hold line breaks; a reader of the log must not take them for lines of ours.
    return (
        text
        if text.isprintable()
        else "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    )


def _shown(value: object) -> str:
    if isinstance(value, str):
        return value if value and _PLAIN.issuperset(value) else _encoder.encode(value).decode()
    return _encoder.encode(value).decode()
