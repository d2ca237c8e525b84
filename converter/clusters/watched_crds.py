"""Learns the CRDs of the control plane: which versions they have, and what each of them drops.

A CRD can have a megabyte, and there are hundreds. So only their metadata is watched. Each CRD that changes is read by
itself, in a thread, and nothing stays in memory but how its versions differ.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Final

import msgspec

from converter.client import ApiError, Change, Collection, Informer, NotFoundError, RejectedError
from converter.client.giving_way import giving_way
from converter.client.pager import decode_page
from converter.errors import ConverterError
from converter.rules.by_name import custom_kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from converter.client import ApiServer
    from converter.rules.by_name import CustomKind

_log = logging.getLogger(__name__)

CRDS: Final = Collection("/apis/apiextensions.k8s.io/v1", "customresourcedefinitions", namespaced=False)

MAX_KINDS: Final = 5000
"""CRDs with several versions that are known at most; etcd limits what a control plane can have long before."""

_FIRST_WAIT: Final = 0.2
_LONGEST_WAIT: Final = 30.0


class _Metadata(msgspec.Struct, rename="camel"):
    uid: str = ""
    generation: int = 0


class Head(msgspec.Struct):
    """Which state of an object this is.

    Attributes:
        metadata: its uid and its generation.
    """

    metadata: _Metadata


decode_head: Final = msgspec.json.Decoder(Head).decode
"""Reads the metadata of an object; raises `msgspec.MsgspecError`."""


class WatchedCrds:
    """Watches CRDs, and says what is known of them whenever that changes.

    Attributes:
        watch: the watch of their metadata, for metrics.
        kinds: what is known, by the name of the CRD.
        settled: set once all CRDs are read, or it is known that they may not be.
    """

    def __init__(self, server: ApiServer, use: Callable[[tuple[CustomKind, ...]], None]) -> None:
        """Prepare; `run` starts it.

        Args:
            server: the Karmada API server.
            use: called in a thread with everything that is known, whenever that has changed.
        """
        self.kinds: dict[str, CustomKind] = {}
        self.settled = asyncio.Event()
        self._server = server
        self._use = use
        self._wake = asyncio.Event()
        self._todo: dict[str, None] = {}
        self._changed = False
        self.watch: Informer[Head] = Informer(server, CRDS, decode_head, metadata_only=True)
        self.watch.add_handler(self._note)
        self.watch.after_list = self._wake.set

    @property
    def missing(self) -> str:
        """What is waited for, for ``/readyz``; empty if nothing is."""
        return "" if self.settled.is_set() else "the CRDs of the control plane are not read yet"

    async def run(self) -> None:
        """Follow the CRDs until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._check_access())
            tasks.create_task(self.watch.run())
            tasks.create_task(self._read_changed())

    async def _check_access(self) -> None:
        """Do not wait for what is forbidden: an older installation has no right to read CRDs."""
        try:
            await self._server.get(CRDS.path(), {"limit": "1"}, metadata_only=True)
        except (RejectedError, NotFoundError) as error:
            _log.warning("CRDs are not read, so custom resources need rules; apply deploy/karmada again: %s", error)
            self.settled.set()
        except ApiError:
            pass  # the watch reports it, and tries again

    def _note(self, change: Change[Head]) -> None:
        if change.before is not None and change.after is not None and change.before == change.after:
            return  # its status or its labels
        self._todo[change.key.name] = None
        self._wake.set()

    async def _read_changed(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            failures = 0
            while self._todo:
                name = next(iter(self._todo))
                del self._todo[name]
                try:
                    await self._read(name)
                    failures = 0
                except (ApiError, msgspec.MsgspecError) as error:
                    self._todo.setdefault(name)
                    failures += 1
                    _log.warning("CRD %s cannot be read, trying again: %s", name, error)
                    await asyncio.sleep(min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(failures, 10)))
            if self._changed:
                self._changed = False
                await asyncio.to_thread(self._use, tuple(self.kinds[name] for name in sorted(self.kinds)))
            if self.watch.synced.is_set() and not self._todo:
                self.settled.set()

    async def _read(self, name: str) -> None:
        try:
            raw = await self._server.get(CRDS.object_path("", name))
        except NotFoundError:
            raw = b""
        kind = await asyncio.to_thread(_kind_of, raw, name) if raw else None
        if kind == self.kinds.get(name):
            return
        self._changed = True
        if kind is None:
            del self.kinds[name]
        elif len(self.kinds) < MAX_KINDS or name in self.kinds:
            self.kinds[name] = kind
        else:
            _log.error("CRD %s is ignored: more than %d CRDs have several versions", name, MAX_KINDS)


def _kind_of(raw: bytes, name: str) -> CustomKind | None:
    """Read a CRD; None if it has one version only, or cannot be read."""
    with giving_way():
        try:
            kind = custom_kind(msgspec.json.decode(raw))
        except ConverterError as error:
            _log.warning("CRD %s is ignored: %s", name, error)
            return None
    return kind if len(kind.versions) > 1 else None


async def read_crds(server: ApiServer, names: Iterable[str]) -> dict[str, bytes]:
    """Read CRDs by name, as JSON; those that are gone are left out.

    Raises:
        ApiError: a request failed.
    """
    found = {}
    for name in names:
        with contextlib.suppress(NotFoundError):  # its event is on the way
            found[name] = await server.get(CRDS.object_path("", name))
    return found


async def read_kinds(server: ApiServer) -> tuple[CustomKind, ...]:
    """Read all CRDs once; nothing where they may not be read.

    Raises:
        ApiError: the API server did not answer.
    """
    params = {"limit": "500"}
    found: list[CustomKind] = []
    while True:
        try:
            page = decode_page(await server.get(CRDS.path(), params, metadata_only=True))
            names = [msgspec.json.decode(raw)["metadata"]["name"] for raw in page.items or ()]
            for name in names:
                kind = _kind_of(await server.get(CRDS.object_path("", name)), name)
                if kind is not None:
                    found.append(kind)
        except (RejectedError, NotFoundError) as error:
            _log.warning("CRDs are not read: %s", error)
            return tuple(found)
        if not page.metadata.continue_:
            return tuple(found)
        params["continue"] = page.metadata.continue_
