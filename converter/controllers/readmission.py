"""Sends a stored Work through admission again, when admission would now store something else.

When a cluster can hold a value that it dropped before, Karmada sends the manifests twice: at once, and with the next
pass over the cluster. An API server that has just got another CRD may still drop the value for some seconds, by the
schema before, and each of several API servers takes the CRD at another time.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from converter.controllers.objects import decode, same_version
from converter.karmada.work import decode_work
from converter.works.patches import nudge

if TYPE_CHECKING:
    from converter.controllers.drift import Drift
    from converter.controllers.event_recorder import EventRecorder
    from converter.controllers.overflow_store import OverflowStore
    from converter.controllers.work_client import WorkClient
    from converter.kube import Manifest


ONCE_MORE_SECONDS: Final = 20.0
"""Seconds after which the manifests may be sent a second time: before the last pass over a changed cluster."""

MOST_SENT: Final = 20_000
"""Works that wait for the second time. Of more, the oldest are sent only once."""


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
        self._sent: OrderedDict[tuple[str, str], float] = OrderedDict()

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
            return Readmitted(await self._send_once_more(raw), drift.outdated)
        work = decode(raw)
        metadata = {**drift.patch.get("metadata", {}), **same_version(work)}
        patched = await self._works.patch(work, {**drift.patch, "metadata": metadata})
        if drift.resends:
            self._note_sent(work)
        return Readmitted(patched, drift.outdated)

    def settled(self, raw: bytes) -> bool:
        """Whether a Work is as admission would store it. False: a webhook replica knows other clusters or rules."""
        return self._detect(raw).patch is None

    def _note_sent(self, work: Manifest) -> None:
        self._sent[_key(work)] = asyncio.get_running_loop().time()
        if len(self._sent) > MOST_SENT:
            self._sent.popitem(last=False)

    async def _send_once_more(self, raw: bytes) -> bytes | None:
        """Have Karmada send a Work a second time, if that is due; return the stored Work then."""
        if not self._sent:
            return None
        work = decode(raw)
        since = self._sent.get(_key(work))
        if since is None or asyncio.get_running_loop().time() - since < ONCE_MORE_SECONDS:
            return None
        spec = {} if work["metadata"].get("deletionTimestamp") else nudge(decode_work(raw))
        patched = await self._works.patch(work, {"metadata": same_version(work), "spec": spec}) if spec else None
        del self._sent[_key(work)]
        return patched


def _key(work: Manifest) -> tuple[str, str]:
    return work["metadata"]["namespace"], work["metadata"]["name"]
