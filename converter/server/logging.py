"""Structured logging: one event a line, as ``key=value`` text for people or as JSON for machines."""

from __future__ import annotations

import functools
import logging
import re
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TextIO

FORMATS = ("text", "json")
"""What ``--log-format`` takes."""

LEVELS = ("debug", "info", "warning", "error")
"""What ``--log-level`` takes."""

_NOT_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_is_plain = re.compile(r"[a-zA-Z0-9_./:@+-]+").fullmatch
_encode = msgspec.json.Encoder(enc_hook=str).encode


class Fact(NamedTuple):
    """One line of the log.

    Attributes:
        at: when, in seconds since the epoch.
        level: one of logging's.
        message: a few words, the same for all events of a sort.
        fields: what differs from event to event.
    """

    at: float
    level: int
    message: str
    fields: Mapping[str, object]


class Style(Protocol):
    """A way to write a line."""

    def __call__(self, logger: str, fact: Fact, trace: str = "") -> str:
        """Write a fact, with a traceback if there is one, as one line without its end."""


def set_up(style: str, level: str, stream: TextIO | None = None) -> None:
    """Send every log record of the process to one stream, one line each.

    Args:
        style: one of `FORMATS`.
        level: one of `LEVELS`; what is less is dropped.
        stream: where to; standard error if None.
    """
    handler = LineHandler(json_line if style == "json" else text_line, stream or sys.stderr)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # aiohttp's own words on each broken request say less than ours, with a traceback.
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)
    logging.getLogger("asyncio").setLevel(logging.WARNING)


def emit(logger: str, facts: Sequence[Fact]) -> None:
    """Log many facts at once.

    Where `set_up` set up the log, each costs a few microseconds, a tenth of what a LogRecord costs; else they go
    through logging as any record does.

    Args:
        logger: the logger's name; its level counts.
        facts: what to log.
    """
    log = logging.getLogger(logger)
    wanted = [fact for fact in facts if log.isEnabledFor(fact.level)]
    handlers = logging.getLogger().handlers
    if len(handlers) == 1 and isinstance(handlers[0], LineHandler) and not log.handlers:
        handlers[0].write(logger, wanted)
        return
    for fact in wanted:
        log.log(fact.level, fact.message, extra=dict(fact.fields))


class LineHandler(logging.StreamHandler["TextIO"]):
    """Writes records in one of the styles."""

    def __init__(self, style: Style, stream: TextIO) -> None:
        super().__init__(stream)
        self._style = style

    def format(self, record: logging.LogRecord) -> str:
        """Write a record as one line."""
        trace = (self.formatter or logging.Formatter()).formatException(record.exc_info) if record.exc_info else ""
        fact = Fact(record.created, record.levelno, record.getMessage(), fields_of(record))
        return self._style(record.name, fact, trace)

    def write(self, logger: str, facts: Sequence[Fact]) -> None:
        """Write many lines in one go."""
        if not facts:
            return
        text = "".join([f"{self._style(logger, fact)}\n" for fact in facts])
        self.acquire()
        try:
            self.stream.write(text)
            self.flush()
        finally:
            self.release()


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """The facts of a record: what was given as ``extra``."""
    return {key: value for key, value in vars(record).items() if key not in _NOT_FIELDS}


def text_line(logger: str, fact: Fact, trace: str = "") -> str:  # noqa: ARG001  for machines, as the other style has it
    """``2026-01-02T03:04:05.678Z INFO message key=value …``; values that need it are quoted as JSON."""
    words = [_time(fact.at), logging.getLevelName(fact.level), _one_line(fact.message)]
    words += [f"{key}={_shown(value)}" for key, value in fact.fields.items()]
    if trace:
        words.append(f"traceback={_shown(trace)}")
    return " ".join(words)


def json_line(logger: str, fact: Fact, trace: str = "") -> str:
    """``{"time": …, "level": …, "logger": …, "message": …, key: value, …}``."""
    event = {
        "time": _time(fact.at),
        "level": logging.getLevelName(fact.level).lower(),
        "logger": logger,
        "message": fact.message,
        **fact.fields,
    }
    if trace:
        event["traceback"] = trace
    return _encode(event).decode()


_latest_second = (0, "")


def _time(at: float) -> str:
    global _latest_second  # noqa: PLW0603  most lines share their second with the one before
    second = int(at)
    if second != _latest_second[0]:
        _latest_second = (second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second)))
    return f"{_latest_second[1]}.{int((at - second) * 1000):03d}Z"


def _one_line(text: str) -> str:
    # A name in a request may hold line breaks; a reader of the log must not take them for lines of ours.
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _shown(value: object) -> str:
    return _text_shown(value) if isinstance(value, str) else _one_line(_encode(value).decode())


@functools.lru_cache(maxsize=1024)
def _text_shown(text: str) -> str:
    """Quote what needs it; the same names and versions come again and again."""
    return text if _is_plain(text) else _one_line(_encode(text).decode())
