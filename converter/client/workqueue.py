"""The work queue of a level-based controller: keys, each once, each handled by one worker at a time.

The rules are client-go's: a key added while it waits is not added again; one added while it is being handled is
handled once more afterwards; one that failed waits longer each time.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable

K = TypeVar("K", bound="Hashable")

_FIRST_DELAY = 0.05
_LONGEST_DELAY = 300.0


class WorkQueue(Generic[K]):
    """Keys that wait to be handled."""

    def __init__(self, first_delay: float = _FIRST_DELAY, longest_delay: float = _LONGEST_DELAY) -> None:
        """Make an empty queue.

        Args:
            first_delay: seconds that a key waits after its first failure; twice as long after each further one.
            longest_delay: seconds that it waits at most.
        """
        self._first = first_delay
        self._longest = longest_delay
        self._waiting: deque[K] = deque()
        self._dirty: set[K] = set()
        self._handled: set[K] = set()
        self._failures: dict[K, int] = {}
        self._timers: dict[K, asyncio.TimerHandle] = {}
        self._ready = asyncio.Event()

    def __len__(self) -> int:
        return len(self._dirty) + len(self._timers)

    def add(self, key: K) -> None:
        """Have a key handled, soon."""
        if key in self._dirty:
            return
        self._dirty.add(key)
        if key not in self._handled:
            self._waiting.append(key)
            self._ready.set()

    def add_after(self, key: K, seconds: float) -> None:
        """Have a key handled in a while; of several such the earliest counts."""
        loop = asyncio.get_running_loop()
        timer = self._timers.get(key)
        if timer is not None:
            if timer.when() <= loop.time() + seconds:
                return
            timer.cancel()
        self._timers[key] = loop.call_later(seconds, self._due, key)

    def retry(self, key: K) -> float:
        """Have a key that failed handled again, later each time; in how many seconds."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        delay: float = min(self._longest, self._first * 2 ** min(failures, 30)) * random.uniform(0.7, 1.0)  # noqa: S311 -- spreads load, guards nothing
        self.add_after(key, delay)
        return delay

    def forget(self, key: K) -> None:
        """Take note that a key was handled well."""
        self._failures.pop(key, None)

    async def take(self) -> K:
        """Wait for a key and take it; call `done` for it afterwards, whatever happens."""
        while not self._waiting:
            self._ready.clear()
            await self._ready.wait()
        key = self._waiting.popleft()
        self._dirty.discard(key)
        self._handled.add(key)
        return key

    def done(self, key: K) -> None:
        """Take note that a key is no longer being handled."""
        self._handled.discard(key)
        if key in self._dirty:
            self._waiting.append(key)
            self._ready.set()

    def close(self) -> None:
        """Cancel what waits for its time."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _due(self, key: K) -> None:
        self._timers.pop(key, None)
        self.add(key)
