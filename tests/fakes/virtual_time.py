"""An event loop whose clock is virtual: a sleep takes no time, and the same test always runs in the same order.

When nothing is ready to run, the clock jumps to the next timer. A test that waits for something that can never
happen ends with an error instead of a timeout. Only for tests without sockets, threads and processes.
"""

import asyncio
import selectors


class _Selector(selectors.DefaultSelector):
    loop = None

    def select(self, timeout=None):
        if timeout is None:
            raise RuntimeError("nothing is left to run: the test waits for something that cannot happen")
        if timeout > 0:
            self.loop.now += max(timeout, 1e-6)  # less could be lost in rounding
        return super().select(0)


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Its ``time()`` moves only from timer to timer."""

    def __init__(self):
        self.now = 1000.0
        selector = _Selector()
        selector.loop = self
        super().__init__(selector)

    def time(self):
        return self.now


async def advance(seconds):
    """Let virtual time pass."""
    await asyncio.sleep(seconds)
