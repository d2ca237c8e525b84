"""What `converter controller` needs to keep the APIServices of the discovery server: options, and the parts."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import ssl
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp

from converter.catalog import load_catalog
from converter.cli.options import UsageError
from converter.controllers.apiservices import APIServiceReconciler, Backend, native_versions
from converter.controllers.needed_versions import needed_versions
from converter.discovery import named_resources

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator, Callable, Iterable

    from converter import Converter
    from converter.client import ApiServer
    from converter.clusters import FleetView
    from converter.controllers.manager import Manager
    from converter.controllers.needed_versions import GroupVersion

_log = logging.getLogger(__name__)

_NATIVE_SECONDS = 300.0
"""How long what the control plane serves itself is believed, while neither fleet nor rules change; it changes with the
control plane's release and its CRDs."""

_AUTHORITY_SECONDS = 0.5
"""How often to look whether the authority is known; a leader knows it as soon as it has read the Secret."""

_PROBE = aiohttp.ClientTimeout(total=5)


def add_registration_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that lead to the discovery server."""
    group = parser.add_argument_group("the discovery server, whose APIServices it keeps")
    group.add_argument(
        "--discovery-url", metavar="URL", default="", help="where it answers; without it no APIService is touched"
    )
    group.add_argument(
        "--discovery-ca-file", metavar="FILE", type=Path,
        help="the PEM certificates to check it by (default: the authority kept in --certificate-secret)",
    )  # fmt: skip
    group.add_argument(
        "--discovery-namespace", metavar="NAME", default="karmada-system",
        help="of the Service in Karmada that leads to it (default: %(default)s)",
    )  # fmt: skip
    group.add_argument(
        "--discovery-service", metavar="NAME", default="converter-discovery", help="that Service (default: %(default)s)"
    )
    group.add_argument(
        "--discovery-port", metavar="PORT", type=int, default=443, help="its port (default: %(default)s)"
    )


@contextlib.asynccontextmanager
async def registered(
    args: argparse.Namespace,
    server: ApiServer,
    controller: Manager,
    converter: Callable[[], Converter],
    fleet: FleetView,
    *,
    kept: Callable[[], bytes] | None = None,
) -> AsyncIterator[None]:
    """Have whoever leads keep the APIServices, where the options lead to a discovery server.

    Args:
        args: the options.
        server: the control plane.
        controller: gets the registration as something that only the leader does.
        converter: gives the rules in use.
        fleet: the clusters.
        kept: gives the PEM certificates of the authority that this process keeps itself, empty until it knows them;
            None where it keeps none.

    Raises:
        UsageError: the certificates are missing or cannot be read.
    """
    registration = Registration.make(args, server, converter, fleet, controller.versions_in_use, kept=kept)
    if registration is not None:
        controller.leader_tasks.append(registration.run)
    yield


class Trust:
    """The certificates that the discovery server is checked by, as they are now: authorities come and go.

    Attributes:
        pem: the last good ones; empty until there are any.
        context: checks a server against them; None until there are any.
    """

    def __init__(self, source: Callable[[], bytes]) -> None:
        """Read none yet; ``source`` gives the PEM text, empty where it is not known yet."""
        self._source = source
        self._refused = b""
        self.pem = b""
        self.context: ssl.SSLContext | None = None

    @classmethod
    def of_file(cls, file: Path) -> Trust:
        """Trust a file's certificates, read again whenever they are needed.

        Raises:
            UsageError: the file cannot be read, or holds no certificates.
        """
        trust = cls(file.read_bytes)
        try:
            trust.pem = file.read_bytes()
            trust.context = _context(trust.pem)
        except (OSError, ValueError) as error:
            raise UsageError(f"cannot use --discovery-ca-file {file}: {error}") from error
        return trust

    def refresh(self) -> Trust:
        """Take up other certificates, if there are any and they are good; gives itself."""
        try:
            pem = self._source()
        except OSError as error:
            _log.warning("the discovery server's authority cannot be read, the last good one is used: %s", error)
            return self
        if pem and pem not in (self.pem, self._refused):
            try:
                self.context = _context(pem)
                self.pem = pem
            except ValueError as error:
                self._refused = pem
                _log.error("the discovery server's authority is not replaced, the last good one is used: %s", error)
        return self


def _context(pem: bytes) -> ssl.SSLContext:
    """Make a client's TLS context that trusts these certificates only.

    Raises:
        ValueError: they are no certificates in PEM.
    """
    if not pem.strip():  # for Python that would mean: whatever this machine trusts
        raise ValueError("it is empty")
    try:
        return ssl.create_default_context(cadata=pem.decode("ascii"))
    except (ssl.SSLError, ValueError) as error:
        raise ValueError(f"it holds no PEM certificates ({error})") from error


@dataclass(slots=True)
class Registration:
    """Answers what the registrar asks.

    Attributes:
        server: the control plane.
        converter: gives the rules in use.
        fleet: the clusters.
        in_use: gives the apiVersions that converted Works have now.
        url: where the discovery server answers.
        place: the namespace, the name and the port of the Service that APIServices point at.
        trust: checks its certificate.
    """

    server: ApiServer
    converter: Callable[[], Converter]
    fleet: FleetView
    in_use: Callable[[], Iterable[str]]
    url: str
    place: tuple[str, str, int]
    trust: Trust
    _native: dict[str, frozenset[str]] = field(default_factory=dict)
    _native_until: float = 0.0
    _native_for: tuple[object, object] = (None, None)

    @classmethod
    def make(
        cls,
        args: argparse.Namespace,
        server: ApiServer,
        converter: Callable[[], Converter],
        fleet: FleetView,
        in_use: Callable[[], Iterable[str]],
        *,
        kept: Callable[[], bytes] | None = None,
    ) -> Registration | None:
        """Make it from the options; None where none is wanted.

        Raises:
            UsageError: the certificates are missing or cannot be read.
        """
        if not args.discovery_url:
            return None
        if args.discovery_ca_file is not None:
            trust = Trust.of_file(args.discovery_ca_file)
        elif kept is not None:
            trust = Trust(kept)
        else:
            raise UsageError(
                "--discovery-url needs --discovery-ca-file, or --certificate-secret: APIServices carry what their "
                "server is checked by"
            )
        place = (args.discovery_namespace, args.discovery_service, args.discovery_port)
        return cls(server, converter, fleet, in_use, args.discovery_url.rstrip("/"), place, trust)

    async def run(self) -> None:
        """Keep the APIServices for ever, from when the authority is known; until then they stay as they are."""
        while self.trust.refresh().context is None:  # noqa: ASYNC110  a file has no event to wait for
            await asyncio.sleep(_AUTHORITY_SECONDS)
        await self.registrar().run()

    def registrar(self) -> APIServiceReconciler:
        """Make the registrar."""
        return APIServiceReconciler(self.server, self._backend, self._needed, self._reachable, time.monotonic)

    def _backend(self) -> Backend:
        return Backend(*self.place, base64.b64encode(self.trust.refresh().pem).decode())

    async def _needed(self) -> frozenset[GroupVersion]:
        converter, fleet = self.converter(), self.fleet.current
        if time.monotonic() >= self._native_until or self._native_for != (converter, fleet):
            self._native = await native_versions(self.server)
            self._native_until = time.monotonic() + _NATIVE_SECONDS
            self._native_for = (converter, fleet)
        resources = named_resources(converter.book, load_catalog())
        return needed_versions(converter, fleet.values(), self._native, resources, self.in_use())

    async def _reachable(self) -> bool:
        context = self.trust.refresh().context
        if context is None:
            return False
        try:
            async with (
                aiohttp.ClientSession(timeout=_PROBE) as session,
                session.get(f"{self.url}/readyz", ssl=context) as answer,
            ):
                return answer.status == 200  # noqa: PLR2004 -- HTTP's own word for yes
        except (TimeoutError, aiohttp.ClientError, OSError):
            return False
