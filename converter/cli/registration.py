"""What `converter controller` needs to keep the APIServices of the discovery server: options, and the parts."""

from __future__ import annotations

import base64
import contextlib
import ssl
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp

from converter.catalog import load_catalog
from converter.cli.options import UsageError
from converter.discovery import named_resources
from converter.discovery.need import needed_versions
from converter.discovery.registrar import Backend, Registrar, native_versions

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator, Callable, Iterable

    from converter import Converter
    from converter.apiserver import ApiServer
    from converter.clusters import FleetView
    from converter.discovery.need import GroupVersion
    from converter.propagation.controller import Controller

_NATIVE_SECONDS = 300.0
"""How long what the control plane serves itself is believed; it changes with its release and its CRDs."""

_PROBE = aiohttp.ClientTimeout(total=5)


def add_registration_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that lead to the discovery server."""
    group = parser.add_argument_group("the discovery server, whose APIServices it keeps")
    group.add_argument(
        "--discovery-url", metavar="URL", default="", help="where it answers; without it no APIService is touched"
    )
    group.add_argument("--discovery-ca-file", metavar="FILE", type=Path, help="the PEM certificates to check it by")
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
    controller: Controller,
    converter: Callable[[], Converter],
    fleet: FleetView,
) -> AsyncIterator[None]:
    """Have whoever leads keep the APIServices, where the options lead to a discovery server.

    Raises:
        UsageError: the certificates are missing or cannot be read.
    """
    registration = Registration.make(args, server, converter, fleet, controller.versions_in_use)
    if registration is not None:
        controller.beside.append(registration.registrar().run)
    yield


@dataclass(slots=True)
class Registration:
    """Answers what the registrar asks.

    Attributes:
        server: the control plane.
        converter: gives the rules in use.
        fleet: the clusters.
        in_use: gives the apiVersions that converted Works have now.
        url: where the discovery server answers.
        backend: what APIServices point at.
        trust: checks its certificate.
    """

    server: ApiServer
    converter: Callable[[], Converter]
    fleet: FleetView
    in_use: Callable[[], Iterable[str]]
    url: str
    backend: Backend
    trust: ssl.SSLContext
    _native: dict[str, frozenset[str]] = field(default_factory=dict)
    _native_until: float = 0.0

    @classmethod
    def make(
        cls,
        args: argparse.Namespace,
        server: ApiServer,
        converter: Callable[[], Converter],
        fleet: FleetView,
        in_use: Callable[[], Iterable[str]],
    ) -> Registration | None:
        """Make it from the options; None where none is wanted.

        Raises:
            UsageError: the certificates are missing or cannot be read.
        """
        if not args.discovery_url:
            return None
        if args.discovery_ca_file is None:
            raise UsageError(
                "--discovery-url needs --discovery-ca-file: APIServices carry what their server is checked by"
            )
        try:
            authority = args.discovery_ca_file.read_bytes()
            trust = ssl.create_default_context(cafile=str(args.discovery_ca_file))
        except (OSError, ssl.SSLError) as error:
            raise UsageError(f"cannot use --discovery-ca-file {args.discovery_ca_file}: {error}") from error
        bundle = base64.b64encode(authority).decode()
        backend = Backend(args.discovery_namespace, args.discovery_service, args.discovery_port, bundle)
        return cls(server, converter, fleet, in_use, args.discovery_url.rstrip("/"), backend, trust)

    def registrar(self) -> Registrar:
        """Make the registrar."""
        return Registrar(self.server, lambda: self.backend, self._needed, self._reachable, time.monotonic)

    async def _needed(self) -> frozenset[GroupVersion]:
        if time.monotonic() >= self._native_until:
            self._native = await native_versions(self.server)
            self._native_until = time.monotonic() + _NATIVE_SECONDS
        converter = self.converter()
        resources = named_resources(converter.book, load_catalog())
        clusters = self.fleet.current.values()
        return needed_versions(converter.routes, clusters, self._native, resources, self.in_use())

    async def _reachable(self) -> bool:
        try:
            async with (
                aiohttp.ClientSession(timeout=_PROBE) as session,
                session.get(f"{self.url}/readyz", ssl=self.trust) as answer,
            ):
                return answer.status == 200  # noqa: PLR2004 -- HTTP's own word for yes
        except (TimeoutError, aiohttp.ClientError, OSError):
            return False
