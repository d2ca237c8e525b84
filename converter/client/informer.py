"""List and watch: an up-to-date copy of some collection in memory, in the form its reader wants.

What can happen is met as client-go meets it: a watch that ends is taken up where it ended; one whose place is
forgotten (410) leads to a new list; everything else waits, longer each time and never all replicas at once, and
goes on. A copy may lag behind, but never skips: the reader hears of each object whose state differs from what it
was last told.
"""

from __future__ import annotations

import asyncio
import logging
import random
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import msgspec

from converter.client.errors import ApiError, GoneError
from converter.errors import ConverterError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from converter.client.rest import ApiServer, Collection

_log = logging.getLogger(__name__)

_PAGE = 500
_WATCH_SECONDS = 280
_FIRST_WAIT = 0.2
_LONGEST_WAIT = 30.0

T = TypeVar("T")


class Key(NamedTuple):
    """Names an object of a collection; the namespace is empty where there is none."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


class _Meta(msgspec.Struct, rename="camel"):
    name: str = ""
    namespace: str = ""
    resource_version: str = ""


class _Head(msgspec.Struct):
    metadata: _Meta


class _ListMeta(msgspec.Struct, rename="camel"):
    resource_version: str = ""
    continue_: str = msgspec.field(default="", name="continue")


class _List(msgspec.Struct):
    metadata: _ListMeta
    items: list[msgspec.Raw] | None = None


class _Event(msgspec.Struct):
    type: str
    object: msgspec.Raw


class _Failure(msgspec.Struct):
    code: int = 0
    message: str = ""
    reason: str = ""


_heads = msgspec.json.Decoder(_Head)
_lists = msgspec.json.Decoder(_List)
_events = msgspec.json.Decoder(_Event)
_failures = msgspec.json.Decoder(_Failure)


def _nothing() -> None:
    """Nobody wants to hear of complete lists."""


class Informer(Generic[T]):
    """A copy of a collection, or of the part that selectors take.

    Attributes:
        items: the copy; read it freely, change it never.
        synced: set after the first complete list.
        after_list: called after every complete list.
    """

    def __init__(
        self,
        server: ApiServer,
        collection: Collection,
        decode: Callable[[bytes], T],
        changed: Callable[[Key, T | None, T | None], None],
        *,
        selector: str = "",
        fields: str = "",
    ) -> None:
        """Prepare a copy; `run` fills it.

        Args:
            server: where from.
            collection: what.
            decode: makes an item of an object's JSON. Where it raises a ``ValueError`` (as msgspec does) or a
                ConverterError the object is left out, with a line in the log: it does not hold up the rest.
            changed: hears the item before and the item after of every change; None where there is none.
            selector: a label selector.
            fields: a field selector; what an object can be selected by is up to its kind.
        """
        self.items: dict[Key, T] = {}
        self.synced = asyncio.Event()
        self.after_list: Callable[[], None] = _nothing
        self._versions: dict[Key, str] = {}
        self._server = server
        self._collection = collection
        self._decode = decode
        self._changed = changed
        selectors = {"labelSelector": selector, "fieldSelector": fields}
        self._selected = {name: text for name, text in selectors.items() if text}
        self._version = ""

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
            except (ApiError, msgspec.MsgspecError) as error:
                failures += 1
                delay = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(failures, 10)) * random.uniform(0.5, 1.0)  # noqa: S311 -- spreads load, guards nothing
                _log.warning("watching %s: %s; again in %.1f s", self._collection.resource, error, delay)
                await asyncio.sleep(delay)

    def observe(self, raw: bytes) -> None:
        """Take in an object that a write of our own gave back, without waiting for its event."""
        head = _heads.decode(raw).metadata
        key = Key(head.namespace, head.name)
        if key in self.items:
            self._put(key, head.resource_version, raw)

    async def _list(self) -> None:
        params = {"limit": str(_PAGE), **self._selected}
        found: set[Key] = set()
        while True:
            page = _lists.decode(await self._server.get(self._collection.path(), params))
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
        """Follow events until the server ends the watch; whether any came."""
        seconds = random.randint(_WATCH_SECONDS, _WATCH_SECONDS + 40)  # noqa: S311 -- spreads load, guards nothing
        params = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._version,
            "timeoutSeconds": str(seconds),
            **self._selected,
        }
        came = False
        async for line in self._server.watch(self._collection.path(), params, idle=seconds + 30):
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
            return  # nothing new, or an event older than what a write of our own gave back
        try:
            item = self._decode(raw)
        except (ValueError, ConverterError) as error:
            _log.warning("%s %s is left out: %s", self._collection.resource, key, error)
            return
        before = self.items.get(key)
        self.items[key] = item
        self._versions[key] = version
        self._changed(key, before, item)

    def _drop(self, key: Key) -> None:
        before = self.items.pop(key, None)
        self._versions.pop(key, None)
        if before is not None:
            self._changed(key, before, None)


def _older(version: str, than: str) -> bool:
    """Whether a resource version is older than another; they are comparable numbers (KEP-5504)."""
    return version.isdigit() and than.isdigit() and int(version) < int(than)


def pages_of(answer: bytes) -> tuple[list[bytes], str]:
    """Split one page of a list into its objects and the token of the next page (empty at the end)."""
    page = _lists.decode(answer)
    return [bytes(raw) for raw in page.items or ()], page.metadata.continue_


async def listed(
    server: ApiServer, collection: Collection, namespace: str = "", selector: str = ""
) -> AsyncIterator[bytes]:
    """Give each object of a collection, or of its part in one namespace, page by page.

    Args:
        server: where from.
        collection: what.
        namespace: empty for all.
        selector: a label selector.

    Raises:
        ApiError: a page could not be read.
    """
    params = {"limit": str(_PAGE)} | ({"labelSelector": selector} if selector else {})
    while True:
        items, token = pages_of(await server.get(collection.path(namespace), params))
        for raw in items:
            yield raw
        if not token:
            return
        params["continue"] = token


def decoded(raw: bytes) -> Any:
    """Decode an object whole."""
    return msgspec.json.decode(raw)
