"""How asynchronous tests wait: for a condition, and never for a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

HANG_SECONDS = 120.0
"""When a wait counts as hung. It only ends a broken test, so it is far longer than a busy machine needs."""

_LOOK_SECONDS = 0.002


async def until(condition: Callable[[], object], seconds: float = HANG_SECONDS) -> None:
    """Wait until a condition is true.

    Args:
        condition: returns something true once it holds.
        seconds: when to give up. Only a test of a deadline sets it.

    Raises:
        TimeoutError: the condition did not become true.
    """
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  a condition of any kind sends no event
            await asyncio.sleep(_LOOK_SECONDS)
