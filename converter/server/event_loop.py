"""The event loop of servers: uvloop, with TLS and sockets in C, if it is installed; otherwise the one of asyncio.

The loop of asyncio costs 26.6 % more CPU time per request (tests/bench/bench_tricks.py, uvloop 0.23.0). uvloop does not
exist for Windows, nor for Python implementations other than CPython.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")


def run(main: Coroutine[None, None, T]) -> T:
    """Run a coroutine in a new loop, as `asyncio.run` does."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(main)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return the factory of the loop; None for the one of asyncio."""
    try:
        import uvloop  # noqa: PLC0415  not everywhere
    except ImportError:
        return None
    return uvloop.new_event_loop
