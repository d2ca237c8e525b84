"""Records Events on Works and their bindings: what was converted, what is dropped, and what failed.

An Event is recorded once. Its name is a digest of its object, reason and message, so that the API server rejects a
second one from any replica. Events are for people: a failure to write one never stops a reconciler.
"""

from __future__ import annotations

import hashlib
import logging
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from converter.client import AlreadyExistsError, ApiError, NotFoundError
from converter.client.clock import timestamp
from converter.client.collections import EVENTS
from converter.controllers.anchor import manifests_of, source_versions
from converter.controllers.karmada_events import binding_key
from converter.controllers.objects import annotation, decode
from converter.karmada.interpreters import API_VERSION, CUSTOMIZATION
from converter.karmada.names import LOSSES_TEXT_ANNOTATION, cluster_of

if TYPE_CHECKING:
    from converter.client import ApiServer
    from converter.client.clock import Now
    from converter.controllers.mirrors import Unmirrored
    from converter.kube import Manifest

_log = logging.getLogger(__name__)


_REMEMBERED = 4096
"""Recent Events that this process remembers. The API server keeps all Events for an hour by default."""

_LONGEST = 1000
"""Characters of a message (`events.k8s.io` allows 1024)."""

_COMPONENT = "api-version-converter"


class EventRecorder:
    """Writes Events."""

    def __init__(self, server: ApiServer, now: Now) -> None:
        """Prepare.

        Args:
            server: the control plane.
            now: the wall clock, for the times of the Events.
        """
        self._server = server
        self._now = now
        self._recorded: OrderedDict[str, None] = OrderedDict()

    async def converted(self, work: Manifest) -> None:
        """Record which manifests of a Work were converted, and what its cluster drops of them."""
        text = "; ".join(_changes(work))
        if text:
            await self._on_work_and_binding(work, "Normal", "VersionConverted", text)
        await self.fields_dropped(work)

    async def fields_dropped(self, work: Manifest) -> None:
        """Record what a Work's cluster cannot hold; nothing if it can hold everything."""
        losses = annotation(work, LOSSES_TEXT_ANNOTATION)
        if losses:
            text = f"cluster {cluster_of(work['metadata']['namespace'])} cannot hold: {losses}"
            await self._on_work_and_binding(work, "Warning", "FieldsDropped", text)

    async def restored(self, work: Manifest) -> None:
        """Record that a Work no longer needs conversion."""
        versions = ", ".join(f"{item.get('kind')} {item.get('apiVersion')}" for item in manifests_of(work))
        text = f"cluster {cluster_of(work['metadata']['namespace'])} gets the original version again: {versions}"
        await self._on_work_and_binding(work, "Normal", "VersionRestored", text)

    async def conversion_failed(self, work: Manifest, why: str) -> None:
        """Record that a stored Work should be converted, and why it cannot be."""
        await self._on_work_and_binding(work, "Warning", "ConversionFailed", why)

    async def clusters_excluded(self, binding: Manifest, reasons: dict[str, str]) -> None:
        """Record which clusters were excluded from a binding's placement, and why."""
        text = "; ".join(f"cluster {name} is left out: {why}" for name, why in reasons.items())
        if text:
            await self._record(binding, "Warning", "ClustersExcluded", text)

    async def not_scheduled(self, binding: Manifest, scheduler: str) -> None:
        """Record that a binding waits for the converter's scheduler."""
        text = (
            f"scheduler {scheduler} has not looked at this binding for a minute; clusters that have the object keep "
            "it, and no cluster is added until the scheduler runs"
        )
        await self._record(binding, "Warning", "SchedulerUnavailable", text)

    async def interpreter_not_mirrored(self, item: Unmirrored) -> None:
        """Record that an operation of a user's interpreter does not act on a version that members get."""
        metadata = {"name": item.customization.name, "uid": item.customization.uid}
        thing = {"apiVersion": API_VERSION, "kind": CUSTOMIZATION, "metadata": metadata}
        text = (
            f"{item.operation} is not mirrored to {item.target} {item.customization.target.kind}: the script names the "
            f"field {'.'.join(item.words)}, which is in another place there; write a customization for {item.target}"
        )
        await self._record(thing, "Warning", "InterpreterNotMirrored", text)

    async def token_not_renewed(self, namespace: str, account: str, uid: str, text: str) -> None:
        """Record that the token of a ServiceAccount is due and cannot be renewed.

        Args:
            namespace: the account's namespace.
            account: the account's name.
            uid: the account's uid; empty if it is not known.
            text: when the token ends, and why it cannot be renewed.
        """
        metadata = {"name": account, "namespace": namespace, "uid": uid}
        thing = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
        await self._record(thing, "Warning", "TokenNotRenewed", f"the token of {account} {text}")

    async def _on_work_and_binding(self, work: Manifest, kind: str, reason: str, text: str) -> None:
        if not await self._record(work, kind, reason, text):
            return  # the binding has its Event, too
        binding = await self._binding(work)
        if binding is not None:
            await self._record(binding, kind, reason, text)

    async def _binding(self, work: Manifest) -> Manifest | None:
        key = binding_key(work)
        if key is None:
            return None
        try:
            return decode(await self._server.get(key.collection.object_path(*key.key)))
        except NotFoundError:
            return None
        except ApiError as error:
            _log.info("cannot record an Event on the binding: %s", error)
            return None

    async def _record(self, thing: Manifest, kind: str, reason: str, text: str) -> bool:
        """Record an Event; return whether this process had not recorded it before."""
        metadata = thing["metadata"]
        message = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
        digest = hashlib.sha256("\0".join((metadata["uid"], reason, message)).encode()).hexdigest()[:20]
        if digest in self._recorded:
            return False
        self._recorded[digest] = None
        if len(self._recorded) > _REMEMBERED:
            self._recorded.popitem(last=False)
        namespace = metadata.get("namespace") or "default"
        now = timestamp(self._now())
        event = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": f"{metadata['name'][:200]}.{digest}", "namespace": namespace},
            "involvedObject": _reference(thing),
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
            _log.info("cannot record Event %s on %s: %s", reason, metadata["name"], error)
        return True


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
