"""Starts what a replica runs: caches in every replica, and informers and controllers while it leads."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

from converter.controllers.controller import Synced

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from converter.client import LeaderElector


class Runnable(Protocol):
    """Something that runs until it is cancelled."""

    async def run(self) -> None:
        """Run until cancelled."""


class Cache(Runnable, Synced, Protocol):
    """A copy of some part of the control plane."""


class Manager:
    """Runs one replica.

    Attributes:
        leader_tasks: what else only the leader runs; add to it before `run`. Each runs until cancelled.
    """

    def __init__(
        self,
        election: LeaderElector,
        *,
        caches: Sequence[Cache],
        informers: Sequence[Runnable],
        controllers: Sequence[Runnable],
    ) -> None:
        """Prepare; `run` does the rest.

        Args:
            election: decides which replica leads.
            caches: run in every replica; a leader waits for them before it starts anything.
            informers: run while this replica leads.
            controllers: run while this replica leads; each waits for the informers that it reads.
        """
        self.leader_tasks: list[Callable[[], Coroutine[Any, Any, None]]] = []
        self._election = election
        self._caches = tuple(caches)
        self._informers = tuple(informers)
        self._controllers = tuple(controllers)

    @property
    def leading(self) -> bool:
        """Whether this replica leads now."""
        return self._election.leading

    @property
    def ready(self) -> bool:
        """Whether the caches of this replica are complete."""
        return all(cache.synced.is_set() for cache in self._caches)

    async def run(self) -> None:
        """Run until cancelled."""
        async with asyncio.TaskGroup() as group:
            for cache in self._caches:
                group.create_task(cache.run())
            group.create_task(self._election.run(self._lead))

    async def _lead(self) -> None:
        for cache in self._caches:
            await cache.synced.wait()
        async with asyncio.TaskGroup() as group:
            for runnable in (*self._controllers, *self._informers):  # sources first, so that they see the first lists
                group.create_task(runnable.run())
            for task in self.leader_tasks:
                group.create_task(task())
