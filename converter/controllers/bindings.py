"""Reconciles bindings: it names their scheduler, and excludes the clusters that no conversion can reach."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

import msgspec

from converter.client import ApiError, ConflictError, Key, NotFoundError, each_item
from converter.controllers.controller import DONE, Result
from converter.controllers.denied_works import is_shown
from converter.controllers.karmada_events import BindingKey
from converter.controllers.objects import decode, same_version
from converter.errors import ManifestError
from converter.karmada.binding import read_binding
from converter.karmada.names import EXCLUDED_ANNOTATION, SCHEDULER_LABEL
from converter.placement.exclusions import reasons
from converter.placement.settle import settle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from converter.client import ApiServer, Change, Collection, Informer
    from converter.controllers.event_recorder import EventRecorder
    from converter.karmada.binding import Binding
    from converter.kube import Manifest
    from converter.placement.exclusions import Unavailable
    from converter.placement.given_bindings import GivenBinding
    from converter.placement.settle import Settled

_log = logging.getLogger(__name__)

WRITES_A_SECOND: Final = 20.0
"""How many bindings change their scheduler in a second: half of the default ``--kube-api-qps`` of a scheduler."""

RESYNC_SECONDS: Final = 600.0
"""How often all bindings are read again."""


class _Metadata(msgspec.Struct):
    uid: str
    annotations: dict[str, str] | None = None


class _Binding(msgspec.Struct, rename="camel"):
    api_version: str
    kind: str
    metadata: _Metadata


_bindings = msgspec.json.Decoder(_Binding)


class ExcludedBinding(msgspec.Struct, frozen=True):
    """What the controller caches of a binding from whose placement clusters were excluded.

    Attributes:
        api_version: its apiVersion.
        kind: its kind.
        uid: its uid.
        note: the annotation that names the clusters.
    """

    api_version: str
    kind: str
    uid: str
    note: str


def excluded_binding(raw: bytes) -> ExcludedBinding:
    """Read a binding.

    Raises:
        msgspec.MsgspecError: it is not a Kubernetes object.
    """
    found = _bindings.decode(raw)
    note = (found.metadata.annotations or {}).get(EXCLUDED_ANNOTATION, "")
    return ExcludedBinding(found.api_version, found.kind, found.metadata.uid, note)


def exclusions_changed(change: Change[ExcludedBinding]) -> bool:
    """Whether a change concerns the exclusions of a binding."""
    return change.after is not None and change.before != change.after


class BindingSettler:
    """Patches a binding that differs from what the webhook would make of it."""

    def __init__(
        self,
        server: ApiServer,
        unreachable: Callable[[str, str], Mapping[str, Unavailable] | None],
        converted: Callable[[str, str], bool],
        own_scheduler: str,
        writes_a_second: float = WRITES_A_SECOND,
    ) -> None:
        """Prepare.

        Args:
            server: the control plane.
            unreachable: returns the clusters on which an apiVersion and kind is not available, with the reasons; None
                before the clusters are known.
            converted: returns whether some cluster gets an apiVersion and kind only by conversion.
            own_scheduler: the name of the converter's scheduler; empty if Karmada's runs without APIEnablement instead.
            writes_a_second: the largest rate at which bindings change their scheduler, which then looks at each.
                Exclusions are written at once: a scheduler can choose a cluster that joins a second later.
        """
        self._server = server
        self._unreachable = unreachable
        self._converted = converted
        self._own_scheduler = own_scheduler
        self._interval = 1.0 / writes_a_second
        self._next_write = 0.0

    async def settle(self, collection: Collection, binding: Manifest) -> None:
        """Patch a binding if it has to be.

        Raises:
            ApiError: the patch failed.
        """
        metadata = binding["metadata"]
        try:
            decoded = read_binding(binding)
            placement = decoded.spec.checked_placement()
        except ManifestError as error:
            _log.warning("cannot read binding %s, leaving it as it is: %s", metadata["name"], error)
            return
        given = SCHEDULER_LABEL in (decoded.metadata.labels or {})
        if metadata.get("deletionTimestamp") or (placement is None and not given):
            return
        template = decoded.spec.resource
        unreachable = self._unreachable(template.api_version, template.kind)
        if unreachable is None:
            return
        converted = self._converted(template.api_version, template.kind)
        wanted = settle(decoded, placement, unreachable, self._own_scheduler, converted=converted)
        patch = wanted.merge_patch(decoded, placement)
        if not patch or self._waits_for_a_write(decoded, wanted):
            return
        if wanted.scheduler.name != (decoded.spec.scheduler_name or ""):
            await self._turn()
        path = collection.object_path(metadata.get("namespace", ""), metadata["name"])
        await self._server.patch(path, {**patch, "metadata": {**patch.get("metadata", {}), **same_version(binding)}})

    def _waits_for_a_write(self, binding: Binding, wanted: Settled) -> bool:
        """Whether a binding of Karmada's scheduler has no exclusions yet: its next write brings them."""
        noted = EXCLUDED_ANNOTATION in (binding.metadata.annotations or {})
        given = SCHEDULER_LABEL in (binding.metadata.labels or {})
        return bool(self._own_scheduler) and wanted.scheduler.is_karmadas and not noted and not given

    async def _turn(self) -> None:
        """Wait until the next write is due."""
        now = asyncio.get_running_loop().time()
        delay, self._next_write = self._next_write - now, max(now, self._next_write) + self._interval
        if delay > 0:
            await asyncio.sleep(delay)


class PlacementReconciler:
    """Reconciles all bindings of a collection.

    The key is the collection, not a binding: a change of the fleet can concern every binding, and a copy of all
    bindings in memory would cost more than reading them when the fleet changes. Single bindings pass the webhook. What
    was written while no webhook answered is found by reading all bindings again from time to time.
    """

    def __init__(self, server: ApiServer, settler: BindingSettler, denied: Callable[[BindingKey], None]) -> None:
        """Prepare.

        Args:
            server: the control plane.
            settler: patches a binding.
            denied: is called for each binding that shows a denied Work. The denial may be over since no replica led.
        """
        self._server = server
        self._settler = settler
        self._denied = denied

    async def reconcile(self, key: Collection) -> Result:
        """Reconcile all bindings of a collection, as many as possible.

        Raises:
            ApiError: the list could not be read, or some binding could not be patched.
        """
        failed: ApiError | None = None
        async for raw in each_item(self._server, key):
            binding = decode(raw)
            if is_shown(binding):
                metadata = binding["metadata"]
                self._denied(BindingKey(key, Key(metadata.get("namespace", ""), metadata["name"])))
            try:
                await self._settle(key, binding)
            except NotFoundError:
                continue
            except ApiError as error:
                _log.warning("cannot update binding %s: %s", binding["metadata"]["name"], error)
                failed = error
        if failed is not None:
            raise failed
        return Result(requeue_after=RESYNC_SECONDS)

    async def _settle(self, collection: Collection, binding: Manifest) -> None:
        """Settle a binding of a list; read it again if it has changed since."""
        try:
            await self._settler.settle(collection, binding)
        except ConflictError:
            metadata = binding["metadata"]
            path = collection.object_path(metadata.get("namespace", ""), metadata["name"])
            await self._settler.settle(collection, decode(await self._server.get(path)))


def is_lost(change: Change[GivenBinding]) -> bool:
    """Whether a binding names another scheduler than the one that the converter gave it to."""
    return change.after is not None and change.after.lost


class LostBindingReconciler:
    """Settles a binding that Karmada's detector wrote while no webhook answered, before the next resync."""

    def __init__(self, server: ApiServer, settler: BindingSettler) -> None:
        """Prepare.

        Args:
            server: the control plane.
            settler: patches a binding.
        """
        self._server = server
        self._settler = settler

    async def reconcile(self, key: BindingKey) -> Result:
        """Settle one binding.

        Raises:
            ApiError: a request failed.
        """
        try:
            binding = decode(await self._server.get(key.collection.object_path(*key.key)))
            await self._settler.settle(key.collection, binding)
        except NotFoundError:
            pass
        return DONE


class ExcludedBindingReconciler:
    """Records an Event on a binding from whose placement clusters were excluded."""

    def __init__(self, bindings: Mapping[Collection, Informer[ExcludedBinding]], recorder: EventRecorder) -> None:
        """Prepare.

        Args:
            bindings: the bindings that have exclusions, by collection.
            recorder: records Events.
        """
        self._bindings = bindings
        self._recorder = recorder

    async def reconcile(self, key: BindingKey) -> Result:
        """Record the exclusions of one binding."""
        known = self._bindings[key.collection].items.get(key.key)
        if known is not None:
            metadata = {"name": key.key.name, "uid": known.uid} | (
                {"namespace": key.key.namespace} if key.collection.namespaced else {}
            )
            binding = {"apiVersion": known.api_version, "kind": known.kind, "metadata": metadata}
            await self._recorder.clusters_excluded(binding, reasons(known.note))
        return DONE
