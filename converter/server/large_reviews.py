"""Answers large reviews in a thread, one after the other, so that they do not hold up small ones.

Python runs one thread at a time, and changes it every few milliseconds. A small review that comes while a large one is
answered waits for that change, not for the answer: while large reviews of 100 ms came without a break, half of the
small ones took 10 ms, and 228 ms without the thread (two busy cores). What waits for the thread is bounded by its size.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LARGE: Final = 64 << 10
"""Bytes of a body that is answered in the thread. Nearly all Works are smaller than 16 KiB."""

ALL_BODIES: Final = 32 << 20
"""Bytes of all large bodies that are being read, wait, or are answered, and of the answers."""


class Bodies:
    """Counts the bytes of large bodies, and of their answers until they are written.

    Attributes:
        held: how many there are now.
        limit: how many there may be.
    """

    def __init__(self, limit: int = ALL_BODIES) -> None:
        self.held = 0
        self.limit = limit

    @contextlib.contextmanager
    def holding(self) -> Iterator[Held]:
        """Count bytes until the context ends."""
        held = Held(self)
        try:
            yield held
        finally:
            self.held -= held.size


class Held:
    """The bytes of one review.

    Attributes:
        size: how many they are.
    """

    def __init__(self, bodies: Bodies) -> None:
        self._bodies = bodies
        self.size = 0

    def add(self, size: int) -> bool:
        """Count more bytes; returns whether there is room for them."""
        if self._bodies.held + size > self._bodies.limit:
            return False
        self._bodies.held += size
        self.size += size
        return True


class LargeReviews:
    """The thread."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="large-reviews")

    async def answer(self, answer: Callable[[bytes], bytes], body: bytes) -> bytes:
        """Answer a review in the thread; raises what ``answer`` raises."""
        context = contextvars.copy_context()  # the log names the review there, too
        return await asyncio.get_running_loop().run_in_executor(self._executor, context.run, answer, body)
