"""The discovery server as the controller sees it: its address, its certificate's authority, and whether it answers.

The authority can change at any time: a file is read again, and the certificate Secret is rotated.
"""

from __future__ import annotations

import base64
import logging
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp

from converter.errors import ConverterError
from converter.files import FileError, read_regular

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_log = logging.getLogger(__name__)

_PROBE = aiohttp.ClientTimeout(total=5)

_LARGEST = 1 << 20
"""Bytes of a file of certificates."""


class AuthorityError(ConverterError):
    """A file does not hold the PEM certificates of an authority."""


@dataclass(frozen=True, slots=True)
class Backend:
    """What an APIService points at: the Service in the control plane that leads to the discovery server.

    Attributes:
        namespace: the Service's namespace.
        name: the Service's name.
        port: its port.
        ca_bundle: the PEM certificates that sign the server's certificate, in base64.
    """

    namespace: str
    name: str
    port: int
    ca_bundle: str


class Authority:
    """The certificates that sign the discovery server's certificate, as they are now.

    Attributes:
        pem: the last valid certificates; empty before the first.
        context: the TLS context of a client that trusts only them; None before the first.
    """

    def __init__(self, source: Callable[[], bytes]) -> None:
        """Prepare; `refresh` reads the certificates.

        Args:
            source: returns the PEM certificates; empty if they are not known yet.
        """
        self._source = source
        self._rejected = b""
        self.pem = b""
        self.context: ssl.SSLContext | None = None

    @classmethod
    def of_file(cls, file: Path) -> Authority:
        """Use the certificates in a file. It is read again each time they are needed.

        Raises:
            AuthorityError: the file cannot be read, or holds no certificates.
        """
        authority = cls(lambda: read_regular(file, _LARGEST))
        try:
            authority.pem = read_regular(file, _LARGEST)
            authority.context = _context(authority.pem)
        except (OSError, FileError, ValueError) as error:
            raise AuthorityError(f"{file}: {error}") from error
        return authority

    def refresh(self) -> Authority:
        """Read the certificates again. Invalid ones are logged once, and the last valid ones stay in use."""
        try:
            pem = self._source()
        except (OSError, FileError) as error:
            _log.warning("cannot read the discovery server's authority, using the last valid one: %s", error)
            return self
        if pem and pem not in (self.pem, self._rejected):
            try:
                self.context = _context(pem)
                self.pem = pem
            except ValueError as error:
                self._rejected = pem
                _log.error("the discovery server's authority is invalid, using the last valid one: %s", error)
        return self


def _context(pem: bytes) -> ssl.SSLContext:
    """Make the TLS context of a client that trusts only these certificates.

    Raises:
        ValueError: they are not PEM certificates.
    """
    if not pem.strip():  # Python would trust the authorities of this machine
        raise ValueError("it is empty")
    try:
        return ssl.create_default_context(cadata=pem.decode("ascii"))
    except (ssl.SSLError, ValueError) as error:
        raise ValueError(f"it holds no PEM certificates ({error})") from error


@dataclass(frozen=True, slots=True)
class DiscoveryServer:
    """The discovery server.

    Attributes:
        url: where it answers, without a slash at the end.
        namespace: the namespace of the Service in the control plane that leads to it.
        service: the name of that Service.
        port: the port of that Service.
        authority: signs its certificate.
    """

    url: str
    namespace: str
    service: str
    port: int
    authority: Authority

    def backend(self) -> Backend:
        """Return what APIServices point at, with the authority as it is now."""
        bundle = base64.b64encode(self.authority.refresh().pem).decode()
        return Backend(self.namespace, self.service, self.port, bundle)

    def authority_known(self) -> bool:
        """Whether its certificate can be verified."""
        return self.authority.refresh().context is not None

    async def reachable(self) -> bool:
        """Whether it answers now, with a certificate that the authority signed."""
        return await self._answers("/apis")

    async def names(self, api_version: str) -> bool:
        """Whether it names the resources of a version now."""
        return await self._answers(f"/apis/{api_version}")

    async def _answers(self, path: str) -> bool:
        context = self.authority.refresh().context
        if context is None:
            return False
        try:
            async with (
                aiohttp.ClientSession(timeout=_PROBE) as session,
                session.get(f"{self.url}{path}", ssl=context) as answer,
            ):
                return answer.status == 200  # noqa: PLR2004 -- HTTP: OK
        except (TimeoutError, aiohttp.ClientError, OSError):
            return False
