"""Brings one Work, its anchor, and what ties the two, into the state they should be in.

Level-based: each pass looks at what is there and does what is missing, so that it does not matter what happened
before, in which order, or where an earlier pass was cut off. Three orders make every such place safe:

- the anchor is there before the Work gives up its binding label: at each moment the Work is labelled or owned;
- a Work is released, with its label, before its anchor goes: the garbage collector never takes a live Work;
- a Work whose owner is gone is left alone: someone deleted the anchor, and the Work has to follow it.

Each write names the very object and version that it was decided on; where that has changed it fails, and the next
pass decides anew.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

import msgspec

from converter.client import AlreadyExistsError, Informer, Key, NotFoundError
from converter.controllers import anchor as anchors
from converter.controllers.anchor import WORKS
from converter.controllers.overflow_store import OverflowStore
from converter.controllers.work_status import carried_status
from converter.errors import ConverterError
from converter.karmada.carried_status import pack
from converter.karmada.names import ANCHOR_LABEL, anchor_name, anchor_reference

if TYPE_CHECKING:
    from collections.abc import Callable

    from converter import Converter
    from converter.client import ApiServer
    from converter.controllers.cached_work import CachedWork
    from converter.controllers.drift import Drift
    from converter.kube import Manifest

_log = logging.getLogger(__name__)


class RequeueError(ConverterError):
    """Something has to happen elsewhere first; another pass will see to the rest."""


class Listener(Protocol):
    """Hears what has been done, to tell people."""

    async def anchored(self, work: Manifest) -> None:
        """A converted Work has been given its anchor."""

    async def released(self, work: Manifest) -> None:
        """A Work no longer needs conversion, and has been taken back from its anchor."""

    async def rewritten(self, work: Manifest) -> None:
        """A Work has been moved to other versions, because its cluster or the rules have changed."""

    async def refused(self, work: Manifest, why: str) -> None:
        """A Work should be of other versions, and cannot be."""

    async def lost(self, work: Manifest) -> None:
        """A Work's cluster drops something of it."""


class Judging(Protocol):
    """Says what admission would make of a Work."""

    def __call__(self, work: Manifest, overflow: bytes | None = None) -> Drift:
        """Judge a Work, knowing what is on its shelf or not."""


class WorkReconciler:
    """Handles one Work at a time; one replica alone may run it, and never twice at once for the same Work."""

    def __init__(
        self,
        server: ApiServer,
        *,
        works: Informer[CachedWork],
        anchor_cache: Informer[CachedWork],
        converter: Callable[[], Converter],
        judge: Judging,
        listener: Listener,
    ) -> None:
        """Prepare.

        Args:
            server: the control plane.
            works: the converted Works.
            anchor_cache: the anchors.
            converter: gives the rules as they are now.
            judge: says what admission would make of a Work.
            listener: hears what is done.
        """
        self._server = server
        self._works = works
        self._anchors = anchor_cache
        self._converter = converter
        self._judge = judge
        self._listener = listener
        self._shelving = OverflowStore(server)

    async def reconcile(self, key: Key) -> None:
        """See to one Work; harmless where nothing is to be done, and then without a request.

        Args:
            key: the Work's namespace and name, whether there is such a Work or not.

        Raises:
            ApiError: a request failed; try again.
            NotYetError: something has to happen elsewhere first; try again.
        """
        known = self._works.items.get(key)
        anchor = self._anchor(key)
        if known is None and anchor is None:
            return
        work = known.manifest() if known is not None else await self._read(key)
        if work is None:
            await self._drop(key, anchor)
            return
        if work["metadata"].get("deletionTimestamp"):
            return  # once it is gone there is another pass, for its anchor
        work = await self._shelve(work)
        work, settled = await self._rewrite(work)
        if anchors.is_converted(work):
            await self._anchor_converted(work, anchor)
        else:
            await self._release(key, work, anchor)
        if not settled:
            raise RequeueError(
                "admission made something else of it than expected: a replica may know the cluster less well"
            )

    async def rewrite(self, work: Manifest) -> None:
        """See to a Work that is not converted, but may have to be: once a cluster lost a version, say.

        Raises:
            ApiError: a request failed; try again.
        """
        if not work["metadata"].get("deletionTimestamp"):
            await self._rewrite(work)

    async def _rewrite(self, work: Manifest) -> tuple[Manifest, bool]:
        """Have a Work admitted anew where that would change it; the Work then, and whether all is as it should be."""
        verdict = self._judge(work)
        if verdict.needs_overflow:
            verdict = self._judge(work, await self._shelving.fetch(work) or b"[]")
        if verdict.refusal:
            await self._listener.refused(work, verdict.refusal)
        patch = verdict.patch
        if patch is None:
            return work, True
        before = work["metadata"]
        patch.setdefault("metadata", {}).update(anchors.same_version(work))
        work = await self._patch(before, patch)
        if work["metadata"]["resourceVersion"] != before["resourceVersion"]:
            await self._listener.rewritten(work)
        return work, self._judge(work).patch is None

    async def _shelve(self, work: Manifest) -> Manifest:
        """Store what a Work carries, and let it go."""
        patch = await self._shelving.store(work)
        return work if patch is None else await self._patch(work["metadata"], patch)

    async def prune_overflow(self, key: Key) -> None:
        """Delete what was kept of a Work and is not needed any more.

        Raises:
            ApiError: a request failed; try again.
        """
        await self._shelving.tidy(key)

    async def tell_losses(self, key: Key) -> None:
        """Tell people what a cluster drops of a Work that is not converted.

        Raises:
            ApiError: the Work could not be read; try again.
        """
        work = await self._read(key)
        if work is not None and not work["metadata"].get("deletionTimestamp"):
            await self._listener.lost(work)

    async def _anchor_converted(self, work: Manifest, anchor: Manifest | None) -> None:
        labels = anchors.binding_labels(work)
        reference = anchor_reference(work["metadata"])
        if reference is not None:
            anchor = await self._owner(work, reference["uid"], anchor)
            if anchor is None:
                return
            anchor = await self._renew(work, anchor, labels)
            if anchors.own_binding_labels(work):  # written while no webhook was there to take it off
                work = await self._patch(work["metadata"], anchors.adopt_patch(work, anchor))
        elif anchor is not None or anchors.own_binding_labels(work):
            anchor = await self._make(work, labels or anchors.own_binding_labels(anchor or work))
            work = await self._patch(work["metadata"], anchors.adopt_patch(work, anchor))
            await self._listener.anchored(work)
        else:
            return  # made by hand: no binding asks for its status
        await self._tell(work, anchor)

    async def _make(self, work: Manifest, labels: dict[str, str]) -> Manifest:
        """Create the anchor, or take the one that stands already."""
        wanted = anchors.desired_anchor(work, labels)
        metadata = wanted["metadata"]
        try:
            return self._seen(await self._server.create(WORKS.path(metadata["namespace"]), wanted))
        except AlreadyExistsError:
            pass
        found = await self._read(Key(metadata["namespace"], metadata["name"]))
        if found is None or found["metadata"].get("deletionTimestamp"):
            raise RequeueError("an earlier anchor is just being deleted")
        if ANCHOR_LABEL not in (found["metadata"].get("labels") or {}):
            raise RequeueError(f"there is a Work {metadata['name']} that is no anchor; rename it")
        mark = f"{work['metadata']['uid']}/{work['metadata']['resourceVersion']}"
        return await self._patch(metadata, anchors.update_patch(found, wanted, mark))

    async def _owner(self, work: Manifest, uid: str, anchor: Manifest | None) -> Manifest | None:
        """Find the anchor that owns a Work; None where it is gone, and the Work about to follow."""
        if anchor is None or anchor["metadata"]["uid"] != uid:
            metadata = work["metadata"]
            anchor = await self._read(Key(metadata["namespace"], anchor_name(metadata["name"])))
        if anchor is None or anchor["metadata"]["uid"] != uid or anchor["metadata"].get("deletionTimestamp"):
            return None
        return anchor

    async def _renew(self, work: Manifest, anchor: Manifest, labels: dict[str, str]) -> Manifest:
        wanted = anchors.desired_anchor(work, labels or anchors.own_binding_labels(anchor))
        if anchors.is_current(anchor, wanted):
            return anchor
        return await self._patch(anchor["metadata"], anchors.update_patch(anchor, wanted))

    async def _tell(self, work: Manifest, anchor: Manifest) -> None:
        """Write the Work's status into its anchor, where that is news."""
        patch = anchors.status_patch(anchor, pack(carried_status(work, self._converter())))
        if patch is not None:
            metadata = anchor["metadata"]
            path = WORKS.object_path(metadata["namespace"], metadata["name"], "status")
            self._seen(await self._server.patch(path, patch))

    async def _release(self, key: Key, work: Manifest, anchor: Manifest | None) -> None:
        """Take a Work that needs no conversion back from its anchor, then delete the anchor."""
        reference = anchor_reference(work["metadata"])
        if reference is not None:
            anchor = await self._owner(work, reference["uid"], anchor)
            if anchor is None:
                return
            work = await self._patch(work["metadata"], anchors.release(work, anchor))
            if anchors.is_converted(work):
                raise RequeueError("it was converted again while it was released")
            await self._listener.released(work)
        await self._drop(key, anchor)

    async def _drop(self, key: Key, anchor: Manifest | None) -> None:
        """Delete an anchor that no Work is owned by; not where anything has been written to it since."""
        if anchor is None or anchor["metadata"].get("deletionTimestamp"):
            return
        metadata = anchor["metadata"]
        work = await self._read(key)  # not from memory: that may lag behind
        if work is not None and (anchor_reference(work["metadata"]) or {}).get("uid") == metadata["uid"]:
            raise RequeueError("the Work has been given to the anchor meanwhile")
        path = WORKS.object_path(metadata["namespace"], metadata["name"])
        try:
            await self._server.delete(path, uid=metadata["uid"], version=metadata["resourceVersion"])
        except NotFoundError:
            return

    async def _read(self, key: Key) -> Manifest | None:
        try:
            raw = await self._server.get(WORKS.object_path(key.namespace, key.name))
        except NotFoundError:
            return None
        found: Manifest = msgspec.json.decode(raw)
        return found

    async def _patch(self, metadata: Manifest, patch: Manifest) -> Manifest:
        path = WORKS.object_path(metadata["namespace"], metadata["name"])
        return self._seen(await self._server.patch(path, patch))

    def _seen(self, raw: bytes) -> Manifest:
        """Take in what a write gave back: later passes need not wait for its event."""
        self._works.observe(raw)
        self._anchors.observe(raw)
        written: Manifest = msgspec.json.decode(raw)
        return written

    def _anchor(self, key: Key) -> Manifest | None:
        known = self._anchors.items.get(Key(key.namespace, anchor_name(key.name)))
        return known.manifest() if known is not None else None
