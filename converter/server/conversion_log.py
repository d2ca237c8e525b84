"""Conversions and losses: counted for Prometheus, and logged.

Only the kind and name of a manifest come here, never its content, which can be secret. A request only appends an event.
Events are formatted together a little later, because formatting one costs as much as converting a small manifest.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from converter.kube import cut
from converter.kube.path import without_names
from converter.server.in_progress import review_uid
from converter.server.logging import Fact, emit
from converter.works.policy import Action

if TYPE_CHECKING:
    from converter.losses.decide import ManifestLosses
    from converter.server.metrics import Metrics

_FLUSH_SECONDS = 0.1
"""How long an event waits for others."""

_FIELDS_LOGGED = 8
"""How many lost fields of one severity a line of the log names."""

_LONGEST_TEXT = 1000
"""Characters of a field or a reason that are logged."""

_MOST_UNWRITTEN = 1000
"""Events that wait to be written together."""

_UNNAMED = "more than can be named"
"""Logged as the path of a loss of the whole manifest."""

_LOGGER = "converter.conversions"


class Event(NamedTuple):
    """A manifest that was converted, or that its cluster cannot get.

    Attributes:
        at: the time, in seconds since the epoch.
        cluster: the cluster that it is for.
        kind: the manifest's kind.
        name: its name, with its namespace before a slash where it has one.
        source: its apiVersion before the conversion.
        target: its apiVersion after the conversion; empty if it was not converted.
        losses: how many values the target version cannot represent.
        why: why it was not converted; empty if it was.
        review: the uid of the review; empty if it is unknown.
    """

    at: float
    cluster: str
    kind: str
    name: str
    source: str
    target: str
    losses: int
    why: str = ""
    review: str = ""

    def fact(self) -> Fact:
        """Make the event of the log."""
        fields: dict[str, object] = {
            **_of_review(self.review),
            "cluster": self.cluster,
            "kind": self.kind,
            "object": self.name,
            "source": self.source,
        }
        if self.why:
            return Fact(self.at, logging.WARNING, "not converted", {**fields, "why": self.why})
        return Fact(self.at, logging.INFO, "converted", {**fields, "target": self.target, "losses": self.losses})


class LossEvent(NamedTuple):
    """A manifest of which its cluster drops or refuses fields.

    Attributes:
        at: the time, in seconds since the epoch.
        cluster: the cluster.
        kind: the manifest's kind.
        name: its name, with its namespace before a slash where it has one.
        fields: the first lost fields, by severity.
        review: the uid of the review; empty if it is unknown.
    """

    at: float
    cluster: str
    kind: str
    name: str
    fields: dict[str, list[str]]
    review: str = ""

    def fact(self) -> Fact:
        """Make the event of the log."""
        facts = {weight: ", ".join(paths) for weight, paths in self.fields.items()}
        return Fact(
            self.at,
            logging.WARNING,
            "fields lost",
            {**_of_review(self.review), "cluster": self.cluster, "kind": self.kind, "object": self.name, **facts},
        )


def _of_review(uid: str) -> dict[str, str]:
    return {"review": uid} if uid else {}


class ConversionLog:
    """Records each conversion for metrics and log; the observer of the webhooks."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._unwritten: list[Event | LossEvent] = []
        self._lock = threading.Lock()  # large reviews are answered in a thread

    def converted(  # noqa: PLR0917  the protocol of the observer
        self, cluster: str, kind: str, name: str, source: str, target: str, losses: int
    ) -> None:
        """Record a converted manifest.

        Args:
            cluster: the cluster that it is for.
            kind: the manifest's kind.
            name: its name, with its namespace before a slash where it has one.
            source: its apiVersion before the conversion.
            target: its apiVersion after the conversion.
            losses: how many values the target version cannot represent.
        """
        self._metrics.conversion(kind, source, target)
        self._note(Event(time.time(), cluster, kind, name, source, target, losses, review=review_uid()))

    def refused(self, cluster: str, kind: str, name: str, source: str, why: str) -> None:
        """Record a manifest that its cluster cannot get."""
        text = cut(why, _LONGEST_TEXT)
        self._note(Event(time.time(), cluster, kind, name, source, "", 0, text, review_uid()))

    def lost(self, cluster: str, losses: ManifestLosses) -> None:
        """Count what a manifest loses by severity, and log it in one line, without the values."""
        manifest = losses.manifest
        logged: dict[str, list[str]] = {}
        for decision in losses.decisions:
            loss, action = decision.loss, decision.action
            self._metrics.lost_field(manifest.kind, loss.severity, action)
            if action is not Action.IGNORE:
                paths = logged.setdefault(loss.severity.value, [])
                if len(paths) < _FIELDS_LOGGED:
                    paths.append(cut(without_names(loss.path), _LONGEST_TEXT) or _UNNAMED)
        if logged:
            self._note(LossEvent(time.time(), cluster, manifest.kind, manifest.place, logged, review_uid()))

    def _note(self, event: Event | LossEvent) -> None:
        with self._lock:
            self._unwritten.append(event)
            waiting = len(self._unwritten)
        if waiting > _MOST_UNWRITTEN:
            self.flush()
        elif waiting == 1:
            try:
                asyncio.get_running_loop().call_later(_FLUSH_SECONDS, self.flush)
            except RuntimeError:  # a thread, or the webhook is called as a function
                self.flush()

    def flush(self) -> None:
        """Log the events that wait."""
        with self._lock:
            events, self._unwritten = self._unwritten, []
        emit(_LOGGER, [event.fact() for event in events])
