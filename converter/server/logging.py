"""Structured logging: one event per line, as ``key=value`` text for people or as JSON for machines."""

from __future__ import annotations

import functools
import logging
import re
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec

from converter.client.errors import ApiError
from converter.server.in_progress import review_fields
from converter.server.log_writer import LogWriter
from converter.tracebacks import traceback_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TextIO

FORMATS = ("text", "json")
"""Values of ``--log-format``."""

LEVELS = ("debug", "info", "warning", "error")
"""Values of ``--log-level``."""

_NOT_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_is_plain = re.compile(r"[a-zA-Z0-9_./:@+-]+").fullmatch
_encode = msgspec.json.Encoder(enc_hook=str).encode


class Fact(NamedTuple):
    """One event of the log.

    Attributes:
        at: the time, in seconds since the epoch.
        level: a level of `logging`.
        message: a few words, the same for all events of a kind.
        fields: the facts of this event.
    """

    at: float
    level: int
    message: str
    fields: Mapping[str, object]


class Style(Protocol):
    """Formats an event."""

    def __call__(self, logger: str, fact: Fact, trace: str = "") -> str:
        """Format an event, and its traceback if there is one, as one line without a line break."""


def set_up(style: str, level: str, stream: TextIO | None = None) -> None:
    """Send every log record of the process to one stream, one line each.

    Args:
        style: one of `FORMATS`.
        level: one of `LEVELS`; lower levels are not logged.
        stream: where to write; standard error if None.
    """
    handler = LineHandler(json_line if style == "json" else text_line, stream or sys.stderr)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # aiohttp logs each broken request with a traceback; the application logs it in one line.
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)
    logging.getLogger("asyncio").setLevel(logging.WARNING)


def emit(logger: str, facts: Sequence[Fact]) -> None:
    """Log many events at once.

    After `set_up`, an event costs a few microseconds, a tenth of a LogRecord. Otherwise the events go through
    `logging` as usual.

    Args:
        logger: the name of the logger, whose level applies.
        facts: the events.
    """
    log = logging.getLogger(logger)
    wanted = [fact for fact in facts if log.isEnabledFor(fact.level)]
    handlers = logging.getLogger().handlers
    if len(handlers) == 1 and isinstance(handlers[0], LineHandler) and not log.handlers:
        handlers[0].write(logger, wanted)
        return
    for fact in wanted:
        log.log(fact.level, fact.message, extra=dict(fact.fields))


class LineHandler(logging.Handler):
    """Writes records in one of the styles, without ever waiting for the reader of the log.

    A stream without a file descriptor, such as `io.StringIO`, is written to directly.
    """

    def __init__(self, style: Style, stream: TextIO) -> None:
        super().__init__()
        self._style = style
        self._stream = stream
        try:
            self._writer: LogWriter | None = LogWriter(stream.fileno(), self._dropped_line)
        except (OSError, ValueError):
            self._writer = None

    @property
    def dropped(self) -> int:
        """How many lines were lost, because they could not be written or formatted."""
        return self._writer.dropped if self._writer is not None else 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record as one line."""
        try:
            self._put(f"{self.format(record)}\n", 1)
        except Exception:  # noqa: BLE001  a record that cannot be formatted must not fail whoever logs
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802  as logging calls it
        """Count a record that is lost; logging itself would print to standard error, which can block."""
        if self._writer is not None:
            self._writer.drop(1)

    def format(self, record: logging.LogRecord) -> str:
        """Format a record as one line."""
        error = record.exc_info[1] if record.exc_info else None
        trace = traceback_of(error) if error is not None else ""
        fact = Fact(record.created, record.levelno, _message(record), {**review_fields(), **fields_of(record)})
        return self._style(record.name, fact, trace)

    def write(self, logger: str, facts: Sequence[Fact]) -> None:
        """Write many lines at once."""
        if facts:
            self._put("".join([f"{self._style(logger, fact)}\n" for fact in facts]), len(facts))

    def flush(self) -> None:
        """Wait a moment for the lines that are not written yet; logging calls this when the process ends."""
        if self._writer is not None:
            self._writer.flush()

    def _put(self, text: str, lines: int) -> None:
        if self._writer is not None:
            self._writer.write(text, lines)
        else:
            self._stream.write(text)

    def _dropped_line(self, lines: int) -> str:
        fact = Fact(time.time(), logging.WARNING, "log lines dropped", {"lines": lines})
        return f"{self._style(__name__, fact)}\n"


def _message(record: logging.LogRecord) -> str:
    if not isinstance(record.args, tuple):
        return record.getMessage()
    args = tuple(arg.for_log() if isinstance(arg, ApiError) else arg for arg in record.args)
    return str(record.msg) % args if args else str(record.msg)


def dropped_lines() -> int:
    """Count the log lines of this process that were lost, because nobody read the log fast enough."""
    return sum(handler.dropped for handler in logging.getLogger().handlers if isinstance(handler, LineHandler))


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return the facts of a record: the values of ``extra``."""
    return {key: value for key, value in vars(record).items() if key not in _NOT_FIELDS}


def text_line(logger: str, fact: Fact, trace: str = "") -> str:  # noqa: ARG001  only JSON names the logger
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
    # A name in a request may contain line breaks, which must not look like lines of the log.
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _shown(value: object) -> str:
    return _text_shown(value) if isinstance(value, str) else _one_line(_encode(value).decode())


@functools.lru_cache(maxsize=1024)
def _text_shown(text: str) -> str:
    """Quote a text if necessary; names and versions repeat, so the result is cached."""
    return text if _is_plain(text) else _one_line(_encode(text).decode())
