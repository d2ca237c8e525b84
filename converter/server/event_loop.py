"""The event loop of servers: uvloop, with TLS and sockets in C, if it is installed; otherwise the one of asyncio.

It takes a fifth off each request (tests/bench/bench_webhook.py). Windows and other Pythons than CPython have no uvloop.
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
