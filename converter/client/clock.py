"""The present time, and how the Kubernetes API writes it.

Whoever needs the wall clock takes a `Now`, so that a test decides what time it is. Intervals are measured with the
event loop's own clock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

Now = Callable[[], dt.datetime]
"""Returns the present as an aware datetime in UTC."""


def utc_now() -> dt.datetime:
    """Return the present, from the wall clock of this machine."""
    return dt.datetime.now(dt.UTC)


def timestamp(moment: dt.datetime) -> str:
    """Write a moment as meta/v1 ``Time``: RFC 3339, in whole seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def micro_timestamp(moment: dt.datetime) -> str:
    """Write a moment as meta/v1 ``MicroTime``: RFC 3339, in microseconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
