"""The work queue of a controller: each key once, each handled by one worker at a time.

The rules are those of client-go's ``util/workqueue``. A key added while it waits is not added twice. A key added
while a worker handles it is handled once more afterwards. A key that fails waits longer each time.
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
    """The keys that wait for a worker."""

    def __init__(self, first_delay: float = _FIRST_DELAY, longest_delay: float = _LONGEST_DELAY) -> None:
        """Make an empty queue.

        Args:
            first_delay: seconds that a key waits after its first failure. Each further failure doubles the delay.
            longest_delay: the longest delay after a failure, in seconds.
        """
        self._first = first_delay
        self._longest = longest_delay
        self._waiting: deque[K] = deque()
        self._dirty: set[K] = set()
        self._processing: set[K] = set()
        self._failures: dict[K, int] = {}
        self._timers: dict[K, asyncio.TimerHandle] = {}
        self._ready = asyncio.Event()

    def __len__(self) -> int:
        return len(self._dirty) + len(self._timers)

    def add(self, key: K) -> None:
        """Hand the key to a worker as soon as one is free."""
        if key in self._dirty:
            return
        self._dirty.add(key)
        if key not in self._processing:
            self._waiting.append(key)
            self._ready.set()

    def add_after(self, key: K, seconds: float) -> None:
        """Add the key after a delay. Of several delays for one key, the earliest wins."""
        loop = asyncio.get_running_loop()
        timer = self._timers.get(key)
        if timer is not None:
            if timer.when() <= loop.time() + seconds:
                return
            timer.cancel()
        self._timers[key] = loop.call_later(seconds, self._due, key)

    def add_rate_limited(self, key: K) -> float:
        """Add a key that failed again, after a delay that grows with each failure.

        Returns:
            The delay in seconds.
        """
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        delay: float = min(self._longest, self._first * 2 ** min(failures, 30)) * random.uniform(0.7, 1.0)  # noqa: S311 -- spreads load, guards nothing
        self.add_after(key, delay)
        return delay

    def forget(self, key: K) -> None:
        """Reset the failures of a key: it was handled successfully."""
        self._failures.pop(key, None)

    async def get(self) -> K:
        """Wait for a key and take it. Call `done` afterwards, whatever happens."""
        while not self._waiting:
            self._ready.clear()
            await self._ready.wait()
        key = self._waiting.popleft()
        self._dirty.discard(key)
        self._processing.add(key)
        return key

    def done(self, key: K) -> None:
        """Mark a key as no longer handled. If it was added meanwhile, it is handled again."""
        self._processing.discard(key)
        if key in self._dirty:
            self._waiting.append(key)
            self._ready.set()

    def shut_down(self) -> None:
        """Cancel all delayed keys."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _due(self, key: K) -> None:
        self._timers.pop(key, None)
        self.add(key)
