"""``converter discovery``: the discovery-only API server, a separate process that answers without any other server."""

from __future__ import annotations

import argparse
import functools
from pathlib import Path
from typing import TYPE_CHECKING

from converter.catalog import load_catalog
from converter.certificates.tls import ServingCertificate
from converter.cli import OK
from converter.cli.options import add_metrics_option, add_rules_option, seconds
from converter.cli.streams import announce
from converter.cli.token_options import token_validity
from converter.client import ApiServer
from converter.server import event_loop as loop
from converter.server.controller_metrics import watch_informers
from converter.server.discovery import DiscoveryApp
from converter.server.discovery_sources import DiscoverySources
from converter.server.health import Health
from converter.server.logging import FORMATS, LEVELS, set_up
from converter.server.metrics import DiscoveryMetrics
from converter.server.plain_server import plain_server
from converter.server.rules_reloader import RulesReloader
from converter.server.run import Address, serve

if TYPE_CHECKING:
    from collections.abc import Coroutine

_EPILOG = """\
examples:
  converter discovery --tls-cert tls.crt --tls-key tls.key --listen :8444
  converter discovery --tls-cert tls.crt --tls-key tls.key --rules ./rules --log-format json
  converter discovery --tls-cert tls.crt --tls-key tls.key --kubeconfig karmada.config

The server lists every resource that a rule knows, without verbs, so that Karmada can map versions that only members
serve. If no replica is reachable, no namespace of the control plane can be deleted; after a minute the controller
removes the APIServices. Therefore the server needs only its certificate and the rules. With --kubeconfig it also knows
the rule objects of the control plane. If the control plane does not answer for 20 seconds at the start, the server
serves the versions of rule files until it does.

paths served: /apis, /apis/GROUP, /apis/GROUP/VERSION, /openapi/v2, /openapi/v3, /version
paths served at --metrics-listen, without TLS: /healthz /readyz /metrics

exit codes: 0 stopped by SIGTERM or SIGINT; 2 invalid rules, an invalid certificate, an address in use
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parser of the command."""
    parser = commands.add_parser(
        "discovery",
        help="run the discovery-only API server",
        description="Answer discovery for versions that only members of the fleet serve.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_rules_option(parser)
    parser.add_argument(
        "--kubeconfig", metavar="FILE", help="watch the rule objects of this Karmada (default: files only)"
    )
    parser.add_argument("--context", metavar="NAME", help="context of the kubeconfig (default: its current context)")
    parser.add_argument("--listen", metavar="HOST:PORT", default="127.0.0.1:8444", help="default: %(default)s")
    parser.add_argument("--tls-cert", metavar="FILE", type=Path, required=True, help="serving certificate, PEM")
    parser.add_argument(
        "--tls-key", metavar="FILE", type=Path, required=True, help="private key of the certificate, PEM"
    )
    add_metrics_option(parser, "127.0.0.1:8082")
    parser.add_argument("--drain-seconds", metavar="S", type=seconds, default=5.0, help="default: %(default)s")
    parser.add_argument("--log-format", choices=FORMATS, default="text", help="default: %(default)s")
    parser.add_argument("--log-level", choices=LEVELS, default="info", help="default: %(default)s")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until stopped; returns the exit code."""
    set_up(args.log_format, args.log_level)
    address = Address.parse(args.listen)
    metrics = DiscoveryMetrics()
    rules = RulesReloader(tuple(Path(path) for path in args.rules), catalog=load_catalog, sink=metrics)
    metrics.rules_in_use(len(rules.current.book.rules))
    metrics.watch_rules(lambda: rules.files_digest, (lambda: rules.current.digest) if args.kubeconfig else None)
    certificate = ServingCertificate(args.tls_cert, args.tls_key)
    metrics.watch_certificate(lambda: certificate.validity)
    book, catalog = lambda: rules.current.book, load_catalog()
    if args.kubeconfig:
        connect = functools.partial(ApiServer.connect, args.kubeconfig, args.context)
        sources = DiscoverySources(connect, rules)
        watch_informers(metrics, lambda: sources.informers)
        metrics.watch_token(lambda: token_validity(sources.server) if sources.server is not None else None)
        app = DiscoveryApp(book, catalog, metrics, registered=sources.registered)
        health, background = Health(metrics, app, missing=sources.missing), [sources.run()]
    else:
        app = DiscoveryApp(book, catalog, metrics)
        health, background = Health(metrics, app), []
    loop.run(_serve(args, address, health, certificate, [rules.watch(), app.refresh(), *background]))
    return OK


async def _serve(
    args: argparse.Namespace,
    address: Address,
    health: Health,
    certificate: ServingCertificate,
    background: list[Coroutine[None, None, None]],
) -> None:
    """Serve the documents, and health and metrics at their own address.

    Raises:
        ListenError: an address cannot be used.
    """
    async with plain_server(health, Address.parse(args.metrics_listen)) as metrics:

        def listening(bound: Address) -> None:
            health.listens()
            announce(f"listening on {bound.url}; metrics on {metrics.plain_url}/metrics")

        await serve(
            health.main,
            address,
            certificate.context,
            drain_seconds=args.drain_seconds,
            background=[*background, certificate.watch()],
            listening=listening,
        )
