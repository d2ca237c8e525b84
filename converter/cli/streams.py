"""Standard input, output and error: usable when closed, full, or limited to ASCII.

A command writes manifests for other programs to read, so output that is not a terminal is always UTF-8, as kubectl
writes it. A terminal shows a character that it cannot display as a backslash escape.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO


class ClosedStream(io.TextIOBase):
    """Standard output that the caller closed (``>&-``): a write fails, as it would in C."""

    def __init__(self) -> None:
        super().__init__()
        self._lost = False

    def write(self, text: str, /) -> int:
        """Fail, unless there is nothing to write.

        Raises:
            OSError: ``EBADF``.
        """
        if text:
            self._lost = True
            self.flush()
        return 0

    def flush(self) -> None:
        """Fail if a write failed: argparse ignores failing writes of its help.

        Raises:
            OSError: ``EBADF``.
        """
        if self._lost:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))

    def forget(self) -> None:
        """Forget what could not be written; the failure is reported."""
        self._lost = False


class ClosedInput(io.TextIOBase):
    """Standard input that the caller closed (``<&-``): reading fails, as it would in C."""

    def read(self, _size: int | None = -1, /) -> str:
        """Fail.

        Raises:
            OSError: ``EBADF``.
        """
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))


def prepare() -> None:
    """Make the three streams safe to use; called once, before anything is read or written."""
    _occupy_descriptors()
    if sys.stdin is None:  # the caller closed it
        sys.stdin = ClosedInput()
    if sys.stdout is None:
        sys.stdout = ClosedStream()
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  open to the end
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if not isinstance(stream, io.TextIOWrapper):
            continue
        if stream is sys.stdin:
            with contextlib.suppress(io.UnsupportedOperation):  # something was read from it already
                stream.reconfigure(encoding="utf-8", errors="strict")
        elif stream.isatty():
            stream.reconfigure(errors="backslashreplace")
        else:
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _occupy_descriptors() -> None:
    """Open each closed standard descriptor on the null device, so that no other file gets its number."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number is this one


def warn(text: str) -> None:
    """Print a line for people on standard error; a standard error that cannot be written to is ignored."""
    with contextlib.suppress(OSError, ValueError):
        print(text, file=sys.stderr, flush=True)


def announce(text: str) -> None:
    """Print a line on standard output; a server runs on if nobody can read it."""
    try:
        print(text, flush=True)
    except (OSError, ValueError):
        abandon(sys.stdout)


def abandon(stream: TextIO) -> None:
    """Send what a stream still buffers to the null device; otherwise the interpreter reports it again at exit."""
    if isinstance(stream, ClosedStream):
        stream.forget()
        return
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(null, stream.fileno())
        finally:
            os.close(null)
