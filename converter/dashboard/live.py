"""What happens now: conversions, losses and denials, as they are seen on Works and Events; for the view *Live*."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import msgspec

from converter.dashboard.rates import CONVERSIONS, DENIED, LOSSES, Rates

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from converter.dashboard.rows import ObjectRow
    from converter.dashboard.store import ClusterFacts, EventFact

CLUSTER: Final = "Cluster"
"""The kind of a happening about a cluster itself."""

DENIALS: Final = frozenset({"SyncWorkFailed", "ConversionFailed", "ClustersExcluded"})
"""Reasons of Events about an object that a cluster does not get."""

REMEMBERED: Final = 500
"""How many of the latest happenings a new viewer sees."""

MOST_STREAMS: Final = 200
"""Viewers that can follow at the same time."""

_QUEUE: Final = 256
"""Happenings that wait for one viewer; a slower one misses the oldest."""


class Happening(msgspec.Struct, frozen=True):
    """One thing that happened.

    Attributes:
        number: counts up; identifies it in the event stream.
        at: the time, in seconds since the epoch.
        what: ``converted``, ``lossy``, ``restored``, ``moved``, ``deleted``, or the reason of an Event; of a cluster,
            ``joined``, ``upgraded``, ``ready``, ``unready`` or ``removed``.
        cluster: the cluster; empty if none is concerned.
        kind: the object's kind.
        namespace: the object's namespace.
        name: the object's name.
        text: more about it.
        link: the path of its page; empty if it has none.
        bad: whether it is a denial, a loss, or a cluster that is not ready.
        scope: the namespaces of which a viewer must see every one; ``""`` means cluster-scoped objects. None: only
            those see it who see everything. Of a cluster it does not count: whoever sees the cluster, sees this.
        counted: how the chart counts it: one of `COUNTED`; empty if it does not.
    """

    number: int
    at: float
    what: str
    cluster: str
    kind: str
    namespace: str
    name: str
    text: str
    link: str = ""
    bad: bool = False
    scope: tuple[str, ...] | None = None
    counted: str = ""


class TooManyStreamsError(Exception):
    """As many viewers follow as can."""


class LiveLog:
    """Remembers the latest happenings, counts them, and passes each on to whoever follows.

    Attributes:
        rates: how many there were in each minute.
    """

    def __init__(self) -> None:
        self._latest: deque[Happening] = deque(maxlen=REMEMBERED)
        self._streams: set[asyncio.Queue[Happening]] = set()
        self._count = 0
        self.rates = Rates()

    @property
    def latest(self) -> tuple[Happening, ...]:
        """The latest happenings, the oldest first."""
        return tuple(self._latest)

    def add(self, happenings: Iterable[Happening]) -> None:
        """Add happenings; their numbers are set here."""
        for happening in happenings:
            self._count += 1
            numbered = msgspec.structs.replace(happening, number=self._count)
            self._latest.append(numbered)
            self.rates.add(numbered.at, numbered.scope, numbered.counted)
            for stream in self._streams:
                if stream.full():
                    stream.get_nowait()
                stream.put_nowait(numbered)

    @contextlib.contextmanager
    def following(self) -> Iterator[asyncio.Queue[Happening]]:
        """Follow, as long as the context lasts.

        Raises:
            TooManyStreamsError: as many viewers follow as can.
        """
        if len(self._streams) >= MOST_STREAMS:
            raise TooManyStreamsError
        stream: asyncio.Queue[Happening] = asyncio.Queue(_QUEUE)
        self._streams.add(stream)
        try:
            yield stream
        finally:
            self._streams.discard(stream)


def page_of(row: ObjectRow) -> str:
    """Return the path of an object's page."""
    return f"/objects/{row.place.namespace}/{row.place.work}/{row.place.position}"


def changes_of(before: Iterable[ObjectRow], after: Iterable[ObjectRow], at: float) -> Iterator[Happening]:
    """Say what changed between two states of a Work."""
    known = {(row.group, row.kind, row.namespace, row.name): row for row in before}
    for row in after:
        earlier = known.pop((row.group, row.kind, row.namespace, row.name), None)
        what = _change(earlier, row)
        if what:
            yield _happening(row, what, at)
        if row.losses and (earlier is None or earlier.losses != row.losses):
            yield _happening(row, "lossy", at)
    for row in known.values():
        if row.converted or row.losses:
            yield _happening(row, "deleted", at)


def _change(before: ObjectRow | None, after: ObjectRow) -> str:
    if before is None:
        return "converted" if after.converted else ""
    if before.delivered == after.delivered and before.source == after.source:
        return ""
    if after.converted:
        return "moved" if before.converted else "converted"
    return "restored"


def _happening(row: ObjectRow, what: str, at: float) -> Happening:
    versions = f"{row.source} → {row.delivered}" if row.converted else row.delivered
    text = "; ".join(fact.text for fact in row.losses[:3]) if what == "lossy" else versions
    link = "" if what == "deleted" else page_of(row)
    return Happening(
        0, at, what, row.cluster, row.kind, row.namespace, row.name, text, link,
        bad=what == "lossy", scope=(row.namespace,), counted=_COUNTED.get(what, ""),
    )  # fmt: skip


_COUNTED: Final = {"converted": CONVERSIONS, "moved": CONVERSIONS, "restored": CONVERSIONS, "lossy": LOSSES}


def warning(event: EventFact, namespaces: frozenset[str], cluster: str, at: float) -> Happening:
    """Say that a warning was recorded.

    Args:
        event: the Event.
        namespaces: the namespaces of the objects that it is about; none if they are not known.
        cluster: the cluster; empty if none is concerned.
        at: the present, in seconds since the epoch.
    """
    shown = next(iter(namespaces)) if len(namespaces) == 1 else ""
    return Happening(
        0, at, event.reason, cluster, event.kind, shown, event.name, event.message,
        bad=True, scope=tuple(sorted(namespaces)) or None, counted=DENIED if event.reason in DENIALS else "",
    )  # fmt: skip


def cluster_changes(name: str, before: ClusterFacts | None, after: ClusterFacts | None, at: float) -> list[Happening]:
    """Say what changed about a cluster: it joined or left, its release, whether Karmada reaches it."""
    found = []
    if after is None:
        found.append(_of_cluster(name, "removed", "", at))
    elif before is None:
        found.append(_of_cluster(name, "joined", _release(after), at))
    else:
        if before.cluster.release != after.cluster.release:
            found.append(_of_cluster(name, "upgraded", f"{_release(before)} → {_release(after)}", at))
        if before.ready != after.ready:
            ready = after.ready == "True"
            found.append(_of_cluster(name, "ready" if ready else "unready", after.why, at, bad=not ready))
    return found


def _release(facts: ClusterFacts) -> str:
    return str(facts.cluster.release or "an unknown release")


def _of_cluster(name: str, what: str, text: str, at: float, *, bad: bool = False) -> Happening:
    link = "" if what == "removed" else "/objects?" + urlencode({"cluster": name, "state": "all"})
    return Happening(0, at, what, name, CLUSTER, "", name, text, link, bad=bad)
