"""Asks a webhook as the API server does, for the demo and for tests: a review there, the Work as it becomes back."""

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
    """A webhook that cannot be asked, or did not answer as one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        allowed: whether the object is let through.
        work: the object with the patch applied; None where there is no patch.
        message: why it is not let through; else empty.
        warnings: what the user is told.
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


class WebhookClient:
    """Asks one webhook, each time on a connection of its own.

    Attributes:
        url: where it is, without a path.
    """

    def __init__(self, url: str, authority: Path) -> None:
        """Prepare to ask.

        Args:
            url: ``https://HOST:PORT``.
            authority: PEM file of the CA to trust.

        Raises:
            WebhookError: the URL or the file cannot be used.
        """
        self.url = url
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname:
            raise WebhookError(f"{url!r} is no https URL of a webhook; `converter serve` prints where it listens")
        self._host, self._port = parts.hostname, parts.port or 443
        try:
            self._tls = ssl.create_default_context(cafile=str(authority))
        except (OSError, ssl.SSLError) as error:
            raise WebhookError(f"{authority} is no CA certificate to trust: {error}") from error

    def is_ready(self) -> bool:
        """Whether it runs and says that it is ready."""
        try:
            return self._ask("GET", "/readyz")[0] == http.HTTPStatus.OK
        except WebhookError:
            return False

    def send(self, review: bytes, path: str = "/mutate/works") -> Answer:
        """Send a review and apply the patch that comes back.

        Raises:
            WebhookError: it cannot be reached, or answers something else than a review.
        """
        status, body = self._ask("POST", path, review)
        if status != http.HTTPStatus.OK:
            raise WebhookError(f"{self.url}{path} answered {status}: {body.decode(errors='replace')}")
        try:
            response = msgspec.json.decode(body, type=_Review).response
        except msgspec.MsgspecError as error:
            raise WebhookError(f"{self.url}{path} answered no review: {error}") from error
        work = None
        if response.patch:
            sent: Any = msgspec.json.decode(review)["request"]["object"]
            work = jsonpatch.apply_patch(sent, msgspec.json.decode(response.patch))
        message = response.status.message if response.status else ""
        return Answer(response.allowed, work, message, response.warnings)

    def _ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        connection = http.client.HTTPSConnection(self._host, self._port, timeout=_SECONDS, context=self._tls)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            raise WebhookError(f"{self.url} cannot be asked: {error}; `converter serve` starts a webhook") from error
        finally:
            connection.close()
