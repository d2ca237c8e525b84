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
from converter.server.responses import PlainReview, failure, review, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from aiohttp.abc import AbstractStreamWriter
    from aiohttp.http_parser import RawRequestMessage
    from aiohttp.streams import StreamReader
    from aiohttp.web_protocol import RequestHandler

    from converter.server.clients import Clients
    from converter.server.metrics import Metrics

_log = logging.getLogger(__name__)

BODY_LIMIT: Final = 8 * 1024 * 1024
"""The largest request body in bytes, by default. The API server accepts objects of up to 3 MiB."""

BODY_SECONDS: Final = 30.0
"""How long a client may take to send a body: the longest timeout of a webhook in Kubernetes."""

_JSON = "application/json"

_KEEPALIVE_SECONDS = 3600.0
"""How long an idle connection stays open: longer than in clients written in Go, so that the client closes it."""

_LINGER_SECONDS = 2.0
"""How long to read after an early answer, so that a client that is still sending sees it."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """One admission webhook.

    Attributes:
        path: its path, such as ``/mutate/works``.
        name: its name in metrics and logs.
        answer: turns the bytes of a review into the bytes of its answer. It must be quick, because all other requests
            wait for it. Raises ConverterError for a body that is not a review.
    """

    path: str
    name: str
    answer: Callable[[bytes], bytes]


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
        metrics: Metrics,
        *,
        body_limit: int = BODY_LIMIT,
        body_seconds: float = BODY_SECONDS,
        clients: Clients | None = None,
    ) -> None:
        """Make the application.

        Args:
            webhooks: the answers to POST.
            pages: the answers to GET and HEAD.
            metrics: counts the requests of the webhooks.
            body_limit: the largest request body, in bytes.
            body_seconds: how long a client may take to send a body.
            clients: who may call the webhooks; None for everyone. Pages are open to all, because kubelets that probe
                the server have no certificate.
        """
        self._clients = clients
        self._webhooks = {webhook.path: webhook for webhook in webhooks}
        self._pages = pages
        self._metrics = metrics
        self._limit = body_limit
        self._seconds = body_seconds
        self.draining = False
        self.in_flight = 0

    def server(self) -> web.Server:
        """Make the server of aiohttp, inside a running event loop."""
        return web.Server(
            self.handle,
            request_factory=self._request,
            access_log=None,
            keepalive_timeout=_KEEPALIVE_SECONDS,
            lingering_time=_LINGER_SECONDS,
        )

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
        try:
            body = await self._body(request)
        except Rejected as rejected:
            self._metrics.request(webhook.name, rejected.outcome)
            return rejected.response
        began = time.perf_counter()
        try:
            answer = webhook.answer(body)
        except ConverterError as error:
            self._metrics.request(webhook.name, "invalid")
            _log.info("not a review", extra={"webhook": webhook.name, "why": str(error)})
            return failure(HTTPStatus.BAD_REQUEST, str(error))
        except Exception:  # noqa: BLE001  a bug must not stop the server, and its text is not for users
            self._metrics.request(webhook.name, "failed")
            return _internal_error(webhook.path)
        self._metrics.took(webhook.name, time.perf_counter() - began)
        self._metrics.request(webhook.name, outcome_of(answer))
        if request.keep_alive and request.version == HttpVersion11 and not self.draining:
            return PlainReview(answer, request._payload_writer)  # noqa: SLF001  see PlainReview for its versions
        return review(answer)

    async def _body(self, request: web.BaseRequest) -> bytes:
        """Read the body of a POST of JSON that is not too large.

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
        content = request.content
        # Nearly always the whole body has arrived. `request.read` costs 5.8 % more (bench_tricks.py, aiohttp 3.14.5).
        if content.is_eof() and content.exception() is None:
            body = content.read_nowait()
        else:
            body = await self._slow_body(request)
        if len(body) > self._limit:
            raise self._too_large()
        return body

    async def _slow_body(self, request: web.BaseRequest) -> bytes:
        try:
            async with asyncio.timeout(self._seconds):
                return await request.read()
        except web.HTTPRequestEntityTooLarge:
            raise self._too_large() from None
        except TimeoutError:
            message = f"the body did not arrive within {self._seconds:g} seconds; send it again"
            raise Rejected("invalid", failure(HTTPStatus.REQUEST_TIMEOUT, message, close=True)) from None
        except (web.RequestPayloadError, web.PayloadAccessError, HttpProcessingError, OSError) as error:
            message = f"the body is incomplete or its encoding is invalid: {error}"
            raise Rejected("invalid", failure(HTTPStatus.BAD_REQUEST, message, close=True)) from None

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

    def ready(self, why_not: str, notes: Iterable[str] = ()) -> web.Response:
        """Answer ``/readyz``.

        Args:
            why_not: why the server is not ready; empty if it is.
            notes: what an administrator should mend although the server is ready, one line each.
        """
        reason = "stopping" if self.draining else why_not
        if reason:
            return text(f"not ready: {reason}\n", HTTPStatus.SERVICE_UNAVAILABLE)
        return text("".join(f"{line}\n" for line in ("ok", *notes)))


def outcome_of(answer: bytes) -> str:
    """Return the outcome of an answered review.

    Only fields of the answer can match: inside a JSON string, these quotes would be escaped.
    """
    if b'"allowed":true' not in answer:
        return "denied"
    if b'"patch":' in answer:
        return "changed"
    return "warned" if b'"warnings":' in answer else "unchanged"


def _is_json(request: web.BaseRequest) -> bool:
    return request.content_type == _JSON and (request.charset or "utf-8").lower() in {"utf-8", "utf8", "us-ascii"}


def _internal_error(path: str) -> web.Response:
    """Log the exception that is being handled under an id, and answer with the id only."""
    incident = secrets.token_hex(6)
    _log.exception("internal error", extra={"path": path, "incident": incident})
    message = f"internal error {incident}; find this id in the log of the converter"
    return failure(HTTPStatus.INTERNAL_SERVER_ERROR, message)
