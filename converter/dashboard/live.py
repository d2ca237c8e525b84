"""What happens now: conversions, losses and denials, as they are seen on Works and Events; for the view *Live*."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from converter.dashboard.rows import ObjectRow

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
        what: ``converted``, ``lossy``, ``restored``, ``moved``, ``deleted``, or the reason of an Event.
        cluster: the cluster; empty if none is concerned.
        kind: the object's kind.
        namespace: the object's namespace: whoever may see it, sees this.
        name: the object's name.
        text: more about it.
        link: the path of its page; empty if it has none.
        bad: whether it is a denial or a loss.
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


class TooManyStreamsError(Exception):
    """As many viewers follow as can."""


class LiveLog:
    """Remembers the latest happenings, and passes each on to whoever follows."""

    def __init__(self) -> None:
        self._latest: deque[Happening] = deque(maxlen=REMEMBERED)
        self._streams: set[asyncio.Queue[Happening]] = set()
        self._count = 0

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
    return Happening(0, at, what, row.cluster, row.kind, row.namespace, row.name, text, link, bad=what == "lossy")
