"""What the webhook did with manifests: counted for Prometheus, logged, and the latest of it kept for the page.

Nothing of a manifest's content comes here, only its kind and name: contents can be secret. A request only leaves a
note; lines are written together a little later, because writing one costs as much as converting a small manifest.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from converter.server.logging import Fact, emit
from converter.works.policy import Action

if TYPE_CHECKING:
    from converter.losses.decide import ManifestLosses
    from converter.server.metrics import Metrics

_REMEMBERED = 100
"""How many events the page can show."""

_FLUSH_SECONDS = 0.1
"""How long a line may wait for others."""

_FIELDS_TOLD = 8
"""How many lost fields of one weight a line of the log names."""

_LOGGER = "converter.conversions"


class Event(NamedTuple):
    """A manifest that was converted, or that its cluster cannot have.

    Attributes:
        at: when, in seconds since the epoch.
        cluster: for which cluster.
        kind: the manifest's kind.
        name: its name, with its namespace before a slash where it has one.
        source: its apiVersion.
        target: the apiVersion it got; empty where it got none.
        losses: how many values the cluster cannot hold.
        why: why it got none; else empty.
    """

    at: float
    cluster: str
    kind: str
    name: str
    source: str
    target: str
    losses: int
    why: str = ""

    def fact(self) -> Fact:
        """What the log says of it."""
        fields: dict[str, object] = {
            "cluster": self.cluster,
            "kind": self.kind,
            "object": self.name,
            "source": self.source,
        }
        if self.why:
            return Fact(self.at, logging.WARNING, "not converted", {**fields, "why": self.why})
        return Fact(self.at, logging.INFO, "converted", {**fields, "target": self.target, "losses": self.losses})


class LossEvent(NamedTuple):
    """A manifest that its cluster takes with less than it was sent with.

    Attributes:
        at: when, in seconds since the epoch.
        cluster: which cluster.
        kind: the manifest's kind.
        name: its name, with its namespace before a slash where it has one.
        fields: the fields that are lost, by weight.
    """

    at: float
    cluster: str
    kind: str
    name: str
    fields: dict[str, list[str]]

    def fact(self) -> Fact:
        """What the log says of it."""
        facts = {weight: ", ".join(paths[:_FIELDS_TOLD]) for weight, paths in self.fields.items()}
        return Fact(
            self.at,
            logging.WARNING,
            "fields lost",
            {"cluster": self.cluster, "kind": self.kind, "object": self.name, **facts},
        )


class ConversionLog:
    """Takes note of each conversion, once for all who want to know; the webhooks' observer."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._recent: deque[Event] = deque(maxlen=_REMEMBERED)
        self._unwritten: list[Event | LossEvent] = []

    @property
    def recent(self) -> tuple[Event, ...]:
        """The latest events, the newest first."""
        return tuple(reversed(self._recent))

    def converted(  # noqa: PLR0917  as the webhooks' observer has it
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
        self._note(Event(time.time(), cluster, kind, name, source, target, losses))

    def refused(self, cluster: str, kind: str, name: str, source: str, why: str) -> None:
        """Note a manifest that its cluster cannot have."""
        self._note(Event(time.time(), cluster, kind, name, source, "", 0, why))

    def lost(self, cluster: str, losses: ManifestLosses) -> None:
        """Count what a manifest loses by severity, and log it in one line, without the values."""
        manifest = losses.manifest
        logged: dict[str, list[str]] = {}
        for loss, action in losses.decisions:
            self._metrics.field_loss(manifest.kind, loss.severity, action)
            if action is not Action.IGNORE:
                logged.setdefault(loss.severity.value, []).append(loss.path)
        if logged:
            self._note(LossEvent(time.time(), cluster, manifest.kind, manifest.place, logged))

    def _note(self, event: Event | LossEvent) -> None:
        if isinstance(event, Event):
            self._recent.append(event)
        if not self._unwritten:
            try:
                asyncio.get_running_loop().call_later(_FLUSH_SECONDS, self.flush)
            except RuntimeError:  # no event loop: whoever calls the webhook as a function
                emit(_LOGGER, [event.fact()])
                return
        self._unwritten.append(event)

    def flush(self) -> None:
        """Write the lines that wait."""
        events, self._unwritten = self._unwritten, []
        emit(_LOGGER, [event.fact() for event in events])
