"""What happened to one object, the latest first: Events, conditions of its Work, and what the dashboard saw itself."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, NamedTuple

from converter.dashboard.live import CLUSTER
from converter.dashboard.rows import HIDDEN, SECRET

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from converter.dashboard.live import Happening
    from converter.dashboard.look import Look
    from converter.dashboard.rows import ObjectRow
    from converter.dashboard.store import EventFact


class Entry(NamedTuple):
    """A line of the timeline.

    Attributes:
        at: the time, in seconds since the epoch; 0 if it is unknown.
        what: an Event's reason, a condition, or what happened.
        text: more about it.
        bad: whether something is wrong.
    """

    at: float
    what: str
    text: str
    bad: bool = False


def timeline(look: Look, row: ObjectRow, work: Mapping[str, Any], events: Sequence[EventFact]) -> list[Entry]:
    """List what happened to an object and to its cluster's release, the latest first.

    Args:
        look: who looks.
        row: the object, which they see.
        work: its Work; without its status, if they may not see all of its objects.
        events: the Events that they may see.
    """
    entries = [Entry(event.at, event.reason, event.message, event.bad) for event in events]
    entries += [
        Entry(item.at, f"cluster {item.what}" if item.kind == CLUSTER else item.what, item.text, item.bad)
        for item in look.store.live.latest
        if _is_about(item, row) and look.happens(item)
    ]
    for condition in (work.get("status") or {}).get("conditions") or ():
        good = condition.get("status") == "True"
        text = condition.get("status", "") if good else f"{condition.get('status')}: {condition.get('message') or ''}"
        if row.kind == SECRET and not good:
            text = HIDDEN
        entries.append(Entry(_moment(condition.get("lastTransitionTime")), condition.get("type", ""), text, not good))
    metadata = work["metadata"]
    entries.append(Entry(_moment(metadata.get("creationTimestamp")), "created", f"Work {metadata['name']}"))
    return sorted(entries, key=lambda entry: entry.at)[::-1]


def _is_about(item: Happening, row: ObjectRow) -> bool:
    if item.cluster != row.cluster:
        return False
    same = (item.kind, item.namespace, item.name) == (row.kind, row.namespace, row.name)
    return same or (item.kind == CLUSTER and item.what == "upgraded")


def _moment(text: object) -> float:
    try:
        return dt.datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return 0.0
