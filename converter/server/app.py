"""The HTTP application: one table of paths, and the way each request takes through it.

Built on the low-level server of aiohttp. For a review that needs no conversion, aiohttp's application and router would
cost 9.8 % more CPU time (tests/bench/bench_tricks.py, aiohttp 3.14.5).
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import HttpVersion11, web
from aiohttp.http_exceptions import HttpProcessingError

from converter.errors import ConverterError
from converter.server.connections import BoundedServer
from converter.server.in_progress import IN_PROGRESS, InProgress
from converter.server.large_reviews import ALL_BODIES, LARGE, Bodies, Held, LargeReviews
from converter.server.outcomes import outcome_of
from converter.server.responses import PlainReview, failure, large_review, review

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from aiohttp.abc import AbstractStreamWriter
    from aiohttp.http_parser import RawRequestMessage
    from aiohttp.streams import StreamReader
    from aiohttp.web_protocol import RequestHandler

    from converter.server.clients import Clients
    from converter.server.in_progress import Tracer
    from converter.server.metrics import ProcessMetrics

_log = logging.getLogger(__name__)

BODY_LIMIT: Final = 4 << 20
"""The largest request body in bytes, by default. A review can have an object twice, as it was and as it will be, and
etcd stores objects of up to 1.5 MiB."""

BODY_SECONDS: Final = 30.0
"""How long a client may take to send a body: the longest timeout of a webhook in Kubernetes."""

_SHARES = 4
"""How many bodies of the largest size, or answers, there is room for at least."""

_JSON = "application/json"

_LINGER_SECONDS = 2.0
"""How long to read after an early answer, so that a client that is still sending sees it."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """One admission webhook.

    Attributes:
        path: its path, such as ``/mutate/works``.
        name: its name in metrics and logs.
        answer: turns the bytes of a review into the bytes of its answer. It must be quick, because all other requests
            wait for it; large reviews are answered in a thread. Raises ConverterError for a body that is not a review.
        is_slow: whether every review is answered in a thread of its own.
    """

    path: str
    name: str
    answer: Callable[[bytes], bytes]
    is_slow: bool = False


class Rejected(Exception):  # noqa: N818  ends the handling of a request; never leaves this module
    """A request that is answered before it reaches a webhook.

    Attributes:
        outcome: its name in metrics.
        response: its answer.
    """

    def __init__(self, outcome: str, response: web.Response) -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.response = response


class App:
    """Everything that is served, by path.

    Attributes:
        draining: set when the server is about to stop: it reports that it is not ready, still answers, and closes each
            connection after the answer.
        in_flight: how many requests are being answered.
    """

    def __init__(
        self,
        webhooks: Iterable[Webhook],
        pages: Mapping[str, Callable[[], web.Response]],
        metrics: ProcessMetrics,
        *,
        body_limit: int = BODY_LIMIT,
        body_seconds: float = BODY_SECONDS,
        clients: Clients | None = None,
        bodies: Bodies | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        """Make the application.

        Args:
            webhooks: the answers to POST.
            pages: the answers to GET and HEAD.
            metrics: counts the requests of the webhooks.
            body_limit: the largest request body, in bytes.
            body_seconds: how long a client may take to send a body.
            clients: who may call the webhooks; None for everyone. Pages are open to all.
            bodies: counts the bytes of large bodies.
            tracer: makes spans of reviews; None for none.
        """
        self._tracer = tracer
        self._clients = clients
        self._webhooks = {webhook.path: webhook for webhook in webhooks}
        self._pages = pages
        self._metrics = metrics
        self._limit = body_limit
        self._seconds = body_seconds
        self._bodies = bodies or Bodies(max(ALL_BODIES, _SHARES * body_limit))
        self._thread = LargeReviews()
        self._slow = LargeReviews()
        self.draining = False
        self.in_flight = 0

    def server(self) -> web.Server:
        """Make the server of aiohttp, inside a running event loop."""
        return BoundedServer(self.handle, request_factory=self._request, lingering_time=_LINGER_SECONDS)

    def _request(
        self,
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: RequestHandler,
        writer: AbstractStreamWriter,
        task: asyncio.Task[None],
    ) -> web.BaseRequest:
        loop = asyncio.get_running_loop()
        return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=self._limit)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        self.in_flight += 1
        try:
            path = request.raw_path.partition("?")[0]
            webhook = self._webhooks.get(path)
            if webhook is None:
                response: web.StreamResponse = self._page(path, request.method)
            else:
                response = await self._review(webhook, request)
        finally:
            self.in_flight -= 1
        if self.draining:
            response.force_close()
        return response

    async def _review(self, webhook: Webhook, request: web.BaseRequest) -> web.StreamResponse:
        content = request.content
        try:
            self._check(request)
            body = b""
            # Nearly always the whole body has arrived. `request.read` costs 5.8 % more (bench_tricks, aiohttp 3.14.5).
            if content.is_eof() and content.exception() is None:
                body = content.read_nowait()
                if len(body) <= LARGE and body and not webhook.is_slow:
                    return self._answer(webhook, request, body)
            with self._bodies.holding() as held:
                return await self._review_slowly(webhook, request, body, held)
        except Rejected as rejected:
            self._metrics.request(webhook.name, rejected.outcome)
            return rejected.response

    def _answer(self, webhook: Webhook, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        began = time.perf_counter()
        outside = IN_PROGRESS.set(InProgress(webhook.name, body))
        try:
            answer = self._asking(webhook, request)(body)
        except Exception as error:  # noqa: BLE001  a bug must not stop the server, and its text is not for users
            return self._failed(webhook, error)
        finally:
            IN_PROGRESS.reset(outside)
        self._measure(webhook, answer, began)
        if request.keep_alive and request.version == HttpVersion11 and not self.draining:
            return PlainReview(answer, request._payload_writer)  # noqa: SLF001  see PlainReview for its versions
        return review(answer)

    def _asking(self, webhook: Webhook, request: web.BaseRequest) -> Callable[[bytes], bytes]:
        if self._tracer is None:
            return webhook.answer
        return self._tracer.asking(webhook.name, webhook.answer, request.headers)

    async def _review_slowly(
        self, webhook: Webhook, request: web.BaseRequest, body: bytes, held: Held
    ) -> web.StreamResponse:
        """Answer a review that is large, or that has not arrived.

        Raises:
            Rejected: see `_slow_body`; or there are too many large reviews.
        """
        if body:
            self._hold(held, len(body))
        else:
            body = await self._slow_body(request, held)
        if len(body) > self._limit:
            raise self._too_large()
        if len(body) <= LARGE and not webhook.is_slow:
            return self._answer(webhook, request, body)
        began = time.perf_counter()
        outside = IN_PROGRESS.set(InProgress(webhook.name, body))
        try:
            thread = self._slow if webhook.is_slow else self._thread
            answer = await thread.answer(self._asking(webhook, request), body)
        except Exception as error:  # noqa: BLE001  as above
            return self._failed(webhook, error)
        finally:
            IN_PROGRESS.reset(outside)
        self._hold(held, len(answer))
        self._measure(webhook, answer, began)
        return await self._write(request, answer)

    async def _write(self, request: web.BaseRequest, answer: bytes) -> web.StreamResponse:
        """Write a large answer while its bytes are counted; a client that does not read it is disconnected.

        Part by part: asyncio takes a whole answer for a TLS connection at once, whether or not the client reads it.
        """
        response = large_review(len(answer))
        if self.draining:
            response.force_close()
        try:
            async with asyncio.timeout(self._seconds):
                await response.prepare(request)
                for start in range(0, len(answer), LARGE):
                    await response.write(answer[start : start + LARGE])
                await response.write_eof()
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()
        return response

    def _measure(self, webhook: Webhook, answer: bytes, began: float) -> None:
        self._metrics.took(webhook.name, time.perf_counter() - began)
        self._metrics.request(webhook.name, outcome_of(answer))

    def _failed(self, webhook: Webhook, error: Exception) -> web.Response:
        """Make the answer for an exception that is being handled."""
        if not isinstance(error, ConverterError):
            self._metrics.request(webhook.name, "failed")
            return _internal_error(webhook.path)
        self._metrics.request(webhook.name, "invalid")
        _log.info("not a review", extra={"why": str(error)})
        return failure(HTTPStatus.BAD_REQUEST, str(error))

    def _check(self, request: web.BaseRequest) -> None:
        """Check that a request is a POST of JSON that is not too large.

        Raises:
            Rejected: it is something else.
        """
        if self._clients is not None and not self._clients.admit(request.transport):
            raise Rejected("forbidden", failure(HTTPStatus.FORBIDDEN, self._clients.problem, close=True))
        if request.method != "POST":
            message = f"{request.raw_path} takes POST with an AdmissionReview, not {request.method}"
            raise Rejected("wrong_method", failure(HTTPStatus.METHOD_NOT_ALLOWED, message, Allow="POST"))
        if request.headers.get("Content-Type") != _JSON and not _is_json(request):
            given = request.headers.get("Content-Type") or "none"
            message = f"the content type must be {_JSON} in UTF-8, not {given}"
            raise Rejected("wrong_type", failure(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message))
        if (request.content_length or 0) > self._limit:
            raise self._too_large()

    async def _slow_body(self, request: web.BaseRequest, held: Held) -> bytes:
        """Read a body, and count its bytes as they come.

        Raises:
            Rejected: it is too large, too slow or incomplete, or there are too many large reviews.
        """
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._seconds):
                async for part in request.content.iter_any():
                    size += len(part)
                    if size > self._limit:
                        raise self._too_large()
                    self._hold(held, len(part))
                    parts.append(part)
        except TimeoutError:
            message = f"the body did not arrive within {self._seconds:g} seconds; send it again"
            raise Rejected("invalid", failure(HTTPStatus.REQUEST_TIMEOUT, message, close=True)) from None
        except (web.RequestPayloadError, web.PayloadAccessError, HttpProcessingError, OSError) as error:
            message = f"the body is incomplete or its encoding is invalid: {error}"
            raise Rejected("invalid", failure(HTTPStatus.BAD_REQUEST, message, close=True)) from None
        return b"".join(parts)

    def _hold(self, held: Held, size: int) -> None:
        if not held.add(size):
            message = "there are too many large reviews at the moment; send it again"
            raise Rejected("busy", failure(HTTPStatus.SERVICE_UNAVAILABLE, message, close=True))

    def _too_large(self) -> Rejected:
        message = f"the body is larger than {self._limit} bytes; raise the limit with --max-body"
        return Rejected("too_large", failure(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message, close=True))

    def _page(self, path: str, method: str) -> web.Response:
        page = self._pages.get(path)
        if page is None:
            known = ", ".join([*self._webhooks, *self._pages])
            return failure(HTTPStatus.NOT_FOUND, f"path {path} does not exist; the paths are: {known}")
        if method not in {"GET", "HEAD"}:
            return failure(HTTPStatus.METHOD_NOT_ALLOWED, f"{path} takes GET, not {method}", Allow="GET, HEAD")
        try:
            return page()
        except Exception:  # noqa: BLE001  as above
            return _internal_error(path)


def _is_json(request: web.BaseRequest) -> bool:
    return request.content_type == _JSON and (request.charset or "utf-8").lower() in {"utf-8", "utf8", "us-ascii"}


def _internal_error(path: str) -> web.Response:
    """Log the exception that is being handled under an id, and answer with the id only."""
    incident = secrets.token_hex(6)
    _log.exception("internal error", extra={"path": path, "incident": incident})
    message = f"internal error {incident}; find this id in the log of the converter"
    return failure(HTTPStatus.INTERNAL_SERVER_ERROR, message)
