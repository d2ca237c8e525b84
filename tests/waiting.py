"""How tests wait: for a condition, and never for a time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Awaitable, Callable
    from pathlib import Path

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


async def until_passes(condition: Callable[[], Awaitable[object]], seconds: float = HANG_SECONDS) -> None:
    """Wait until a condition that sends a request is true; arguments and error as for `until`."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110  a server sends no event
            await asyncio.sleep(_LOOK_SECONDS)


def listening(process: subprocess.Popen[Any], folder: Path) -> dict[str, Any]:
    """Wait until a ``converter serve --sample`` listens; returns what it writes down: its URL, its CA, its page.

    Args:
        process: the server.
        folder: its working directory.

    Raises:
        TimeoutError: it ended, or did not listen.
    """
    file = folder / ".run" / "listening.json"
    deadline = time.monotonic() + HANG_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError, ValueError):  # it may be half written
            facts: dict[str, Any] = json.loads(file.read_text("utf-8"))
            return facts
        time.sleep(_LOOK_SECONDS)
    raise TimeoutError(f"the server does not listen; its exit code: {process.returncode}")
