"""Hands all Works of a control plane back to Karmada, and says before what that means for each object.

It can be interrupted at any point and repeated: each pass looks at what is stored. The order is the one of the
controller. A Work gets its label back before its anchor is deleted, so that no deletion can follow.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from converter.client import ConflictError, NotFoundError, UnavailableError, each_item
from converter.client.clock import timestamp, utc_now
from converter.client.collections import OVERFLOW_OBJECTS, WORKS
from converter.errors import ConverterError
from converter.install.hand_back import HandBack, OverflowMissingError, UnsynchronizedObject, hand_back, not_applied
from converter.karmada.names import (
    ANCHOR_LABEL,
    ANCHOR_OF_ANNOTATION,
    CONVERSION_DATA_REF_ANNOTATION,
    CONVERTED_LABEL,
    CRDS_LABEL,
    LOSSES_LABEL,
    OVERFLOW_LABEL,
    anchor_name,
    anchor_reference,
)
from converter.works.overflow import overflow_name, read_carrier

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from converter.client import ApiServer
    from converter.engine import Engine
    from converter.kube import Manifest


_AT_ONCE: Final = 16
"""Works that are handed back at the same time."""

_ATTEMPTS: Final = 8
_PASSES: Final = 30
_PAUSE: Final = 1.0
"""Seconds between two passes, or two attempts for one Work."""


class Unrestorable(NamedTuple):
    """A Work that cannot be handed back, and why."""

    work: str
    why: str


class Survey(NamedTuple):
    """What handing back will mean.

    Attributes:
        unsynchronized: the objects that Karmada can no longer change afterwards.
        unrestorable: the Works that cannot be handed back.
    """

    unsynchronized: tuple[UnsynchronizedObject, ...]
    unrestorable: tuple[Unrestorable, ...]


class WorksLeftError(ConverterError):
    """Works of the converter are left: they are being deleted, and their deletion does not end.

    Attributes:
        works: their names, as ``namespace/name``.
    """

    def __init__(self, works: list[str]) -> None:
        self.works = works
        listed = ", ".join(works[:10]) + (" …" if len(works) > 10 else "")  # noqa: PLR2004  enough to find them
        super().__init__(
            f"{len(works)} Works are still being deleted: {listed}; perhaps their clusters are not ready. Bring "
            "them back, or unjoin them, and run the command again"
        )


class WorkReturner:
    """Hands back the Works of one control plane. The webhook for Works must not be called any more."""

    def __init__(
        self, server: ApiServer, engine: Engine, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        """Prepare.

        Args:
            server: the Karmada API server.
            engine: the rules that converted the Works.
            sleep: waits a number of seconds.
        """
        self._server = server
        self._engine = engine
        self._sleep = sleep

    async def survey(self) -> Survey:
        """Find out what handing back will mean; change nothing.

        Raises:
            ApiError: a request failed.
        """
        found: list[UnsynchronizedObject] = []
        failed: list[Unrestorable] = []
        async for work in self._each(f"{CONVERTED_LABEL}=true"):
            metadata = work["metadata"]
            if metadata.get("deletionTimestamp"):
                continue
            try:
                found += (await self._compute(work, None)).unsynchronized
            except ConverterError as error:
                failed.append(Unrestorable(f"{metadata['namespace']}/{metadata['name']}", str(error)))
        return Survey(tuple(sorted(found)), tuple(sorted(failed)))

    async def run(self, report: Callable[[str], None]) -> int:
        """Hand back all Works, and delete all anchors and overflow objects. Safe to repeat.

        Args:
            report: called with a line for each Work.

        Returns:
            How many Works were handed back.

        Raises:
            WorksLeftError: Works are left whose deletion does not end.
            ConverterError: a Work cannot be converted back.
            ApiError: a request failed. Run it again to do the rest.
        """
        done = 0
        for number in range(_PASSES):
            if number:
                await self._sleep(_PAUSE)
            done += await self._pass(report)
            left = [f"{item['metadata']['namespace']}/{item['metadata']['name']}" async for item in self._left()]
            if not left:
                await self._delete_overflow_objects()
                return done
        raise WorksLeftError(left)

    async def _pass(self, report: Callable[[str], None]) -> int:
        """Hand back what is listed now, then delete the anchors that own nothing."""
        done = 0
        for selector in (f"{CONVERTED_LABEL}=true", f"{LOSSES_LABEL}=true"):
            batch: list[Manifest] = []
            async for work in self._each(selector):
                batch.append(work)
                if len(batch) == _AT_ONCE:
                    done += await self._batch(batch, report)
                    batch = []
            done += await self._batch(batch, report)
        async for anchor in self._each(f"{ANCHOR_LABEL}=true"):
            await self._delete_anchor(anchor)
        async for work in self._each(f"{CRDS_LABEL}=true"):
            await self._take_off_label(work)
        return done

    async def _take_off_label(self, work: Manifest) -> None:
        metadata = work["metadata"]
        with contextlib.suppress(NotFoundError):
            path = WORKS.object_path(metadata["namespace"], metadata["name"])
            await self._server.patch(path, {"metadata": {"labels": {CRDS_LABEL: None}}})

    async def _batch(self, works: list[Manifest], report: Callable[[str], None]) -> int:
        """Hand back some Works at the same time; the first failure is raised when all are done."""
        results = await asyncio.gather(*(self._hand_back(work) for work in works), return_exceptions=True)
        for work, result in zip(works, results, strict=True):
            if result is True:
                report(f"handed back Work {work['metadata']['namespace']}/{work['metadata']['name']}")
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return sum(result is True for result in results)

    async def _left(self) -> AsyncIterator[Manifest]:
        for selector in (f"{CONVERTED_LABEL}=true", f"{ANCHOR_LABEL}=true"):
            async for work in self._each(selector):
                yield work

    async def _each(self, selector: str) -> AsyncIterator[Manifest]:
        async for raw in each_item(self._server, WORKS, selector=selector):
            yield msgspec.json.decode(raw)

    async def _hand_back(self, work: Manifest | None) -> bool:
        """Hand back one Work; False if there is nothing to do, or the Work is being deleted."""
        assert work is not None
        path = WORKS.object_path(work["metadata"]["namespace"], work["metadata"]["name"])
        for _ in range(_ATTEMPTS):
            if work is None or work["metadata"].get("deletionTimestamp"):
                return False
            anchor = await self._anchor_of(work)
            if anchor is None and anchor_reference(work["metadata"]) is not None:
                return False  # its anchor was deleted: the garbage collector deletes the Work, too
            result = await self._compute(work, anchor)
            try:
                stored = await self._write(path, work, result)
            except ConflictError:
                stored = None
            except NotFoundError:
                return False
            if stored is not None and CONVERTED_LABEL not in (stored["metadata"].get("labels") or {}):
                return True
            if stored is not None:  # an API server still called the webhook, which converted it again
                await self._sleep(_PAUSE)
            work = await self._read(path)
        raise UnavailableError(f"PATCH {path}", 0, "", "somebody changes the Work all the time; stop the controller")

    async def _write(self, path: str, work: Manifest, result: HandBack) -> Manifest | None:
        """Write a Work, then its statuses; before, that its cluster cannot have it."""
        stored: Manifest = work
        if result.patch is not None:
            conditions = not_applied(work, result.unsynchronized, timestamp(utc_now()))
            if conditions is not None:
                patch = exactly(work, {"status": {"conditions": conditions}})
                work = msgspec.json.decode(await self._server.patch(f"{path}/status", patch))
            stored = msgspec.json.decode(await self._server.patch(path, exactly(work, result.patch)))
        if result.statuses is not None and CONVERTED_LABEL not in (stored["metadata"].get("labels") or {}):
            patch = exactly(stored, {"status": {"manifestStatuses": result.statuses}})
            try:
                await self._server.patch(f"{path}/status", patch)
            except ConflictError:  # Karmada has written its own; what it collects next, it collects itself
                return stored
        return stored

    async def _compute(self, work: Manifest, anchor: Manifest | None) -> HandBack:
        try:
            return hand_back(work, self._engine, anchor)
        except OverflowMissingError:
            return hand_back(work, self._engine, anchor, await self._overflow(work))

    async def _overflow(self, work: Manifest) -> bytes | None:
        metadata = work["metadata"]
        digest = (metadata.get("annotations") or {}).get(CONVERSION_DATA_REF_ANNOTATION)
        if not digest:
            return None
        raw = await self._get(OVERFLOW_OBJECTS.object_path(metadata["namespace"], overflow_name(work, digest)))
        return read_carrier(raw) if raw is not None else None

    async def _anchor_of(self, work: Manifest) -> Manifest | None:
        """Return the anchor that owns a Work, unless it is being deleted; None if no anchor owns it."""
        reference = anchor_reference(work["metadata"])
        if reference is None:
            return None
        metadata = work["metadata"]
        anchor = await self._read(WORKS.object_path(metadata["namespace"], anchor_name(metadata["name"])))
        if anchor is None or anchor["metadata"]["uid"] != reference.get("uid"):
            return None
        return None if anchor["metadata"].get("deletionTimestamp") else anchor

    async def _delete_anchor(self, anchor: Manifest) -> None:
        """Delete an anchor, unless a Work is owned by it."""
        metadata = anchor["metadata"]
        if metadata.get("deletionTimestamp"):
            return
        name = (metadata.get("annotations") or {}).get(ANCHOR_OF_ANNOTATION, "")
        work = await self._read(WORKS.object_path(metadata["namespace"], name)) if name else None
        reference = anchor_reference(work["metadata"]) if work is not None else None
        if reference is not None and reference.get("uid") == metadata["uid"]:
            return  # the next pass hands it back first
        path = WORKS.object_path(metadata["namespace"], metadata["name"])
        try:
            await self._server.delete(path, uid=metadata["uid"], version=metadata["resourceVersion"])
        except (ConflictError, NotFoundError):
            return

    async def _delete_overflow_objects(self) -> None:
        async for raw in each_item(self._server, OVERFLOW_OBJECTS, selector=f"{OVERFLOW_LABEL}=true"):
            metadata = msgspec.json.decode(raw)["metadata"]
            try:
                path = OVERFLOW_OBJECTS.object_path(metadata["namespace"], metadata["name"])
                await self._server.delete(path, uid=metadata["uid"])
            except NotFoundError:
                continue

    async def _read(self, path: str) -> Manifest | None:
        raw = await self._get(path)
        return None if raw is None else msgspec.json.decode(raw)

    async def _get(self, path: str) -> bytes | None:
        try:
            return await self._server.get(path)
        except NotFoundError:
            return None


def exactly(thing: Manifest, patch: Manifest) -> dict[str, Any]:
    """Make a patch fail unless the object is the one that was read."""
    version = {field: thing["metadata"][field] for field in ("uid", "resourceVersion")}
    return {**patch, "metadata": {**patch.get("metadata", {}), **version}}
