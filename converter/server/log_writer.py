"""Writes log lines from a thread, through a bounded queue: a reader that is stuck never blocks the server.

A full pipe, a paused terminal or a hanging disk block `os.write`, and with it whoever logs. So only the thread writes.
Lines that do not fit into the queue are dropped and counted. The thread logs the count when writing works again.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

QUEUE_BYTES: Final = 4 << 20
"""How many bytes of lines may wait for the thread."""

CLOSE_SECONDS: Final = 2.0
"""How long a process that ends waits for the last lines."""


class LogWriter:
    """Writes to one file descriptor; every method returns at once, except `flush`.

    Attributes:
        dropped: how many lines were lost since the start.
    """

    def __init__(self, descriptor: int, report: Callable[[int], str], *, queue_bytes: int | None = None) -> None:
        """Prepare; the thread starts with the first line.

        Args:
            descriptor: where to write. The thread duplicates it, so that closing it later does no harm.
            report: makes the line that reports a number of dropped lines.
            queue_bytes: the bound of the queue; `QUEUE_BYTES` by default.
        """
        self._descriptor = descriptor
        self._report = report
        self._bound = QUEUE_BYTES if queue_bytes is None else queue_bytes
        self._lines: deque[tuple[bytes, int]] = deque()
        self._waiting = 0
        self._unreported = 0
        self._changed = threading.Condition(threading.RLock())
        self._busy = False
        self._thread: threading.Thread | None = None
        self.dropped = 0

    def write(self, text: str, lines: int = 1) -> None:
        """Queue some lines, or drop and count them if the queue is full.

        Args:
            text: the lines, each with its end.
            lines: how many they are.
        """
        data = text.encode("utf-8", "backslashreplace")
        with self._changed:
            if self._waiting + len(data) > self._bound:
                self.drop(lines)
                return
            if self._thread is None:
                try:
                    self._descriptor = os.dup(self._descriptor)
                except OSError:
                    self.drop(lines)
                    return
                self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
                self._thread.start()
            self._lines.append((data, lines))
            self._waiting += len(data)
            self._changed.notify_all()

    def drop(self, lines: int) -> None:
        """Count lines that are lost."""
        with self._changed:
            self.dropped += lines
            self._unreported += lines

    def flush(self, seconds: float = CLOSE_SECONDS) -> bool:
        """Wait until everything is written; returns False if that took too long."""
        until = time.monotonic() + seconds
        with self._changed:
            while self._thread is not None and (self._lines or self._busy):
                left = until - time.monotonic()
                if left <= 0 or not self._thread.is_alive():
                    return False
                self._changed.wait(left)
        return True

    def _run(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                while not self._lines:
                    self._changed.wait()
                data, lines = self._lines.popleft()
                self._waiting -= len(data)
                self._busy = True
            if not self._write(data):
                self.drop(lines)
                continue
            with self._changed:
                unreported, self._unreported = self._unreported, 0
            if unreported and not self._write(self._report(unreported).encode()):
                with self._changed:
                    self._unreported += unreported

    def _write(self, data: bytes) -> bool:
        """Write everything, however long it takes; False if the descriptor cannot be written to."""
        left = memoryview(data)
        while left:
            try:
                left = left[os.write(self._descriptor, left) :]
            except BlockingIOError:  # another process made the descriptor non-blocking
                poll = select.poll()
                poll.register(self._descriptor, select.POLLOUT)
                poll.poll()
            except OSError:
                return False
        return True
