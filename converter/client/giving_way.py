"""Lets the event loop run while a thread works in Python: other threads get the interpreter ten times as often."""

from __future__ import annotations

import contextlib
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SWITCH_SECONDS = 0.0005
"""Switch interval of the interpreter meanwhile (default 0.005)."""


class _GivingWay:
    """Shortens the switch interval while at least one thread works."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._working = 0
        self._before = 0.0

    @contextlib.contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:
            if not self._working:
                self._before = sys.getswitchinterval()
                sys.setswitchinterval(min(self._before, _SWITCH_SECONDS))
            self._working += 1
        try:
            yield
        finally:
            with self._lock:
                self._working -= 1
                if not self._working:
                    sys.setswitchinterval(self._before)


giving_way = _GivingWay()
"""Shortens the switch interval for a while, in any number of threads at the same time."""
