"""The dashboard's copy of the fleet: clusters, objects and Events, in memory and bounded by what Karmada stores."""

from __future__ import annotations

import datetime as dt  # noqa: TC003  msgspec reads the annotations
import time
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from converter.client import Key
from converter.clusters import Cluster
from converter.dashboard.live import Happening, LiveLog, changes_of, cluster_changes, warning
from converter.dashboard.refused import RefusedObjects
from converter.dashboard.rows import HIDDEN, SECRET, StoredWork
from converter.karmada.names import cluster_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from converter.client import Change
    from converter.dashboard.rows import ObjectRow
    from converter.engine import Engine

EVENTS_OF_AN_OBJECT: Final = 50
"""Events of one object that are kept; the API server deletes each after an hour by default."""


_NOTHING: Final = StoredWork("", (), b"")


class ClusterFacts(NamedTuple):
    """A cluster, and whether Karmada reaches it.

    Attributes:
        cluster: what it serves.
        ready: ``True``, ``False`` or ``Unknown``; empty if Karmada has not tried yet.
        why: why it is not ready.
    """

    cluster: Cluster
    ready: str = "True"
    why: str = ""


class EventFact(msgspec.Struct, frozen=True):
    """An Event about a Work or a binding.

    Attributes:
        kind: the kind of the object that it is about.
        namespace: the namespace of that object.
        name: the name of that object.
        reason: its reason.
        bad: whether it is a warning.
        message: its message.
        at: when it was last seen, in seconds since the epoch; 0 if it does not say.
    """

    kind: str
    namespace: str
    name: str
    reason: str
    bad: bool
    message: str
    at: float


class FleetStore:
    """Everything that the views show. Handlers of informers write it; views read it. One event loop does both.

    Attributes:
        engine: returns the rules in use.
        live: what happens now.
        refused: objects that a cluster does not get.
        written: the rule objects of the control plane as they are written, by what rules name as their file.
        now: returns the time, in seconds since the epoch.
    """

    def __init__(self, engine: Callable[[], Engine], now: Callable[[], float] = time.time) -> None:
        self.engine = engine
        self.live = LiveLog()
        self.refused = RefusedObjects()
        self.written: dict[str, str] = {}
        self.now = now
        self._clusters: dict[str, ClusterFacts] = {}
        self._works: dict[Key, StoredWork] = {}
        self._anchors: dict[Key, Key] = {}
        self._rows: tuple[ObjectRow, ...] | None = None
        self._events: dict[tuple[str, str, str], dict[Key, EventFact]] = {}

    @property
    def clusters(self) -> dict[str, ClusterFacts]:
        """The clusters by name. Never change the answer."""
        return self._clusters

    @property
    def rows(self) -> tuple[ObjectRow, ...]:
        """All objects, sorted by namespace, kind, name and cluster."""
        if self._rows is None:
            found = [row for work in self._works.values() for row in work.rows]
            found.sort(key=lambda row: (row.namespace, row.kind, row.name, row.cluster, row.place))
            self._rows = tuple(found)
        return self._rows

    @property
    def namespaces(self) -> set[str]:
        """The namespaces of everything that can be shown; ``""`` for cluster-scoped objects."""
        found = {row.namespace for row in self.rows}
        found.update(one.namespace for one in self.refused.listed())
        found.update(namespace for item in self.live.latest for namespace in item.scope or ())
        return found

    def work(self, key: Key) -> StoredWork | None:
        """Find a Work."""
        return self._works.get(key)

    def anchor_of(self, key: Key) -> StoredWork | None:
        """Find the anchor of a Work."""
        anchor = self._anchors.get(key)
        return self._works.get(anchor) if anchor is not None else None

    def works_of(self, cluster: str) -> Iterable[StoredWork]:
        """List the Works of a cluster; of all clusters if it is empty."""
        return [work for key, work in self._works.items() if not cluster or cluster_of(key.namespace) == cluster]

    def events_of(self, kind: str, namespace: str, name: str) -> list[EventFact]:
        """List the Events about an object, the latest first."""
        found = self._events.get((kind, namespace, name), {})
        return sorted(found.values(), key=lambda event: (-event.at, event.reason))

    def cluster_changed(self, change: Change[ClusterFacts]) -> None:
        """Take in a change of a cluster."""
        if change.after is None:
            self._clusters.pop(change.key.name, None)
        else:
            self._clusters[change.key.name] = change.after
        if not change.initial:
            self.live.add(cluster_changes(change.key.name, change.before, change.after, self.now()))

    def work_changed(self, change: Change[StoredWork]) -> None:
        """Take in a change of a Work."""
        before, after = change.before, change.after
        if after is None:
            self._works.pop(change.key, None)
        else:
            self._works[change.key] = after
        anchored = (after or before or _NOTHING).anchor_of
        if anchored:
            work = Key(change.key.namespace, anchored)
            if after is not None:
                self._anchors[work] = change.key
            elif self._anchors.get(work) == change.key:
                del self._anchors[work]
        if before is not None and after is not None and before.rows == after.rows:
            return
        self._rows = None
        if not change.initial:
            rows = (before.rows if before else (), after.rows if after else ())
            self.live.add(changes_of(*rows, self.now()))

    def event_changed(self, change: Change[EventFact]) -> None:
        """Take in an Event, or that one is gone."""
        event = change.after or change.before
        assert event is not None
        about = (event.kind, event.namespace, event.name)
        listed = self._events.setdefault(about, {})
        if change.after is None:
            listed.pop(change.key, None)
            if not listed:
                del self._events[about]
            return
        if change.key not in listed and len(listed) >= EVENTS_OF_AN_OBJECT:
            del listed[min(listed, key=lambda key: listed[key].at)]
        listed[change.key] = change.after
        if change.after.bad and not change.initial:
            self.live.add([self._denied(self.shown(change.after))])

    def shown(self, event: EventFact) -> EventFact:
        """Return an Event without its message, if it warns about a Secret: API servers cite values."""
        if event.kind == "Work":
            work = self._works.get(Key(event.namespace, event.name))
            secret = work is None or any(row.kind == SECRET for row in work.rows)
        else:
            secret = event.name.endswith(f"-{SECRET.lower()}")  # Karmada names a binding after the object and its kind
        return msgspec.structs.replace(event, message=HIDDEN) if event.bad and secret else event

    def _denied(self, event: EventFact) -> Happening:
        """Make the happening of a warning; of a Work, for those who see all of its objects."""
        namespaces = frozenset({event.namespace})
        if event.kind == "Work":
            work = self._works.get(Key(event.namespace, event.name))
            namespaces = frozenset(row.namespace for row in work.rows) if work is not None else frozenset()
        return warning(event, namespaces, cluster_of(event.namespace) or "", self.now())


class _Involved(msgspec.Struct):
    kind: str = ""
    namespace: str = ""
    name: str = ""


class _Series(msgspec.Struct, rename="camel"):
    last_observed_time: dt.datetime | None = None


class _Meta(msgspec.Struct, rename="camel"):
    creation_timestamp: dt.datetime | None = None


class _Event(msgspec.Struct, rename="camel"):
    metadata: _Meta
    involved_object: _Involved
    reason: str = ""
    type: str = ""
    message: str = ""
    last_timestamp: dt.datetime | None = None
    event_time: dt.datetime | None = None
    series: _Series | None = None


_events = msgspec.json.Decoder(_Event)

ABOUT: Final = ("Work", "ResourceBinding", "ClusterResourceBinding")
"""The kinds whose Events are shown."""


def read_event(raw: bytes) -> EventFact:
    """Read an Event.

    Raises:
        msgspec.MsgspecError: it is not one.
    """
    event = _events.decode(raw)
    about = event.involved_object
    series = event.series.last_observed_time if event.series is not None else None
    times = (series, event.last_timestamp, event.event_time, event.metadata.creation_timestamp)
    at = next((found.timestamp() for found in times if found is not None), 0.0)
    return EventFact(about.kind, about.namespace, about.name, event.reason, event.type == "Warning", event.message, at)


class _Condition(msgspec.Struct):
    type: str
    status: str = ""
    message: str = ""


class _ClusterStatus(msgspec.Struct):
    conditions: list[_Condition] | None = None


class _ClusterObject(msgspec.Struct):
    status: _ClusterStatus | None = None


def read_cluster(raw: bytes) -> ClusterFacts:
    """Read a Karmada Cluster.

    Raises:
        ManifestError: it is not one.
    """
    cluster = Cluster.from_karmada(msgspec.json.decode(raw))
    status = msgspec.json.decode(raw, type=_ClusterObject).status
    conditions = (status.conditions if status is not None else None) or ()
    ready = next((item for item in conditions if item.type == "Ready"), None)
    if ready is None:
        return ClusterFacts(cluster, "", "")
    return ClusterFacts(cluster, ready.status, ready.message if ready.status != "True" else "")
