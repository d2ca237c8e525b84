"""Sends a stored Work through admission again, when admission would now store something else."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from converter.controllers.objects import decode, same_version

if TYPE_CHECKING:
    from converter.controllers.drift import Drift
    from converter.controllers.event_recorder import EventRecorder
    from converter.controllers.overflow_store import OverflowStore
    from converter.controllers.work_client import WorkClient


class Detector(Protocol):
    """Compares a stored Work with what admission would make of it."""

    def __call__(self, raw: bytes, overflow: bytes | None = None) -> Drift:
        """Compare one Work, with its overflow object if that has been read."""


class Readmitted(NamedTuple):
    """What became of a Work.

    Attributes:
        patched: the stored Work after a patch; None if there was nothing to patch.
        outdated: whether only Karmada can send what the present rules need.
    """

    patched: bytes | None = None
    outdated: bool = False


class Readmission:
    """Patches Works that differ from what admission would store."""

    def __init__(self, works: WorkClient, detector: Detector, overflow: OverflowStore, recorder: EventRecorder) -> None:
        """Prepare.

        Args:
            works: reads and writes Works.
            detector: says how a Work differs.
            overflow: reads overflow objects.
            recorder: records an Event when a Work cannot be converted.
        """
        self._works = works
        self._detect = detector
        self._overflow = overflow
        self._recorder = recorder

    async def readmit(self, raw: bytes) -> Readmitted:
        """Patch a Work if admission would now store something else.

        Args:
            raw: the stored Work.

        Raises:
            ApiError: a request failed.
        """
        drift = self._detect(raw)
        if drift.needs_overflow:
            drift = self._detect(raw, await self._overflow.fetch(decode(raw)) or b"[]")
        if drift.denial:
            await self._recorder.conversion_failed(decode(raw), drift.denial)
        if drift.patch is None:
            return Readmitted(outdated=drift.outdated)
        work = decode(raw)
        metadata = {**drift.patch.get("metadata", {}), **same_version(work)}
        return Readmitted(await self._works.patch(work, {**drift.patch, "metadata": metadata}), drift.outdated)

    def settled(self, raw: bytes) -> bool:
        """Whether a Work is as admission would store it. False: a webhook replica knows other clusters or rules."""
        return self._detect(raw).patch is None
