"""The errors of an API server as types, one for each way to react."""

from __future__ import annotations

import re

import msgspec

from converter.errors import ConverterError

_KARMADA = re.compile(r" /apis/\w+\.karmada\.io/")
"""A request for an API that Karmada has, and other API servers do not."""

_QUOTES = re.compile(r"(?:Invalid|Unsupported|Duplicate) value:|denied the request:|\bis invalid:")
"""After these words a value of the object may come (apimachinery's field errors), or what a webhook says of it."""


class ApiError(ConverterError):
    """A request failed.

    Attributes:
        request: the request, such as ``GET /apis/…``.
        status: the HTTP status; 0 without an answer.
        reason: the reason of the Status object, such as ``NotFound``; may be empty.
        problem: the server's message.
        server: the address of the API server; empty if it is not known.
    """

    def __init__(self, request: str, status: int, reason: str, problem: str, *, server: str = "") -> None:
        self.request = request
        self.server = server
        self.status = status
        self.reason = reason
        self.problem = problem
        super().__init__(self._text(problem))

    def for_log(self) -> str:
        """Return the text without what an API server or a webhook quotes of the object that was sent."""
        found = _QUOTES.search(self.problem)
        return self._text(self.problem if found is None else f"{self.problem[: found.end()]} …")

    @property
    def next_step(self) -> str:
        """What somebody at a terminal can do about it."""
        server = f"the API server {self.server}" if self.server else "the API server"
        match self.status:
            case 0:
                return f"check that {server} is the right one and can be reached from here"
            case 401:
                return f"{server} does not accept these credentials: get new ones, or use another kubeconfig"
            case 403:
                return f"use a kubeconfig whose user may do this on {server}"
            case 404 if _KARMADA.search(self.request):
                return f"if {server} is not Karmada's, select Karmada's with another kubeconfig or context"
            case 404:
                return f"check that {server} is the right one"
            case _:
                return ""

    def _text(self, problem: str) -> str:
        return f"{self.request}: {problem}" + (f" ({f'{self.status} {self.reason}'.strip()})" if self.status else "")


class NotFoundError(ApiError):
    """404: the object, or the whole resource, does not exist."""


class ConflictError(ApiError):
    """409: the object has changed, or a precondition failed. Read it again and decide again."""


class AlreadyExistsError(ApiError):
    """409 on create: an object with that name exists."""


class GoneError(ApiError):
    """410: the resource version or the continue token has expired. List again."""


class RejectedError(ApiError):
    """Any other 4xx: the request is invalid or forbidden. A retry does not help by itself."""


class UnavailableError(ApiError):
    """No answer, 429 or 5xx. Retry later."""


class _Status(msgspec.Struct):
    """The fields of meta/v1 Status that describe an error."""

    message: str = ""
    reason: str = ""


_status = msgspec.json.Decoder(_Status)


def error_for(request: str, status: int, body: bytes, *, server: str = "") -> ApiError:
    """Make the error for an unsuccessful answer.

    Args:
        request: the request, such as ``GET /apis/…``.
        status: the HTTP status.
        body: the body of the answer: a meta/v1 Status, or any bytes.
        server: the address of the API server.
    """
    try:
        said = _status.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        said = _Status(body[:500].decode("utf-8", "replace").strip())
    problem = said.message or "the server gave no message"
    return _kind(status, said.reason)(request, status, said.reason, problem, server=server)


def _kind(status: int, reason: str) -> type[ApiError]:
    if status == 404:  # noqa: PLR2004 -- HTTP status codes, described by the types above
        return NotFoundError
    if status == 409:  # noqa: PLR2004 -- as above
        return AlreadyExistsError if reason == "AlreadyExists" else ConflictError
    if status == 410:  # noqa: PLR2004 -- as above
        return GoneError
    if status in {408, 429} or status >= 500:  # noqa: PLR2004 -- as above
        return UnavailableError
    return RejectedError
