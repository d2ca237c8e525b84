"""Records Events on Works that are not converted, but lose fields because of their cluster's release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.controllers.controller import DONE, Result
from converter.controllers.objects import decode

if TYPE_CHECKING:
    from converter.client import Change, Key
    from converter.controllers.cached_work import LossyWork
    from converter.controllers.event_recorder import EventRecorder
    from converter.controllers.work_client import WorkClient


def losses_changed(change: Change[LossyWork]) -> bool:
    """Whether the losses of a Work are others than before.

    Works of the first list are left out: there may be thousands, and their Events were recorded when they came.
    """
    return change.after is not None and change.before != change.after and not change.initial


class LossyWorkReconciler:
    """Records what is lost of a Work that is not converted."""

    def __init__(self, client: WorkClient, recorder: EventRecorder) -> None:
        """Prepare.

        Args:
            client: reads Works.
            recorder: records Events.
        """
        self._client = client
        self._recorder = recorder

    async def reconcile(self, key: Key) -> Result:
        """Record the losses of one Work.

        Raises:
            ApiError: the Work could not be read.
        """
        raw = await self._client.get(key)
        work = decode(raw) if raw is not None else None
        if work is not None and not work["metadata"].get("deletionTimestamp"):
            await self._recorder.fields_dropped(work)
        return DONE
