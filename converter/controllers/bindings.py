"""Reconciles the placement of bindings: it excludes the clusters that no conversion can reach."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import msgspec

from converter.client import ApiError, Key, each_item
from converter.controllers.controller import DONE, Result
from converter.controllers.denied_works import is_shown
from converter.controllers.karmada_events import BindingKey
from converter.controllers.objects import annotation, decode, merge_patch, same_version
from converter.errors import ManifestError
from converter.karmada.binding import read_binding
from converter.karmada.names import EXCLUDED_ANNOTATION, EXCLUDED_LABEL
from converter.placement.exclusions import exclude, held_clusters, reasons

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from converter.client import ApiServer, Change, Collection, Informer
    from converter.controllers.event_recorder import EventRecorder
    from converter.kube import Manifest
    from converter.placement.exclusions import Unavailable

_log = logging.getLogger(__name__)


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


class PlacementReconciler:
    """Reconciles all bindings of a collection.

    The key is the collection, not a binding: a change of the fleet can concern every binding, and a copy of all
    bindings in memory would cost more than reading them when the fleet changes. Single bindings pass the webhook.
    """

    def __init__(
        self,
        server: ApiServer,
        unreachable: Callable[[str, str], Mapping[str, Unavailable] | None],
        denied: Callable[[BindingKey], None],
    ) -> None:
        """Prepare.

        Args:
            server: the control plane.
            unreachable: returns the clusters on which an apiVersion and kind is not available, with the reasons; None
                before the clusters are known.
            denied: is called for each binding that shows a denied Work. The denial may be over since no replica led.
        """
        self._server = server
        self._unreachable = unreachable
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
                await self._exclude(key, binding)
            except ApiError as error:
                _log.warning("cannot update the placement of binding %s: %s", binding["metadata"]["name"], error)
                failed = error
        if failed is not None:
            raise failed
        return DONE

    async def _exclude(self, collection: Collection, binding: Manifest) -> None:
        metadata = binding["metadata"]
        try:
            decoded = read_binding(binding)
            spec = decoded.spec
            placement = spec.checked_placement()
        except ManifestError as error:
            _log.warning("cannot read binding %s, ignoring its placement: %s", metadata["name"], error)
            return
        if metadata.get("deletionTimestamp") or placement is None:
            return
        note = annotation(binding, EXCLUDED_ANNOTATION) or None
        unreachable = self._unreachable(spec.resource.api_version, spec.resource.kind)
        if unreachable is None:
            return
        wanted = exclude(placement, held_clusters(decoded, unreachable), unreachable, note)
        if wanted.placement == placement and wanted.note == note:
            return
        patch: dict[str, Any] = {
            "metadata": {
                **same_version(binding),
                "annotations": {EXCLUDED_ANNOTATION: wanted.note},
                "labels": {EXCLUDED_LABEL: "true" if wanted.note else None},
            },
            "spec": {"placement": merge_patch(placement, wanted.placement)},
        }
        path = collection.object_path(metadata.get("namespace", ""), metadata["name"])
        await self._server.patch(path, patch)


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
