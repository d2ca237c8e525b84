"""Karmada's Events about Works that it could, or could not, write for a binding."""

from __future__ import annotations

import datetime as dt  # noqa: TC003 -- msgspec reads the annotations
import re
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from converter.client import Collection, Key
from converter.client.collections import BINDINGS, CLUSTER_BINDINGS
from converter.controllers.objects import annotation
from converter.karmada.denial import denied_clusters

if TYPE_CHECKING:
    from converter.kube import Manifest

FAILED: Final = "SyncWorkFailed"
SUCCEEDED: Final = "SyncWorkSucceed"
"""The reasons of the Events (pkg/events/events.go)."""

_OURS: Final = re.compile(r'admission webhook "works\.apiconverter\.dev" denied the request: (?P<why>.*)', re.DOTALL)
_COLLECTIONS: Final = {"ResourceBinding": BINDINGS, "ClusterResourceBinding": CLUSTER_BINDINGS}


class BindingKey(NamedTuple):
    """The name of a binding.

    Attributes:
        collection: ``resourcebindings`` or ``clusterresourcebindings``.
        key: its namespace and name.
    """

    collection: Collection
    key: Key

    def __str__(self) -> str:
        return f"{self.collection.resource} {self.key}"


def binding_key(work: Manifest) -> BindingKey | None:
    """Return the binding that a Work was made for, by its annotations; None for a Work made by hand."""
    name = annotation(work, "resourcebinding.karmada.io/name")
    if name:
        return BindingKey(BINDINGS, Key(annotation(work, "resourcebinding.karmada.io/namespace"), name))
    name = annotation(work, "clusterresourcebinding.karmada.io/name")
    return BindingKey(CLUSTER_BINDINGS, Key("", name)) if name else None


class _InvolvedObject(msgspec.Struct):
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
    involved_object: _InvolvedObject
    message: str = ""
    last_timestamp: dt.datetime | None = None
    series: _Series | None = None
    event_time: dt.datetime | None = None

    @property
    def version(self) -> int:
        """Its resource version: a number that grows with each write (KEP-5504)."""
        return int(self.metadata.resource_version)

    @property
    def at(self) -> dt.datetime | None:
        """When it was last recorded, from whichever field its recorder sets."""
        repeated = self.series.last_observed_time if self.series is not None else None
        return self.last_timestamp or repeated or self.event_time or self.metadata.creation_timestamp


_events = msgspec.json.Decoder(_Event)


class Denial(msgspec.Struct, frozen=True):
    """What one of Karmada's Events says about a binding.

    Attributes:
        binding: the binding; None if the Event is about another kind, or about another failure.
        uid: the binding's uid.
        why: the reason, as admission gave it.
        clusters: the clusters that the Works were denied for.
        version: the Event's resource version: the larger one is the later one.
        at: when Karmada recorded it.
    """

    binding: BindingKey | None
    uid: str
    why: str
    clusters: frozenset[str]
    version: int
    at: dt.datetime | None


def _denial_of(message: str) -> tuple[str, frozenset[str]]:
    """Find the reason of a denial, and the clusters that it is about, in an Event's message; empty for others."""
    found = _OURS.search(message)
    if found is None:
        return "", frozenset()
    why = found["why"].strip()
    if message.startswith("["):  # Karmada joins several errors
        why = why.removesuffix("]")
    return why, denied_clusters(why)


def read_denial(raw: bytes) -> Denial:
    """Read one of Karmada's Events.

    Raises:
        msgspec.MsgspecError: it is not an Event.
    """
    event = _events.decode(raw)
    about = event.involved_object
    collection = _COLLECTIONS.get(about.kind)
    why, clusters = _denial_of(event.message) if collection is not None else ("", frozenset())
    binding = None
    if collection is not None and why:
        binding = BindingKey(collection, Key(about.namespace if collection.namespaced else "", about.name))
    return Denial(binding, about.uid, why, clusters, event.version, event.at)


def event_version(raw: bytes) -> int:
    """Read the resource version of an Event: of two Events, the larger one was written later.

    Raises:
        msgspec.MsgspecError: it is not an Event.
    """
    return _events.decode(raw).version
