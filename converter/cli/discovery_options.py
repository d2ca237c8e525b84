"""The options of ``converter controller`` about the discovery server and its APIServices."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from converter.catalog import load_catalog
from converter.cli.options import UsageError
from converter.controllers.apiservices import APIServiceReconciler
from converter.controllers.discovery_server import Authority, AuthorityError, DiscoveryServer
from converter.controllers.needed_versions import NeededVersions

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Coroutine, Iterable
    from typing import Any

    from converter.client import ApiServer
    from converter.clusters import FleetView
    from converter.controllers.controller import Channel
    from converter.engine import Engine

_AUTHORITY_SECONDS = 0.5
"""How often to check whether the authority is known. The leader knows it once it has read the Secret."""


def add_registration_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that lead to the discovery server."""
    group = parser.add_argument_group("the discovery server and its APIServices")
    group.add_argument(
        "--discovery-url", metavar="URL", default="", help="where it answers (default: no APIService is changed)"
    )
    group.add_argument(
        "--discovery-ca-file", metavar="FILE", type=Path,
        help="PEM certificates that sign its certificate (default: the authority in --certificate-secret)",
    )  # fmt: skip
    group.add_argument(
        "--discovery-namespace", metavar="NAME", default="karmada-system",
        help="namespace of the Service in Karmada that leads to it (default: %(default)s)",
    )  # fmt: skip
    group.add_argument(
        "--discovery-service",
        metavar="NAME",
        default="converter-discovery",
        help="name of that Service (default: %(default)s)",
    )
    group.add_argument(
        "--discovery-port", metavar="PORT", type=int, default=443, help="port of that Service (default: %(default)s)"
    )


def discovery_server(args: argparse.Namespace, authority: Callable[[], bytes] | None = None) -> DiscoveryServer | None:
    """Make the discovery server that the options name; None if they name none.

    Args:
        args: the options.
        authority: returns the authority of the certificate Secret, empty until it is known; None without a Secret.

    Raises:
        UsageError: the authority is missing or cannot be read.
    """
    if not args.discovery_url:
        return None
    if args.discovery_ca_file is not None:
        try:
            trusted = Authority.of_file(args.discovery_ca_file)
        except AuthorityError as error:
            raise UsageError(f"cannot use --discovery-ca-file {error}") from error
    elif authority is not None:
        trusted = Authority(authority)
    else:
        raise UsageError(
            "--discovery-url needs --discovery-ca-file or --certificate-secret: an APIService contains the authority "
            "of its server"
        )
    return DiscoveryServer(
        args.discovery_url.rstrip("/"),
        args.discovery_namespace,
        args.discovery_service,
        args.discovery_port,
        trusted,
    )


def registration(
    discovery: DiscoveryServer,
    server: ApiServer,
    converter: Callable[[], Engine],
    fleet: FleetView,
    in_use: Callable[[], Iterable[str]],
    *,
    changed: Channel[str],
    report: Callable[[bool], None],
) -> Callable[[], Coroutine[Any, Any, None]]:
    """Make the leader task that reconciles the APIServices of a discovery server.

    Args:
        discovery: the discovery server. Until its authority is known, no APIService is changed.
        server: the control plane.
        converter: returns the rules in use.
        fleet: the clusters.
        in_use: returns the apiVersions that converted manifests have now.
        changed: sends something whenever the fleet or the rules have changed.
        report: called with whether the discovery server answered, each time it was asked.
    """
    needed = NeededVersions(server, converter, fleet, load_catalog(), in_use)

    async def run() -> None:
        while not discovery.authority_known():  # noqa: ASYNC110 -- a file sends no event
            await asyncio.sleep(_AUTHORITY_SECONDS)
        clock = asyncio.get_running_loop().time
        reconciler = APIServiceReconciler(server, discovery.backend, needed, reachable, discovery.names, in_use, clock)
        stop = changed.listen(lambda _: reconciler.changed())
        try:
            await reconciler.run()
        finally:
            stop()

    async def reachable() -> bool:
        up = await discovery.reachable()
        report(up)
        return up

    return run
