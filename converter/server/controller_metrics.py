"""What Prometheus reads of the controllers: taken from them at each scrape, so that they only count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily
from prometheus_client.registry import Collector

from converter.server.metrics import Ends, ProcessMetrics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence, Sized

    from prometheus_client import Metric

    from converter.certificates.tls import Validity
    from converter.controllers.controller import Passes


class Reconciling(Protocol):
    """A controller, as far as metrics read it (`converter.controllers.controller.Controller`)."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def passes(self) -> Passes:
        """What came of its passes."""

    @property
    def waiting(self) -> int:
        """How many keys wait."""


class Watching(Protocol):
    """A watch, as far as metrics read it (`converter.client.Informer`)."""

    @property
    def items(self) -> Sized:
        """The objects in memory."""

    @property
    def failures(self) -> int:
        """How often it failed."""


class ControllerMetrics(ProcessMetrics):
    """The metrics of a replica of the controller."""

    def __init__(self) -> None:
        super().__init__("controller")

    def watch_controllers(self, controllers: Sequence[Reconciling], leading: Callable[[], bool]) -> None:
        """Export the passes of all controllers, and whether this replica leads."""
        self._gauge("leader", "1 while this replica leads.").set_function(leading)
        self.registry.register(_Controllers(tuple(controllers)))

    def watch_discovery(self, up: Callable[[], bool | None]) -> None:
        """Export whether the discovery server answers; None if this replica has not asked it."""
        text = "0 while the discovery server does not answer the controller that leads."
        self.registry.register(_Known("converter_discovery_reachable", text, up))

    def watch_scheduler(self, up: Callable[[], bool | None]) -> None:
        """Export whether the converter's scheduler holds its Lease; None if this replica does not know."""
        text = "0 while no scheduler of the converter holds its Lease."
        self.registry.register(_Known("converter_scheduler_available", text, up))

    def watch_waiting_bindings(self, count: Callable[[], int | None]) -> None:
        """Export how many bindings wait for the converter's scheduler; None if this replica does not know."""
        text = "Bindings that have waited for the converter's scheduler for more than a minute."
        self.registry.register(_Known("converter_scheduler_waiting_bindings", text, count))

    def watch_identities(self, validity: Callable[[], Mapping[str, Validity]]) -> None:
        """Export when each token is valid that the controller renews, by the name of the ServiceAccount."""

        def found() -> dict[tuple[str, ...], Validity]:
            return {(name,): known for name, known in validity().items()}

        self.registry.register(Ends("identity", "the newest token that the controller stored", found, ("identity",)))


def watch_informers(metrics: ProcessMetrics, informers: Callable[[], Mapping[str, Watching]]) -> None:
    """Export what is watched, by name."""
    metrics.registry.register(_Informers(informers))


class _Controllers(Collector):
    def __init__(self, controllers: tuple[Reconciling, ...]) -> None:
        self._controllers = controllers

    def collect(self) -> Iterator[Metric]:
        total = CounterMetricFamily(
            "converter_reconciles", "Passes of a controller by how they ended.", labels=["controller", "outcome"]
        )
        time = SummaryMetricFamily("converter_reconcile_duration_seconds", "Time of a pass.", labels=["controller"])
        waiting = GaugeMetricFamily("converter_queue_keys", "Keys that wait for a pass.", labels=["controller"])
        for one in self._controllers:
            name, passes = one.name.replace(" ", "_"), one.passes
            counts = {"done": passes.done, "retried": passes.retried, "failed": passes.failed}
            for outcome, count in counts.items():
                total.add_metric([name, outcome], count)
            time.add_metric([name], sum(counts.values()), passes.seconds)
            waiting.add_metric([name], one.waiting)
        yield from (total, time, waiting)


class _Informers(Collector):
    def __init__(self, informers: Callable[[], Mapping[str, Watching]]) -> None:
        self._informers = informers

    def collect(self) -> Iterator[Metric]:
        failures = CounterMetricFamily(
            "converter_watch_failures", "Lists and watches of the control plane that failed.", labels=["watch"]
        )
        objects = GaugeMetricFamily("converter_watched_objects", "Objects in memory.", labels=["watch"])
        for name, one in self._informers().items():
            failures.add_metric([name], one.failures)
            objects.add_metric([name], len(one.items))
        yield from (failures, objects)


class _Known(Collector):
    """A gauge; without a sample while nothing is known."""

    def __init__(self, name: str, text: str, value: Callable[[], float | None]) -> None:
        self._name = name
        self._text = text
        self._value = value

    def collect(self) -> Iterator[Metric]:
        found = self._value()
        if found is not None:
            yield GaugeMetricFamily(self._name, self._text, float(found))
