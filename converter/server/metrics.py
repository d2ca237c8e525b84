"""What Prometheus reads: counts and times, with labels whose values a request cannot invent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
"""The media type of `Metrics.text`."""

OUTCOMES: Final = (
    "unchanged", "changed", "denied", "warned", "invalid", "too_large", "wrong_type", "wrong_method", "failed",
)  # fmt: skip
"""How a request can end: four answers to a review, then everything that was no review, then our own faults."""

_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5)


class Metrics:
    """The metrics of one server.

    Attributes:
        registry: where they are registered; one a server, so that tests and programs can have several.
    """

    def __init__(self, webhooks: Iterable[str]) -> None:
        """Prepare one series for each webhook and outcome, so that a request only has to count.

        Args:
            webhooks: the webhooks' names.
        """
        self.registry = CollectorRegistry()
        requests = Counter(
            "converter_requests", "Admission requests by how they ended.", ["webhook", "outcome"],
            registry=self.registry,
        )  # fmt: skip
        seconds = Histogram(
            "converter_request_seconds", "Time to answer a review, without the network.", ["webhook"],
            buckets=_SECONDS, registry=self.registry,
        )  # fmt: skip
        names = tuple(webhooks)
        self._count: dict[tuple[str, str], Callable[[], None]] = {
            (name, outcome): requests.labels(name, outcome).inc for name in names for outcome in OUTCOMES
        }
        self._observe: dict[str, Callable[[float], None]] = {name: seconds.labels(name).observe for name in names}
        self._conversions = Counter(
            "converter_conversions", "Manifests converted.", ["kind", "source", "target"], registry=self.registry
        )
        self._count_conversion: dict[tuple[str, str, str], Callable[[], None]] = {}
        self._count_loss: dict[tuple[str, str, str], Callable[[], None]] = {}
        self._losses = Counter(
            "converter_lost_values", "Values that a converted manifest's cluster cannot hold.", ["kind"],
            registry=self.registry,
        )  # fmt: skip
        self._field_losses = Counter(
            "converter_field_losses", "Fields that a manifest's cluster drops, by weight and by what the policy said.",
            ["kind", "weight", "action"], registry=self.registry,
        )  # fmt: skip
        self._reloads = Counter(
            "converter_rules_reloads", "Changes of the rule files, taken or refused.", ["outcome"],
            registry=self.registry,
        )  # fmt: skip
        for outcome in ("taken", "refused"):
            self._reloads.labels(outcome)
        self._rules = Gauge("converter_rules", "Rules in use.", registry=self.registry)
        self._broken = Gauge(
            "converter_rules_broken", "1 while the rule files as they are now cannot be used.", registry=self.registry
        )
        self._clusters = Gauge("converter_clusters", "Clusters known.", registry=self.registry)

    def request(self, webhook: str, outcome: str) -> None:
        """Count a request."""
        self._count[webhook, outcome]()

    def took(self, webhook: str, seconds: float) -> None:
        """Note how long a review took."""
        self._observe[webhook](seconds)

    def conversion(self, kind: str, source: str, target: str, losses: int) -> None:
        """Count a converted manifest; kinds and versions are those that the rule book names."""
        versions = (kind, source, target)
        count = self._count_conversion.get(versions)
        if count is None:  # finding a series by its labels takes ten times as long as counting
            count = self._count_conversion[versions] = self._conversions.labels(*versions).inc
        count()
        if losses:
            self._losses.labels(kind).inc(losses)

    def field_loss(self, kind: str, weight: str, action: str) -> None:
        """Count a lost field; kinds are those of the catalog and of the rule book, the rest are three words each."""
        labels = (kind, weight, action)
        count = self._count_loss.get(labels)
        if count is None:
            count = self._count_loss[labels] = self._field_losses.labels(*labels).inc
        count()

    def rules_in_use(self, rules: int) -> None:
        """Note the size of the rule book."""
        self._rules.set(rules)

    def rules_reloaded(self, outcome: str, rules: int) -> None:
        """Note an attempt to read changed rules (`converter.server.rules_reloader.ReloadSink`)."""
        self._reloads.labels(outcome).inc()
        self._broken.set(outcome == "refused")
        self._rules.set(rules)

    def watch_clusters(self, count: Callable[[], int]) -> None:
        """Have the number of clusters counted at each scrape, not at each request."""
        self._clusters.set_function(count)

    def text(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self.registry)
