"""Works that admission refused, on their bindings: a condition with the reason, and another try when it helps.

Karmada tells of a refused Work in an Event on its binding, and tries again after up to 1,000 seconds. An Event is soon
gone, so the reason is put into a condition of the binding as well, for as long as it holds. And when the cluster, the
rules or the policy have changed, Karmada is made to try again at once.

The Events that Karmada writes are all that is known of refusals: admission itself tells nobody, and any replica may
have answered (pkg/controllers/binding/binding_controller.go).
"""

from __future__ import annotations

import datetime as dt  # noqa: TC003  msgspec reads the annotations
import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from converter.client import Key, NotFoundError
from converter.client.informer import Informer, pages_of
from converter.controllers.anchor import same_version
from converter.controllers.event_recorder import BINDINGS, CLUSTER_BINDINGS, EVENTS
from converter.karmada.names import GROUP

if TYPE_CHECKING:
    from collections.abc import Callable

    from converter.client import ApiServer, Collection
    from converter.kube import Manifest

CONDITION: Final = f"{GROUP}/WorkRefused"
"""The type of the condition; it is True, or not there."""

LOOK_AGAIN_SECONDS: Final = 20.0
"""When to see whether a refused Work has been taken since."""

_LONGEST_PAUSE: Final = 1100.0
"""Seconds after which Karmada would have tried again (its rate limiter's 1,000 seconds), and have told of it."""

_FAILED, _SUCCEEDED = "SyncWorkFailed", "SyncWorkSucceed"
_OURS: Final = re.compile(r'admission webhook "works\.apiconverter\.dev" denied the request: (?P<why>.*)', re.DOTALL)
_CLUSTERS: Final = re.compile(r"(?:^|denied the request: )cluster ([^:\s]+): ")
_COLLECTIONS: Final = {"ResourceBinding": BINDINGS, "ClusterResourceBinding": CLUSTER_BINDINGS}


class _About(msgspec.Struct):
    kind: str = ""
    namespace: str = ""
    name: str = ""
    uid: str = ""


class _Meta(msgspec.Struct, rename="camel"):
    resource_version: str = "0"
    creation_timestamp: dt.datetime | None = None


class _Series(msgspec.Struct, rename="camel"):
    last_observed_time: dt.datetime | None = None


class _Event(msgspec.Struct, rename="camel"):
    metadata: _Meta
    involved_object: _About
    message: str = ""
    last_timestamp: dt.datetime | None = None
    series: _Series | None = None
    event_time: dt.datetime | None = None

    @property
    def version(self) -> int:
        """Which of two Events was written later; they are comparable numbers (KEP-5504)."""
        return int(self.metadata.resource_version)

    @property
    def at(self) -> dt.datetime | None:
        """When it was last told, in whichever of its fields the recorder says so."""
        repeated = self.series.last_observed_time if self.series is not None else None
        return self.last_timestamp or repeated or self.event_time or self.metadata.creation_timestamp


_events = msgspec.json.Decoder(_Event)


class Denial(msgspec.Struct, frozen=True):
    """What Karmada last told of a binding one of whose Works was refused.

    Attributes:
        kind: the binding's.
        key: its namespace and name.
        uid: the binding's own.
        why: the reason, as admission gave it; empty where something else went wrong.
        version: the Event's resource version, which tells which of two was written later.
        at: when that was.
    """

    kind: str
    key: Key
    uid: str
    why: str
    version: int
    at: dt.datetime | None

    @property
    def clusters(self) -> frozenset[str]:
        """The clusters that cannot have it."""
        return frozenset(_CLUSTERS.findall(self.why))


def refusal(raw: bytes) -> Denial:
    """Read one of Karmada's Events.

    Raises:
        msgspec.MsgspecError: it is no Event.
    """
    event = _events.decode(raw)
    about, found = event.involved_object, _OURS.search(event.message)
    why = found["why"].strip() if found is not None and about.kind in _COLLECTIONS else ""
    if event.message.startswith("["):  # several errors at once
        why = why.removesuffix("]")
    key = Key(about.namespace if about.kind == "ResourceBinding" else "", about.name)
    return Denial(about.kind, key, about.uid, why, event.version, event.at)


class DeniedWorks:
    """Knows the refusals of the last hour, which is how long Events are kept; only who leads runs it.

    Attributes:
        cache: Karmada's Events of failures.
    """

    def __init__(
        self, server: ApiServer, changed: Callable[[Collection, Key], None], now: Callable[[], dt.datetime]
    ) -> None:
        """Prepare.

        Args:
            server: the control plane.
            changed: hears the collection and the key of a binding that has to be looked at; `settle` does so.
            now: gives the present.
        """
        self._server = server
        self._changed = changed
        self._now = now
        self._known: dict[tuple[Collection, Key], Denial] = {}
        self.cache: Informer[Denial] = Informer(server, EVENTS, refusal, self._heard, fields=f"reason={_FAILED}")

    def _heard(self, _key: Key, before: Denial | None, after: Denial | None) -> None:
        told = after or before
        if told is None or not told.why:
            return
        place = (_COLLECTIONS[told.kind], told.key)
        if after is None:
            if self._known.get(place) == before:
                del self._known[place]
        elif place not in self._known or self._known[place].version < after.version:
            self._known[place] = after
        self._changed(*place)

    async def settle(self, collection: Collection, key: Key) -> bool:
        """Bring a binding's condition into line with what is known; whether it has to be looked at again.

        Raises:
            ApiError: a request failed; try again.
        """
        try:
            binding: Manifest = msgspec.json.decode(await self._server.get(collection.object_path(*key)))
        except NotFoundError:
            self._known.pop((collection, key), None)
            return False
        return await self.settle_known(collection, binding)

    async def settle_known(self, collection: Collection, binding: Manifest) -> bool:
        """Do the same for a binding that has just been read."""
        metadata = binding["metadata"]
        key = Key(metadata.get("namespace", ""), metadata["name"])
        place = (collection, key)
        known = self._known.get(place)
        if known is not None and (known.uid != metadata["uid"] or await self._is_over(known)):
            self._known.pop(place, None)
            known = None
        patch = _patch(binding, known.why if known is not None else "", self._now())
        if patch is not None:
            await self._server.patch(collection.object_path(key.namespace, key.name, "status"), patch)
        return known is not None

    async def _is_over(self, known: Denial) -> bool:
        """Whether Karmada has told of a success since, or should have told of another failure."""
        if known.at is None or (self._now() - known.at).total_seconds() > _LONGEST_PAUSE:
            return True
        fields = {"fieldSelector": f"reason={_SUCCEEDED},involvedObject.uid={known.uid}"}
        items, _ = pages_of(await self._server.get(EVENTS.path(), fields))
        return any(_events.decode(raw).version > known.version for raw in items)

    async def try_again(self, cluster: str) -> None:
        """Have Karmada send again what a cluster was refused; what else was refused is left to its own pace.

        Raises:
            ApiError: a binding could not be written; try again.
        """
        for (collection, key), known in list(self._known.items()):
            if cluster not in known.clusters:
                continue
            path = collection.object_path(*key)
            try:
                binding: Manifest = msgspec.json.decode(await self._server.get(path))
            except NotFoundError:
                continue
            patch = _nudge(binding)
            if patch is not None:
                await self._server.patch(path, patch)


def _patch(binding: Manifest, why: str, now: dt.datetime) -> Manifest | None:
    """Make the patch of a binding's status that shows a reason, or none; None where it does so already."""
    conditions: list[Any] = (binding.get("status") or {}).get("conditions") or []
    shown = next((item for item in conditions if item.get("type") == CONDITION), None)
    if (shown or {}).get("message", "") == why:
        return None
    others = [item for item in conditions if item is not shown]
    if why:
        since = shown["lastTransitionTime"] if shown is not None else now.strftime("%Y-%m-%dT%H:%M:%SZ")
        others.append(
            {"type": CONDITION, "status": "True", "reason": "WorkRefused", "message": why, "lastTransitionTime": since}
        )
    return {"metadata": same_version(binding), "status": {"conditions": others}}


def _nudge(binding: Manifest) -> Manifest | None:
    """Make a patch of the spec that means nothing: Karmada looks at changes of the spec alone.

    ``preserveResourcesOnDeletion`` means the same absent and false. None where it is true, and where nobody can be
    nudged.
    """
    preserved = binding["spec"].get("preserveResourcesOnDeletion")
    if preserved or binding["metadata"].get("deletionTimestamp"):
        return None
    other = None if preserved is False else False
    return {"metadata": same_version(binding), "spec": {"preserveResourcesOnDeletion": other}}
