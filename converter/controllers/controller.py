"""A controller: sources add keys to a queue, workers take each key and reconcile it.

The shape is that of controller-runtime. A reconciler is level-triggered: it reads the present state and makes the
changes that are missing. It does not know which event added its key.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from converter.client import ConflictError, Key, WorkQueue
from converter.errors import ConverterError
from converter.karmada.names import cluster_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from converter.client import Change, Informer

_log = logging.getLogger(__name__)

K = TypeVar("K", bound="Hashable")
K_contra = TypeVar("K_contra", bound="Hashable", contravariant=True)
E = TypeVar("E")
T = TypeVar("T")


class RequeueReason(StrEnum):
    """Why a key is reconciled again."""

    STALE_WEBHOOK = "StaleWebhook"
    """The webhook did not make of a Work what the controller would make of it."""
    ANCHOR_TERMINATING = "AnchorTerminating"
    """An earlier anchor is being deleted."""
    NAME_TAKEN = "NameTaken"
    """Another Work has the name of the anchor."""
    CONVERTED_AGAIN = "ConvertedAgain"
    """A Work was converted again while it was released from its anchor."""
    ADOPTED_AGAIN = "AdoptedAgain"
    """An anchor that was to be deleted owns its Work again."""


class RequeueError(ConverterError):
    """The state is not final yet, and nothing is wrong: reconcile the key again after a short delay.

    Attributes:
        reason: why.
    """

    def __init__(self, reason: RequeueReason, problem: str) -> None:
        self.reason = reason
        super().__init__(problem)


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one successful pass.

    Attributes:
        requeue_after: seconds after which the key is reconciled again; None to wait for the next event.
    """

    requeue_after: float | None = None


DONE = Result()


class Reconciler(Protocol[K_contra]):
    """Brings one object, or whatever its key names, into the desired state."""

    async def reconcile(self, key: K_contra) -> Result:
        """Reconcile once. Safe to repeat; without anything to do it writes nothing.

        Raises:
            ConverterError: the pass failed, or must be repeated (RequeueError, ConflictError).
        """


class Synced(Protocol):
    """Something that knows the present state once its event is set."""

    @property
    def synced(self) -> asyncio.Event:
        """Set after the first complete list."""


class Source(Protocol[K]):
    """Adds the keys to a queue whose state may have changed."""

    def start(self, queue: WorkQueue[K]) -> Callable[[], None]:
        """Add keys from now on, and first those of everything that is there; return what stops it."""

    async def wait_for_sync(self) -> None:
        """Wait until the present state is known completely."""


def own_key(change: Change[T]) -> Iterable[Key]:
    """Map a change to the changed object itself."""
    return (change.key,)


def any_change(_change: Change[T]) -> bool:
    """Let every change pass."""
    return True


@dataclass(frozen=True, slots=True)
class InformerSource(Generic[K, T]):
    """The changes that an informer sees.

    Attributes:
        informer: the informer; somebody else runs it.
        keys: maps a change to the keys to reconcile.
        predicate: whether a change matters.
    """

    informer: Informer[T]
    keys: Callable[[Change[T]], Iterable[K]]
    predicate: Callable[[Change[T]], bool] = any_change

    def start(self, queue: WorkQueue[K]) -> Callable[[], None]:
        """Follow the informer."""

        def handle(change: Change[T]) -> None:
            if self.predicate(change):
                for key in self.keys(change):
                    queue.add(key)

        return self.informer.add_handler(handle)

    async def wait_for_sync(self) -> None:
        """Wait for the informer's first complete list."""
        await self.informer.synced.wait()


class Channel(Generic[E]):
    """Events from this process itself. Without a listener an event is dropped: reconcilers start from the state."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[E], None]] = []

    def send(self, event: E) -> None:
        """Send an event to all listeners."""
        for listener in self._listeners:
            listener(event)

    def listen(self, listener: Callable[[E], None]) -> Callable[[], None]:
        """Call a listener for each event; return what removes it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)


@dataclass(frozen=True, slots=True)
class ChannelSource(Generic[K, E]):
    """The events of a channel.

    Attributes:
        channel: the channel.
        keys: maps an event to the keys to reconcile.
        initial: returns the keys to reconcile first, when the controller starts.
    """

    channel: Channel[E]
    keys: Callable[[E], Iterable[K]]
    initial: Callable[[], Iterable[K]] = tuple

    def start(self, queue: WorkQueue[K]) -> Callable[[], None]:
        """Follow the channel."""

        def handle(event: E) -> None:
            for key in self.keys(event):
                queue.add(key)

        for key in self.initial():
            queue.add(key)
        return self.channel.listen(handle)

    async def wait_for_sync(self) -> None:
        """Return at once: a channel has no state."""


@dataclass(slots=True)
class Passes:
    """The passes of a controller since the process started.

    Attributes:
        done: how many succeeded.
        retried: how many must be repeated although nothing is wrong.
        failed: how many failed.
        seconds: the time of all.
    """

    done: int = 0
    retried: int = 0
    failed: int = 0
    seconds: float = 0.0


class Controller(Generic[K]):
    """Runs a reconciler for the keys of its sources.

    Attributes:
        name: names the controller in the log, and in metrics.
        reconciler: what it runs.
        passes: what came of its passes.
    """

    def __init__(
        self,
        name: str,
        reconciler: Reconciler[K],
        sources: Sequence[Source[K]],
        *,
        workers: int = 1,
        reads: Sequence[Synced] = (),
    ) -> None:
        """Prepare; `run` does the rest.

        Args:
            name: names the controller in the log.
            reconciler: what to run.
            sources: where the keys come from.
            workers: keys that are reconciled at the same time. Two workers never handle the same key.
            reads: other informers that the reconciler reads; the workers wait for them, too.
        """
        self.name = name
        self.reconciler = reconciler
        self._sources = tuple(sources)
        self._workers = workers
        self._reads = tuple(reads)
        self._queue: WorkQueue[K] | None = None
        self.passes = Passes()

    @property
    def waiting(self) -> int:
        """How many keys wait for a worker, or for their next pass."""
        return len(self._queue) if self._queue is not None else 0

    async def run(self) -> None:
        """Reconcile until cancelled."""
        queue: WorkQueue[K] = WorkQueue()
        self._queue = queue
        stops = [source.start(queue) for source in self._sources]
        try:
            for source in self._sources:
                await source.wait_for_sync()
            for informer in self._reads:
                await informer.synced.wait()
            async with asyncio.TaskGroup() as group:
                for _ in range(self._workers):
                    group.create_task(self._work(queue))
        finally:
            for stop in stops:
                stop()
            queue.shut_down()
            self._queue = None

    async def _work(self, queue: WorkQueue[K]) -> None:
        while True:
            key = await queue.get()
            began = time.perf_counter()
            try:
                result = await self.reconciler.reconcile(key)
            except (ConflictError, RequeueError) as error:
                self.passes.retried += 1
                delay = queue.add_rate_limited(key)
                _log.debug("%s %s: %s; retrying in %.2f s", self.name, key, error, delay, extra=self._facts(key))
            except ConverterError as error:
                self.passes.failed += 1
                delay = queue.add_rate_limited(key)
                _log.warning("%s %s: %s; retrying in %.1f s", self.name, key, error, delay, extra=self._facts(key))
            except Exception:  # noqa: BLE001 -- a bug that one object triggers must not stop the others
                self.passes.failed += 1
                delay = queue.add_rate_limited(key)
                _log.exception("%s %s: retrying in %.1f s", self.name, key, delay, extra=self._facts(key))
            else:
                self.passes.done += 1
                queue.forget(key)
                if result.requeue_after is not None:
                    queue.add_after(key, result.requeue_after)
            finally:
                self.passes.seconds += time.perf_counter() - began
                queue.done(key)
            await asyncio.sleep(0)  # a pass without a request does not yield, and the leader has to renew its Lease

    def _facts(self, key: K) -> dict[str, str]:
        """The facts of a pass for the log."""
        facts = {"controller": self.name, "object": str(key)}
        cluster = cluster_of(key.namespace) if isinstance(key, Key) else None
        return facts if cluster is None else {**facts, "cluster": cluster}
