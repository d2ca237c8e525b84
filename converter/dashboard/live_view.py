"""The view *Live*, and the chart of the last hour, which *Fleet* shows too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from converter.dashboard.rates import COUNTED

if TYPE_CHECKING:
    from converter.dashboard.look import Look


def live(look: Look) -> dict[str, Any]:
    """Show what happened last, the latest first, and how much in each minute."""
    seen = [item for item in look.store.live.latest if look.happens(item)]
    return {"happenings": seen[::-1], **last_hour(look)}


def last_hour(look: Look) -> dict[str, Any]:
    """Count conversions, losses and denials of each minute of the last hour; a viewer sees their own."""
    minutes = look.store.live.rates.seen(look.store.now(), look.covers)
    columns = [[minute.at for minute in minutes]]
    columns += [[minute.counts[index] for minute in minutes] for index in range(len(COUNTED))]
    return {
        "counted": COUNTED,
        "hour": minutes,
        "hour_sums": [sum(column) for column in columns[1:]],
        "series": msgspec.json.encode(columns).decode(),
    }
