"""Reconciles a Work, its anchor, and its overflow objects.

Each pass looks at the present state and makes the changes that are missing. It does not matter what happened before,
in which order, or where an earlier pass was interrupted. Three orders make each interruption safe:

- The anchor exists before the Work gives up its binding label. At every moment the Work is labelled or owned.
- The Work gets its label back and loses its owner before the anchor is deleted. So the garbage collector never deletes
  a live Work.
- A Work whose owner is gone is left alone. Somebody deleted the anchor, and the Work must follow it.

Each write names the object and the version that it was decided on. If the object has changed, the write fails, and
the next pass decides again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.client import AlreadyExistsError, Key
from converter.controllers import anchor as anchors
from converter.controllers.controller import DONE, RequeueError, RequeueReason, Result
from converter.controllers.objects import decode
from converter.controllers.work_status import carried_status
from converter.karmada.carried_status import pack
from converter.karmada.names import ANCHOR_LABEL, anchor_name, anchor_reference

if TYPE_CHECKING:
    from collections.abc import Callable

    from converter.client import Informer
    from converter.client.clock import Now
    from converter.controllers.cached_work import CachedWork
    from converter.controllers.event_recorder import EventRecorder
    from converter.controllers.overflow_store import OverflowStore
    from converter.controllers.readmission import Readmission
    from converter.controllers.resend import Resender
    from converter.controllers.work_client import WorkClient
    from converter.engine import Engine
    from converter.kube import Manifest


class WorkReconciler:
    """Reconciles Works. Only the leader runs it, and never twice at once for the same Work."""

    def __init__(
        self,
        client: WorkClient,
        *,
        works: Informer[CachedWork],
        anchor_cache: Informer[CachedWork],
        converter: Callable[[], Engine],
        readmission: Readmission,
        overflow: OverflowStore,
        resender: Resender,
        recorder: EventRecorder,
        now: Now,
    ) -> None:
        """Prepare.

        Args:
            client: reads and writes Works.
            works: the converted Works.
            anchor_cache: the anchors.
            converter: returns the rules in use.
            readmission: patches a Work that differs from what admission would store.
            overflow: stores and deletes overflow objects.
            resender: has Karmada send the originals again that other rules converted.
            recorder: records Events.
            now: the wall clock, for the times of conditions.
        """
        self._client = client
        self._works = works
        self._anchors = anchor_cache
        self._converter = converter
        self._readmission = readmission
        self._overflow = overflow
        self._resender = resender
        self._recorder = recorder
        self._now = now

    async def reconcile(self, key: Key) -> Result:
        """Reconcile one Work. If there is nothing to do, it sends no request.

        Args:
            key: the Work's namespace and name, whether the Work exists or not.

        Raises:
            ApiError: a request failed.
            RequeueError: something else must happen first.
            OverflowConflictError: another object has the name of the overflow object.
        """
        outdated = await self._reconcile_anchor(key)
        await self._overflow.prune(key, self._works.items.get(key))
        if outdated is None:
            self._resender.forget(key)
            return DONE
        return Result(requeue_after=await self._resender.resend(key, outdated, self._converter()))

    async def _reconcile_anchor(self, key: Key) -> Manifest | None:
        """Reconcile the Work and its anchor; return the Work if Karmada has to send its originals again."""
        known = self._works.items.get(key)
        anchor = self._cached_anchor(key)
        if known is None and anchor is None:
            return None
        raw = known.raw if known is not None else await self._client.get(key)
        if raw is None:
            await self._delete_anchor(key, anchor)
            return None
        work = decode(raw)
        if work["metadata"].get("deletionTimestamp"):
            # Karmada deletes the member's object in the Work's version. When the Work is gone, another pass deletes its
            # anchor, and no tie changes before.
            self._check_settled((await self._readmission.readmit(raw)).patched)
            return None
        patch = await self._overflow.store(work)
        if patch is not None:
            raw = await self._client.patch(work, patch)
            work = decode(raw)
        readmitted, outdated = await self._readmission.readmit(raw)
        if readmitted is not None:
            work = decode(readmitted)
        if anchors.is_converted(work):
            await self._anchor(work, anchor)
        else:
            await self._release(key, work, anchor)
        self._check_settled(readmitted)
        return work if outdated else None

    def _check_settled(self, readmitted: bytes | None) -> None:
        """Have the Work reconciled again if admission stored something else than was sent.

        Raises:
            RequeueError: it did.
        """
        if readmitted is not None and not self._readmission.settled(readmitted):
            raise RequeueError(
                RequeueReason.STALE_WEBHOOK,
                "the webhook's result differs from the controller's: a webhook replica may have stale cluster data",
            )

    async def _anchor(self, work: Manifest, anchor: Manifest | None) -> None:
        """Make the anchor of a converted Work, tie the Work to it, and write the Work's status into it."""
        labels = anchors.binding_labels(work)
        reference = anchor_reference(work["metadata"])
        if reference is not None:
            owner = await self._owner(work, reference["uid"], anchor)
            if owner is None:
                return
            anchor = await self._update_anchor(work, owner, labels)
            if anchors.own_binding_labels(work):  # written while no webhook was running
                work = decode(await self._client.patch(work, anchors.adopt_patch(work, anchor)))
        elif anchor is not None or anchors.own_binding_labels(work):
            owner = await self._create_anchor(work, labels or anchors.own_binding_labels(anchor or work))
            anchor = owner
            work = decode(await self._client.patch(work, anchors.adopt_patch(work, anchor)))
            await self._recorder.converted(work)
        else:  # made by hand: no binding needs its status
            await self._recorder.converted(work)
            return
        if owner is not anchor and not anchors.records_same_conversion(owner, anchor):
            await self._recorder.converted(work)
        await self._write_status(work, anchor)

    async def _create_anchor(self, work: Manifest, labels: dict[str, str]) -> Manifest:
        """Create the anchor, or adopt the one that exists."""
        wanted = anchors.desired_anchor(work, labels)
        metadata = wanted["metadata"]
        try:
            return decode(await self._client.create(wanted))
        except AlreadyExistsError:
            pass
        found = await self._read(Key(metadata["namespace"], metadata["name"]))
        if found is None or found["metadata"].get("deletionTimestamp"):
            raise RequeueError(RequeueReason.ANCHOR_TERMINATING, "an earlier anchor is being deleted")
        if ANCHOR_LABEL not in (found["metadata"].get("labels") or {}):
            problem = f"the Work {metadata['name']} is not an anchor, but has the name of one; rename it"
            raise RequeueError(RequeueReason.NAME_TAKEN, problem)
        adopted_for = f"{work['metadata']['uid']}/{work['metadata']['resourceVersion']}"
        return decode(await self._client.patch(found, anchors.update_patch(found, wanted, adopted_for)))

    async def _owner(self, work: Manifest, uid: str, anchor: Manifest | None) -> Manifest | None:
        """Find the anchor that owns a Work. None if it is gone: the Work is about to follow."""
        if anchor is None or anchor["metadata"]["uid"] != uid:
            metadata = work["metadata"]
            anchor = await self._read(Key(metadata["namespace"], anchor_name(metadata["name"])))
        if anchor is None or anchor["metadata"]["uid"] != uid or anchor["metadata"].get("deletionTimestamp"):
            return None
        return anchor

    async def _update_anchor(self, work: Manifest, anchor: Manifest, labels: dict[str, str]) -> Manifest:
        """Bring an anchor up to date; return the same object if it is."""
        wanted = anchors.desired_anchor(work, labels or anchors.own_binding_labels(anchor))
        if anchors.is_current(anchor, wanted):
            return anchor
        return decode(await self._client.patch(anchor, anchors.update_patch(anchor, wanted)))

    async def _write_status(self, work: Manifest, anchor: Manifest) -> None:
        """Write the Work's status into its anchor, if it is not there yet."""
        message = pack(carried_status(work, self._converter()))
        patch = anchors.status_patch(anchor, message, self._now())
        if patch is not None:
            await self._client.patch(anchor, patch, "status")

    async def _release(self, key: Key, work: Manifest, anchor: Manifest | None) -> None:
        """Untie a Work that needs no conversion from its anchor, then delete the anchor."""
        reference = anchor_reference(work["metadata"])
        if reference is not None:
            anchor = await self._owner(work, reference["uid"], anchor)
            if anchor is None:
                return
            work = decode(await self._client.patch(work, anchors.orphan_patch(work, anchor)))
            if anchors.is_converted(work):
                raise RequeueError(RequeueReason.CONVERTED_AGAIN, "the Work was converted again while it was released")
            await self._recorder.restored(work)
        await self._delete_anchor(key, anchor)

    async def _delete_anchor(self, key: Key, anchor: Manifest | None) -> None:
        """Delete an anchor that owns no Work, unless it has changed since it was read."""
        if anchor is None or anchor["metadata"].get("deletionTimestamp"):
            return
        work = await self._read(key)  # from the API server, since the cache may lag behind
        if work is not None and (anchor_reference(work["metadata"]) or {}).get("uid") == anchor["metadata"]["uid"]:
            raise RequeueError(RequeueReason.ADOPTED_AGAIN, "the Work has been tied to the anchor meanwhile")
        await self._client.delete(anchor)

    async def _read(self, key: Key) -> Manifest | None:
        raw = await self._client.get(key)
        return None if raw is None else decode(raw)

    def _cached_anchor(self, key: Key) -> Manifest | None:
        known = self._anchors.items.get(Key(key.namespace, anchor_name(key.name)))
        return decode(known.raw) if known is not None else None
