"""The kinds of HTTP answers: an AdmissionReview, a Kubernetes Status for an error, and text."""

from __future__ import annotations

import time
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import msgspec
from aiohttp import web

if TYPE_CHECKING:
    from aiohttp.abc import AbstractStreamWriter

_REASONS = {
    HTTPStatus.BAD_REQUEST: "BadRequest",
    HTTPStatus.FORBIDDEN: "Forbidden",
    HTTPStatus.NOT_FOUND: "NotFound",
    HTTPStatus.METHOD_NOT_ALLOWED: "MethodNotAllowed",
    HTTPStatus.REQUEST_TIMEOUT: "Timeout",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "RequestEntityTooLarge",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "UnsupportedMediaType",
    HTTPStatus.INTERNAL_SERVER_ERROR: "InternalError",
    HTTPStatus.SERVICE_UNAVAILABLE: "ServiceUnavailable",
}
"""Reasons as Kubernetes names them (StatusReason in apimachinery/pkg/apis/meta/v1/types.go)."""


def failure(status: HTTPStatus, message: str, *, close: bool = False, **headers: str) -> web.Response:
    """Make an error as a Kubernetes Status, which the API server shows to the user unchanged.

    Args:
        status: the HTTP status.
        message: the text for the user.
        close: whether to close the connection, because the rest of the request was not read.
        headers: other headers, with ``_`` for ``-``.
    """
    body: dict[str, object] = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": _REASONS[status],
        "code": status.value,
    }
    response = web.Response(
        status=status,
        body=msgspec.json.encode(body) + b"\n",
        headers={
            "Content-Type": "application/json",
            **{name.replace("_", "-"): text for name, text in headers.items()},
        },
    )
    if close:
        response.force_close()
    return response


def review(body: bytes) -> web.Response:
    """Make the answer with an AdmissionReview."""
    return web.Response(body=body, headers={"Content-Type": "application/json"})


def large_review(size: int) -> web.StreamResponse:
    """Make the answer with an AdmissionReview that is written part by part."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.content_length = size
    return response


_OK: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nDate: %b\r\n\r\n%b"


class PlainReview(web.StreamResponse):
    """An AdmissionReview for an HTTP/1.1 connection that stays open, with a head that is always the same.

    `review`, which builds the head from a map of headers, costs 11 % more CPU time per request
    (tests/bench/bench_tricks.py, aiohttp 3.14.5). The writer is a private attribute of aiohttp's request
    (``_payload_writer``); `make aiohttp` tests the oldest version, 3.14.3.
    """

    keep_alive = True  # the only attribute that the server reads

    def __init__(self, body: bytes, writer: AbstractStreamWriter) -> None:
        """Prepare.

        Args:
            body: the AdmissionReview.
            writer: the request's.
        """
        super().__init__()
        self._review = body
        self._writer = writer

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:  # noqa: ARG002  as aiohttp has it
        """Write head and body at once; most fit into one TLS record."""
        await self._writer.write_eof(_OK % (len(self._review), _date(), self._review))
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        """Do nothing: `prepare` wrote everything."""


_latest_date = (0, b"")


def _date() -> bytes:
    global _latest_date  # noqa: PLW0603  most answers share their second with the one before
    second = int(time.time())
    if second != _latest_date[0]:
        _latest_date = (second, formatdate(second, usegmt=True).encode())
    return _latest_date[1]


def text(
    body: str | bytes, status: HTTPStatus = HTTPStatus.OK, kind: str = "text/plain; charset=utf-8"
) -> web.Response:
    """Make an answer with text."""
    content = body.encode() if isinstance(body, str) else body
    return web.Response(status=status, body=content, headers={"Content-Type": kind})
