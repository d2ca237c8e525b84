"""Lets the event loop run while a thread works in Python: other threads get the interpreter ten times as often."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SWITCH_SECONDS = 0.0005
"""Switch interval of the interpreter meanwhile (default 0.005)."""


@contextlib.contextmanager
def giving_way() -> Iterator[None]:
    """Shorten the switch interval for a while."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, _SWITCH_SECONDS))
    try:
        yield
    finally:
        sys.setswitchinterval(before)
