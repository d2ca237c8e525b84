"""Awaits many requests, of which only a few run at the same time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

AT_ONCE = 8
"""Requests that run at the same time, so that many take little longer than one."""


async def gather_each(function: Callable[[ItemT], Awaitable[ResultT]], items: Iterable[ItemT]) -> list[ResultT]:
    """Call a function for each item, at most `AT_ONCE` at the same time.

    Returns:
        The results, in the order of the items.

    Raises:
        Exception: what the function raises first. The other calls continue, as with `asyncio.gather`.
    """
    turns = asyncio.Semaphore(AT_ONCE)

    async def call(item: ItemT) -> ResultT:
        async with turns:
            return await function(item)

    return await asyncio.gather(*map(call, items))
