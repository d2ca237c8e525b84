"""Processes whose clock is wrong, by Debian's package libfaketime."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.controlplanes.processes import Process

SKEW: Final = 120
"""Seconds."""

SHIFTED: Final = {
    "LD_PRELOAD": "/usr/$LIB/faketime/libfaketime.so.1",
    "FAKETIME": f"+{SKEW}s",
    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
}
"""The environment of a process that is ahead; the clock that measures durations goes on as it is."""


@contextlib.contextmanager
def ahead(process: Process) -> Iterator[None]:
    """Run a process by a clock that is ahead."""
    before = dict(process.variables)
    process.variables |= SHIFTED
    process.restart()
    try:
        yield
    finally:
        process.variables = before
        process.restart()
