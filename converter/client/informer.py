"""List and watch: an up-to-date copy of a collection in memory, in the form that its readers want.

It behaves as client-go's informers do. A watch that ends continues from its last resource version. A resource version
that has expired (410) leads to a new list. After any other error it retries with a growing, random delay. A copy may
lag behind, but it never skips: handlers see each object whose state differs from the state they saw last.
"""

from __future__ import annotations

import asyncio
import logging
import random
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import msgspec

from converter.client import pager
from converter.client.errors import ApiError, GoneError, NotFoundError
from converter.errors import ConverterError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from converter.client.rest import ApiServer, Collection

_log = logging.getLogger(__name__)

_WATCH_SECONDS = 280
_FIRST_WAIT = 0.2
_LONGEST_WAIT = 30.0
_ABSENT_WAIT = 2.0
"""Seconds after which an informer looks again for a collection that the API server lacks."""

T = TypeVar("T")


class Key(NamedTuple):
    """The name of an object in a collection.

    Attributes:
        namespace: its namespace; empty for cluster-scoped objects.
        name: its name.
    """

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


class Change(NamedTuple, Generic[T]):
    """One change of a copy.

    Attributes:
        key: the object.
        before: the item before the change; None for a new object.
        after: the item after the change; None for a deleted object.
        initial: the object was there before the handler was added, or is part of the first list.
    """

    key: Key
    before: T | None
    after: T | None
    initial: bool = False


class _Meta(msgspec.Struct, rename="camel"):
    name: str = ""
    namespace: str = ""
    resource_version: str = ""


class _Head(msgspec.Struct):
    metadata: _Meta


class _Event(msgspec.Struct):
    type: str
    object: msgspec.Raw


class _Failure(msgspec.Struct):
    code: int = 0
    message: str = ""
    reason: str = ""


_heads = msgspec.json.Decoder(_Head)
_events = msgspec.json.Decoder(_Event)
_failures = msgspec.json.Decoder(_Failure)


def _ignore() -> None:
    """Ignore that a list is complete."""


class Informer(Generic[T]):
    """A copy of a collection, or of the objects that its selectors match.

    Attributes:
        items: the copy. Read it freely; never change it.
        synced: set after the first complete list.
        failures: how often a list or a watch failed, since the process started.
        after_list: called after every complete list.
    """

    def __init__(
        self,
        server: ApiServer,
        collection: Collection,
        decode: Callable[[bytes], T],
        *,
        selector: str = "",
        fields: str = "",
        metadata_only: bool = False,
        is_optional: bool = False,
        index: Callable[[Key, T], Hashable] | None = None,
    ) -> None:
        """Prepare a copy; `run` fills it.

        Args:
            server: the API server.
            collection: the collection to copy.
            decode: makes an item from an object's JSON. An object for which it raises a ``ValueError`` (as msgspec
                does) or a ConverterError is logged and left out.
            selector: a label selector.
            fields: a field selector. Which fields are supported depends on the kind.
            metadata_only: copy only the metadata of the objects (PartialObjectMetadata).
            is_optional: whether the API server may lack the collection. It then counts as empty, and the informer looks
                for it again every few seconds.
            index: returns the value by which `by_index` finds an item; None leaves the item out of the index.
        """
        self.items: dict[Key, T] = {}
        self.synced = asyncio.Event()
        self.failures = 0
        self.after_list: Callable[[], None] = _ignore
        self._versions: dict[Key, str] = {}
        self._handlers: list[Callable[[Change[T]], None]] = []
        self._index = index
        self._indexed: dict[Hashable, dict[Key, T]] = {}
        self._server = server
        self._collection = collection
        self._decode = decode
        self._metadata_only = metadata_only
        self._is_optional = is_optional
        selectors = {"labelSelector": selector, "fieldSelector": fields}
        self._selected = {name: text for name, text in selectors.items() if text}
        self._version = ""

    def add_handler(self, handler: Callable[[Change[T]], None]) -> Callable[[], None]:
        """Call a handler for each change, and first for each item that is there already.

        Returns:
            A function that removes the handler.
        """
        self._handlers.append(handler)
        for key, item in list(self.items.items()):
            handler(Change(key, None, item, initial=True))
        return lambda: self._handlers.remove(handler)

    def by_index(self, value: Hashable) -> dict[Key, T]:
        """Find the items with an index value. Never change the answer."""
        return self._indexed.get(value, {})

    async def run(self) -> None:
        """Keep the copy up to date until cancelled."""
        failures = 0
        while True:
            try:
                if not self._version:
                    await self._list()
                    failures = 0
                if await self._watch():
                    failures = 0
            except GoneError:
                self._version = ""
            except NotFoundError as error:
                failures = await self._missing(error, failures)
            except (ApiError, msgspec.MsgspecError) as error:
                failures = await self._failed(error, failures)

    async def _missing(self, error: NotFoundError, failures: int) -> int:
        if not self._is_optional:
            return await self._failed(error, failures)
        self._version = ""
        for key in list(self.items):
            self._drop(key)
        self.synced.set()
        self.after_list()
        await asyncio.sleep(_ABSENT_WAIT)
        return 0

    async def _failed(self, error: ApiError | msgspec.MsgspecError, failures: int) -> int:
        """Wait before the next attempt; returns how many failed in a row."""
        failures += 1
        self.failures += 1
        delay = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(failures, 10)) * random.uniform(0.5, 1.0)  # noqa: S311 -- spreads load, guards nothing
        _log.warning("watch of %s failed: %s; retrying in %.1f s", self._collection.resource, error, delay)
        await asyncio.sleep(delay)
        return failures

    def observe(self, raw: bytes) -> None:
        """Store the result of a write of our own without waiting for its event."""
        head = _heads.decode(raw).metadata
        key = Key(head.namespace, head.name)
        if key in self.items:
            self._put(key, head.resource_version, raw)

    async def _list(self) -> None:
        params = {"limit": str(pager.PAGE), **self._selected}
        found: set[Key] = set()
        path = self._collection.path()
        while True:
            page = pager.decode_page(await self._server.get(path, params, metadata_only=self._metadata_only))
            for raw in page.items or ():
                head = _heads.decode(raw).metadata
                key = Key(head.namespace, head.name)
                found.add(key)
                self._put(key, head.resource_version, bytes(raw))
            if not page.metadata.continue_:
                break
            params["continue"] = page.metadata.continue_
        for key in [key for key in self.items if key not in found]:
            self._drop(key)
        self._version = page.metadata.resource_version
        self.synced.set()
        self.after_list()

    async def _watch(self) -> bool:
        """Follow events until the server ends the watch; return whether any came."""
        seconds = random.randint(_WATCH_SECONDS, _WATCH_SECONDS + 40)  # noqa: S311 -- spreads load, guards nothing
        params = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._version,
            "timeoutSeconds": str(seconds),
            **self._selected,
        }
        path = self._collection.path()
        came = False
        async for line in self._server.watch(path, params, idle=seconds + 30, metadata_only=self._metadata_only):
            event = _events.decode(line)
            if event.type == "ERROR":
                raise self._failure(event.object)
            head = _heads.decode(event.object).metadata
            key = Key(head.namespace, head.name)
            if event.type == "DELETED":
                self._drop(key)
            elif event.type != "BOOKMARK":
                self._put(key, head.resource_version, bytes(event.object))
            self._version = head.resource_version
            came = True
        return came

    def _failure(self, raw: msgspec.Raw) -> ApiError:
        said = _failures.decode(raw)
        gone = 410
        kind = GoneError if said.code == gone or said.reason == "Expired" else ApiError
        return kind(f"WATCH {self._collection.path()}", said.code, said.reason, said.message)

    def _put(self, key: Key, version: str, raw: bytes) -> None:
        known = self._versions.get(key, "")
        if known == version or (known and _older(version, known)):
            return  # nothing new, or an event older than the result of a write of our own
        try:
            item = self._decode(raw)
        except (ValueError, ConverterError) as error:
            _log.warning("cannot read %s %s, ignoring it: %s", self._collection.resource, key, error)
            return
        before = self.items.get(key)
        self.items[key] = item
        self._versions[key] = version
        self._reindex(key, before, item)
        self._notify(Change(key, before, item, initial=not self.synced.is_set()))

    def _drop(self, key: Key) -> None:
        before = self.items.pop(key, None)
        self._versions.pop(key, None)
        if before is not None:
            self._reindex(key, before, None)
            self._notify(Change(key, before, None))

    def _reindex(self, key: Key, before: T | None, after: T | None) -> None:
        if self._index is None:
            return
        if before is not None and (value := self._index(key, before)) is not None:
            found = self._indexed.get(value, {})
            found.pop(key, None)
            if not found:
                self._indexed.pop(value, None)
        if after is not None and (value := self._index(key, after)) is not None:
            self._indexed.setdefault(value, {})[key] = after

    def _notify(self, change: Change[T]) -> None:
        for handler in self._handlers:
            handler(change)


def _older(version: str, than: str) -> bool:
    """Whether a resource version is older than another; they are comparable numbers (KEP-5504)."""
    return version.isdigit() and than.isdigit() and int(version) < int(than)
