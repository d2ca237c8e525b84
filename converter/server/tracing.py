"""OpenTelemetry traces of reviews, for those who install the extra ``tracing`` and name a collector.

Nothing here is imported otherwise, and then a review costs a few comparisons more. Spans: ``review``, in it ``plan``,
and in that one ``convert`` for each manifest. The parent of ``review`` is the span of the API server, if its request
has a W3C ``traceparent``.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from converter.server.in_progress import review_fields
from converter.server.outcomes import outcome_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from opentelemetry.sdk.trace.export import SpanExporter

QUEUE_SPANS: Final = 2048
"""Spans that wait for the exporter; further ones are dropped."""

CLOSE_SECONDS: Final = 3.0
"""How long a process that ends waits for the last spans to be sent."""

_SERVICE = "karmada-api-version-converter"
_PREFIX = "converter."


class ReviewTracer:
    """Makes spans and sends them to a collector, from a thread of its own."""

    def __init__(self, exporter: SpanExporter, version: str = "") -> None:
        """Prepare.

        Args:
            exporter: sends the spans.
            version: the version of this program, for the resource.
        """
        resource = Resource.create({"service.name": _SERVICE, "service.version": version})
        self._exporter = exporter
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=QUEUE_SPANS))
        self._tracer = self._provider.get_tracer(_SERVICE)
        self._propagator = TraceContextTextMapPropagator()

    @classmethod
    def to(cls, endpoint: str, version: str = "") -> ReviewTracer:
        """Send to a collector: OTLP with protobuf over HTTP, such as ``http://collector:4318/v1/traces``."""
        return cls(OTLPSpanExporter(endpoint=endpoint), version)

    def asking(
        self, webhook: str, answer: Callable[[bytes], bytes], headers: Mapping[str, str]
    ) -> Callable[[bytes], bytes]:
        """Wrap the function that answers a review, so that it runs in a span.

        Args:
            webhook: the webhook's name.
            answer: answers.
            headers: those of the request, which can have a ``traceparent``.
        """
        parent = self._propagator.extract({"traceparent": headers.get("traceparent", "")})

        def traced(body: bytes) -> bytes:
            facts: dict[str, Any] = {f"{_PREFIX}{name}": value for name, value in review_fields().items()}
            with self._tracer.start_as_current_span(
                "review",
                parent,
                SpanKind.SERVER,
                {**facts, f"{_PREFIX}webhook": webhook},
                record_exception=False,
                set_status_on_exception=False,
            ) as span:
                try:
                    given = answer(body)
                except Exception as error:
                    span.set_status(Status(StatusCode.ERROR, type(error).__name__))  # its text can quote a manifest
                    raise
                span.set_attribute(f"{_PREFIX}outcome", outcome_of(given))
                return given

        return traced

    @contextlib.contextmanager
    def span(self, name: str, facts: Mapping[str, str]) -> Iterator[None]:
        """Make a span inside the present one, as long as the context lasts."""
        attributes: dict[str, Any] = {f"{_PREFIX}{key}": value for key, value in facts.items()}
        with self._tracer.start_as_current_span(
            name, attributes=attributes, record_exception=False, set_status_on_exception=False
        ):
            yield

    def close(self) -> None:
        """Send what waits; at most `CLOSE_SECONDS`, since a collector can be away. Then end the exporter's retries."""
        ending = threading.Thread(target=self._provider.shutdown, name="traces", daemon=True)
        ending.start()
        ending.join(CLOSE_SECONDS)
        if ending.is_alive():
            self._exporter.shutdown()
            ending.join(CLOSE_SECONDS)
