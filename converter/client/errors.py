"""What an API server may answer instead of what was asked for, as types: each calls for another reaction."""

from __future__ import annotations

import msgspec

from converter.errors import ConverterError


class ApiError(ConverterError):
    """A request that did not succeed.

    Attributes:
        request: what was asked, as ``GET /apis/…``.
        status: the HTTP status; 0 where no answer came.
        reason: the reason of the Status object, such as ``NotFound``; empty where there is none.
        problem: the server's own words.
    """

    def __init__(self, request: str, status: int, reason: str, problem: str) -> None:
        self.request = request
        self.status = status
        self.reason = reason
        self.problem = problem
        super().__init__(f"{request}: {problem}" + (f" ({status} {reason})" if status else ""))


class NotFoundError(ApiError):
    """404: the object, or the whole resource, is not there."""


class ConflictError(ApiError):
    """409: someone else has written since, or a precondition no longer holds; read again and decide anew."""


class AlreadyExistsError(ApiError):
    """409 on create: there is one with that name."""


class GoneError(ApiError):
    """410: the resource version, or the list's continuation, is too old; list again."""


class RejectedError(ApiError):
    """Any other 4xx: the request is wrong, or not allowed, and will be the next time as well."""


class UnavailableError(ApiError):
    """No answer, 429 or 5xx: try again later."""


class _Status(msgspec.Struct):
    """The few fields of meta/v1 Status that say what went wrong."""

    message: str = ""
    reason: str = ""


_status = msgspec.json.Decoder(_Status)


def error_for(request: str, status: int, body: bytes) -> ApiError:
    """Make the error for an answer that is no success.

    Args:
        request: what was asked.
        status: the HTTP status.
        body: the body; a meta/v1 Status, or anything.
    """
    try:
        said = _status.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        said = _Status(body[:500].decode("utf-8", "replace").strip())
    return _kind(status, said.reason)(request, status, said.reason, said.message or "no reason given")


def _kind(status: int, reason: str) -> type[ApiError]:
    if status == 404:  # noqa: PLR2004 -- the numbers are HTTP's own, and the table above names them
        return NotFoundError
    if status == 409:  # noqa: PLR2004 -- as above
        return AlreadyExistsError if reason == "AlreadyExists" else ConflictError
    if status == 410:  # noqa: PLR2004 -- as above
        return GoneError
    if status in {408, 429} or status >= 500:  # noqa: PLR2004 -- as above
        return UnavailableError
    return RejectedError
