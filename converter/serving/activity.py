"""What the webhook did: counted for Prometheus, logged, and the latest of it kept for the page.

Nothing of a manifest's content comes here, only its kind and name: contents can be secret.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from converter.serving.metrics import Metrics

_log = logging.getLogger("converter.conversions")

_REMEMBERED = 100
"""How many conversions the page can show."""


@dataclass(frozen=True, slots=True)
class Event:
    """A manifest that was converted, or that was refused.

    Attributes:
        at: when.
        cluster: for which cluster.
        kind: the manifest's kind.
        name: its name, with its namespace before a slash where it has one.
        source: its apiVersion.
        target: the apiVersion it got; empty where it was refused.
        losses: how many values the cluster cannot hold.
        note: why it was refused; else empty.
    """

    at: dt.datetime
    cluster: str
    kind: str
    name: str
    source: str
    target: str
    losses: int
    note: str = ""


class Activity:
    """Takes note of each conversion, once for all who want to know."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._recent: deque[Event] = deque(maxlen=_REMEMBERED)

    @property
    def recent(self) -> tuple[Event, ...]:
        """The latest events, the newest first."""
        return tuple(reversed(self._recent))

    def converted(  # noqa: PLR0917  as the webhook's observer has it
        self, cluster: str, kind: str, name: str, source: str, target: str, losses: int
    ) -> None:
        """Note a converted manifest.

        Args:
            cluster: for which cluster.
            kind: the manifest's kind.
            name: its name, with its namespace before a slash where it has one.
            source: the apiVersion it had.
            target: the apiVersion it got.
            losses: how many values the cluster cannot hold.
        """
        self._metrics.conversion(kind, source, target, losses)
        self._recent.append(Event(_now(), cluster, kind, name, source, target, losses))
        if _log.isEnabledFor(logging.INFO):
            facts = {
                "cluster": cluster, "kind": kind, "object": name, "source": source, "target": target, "losses": losses
            }  # fmt: skip
            _log.info("converted", extra=facts)

    def refused(self, cluster: str, kind: str, name: str, source: str, why: str) -> None:
        """Note a manifest that cannot be converted for its cluster."""
        self._recent.append(Event(_now(), cluster, kind, name, source, "", 0, why))
        facts = {"cluster": cluster, "kind": kind, "object": name, "source": source, "why": why}
        _log.warning("refused", extra=facts)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
