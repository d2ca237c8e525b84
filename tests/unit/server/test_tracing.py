"""Traces of reviews: their spans, their parents, what they hold, and a collector that receives them."""

import contextlib
import gzip
import http.server
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from converter.cli import main
from converter.server import tracing
from converter.server.large_reviews import LARGE
from converter.server.sample import FLEET, review_of, sample_manifests, work_for
from converter.server.tracing import ReviewTracer
from converter.server.wiring import Settings, assemble
from tests.nonempty import some
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("rules_read_once")

ROOT = Path(__file__).resolve().parents[3]
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
JSON = {"Content-Type": "application/json"}
HEADERS = {**JSON, "traceparent": f"00-{TRACE}-{PARENT}-01"}


@pytest.fixture
def exporter():
    return InMemorySpanExporter()


@pytest.fixture
def tracer(exporter):
    made = ReviewTracer(exporter, "1.2.3")
    yield made
    made.close()


def body_of(kind, cluster="attic", uid="u1", padding=0):
    review = json.loads(review_of(work_for(next(one for one in sample_manifests() if one["kind"] == kind), cluster)))
    review["request"]["uid"] = uid
    review["padding"] = "x" * padding
    return json.dumps(review).encode()


async def spans_of(serving, tracer, exporter, body, headers=HEADERS):
    served = assemble(Settings(FLEET, tracer=tracer))
    async with (
        serving(served.app) as running,
        running.client() as client,
        client.post("/mutate/works", data=body, headers=headers) as answer,
    ):
        status = answer.status
    tracer._provider.force_flush()
    return status, {span.name: span for span in exporter.get_finished_spans()}


@pytest.mark.parametrize("padding", [0, 2 * LARGE], ids=["small", "in-the-thread"])
async def test_a_conversion_is_a_trace_that_begins_in_the_api_server(serving, tracer, exporter, padding):
    status, spans = await spans_of(serving, tracer, exporter, body_of("Ingress", padding=padding))
    assert status == 200
    assert set(spans) == {"review", "plan", "convert"}
    review, plan, convert = spans["review"], spans["plan"], spans["convert"]
    assert {format(span.context.trace_id, "032x") for span in some(spans.values())} == {TRACE}
    assert format(review.parent.span_id, "016x") == PARENT
    assert plan.parent.span_id == review.context.span_id
    assert convert.parent.span_id == plan.context.span_id
    assert review.kind is SpanKind.SERVER
    assert dict(review.attributes) == {
        "converter.webhook": "works", "converter.review": "u1", "converter.cluster": "attic",
        "converter.object": review.attributes["converter.object"], "converter.outcome": "changed",
    }  # fmt: skip
    assert review.attributes["converter.object"].startswith("karmada-es-attic/")
    assert convert.attributes["converter.kind"] == "Ingress"
    assert convert.attributes["converter.source"] != convert.attributes["converter.target"]
    assert review.resource.attributes["service.version"] == "1.2.3"


@pytest.mark.parametrize("header", [None, "", "nonsense", "00-0-0-00"])
async def test_without_a_usable_parent_a_trace_begins_here(serving, tracer, exporter, header):
    headers = JSON if header is None else {**JSON, "traceparent": header}
    status, spans = await spans_of(serving, tracer, exporter, body_of("Ingress"), headers)
    assert status == 200
    assert spans["review"].parent is None


async def test_what_needs_no_conversion_has_one_span(serving, tracer, exporter):
    _, spans = await spans_of(serving, tracer, exporter, body_of("Ingress", "cloud"))
    assert set(spans) == {"review"}
    assert spans["review"].attributes["converter.outcome"] == "unchanged"


async def test_an_error_marks_the_span_without_its_text(serving, tracer, exporter):
    status, spans = await spans_of(serving, tracer, exporter, b'{"secret": "hunter2"}')
    assert status == 400
    assert spans["review"].status.status_code is StatusCode.ERROR
    assert spans["review"].events == ()
    assert "hunter2" not in spans["review"].to_json()


class Collector(http.server.BaseHTTPRequestHandler):
    received: list

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.received.append((self.path, ExportTraceServiceRequest.FromString(body)))
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.end_headers()

    def log_message(self, *_arguments):
        pass


@contextlib.contextmanager
def collector():
    """A collector of OTLP over HTTP; gives its URL, and what it received."""
    received: list = []
    handler = type("Handler", (Collector,), {"received": received})
    server = http.server.HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/traces", received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_a_collector_receives_the_spans(serving):
    with collector() as (url, received):
        tracer = ReviewTracer.to(url)
        served = assemble(Settings(FLEET, tracer=tracer))
        async with (
            serving(served.app) as running,
            running.client() as client,
            client.post("/mutate/works", data=body_of("Ingress"), headers=HEADERS) as answer,
        ):
            assert answer.status == 200
        tracer.close()
        await until(lambda: received)
    path, request = received[0]
    assert path == "/v1/traces"
    spans = [span for part in request.resource_spans for scope in part.scope_spans for span in scope.spans]
    assert {span.name for span in spans} == {"review", "plan", "convert"}
    assert {span.trace_id.hex() for span in spans} == {TRACE}


async def test_a_collector_that_is_away_fails_no_review_and_leaves_no_thread(serving, monkeypatch):
    monkeypatch.setattr(tracing, "CLOSE_SECONDS", 0.2)
    before = set(threading.enumerate())
    tracer = ReviewTracer.to("http://127.0.0.1:1/v1/traces")
    served = assemble(Settings(FLEET, tracer=tracer))
    async with serving(served.app) as running, running.client() as client:
        for _ in range(20):
            async with client.post("/mutate/works", data=body_of("Ingress"), headers=HEADERS) as answer:
                assert answer.status == 200
    tracer.close()
    assert {
        one.name for one in set(threading.enumerate()) - before if "traces" in one.name or "Otel" in one.name
    } == set()


def test_without_the_option_nothing_of_opentelemetry_is_loaded():
    program = (
        "import sys, converter.cli, converter.server.wiring as wiring; from converter.server.sample import FLEET; "
        "served = wiring.assemble(wiring.Settings(FLEET)); "
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False)
    assert done.returncode == 0


def test_without_the_extra_the_option_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "converter.server.tracing", None)
    assert main(["serve", "--sample", "--traces", "http://127.0.0.1:1/v1/traces"]) == 2
    assert capsys.readouterr().err
