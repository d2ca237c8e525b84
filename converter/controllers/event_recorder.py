"""Events on Works and their bindings: what was converted, from what to what, and what got lost.

An event is told once: its name is made of what it says, so that a second one is refused by the API server as well,
whichever replica tells it. Events are for people; that one cannot be written never holds up the work.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import msgspec

from converter.client import AlreadyExistsError, ApiError, Collection, NotFoundError
from converter.controllers.anchor import manifests_of, source_versions
from converter.karmada.names import LOSSES_ANNOTATION, cluster_of

if TYPE_CHECKING:
    from converter.client import ApiServer
    from converter.kube import Manifest

_log = logging.getLogger(__name__)

BINDINGS = Collection("/apis/work.karmada.io/v1alpha2", "resourcebindings")
CLUSTER_BINDINGS = Collection("/apis/work.karmada.io/v1alpha2", "clusterresourcebindings", namespaced=False)
EVENTS = Collection("/api/v1", "events")

_REMEMBERED = 4096
"""Events that are remembered as told; the API server remembers the others for an hour."""

_LONGEST = 1000
"""Characters of a message (`events.k8s.io` allows 1024)."""

_COMPONENT = "api-version-converter"


class EventRecorder:
    """Writes events."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server
        self._told: OrderedDict[str, None] = OrderedDict()

    async def anchored(self, work: Manifest) -> None:
        """A converted Work has been given its anchor."""
        await self.converted(work)

    async def converted(self, work: Manifest) -> None:
        """A Work has been converted, or converted anew in another way."""
        text = "; ".join(_changes(work))
        if text:
            await self._on_work_and_binding(work, "Normal", "VersionConverted", text)
        await self.lost(work)

    async def lost(self, work: Manifest) -> None:
        """A Work's cluster cannot hold something of it; nothing is told where it can hold everything."""
        losses = (work["metadata"].get("annotations") or {}).get(LOSSES_ANNOTATION)
        if losses:
            where = f"cluster {cluster_of(work['metadata']['namespace'])} cannot hold: {losses}"
            await self._on_work_and_binding(work, "Warning", "FieldsDropped", where)

    async def released(self, work: Manifest) -> None:
        """A Work no longer needs conversion."""
        versions = ", ".join(f"{item.get('kind')} {item.get('apiVersion')}" for item in manifests_of(work))
        text = f"cluster {cluster_of(work['metadata']['namespace'])} gets the original version again: {versions}"
        await self._on_work_and_binding(work, "Normal", "VersionRestored", text)

    async def rewritten(self, work: Manifest) -> None:
        """A Work has been moved to other versions, because its cluster or the rules have changed."""
        await self.converted(work)

    async def refused(self, work: Manifest, why: str) -> None:
        """A Work should be converted anew, and cannot be."""
        await self._on_work_and_binding(work, "Warning", "ConversionFailed", why)

    async def excluded(self, binding: Manifest, reasons: dict[str, str]) -> None:
        """Clusters have been excluded from a binding's placement."""
        text = "; ".join(f"cluster {name} is left out: {why}" for name, why in reasons.items())
        if text:
            await self._tell(_reference(binding), "Warning", "ClustersExcluded", text)

    async def _on_work_and_binding(self, work: Manifest, kind: str, reason: str, text: str) -> None:
        await self._tell(_reference(work), kind, reason, text)
        binding = await self._binding(work)
        if binding is not None:
            await self._tell(_reference(binding), kind, reason, text)

    async def _binding(self, work: Manifest) -> Manifest | None:
        annotations = work["metadata"].get("annotations") or {}
        name = annotations.get("resourcebinding.karmada.io/name")
        if name:
            path = BINDINGS.object_path(annotations.get("resourcebinding.karmada.io/namespace", ""), name)
        elif annotations.get("clusterresourcebinding.karmada.io/name"):
            path = CLUSTER_BINDINGS.object_path("", annotations["clusterresourcebinding.karmada.io/name"])
        else:
            return None
        try:
            binding: Manifest = msgspec.json.decode(await self._server.get(path))
        except NotFoundError:
            return None
        except ApiError as error:
            _log.info("no event on a binding: %s", error)
            return None
        return binding

    async def _tell(self, about: dict[str, Any], kind: str, reason: str, text: str) -> None:
        message = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
        digest = hashlib.sha256("\0".join((about["uid"], reason, message)).encode()).hexdigest()[:20]
        if digest in self._told:
            return
        self._told[digest] = None
        if len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)
        namespace = about.get("namespace") or "default"
        now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        event = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": f"{about['name'][:200]}.{digest}", "namespace": namespace},
            "involvedObject": about,
            "type": kind,
            "reason": reason,
            "message": message,
            "source": {"component": _COMPONENT},
            "reportingComponent": _COMPONENT,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }
        try:
            await self._server.create(EVENTS.path(namespace), event)
        except AlreadyExistsError:
            pass
        except ApiError as error:
            _log.info("event %s on %s: %s", reason, about["name"], error)


def _changes(work: Manifest) -> list[str]:
    cluster = cluster_of(work["metadata"]["namespace"])
    return [
        f"{manifest.get('kind')} {(manifest.get('metadata') or {}).get('name')} goes to cluster {cluster} as "
        f"{manifest.get('apiVersion')} instead of {source}"
        for manifest, source in zip(manifests_of(work), source_versions(work), strict=True)
        if source != manifest.get("apiVersion")
    ]


def _reference(thing: Manifest) -> dict[str, Any]:
    metadata = thing["metadata"]
    fields = ("name", "namespace", "uid", "resourceVersion")
    found = {field: metadata[field] for field in fields if field in metadata}
    return {"apiVersion": thing["apiVersion"], "kind": thing["kind"], **found}
