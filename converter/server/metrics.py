"""What Prometheus reads. Label values come from fixed lists, the rules or the catalog: no request can add a series.

``docs/reference/metrics.md`` lists the metrics of all processes. `converter.server.controller_metrics` adds those of
the controllers.
"""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING, Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from converter.server.logging import dropped_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from prometheus_client import Metric

    from converter.certificates.tls import Validity

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each counter, which nothing reads

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
"""The media type of `ProcessMetrics.text`."""

OUTCOMES: Final = (
    "unchanged", "changed", "denied", "warned", "invalid", "too_large", "wrong_type", "wrong_method", "forbidden",
    "busy", "failed",
)  # fmt: skip
"""How a request can end: four answers to a review, four invalid requests, unknown clients, too many
large reviews at once, and internal errors."""

RELOADS: Final = ("taken", "refused")
"""How a reload of changed rules can end."""

CODES: Final = ("2xx", "3xx", "4xx", "5xx")
"""Classes of the status codes of the discovery server."""

_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5)


class ProcessMetrics:
    """The metrics that every process has.

    Attributes:
        registry: where they are registered; one for each server, so that a process can have several.
    """

    def __init__(self, process: str, webhooks: Iterable[str] = ()) -> None:
        """Create one series for each webhook and outcome, so that a request only has to count.

        Args:
            process: what the process is: ``admission``, ``controller``, ``dashboard`` or ``discovery``.
            webhooks: the names of its webhooks.
        """
        self.registry = CollectorRegistry()
        self.registry.register(_BuildInfo(process))
        ProcessCollector(registry=self.registry)
        self._reloads = self._counter("rules_reloads", "Changes of the rule files.", "outcome")
        for outcome in RELOADS:
            self._reloads.labels(outcome)
        self._rules = self._gauge("rules", "Rules in use.")
        self._reload_successful = self._gauge("rules_last_reload_successful", "0 while the rule files are invalid.")
        self._reload_successful.set(1)
        self.registry.register(_DroppedLines())
        self._count: dict[tuple[str, str], Callable[[], None]] = {}
        self._observe: dict[str, Callable[[float], None]] = {}
        names = tuple(webhooks)
        if names:
            self._requests(names)

    def _requests(self, names: tuple[str, ...]) -> None:
        requests = self._counter("requests", "Admission requests by how they ended.", "webhook", "outcome")
        seconds = Histogram(
            "converter_request_duration_seconds", "Time to answer a review, without the network.", ["webhook"],
            buckets=_SECONDS, registry=self.registry,
        )  # fmt: skip
        self._count = {(name, outcome): requests.labels(name, outcome).inc for name in names for outcome in OUTCOMES}
        self._observe = {name: seconds.labels(name).observe for name in names}

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"converter_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"converter_{name}", text, registry=self.registry)

    def request(self, webhook: str, outcome: str) -> None:
        """Count a request that ended in one of `OUTCOMES`."""
        self._count[webhook, outcome]()

    def took(self, webhook: str, seconds: float) -> None:
        """Record how long a review took."""
        self._observe[webhook](seconds)

    def rules_in_use(self, rules: int) -> None:
        """Record the number of rules."""
        self._rules.set(rules)

    def rules_reloaded(self, outcome: str, rules: int) -> None:
        """Record a reload that ended in one of `RELOADS` (`converter.server.rules_reloader.ReloadSink`)."""
        self._reloads.labels(outcome).inc()
        self._reload_successful.set(outcome == "taken")
        self._rules.set(rules)

    def watch_rules(self, files: Callable[[], str], digest: Callable[[], str] | None = None) -> None:
        """Export digests of the rules, read at each scrape: replicas with other rules have other ones.

        Args:
            files: the digest of the rule files.
            digest: the digest of the rules in use, of files and objects; None if the process reads no objects.
        """
        self.registry.register(_RulesInfo({"files": files} if digest is None else {"files": files, "digest": digest}))

    def watch_clusters(self, count: Callable[[], int]) -> None:
        """Count the clusters at each scrape."""
        self._gauge("clusters", "Clusters known.").set_function(count)

    def watch_certificate(self, validity: Callable[[], Validity]) -> None:
        """Export when the serving certificate is valid, read at each scrape."""
        self.registry.register(Ends("certificate", "the serving certificate", lambda: {(): validity()}))

    def watch_token(self, validity: Callable[[], Validity | None]) -> None:
        """Export when the token is valid that the process calls Karmada with; None for a token without an end."""

        def found() -> dict[tuple[str, ...], Validity]:
            known = validity()
            return {} if known is None else {(): known}

        self.registry.register(Ends("token", "the token that this process calls Karmada with", found))

    def text(self) -> bytes:
        """Return all metrics in the text format of Prometheus."""
        return generate_latest(self.registry)


class Metrics(ProcessMetrics):
    """The metrics of a server of webhooks."""

    def __init__(self, webhooks: Iterable[str]) -> None:
        """Make them.

        Args:
            webhooks: the names of the webhooks.
        """
        super().__init__("admission", webhooks)
        self._conversions = self._counter("conversions", "Manifests converted.", "kind", "source", "target")
        self._count_conversion: dict[tuple[str, str, str], Callable[[], None]] = {}
        self._lost_fields = self._counter(
            "lost_fields", "Fields that a cluster drops or refuses.", "kind", "severity", "action"
        )
        self._count_loss: dict[tuple[str, str, str], Callable[[], None]] = {}
        self._inventory = self._gauge("inventory_last_reload_successful", "0 while the inventory file is invalid.")
        self._inventory.set(1)

    def conversion(self, kind: str, source: str, target: str) -> None:
        """Count a converted manifest; its kind and versions are those of the rules."""
        versions = (kind, source, target)
        count = self._count_conversion.get(versions)
        if count is None:  # finding a series by its labels takes ten times as long as counting
            count = self._count_conversion[versions] = self._conversions.labels(*versions).inc
        count()

    def lost_field(self, kind: str, severity: str, action: str) -> None:
        """Count a lost field; its kind is one of the catalog or of the rules."""
        labels = (kind, severity, action)
        count = self._count_loss.get(labels)
        if count is None:
            count = self._count_loss[labels] = self._lost_fields.labels(*labels).inc
        count()

    def inventory_reloaded(self, *, taken: bool) -> None:
        """Record a reload of the inventory (`converter.server.inventory_reloader.InventorySink`)."""
        self._inventory.set(taken)


class DiscoveryMetrics(ProcessMetrics):
    """The metrics of the discovery server."""

    def __init__(self) -> None:
        """Create one series for each class of status codes."""
        super().__init__("discovery")
        requests = self._counter("discovery_requests", "Requests of the discovery server by status code.", "code")
        self._count_answer = {code: requests.labels(code).inc for code in CODES}

    def answered(self, status: int) -> None:
        """Count an answer by its HTTP status."""
        self._count_answer[f"{status // 100}xx"]()


class _BuildInfo(Collector):
    def __init__(self, process: str) -> None:
        try:
            version = metadata.version("karmada-api-version-converter")
        except metadata.PackageNotFoundError:  # run from a checkout
            version = "unknown"
        self._labels = {"process": process, "version": version}

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("converter_build", "Version of the converter, and what this process is.", self._labels)


class _RulesInfo(Collector):
    def __init__(self, digests: Mapping[str, Callable[[], str]]) -> None:
        self._digests = digests

    def collect(self) -> Iterator[Metric]:
        text = "Digests of the rule files, and of the rules in use; equal rules have equal digests."
        labels = {name: digest() for name, digest in self._digests.items()}
        yield InfoMetricFamily("converter_rulebook", text, labels)


class Ends(Collector):
    """When something is valid: two gauges, so that an alert can compare what is left with the whole life."""

    def __init__(
        self,
        name: str,
        of: str,
        found: Callable[[], Mapping[tuple[str, ...], Validity]],
        labels: tuple[str, ...] = (),
    ) -> None:
        """Prepare.

        Args:
            name: the part of the metrics' names between ``converter_`` and ``_not_after_timestamp_seconds``.
            of: what it is.
            found: returns what is known, by the values of the labels.
            labels: the labels.
        """
        self._name = name
        self._of = of
        self._found = found
        self._labels = labels

    def collect(self) -> Iterator[Metric]:
        """Read them."""
        begin, end = (
            GaugeMetricFamily(f"converter_{self._name}_{which}_timestamp_seconds", f"{text} of {self._of}.",
                              labels=self._labels)
            for which, text in (("not_before", "Beginning"), ("not_after", "End"))
        )  # fmt: skip
        for labels, validity in self._found().items():
            begin.add_metric(labels, validity.start.timestamp())
            end.add_metric(labels, validity.end.timestamp())
        yield from (begin, end)


class _DroppedLines(Collector):
    def collect(self) -> Iterator[Metric]:
        text = "Log lines that were not written, because nobody read the log fast enough."
        yield CounterMetricFamily("converter_log_dropped_lines", text, value=dropped_lines())
