"""What has to be looked at again when a cluster, or the rules, have changed.

Nothing tells Karmada that a Work would be converted in another way now, so it is told here: each Work of the
cluster is judged again, and admitted anew where that makes a difference. Once soon, and once more when every
replica of the webhook must have seen the change, since any of them may be asked.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import msgspec

from converter.client import ApiError
from converter.client.informer import listed
from converter.controllers.anchor import WORKS, same_version
from converter.controllers.denied_works import CONDITION
from converter.controllers.event_recorder import BINDINGS, CLUSTER_BINDINGS
from converter.errors import ManifestError
from converter.karmada.binding import read_binding
from converter.karmada.names import (
    ANCHOR_LABEL,
    CONVERTED_LABEL,
    EXCLUDED_ANNOTATION,
    EXCLUDED_LABEL,
    EXECUTION_SPACE_PREFIX,
)
from converter.placement.exclusions import exclude, reasons

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from converter.client import ApiServer, Collection
    from converter.controllers.denied_works import DeniedWorks
    from converter.controllers.event_recorder import EventRecorder
    from converter.controllers.work_reconciler import WorkReconciler
    from converter.kube import Manifest

_log = logging.getLogger(__name__)

_PLAIN = f"!{CONVERTED_LABEL},!{ANCHOR_LABEL}"


class Resync:
    """Looks again at what a change may concern; asked for each change, not for each Work."""

    def __init__(
        self,
        server: ApiServer,
        anchoring: WorkReconciler,
        unreachable: Callable[[str, str], Mapping[str, str]],
        teller: EventRecorder,
        refusals: DeniedWorks,
    ) -> None:
        """Prepare.

        Args:
            server: the control plane.
            anchoring: judges a Work, and has it admitted anew.
            unreachable: for an apiVersion and kind, the clusters that certainly have no version of it that can be
                reached, with the reasons.
            teller: tells people.
            refusals: knows which bindings Works were refused of.
        """
        self._server = server
        self._anchoring = anchoring
        self._unreachable = unreachable
        self._teller = teller
        self._refusals = refusals

    async def plain_works(self, cluster: str) -> None:
        """Look at a cluster's Works that are not converted: it may have lost a version they need.

        Raises:
            ApiError: the list could not be read, or a Work not be written; try again.
        """
        failed: ApiError | None = None
        async for raw in listed(self._server, WORKS, EXECUTION_SPACE_PREFIX + cluster, _PLAIN):
            work = msgspec.json.decode(raw)
            try:
                await self._anchoring.rewrite(work)
            except ApiError as error:
                _log.warning("%s/%s: %s", work["metadata"]["namespace"], work["metadata"]["name"], error)
                failed = error
        if failed is not None:
            raise failed

    async def bindings(self) -> None:
        """Look at the placement of every binding: which clusters can be reached may have changed.

        Raises:
            ApiError: a list could not be read, or a binding not be written; try again.
        """
        failed: ApiError | None = None
        for collection in (BINDINGS, CLUSTER_BINDINGS):
            async for raw in listed(self._server, collection):
                binding = msgspec.json.decode(raw)
                try:
                    await self._binding(collection, binding)
                except ApiError as error:
                    _log.warning("binding %s: %s", binding["metadata"]["name"], error)
                    failed = error
        if failed is not None:
            raise failed

    async def tell_excluded(self, binding: Manifest) -> None:
        """Tell people which clusters a binding's placement leaves out."""
        note = (binding["metadata"].get("annotations") or {}).get(EXCLUDED_ANNOTATION)
        await self._teller.excluded(binding, reasons(note))

    async def _binding(self, collection: Collection, binding: Manifest) -> None:
        if any(item.get("type") == CONDITION for item in (binding.get("status") or {}).get("conditions") or ()):
            await self._refusals.settle_known(collection, binding)  # it may be over since nobody led
        metadata = binding["metadata"]
        try:
            spec = read_binding(binding).spec
            placement = spec.checked_placement()
        except ManifestError as error:
            _log.warning("binding %s: %s", metadata["name"], error)
            return
        if metadata.get("deletionTimestamp") or placement is None:
            return
        note = (metadata.get("annotations") or {}).get(EXCLUDED_ANNOTATION)
        unreachable = self._unreachable(spec.resource.api_version, spec.resource.kind)
        wanted = exclude(placement, spec.scheduled_clusters(), unreachable, note)
        if wanted.placement == placement and wanted.note == note:
            return
        patch: dict[str, Any] = {
            "metadata": {
                **same_version(binding),
                "annotations": {EXCLUDED_ANNOTATION: wanted.note},
                "labels": {EXCLUDED_LABEL: "true" if wanted.note else None},
            },
            "spec": {"placement": merge_from(placement, wanted.placement)},
        }
        path = collection.object_path(metadata.get("namespace", ""), metadata["name"])
        await self._server.patch(path, patch)


def merge_from(before: Any, after: Any) -> Any:
    """Make the merge patch (RFC 7396) that turns one JSON value into another."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return after
    patch: dict[str, Any] = dict.fromkeys(key for key in before if key not in after)
    for key, value in after.items():
        if key not in before:
            patch[key] = value
        elif before[key] != value:
            patch[key] = merge_from(before[key], value)
    return patch
