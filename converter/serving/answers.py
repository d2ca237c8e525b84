"""The few shapes of HTTP answers: a review's answer, a Kubernetes Status for what goes wrong, text, a page."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from aiohttp import web

_REASONS = {
    HTTPStatus.BAD_REQUEST: "BadRequest",
    HTTPStatus.NOT_FOUND: "NotFound",
    HTTPStatus.METHOD_NOT_ALLOWED: "MethodNotAllowed",
    HTTPStatus.REQUEST_TIMEOUT: "Timeout",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "RequestEntityTooLarge",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "UnsupportedMediaType",
    HTTPStatus.INTERNAL_SERVER_ERROR: "InternalError",
}
"""The machine-readable words of Kubernetes (apimachinery/pkg/apis/meta/v1/types.go, StatusReason)."""


def failure(status: HTTPStatus, message: str, *, close: bool = False, **headers: str) -> web.Response:
    """Tell what went wrong as a Kubernetes Status, which the API server shows to the user as it is.

    Args:
        status: the HTTP status.
        message: a sentence for the user.
        close: whether the connection is to end, since the rest of the request was not read.
        headers: further headers, ``_`` for ``-``.
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
    """Send an AdmissionReview."""
    return web.Response(body=body, headers={"Content-Type": "application/json"})


def text(
    body: str | bytes, status: HTTPStatus = HTTPStatus.OK, kind: str = "text/plain; charset=utf-8"
) -> web.Response:
    """Send text."""
    content = body.encode() if isinstance(body, str) else body
    return web.Response(status=status, body=content, headers={"Content-Type": kind})


def page(body: str) -> web.Response:
    """Send an HTML page that can load and run nothing, whatever its texts say."""
    return web.Response(
        body=body.encode(),
        headers={
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )
