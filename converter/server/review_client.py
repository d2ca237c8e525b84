"""Calls a webhook as the API server does, for the demo and for tests: sends a review, and applies the patch."""

from __future__ import annotations

import http.client
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import jsonpatch
import msgspec

from converter.errors import ConverterError

if TYPE_CHECKING:
    from pathlib import Path

    from converter.kube import Manifest

_SECONDS = 30.0


class WebhookError(ConverterError):
    """A webhook cannot be called, or its answer is not a review.

    Attributes:
        status: the HTTP status of the answer; 0 if there is none.
    """

    def __init__(self, problem: str, status: int = 0) -> None:
        self.status = status
        super().__init__(problem)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a webhook.

    Attributes:
        allowed: whether the object is admitted.
        work: the object with the patch applied; None if there is no patch.
        message: why the object is denied; empty if it is admitted.
        warnings: the warnings for the user.
    """

    allowed: bool
    work: Manifest | None
    message: str
    warnings: tuple[str, ...]


class _Status(msgspec.Struct):
    message: str = ""


class _Response(msgspec.Struct, rename="camel"):
    allowed: bool
    patch: bytes | None = None
    status: _Status | None = None
    warnings: tuple[str, ...] = ()


class _Review(msgspec.Struct):
    response: _Response


def is_ready(url: str) -> bool:
    """Whether a server runs and is ready.

    Args:
        url: where its health is, without a path.
    """
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_SECONDS)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class WebhookClient:
    """Calls one webhook, with a new connection for each call.

    Attributes:
        url: its URL, without a path.
    """

    def __init__(self, url: str, authority: Path) -> None:
        """Prepare.

        Args:
            url: ``https://HOST:PORT``.
            authority: the PEM file of the CA to trust.

        Raises:
            WebhookError: the URL or the file cannot be used.
        """
        self.url = url
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname:
            raise WebhookError(f"{url!r} is not an https URL; use the one that `converter serve` prints")
        self._host, self._port = parts.hostname, parts.port or 443
        try:
            self._tls = ssl.create_default_context(cafile=str(authority))
        except (OSError, ssl.SSLError) as error:
            raise WebhookError(
                f"{authority} is not a CA certificate: {error}; use the file that `converter serve` prints"
            ) from error

    def send(self, review: bytes, path: str = "/mutate/works") -> Answer:
        """Send a review, and apply the patch in the answer.

        Raises:
            WebhookError: it cannot be reached, or its answer is not a review.
        """
        status, body = self._post(path, review)
        if status != http.HTTPStatus.OK:
            raise WebhookError(f"{self.url}{path} answered {status}: {body.decode(errors='replace')}", status)
        try:
            response = msgspec.json.decode(body, type=_Review).response
        except msgspec.MsgspecError as error:
            problem = f"the answer of {self.url}{path} is not a review: {error}; check the URL"
            raise WebhookError(problem, status) from error
        work = None
        if response.patch:
            sent: Any = msgspec.json.decode(review)["request"]["object"]
            work = jsonpatch.apply_patch(sent, msgspec.json.decode(response.patch))
        message = response.status.message if response.status else ""
        return Answer(response.allowed, work, message, response.warnings)

    def _post(self, path: str, body: bytes) -> tuple[int, bytes]:
        connection = http.client.HTTPSConnection(self._host, self._port, timeout=_SECONDS, context=self._tls)
        try:
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            raise WebhookError(f"cannot call {self.url}: {error}; start a webhook with `converter serve`") from error
        finally:
            connection.close()
