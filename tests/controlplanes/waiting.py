"""Polling with a deadline: the only way the harness waits for anything."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from tests.controlplanes.errors import NotReadyError

if TYPE_CHECKING:
    from collections.abc import Callable

Found = TypeVar("Found")

_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 0.5


def wait_until(
    what: str,
    probe: Callable[[], Found | None],
    seconds: float = 60,
    *,
    ignore: tuple[type[Exception], ...] = (),
) -> Found:
    """Call ``probe`` until it gives something true, and return that.

    The pauses grow from 20 ms to half a second: quick things are seen at once, slow ones cost little.

    Args:
        what: what is waited for, as it reads in the error.
        probe: gives something false while it is not there; ``AssertionError`` counts as false too, so that
            a test can state what it expects as asserts.
        seconds: how long to try.
        ignore: errors of the probe that mean "not yet".

    Raises:
        NotReadyError: it did not come; the message has what the probe gave or raised last.
    """
    not_yet: tuple[type[Exception], ...] = (AssertionError, *ignore)
    deadline = time.monotonic() + seconds
    pause = _FIRST_PAUSE
    while True:
        try:
            found = probe()
        except not_yet as error:
            last = f"{type(error).__name__}: {error}"
        else:
            if found:
                return found
            last = repr(found)
        left = deadline - time.monotonic()
        if left <= 0:
            raise NotReadyError(what, seconds, last)
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, _LONGEST_PAUSE)
