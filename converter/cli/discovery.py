"""``converter discovery``: the discovery-only API server, a separate process that needs no other server."""

from __future__ import annotations

import argparse
from pathlib import Path

from converter.catalog import load_catalog
from converter.certificates.tls import ServingCertificate
from converter.cli import OK
from converter.cli.options import add_rules_option, seconds
from converter.cli.streams import announce
from converter.server import event_loop as loop
from converter.server.discovery import DiscoveryApp
from converter.server.logging import FORMATS, LEVELS, set_up
from converter.server.metrics import DiscoveryMetrics
from converter.server.rules_reloader import RulesReloader
from converter.server.run import Address, serve

_EPILOG = """\
examples:
  converter discovery --tls-cert tls.crt --tls-key tls.key --listen :8444
  converter discovery --tls-cert tls.crt --tls-key tls.key --rules ./rules --log-format json

The server lists every resource that a rule knows, without verbs, so that Karmada can map versions that only members
serve. If no replica is reachable, no namespace of the control plane can be deleted; after a minute the controller
removes the APIServices. Therefore the server needs only its certificate and the rules.

paths served: /apis, /apis/GROUP, /apis/GROUP/VERSION, /openapi/v2, /openapi/v3, /healthz, /livez, /readyz, /metrics

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
    parser.add_argument("--listen", metavar="HOST:PORT", default="127.0.0.1:8444", help="default: %(default)s")
    parser.add_argument("--tls-cert", metavar="FILE", type=Path, required=True, help="serving certificate, PEM")
    parser.add_argument(
        "--tls-key", metavar="FILE", type=Path, required=True, help="private key of the certificate, PEM"
    )
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
    metrics.watch_rules(lambda: rules.current.digest)
    certificate = ServingCertificate(args.tls_cert, args.tls_key)
    metrics.watch_certificate(lambda: certificate.validity)
    app = DiscoveryApp(lambda: rules.current.book, load_catalog(), metrics)
    loop.run(
        serve(
            app,
            address,
            certificate.context,
            drain_seconds=args.drain_seconds,
            background=[rules.watch(), certificate.watch(), app.refresh()],
            listening=lambda bound: announce(f"listening on {bound.url}"),
        )
    )
    return OK
