"""``converter serve``: runs the admission webhooks for a fleet from Karmada, from a file, or for a sample fleet."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from converter.certificates.tls import ServingCertificate, write_throwaway
from converter.cli import OK
from converter.cli.options import (
    FREE_PORT,
    UsageError,
    add_member_schemas_option,
    add_metrics_option,
    add_policy_option,
    add_rules_option,
    add_scheduler_option,
    rule_paths,
    seconds,
    whole_number,
)
from converter.cli.sample_server import SAMPLE_FOLDER, forget_addresses, sample_dashboard, welcome
from converter.cli.streams import announce
from converter.cli.token_options import token_validity
from converter.cli.version import version_text
from converter.client import ApiServer
from converter.client.rule_objects import RuleObjectWatch
from converter.clusters import read_inventory
from converter.clusters.crds_of_rules import RuleProver
from converter.clusters.member_schemas import watch_member_schemas
from converter.clusters.watched import KarmadaClusters
from converter.clusters.watched_crds import WatchedCrds
from converter.server import event_loop as loop
from converter.server.app import BODY_LIMIT
from converter.server.clients import Clients
from converter.server.controller_metrics import watch_informers
from converter.server.logging import FORMATS, LEVELS, set_up
from converter.server.plain_server import plain_server
from converter.server.proof_warnings import ProofWarnings
from converter.server.run import Address, serve
from converter.server.sample import FLEET
from converter.server.wiring import Served, Settings, assemble

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

    from converter.server.in_progress import Tracer

_METRICS = "127.0.0.1:8081"

_EPILOG = """\
examples:
  converter serve --sample
      a sample fleet of four clusters with throw-away certificates; prints a command to try
  converter serve --kubeconfig karmada.config --tls-cert tls.crt --tls-key tls.key --listen :8443
  converter serve --inventory fleet.yaml --tls-cert tls.crt --tls-key tls.key --listen :8443
  converter serve --inventory fleet.yaml --rules ./rules --rules ./more --self-signed ./certs --log-format json

Rules, the inventory and the certificate are reloaded within two seconds of a change, and no request fails. If a change
has a mistake, the server refuses the whole change, logs it, and keeps the last good state.

paths served at --listen: the webhooks (admission.k8s.io/v1)
  POST /mutate/works /mutate/bindings /mutate/binding-status /validate/rules
paths served at --metrics-listen, for probes and Prometheus, without TLS and client certificates:
  GET  /healthz /readyz /metrics

exit codes: 0 stopped by SIGTERM or SIGINT; 2 invalid rules (every problem is listed), an invalid inventory or
certificate, an address in use
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parser of the command."""
    parser = commands.add_parser(
        "serve",
        help="run the admission webhooks",
        description="Run the admission webhooks that convert Works on their way to a cluster.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_argument_group("fleet, rules and policy")
    fleet = what.add_mutually_exclusive_group()
    fleet.add_argument("--kubeconfig", metavar="FILE", help="watch the Clusters of this Karmada")
    fleet.add_argument("--in-cluster", action="store_true", help="watch Clusters with the service account of the Pod")
    fleet.add_argument("--sample", action="store_true", help="use a sample fleet with throw-away certificates")
    what.add_argument("--context", metavar="NAME", help="context of the kubeconfig (default: its current context)")
    what.add_argument(
        "--inventory", metavar="FILE", type=Path,
        help="the clusters and what they serve; overrides what Karmada reports",
    )  # fmt: skip
    add_rules_option(parser)
    what.add_argument(
        "--policy", choices=("deny", "warn", "ignore"), default="deny",
        help="what to do with a manifest that its cluster certainly cannot get (default: deny; what passes cannot be "
        "applied there, and can leave a failing informer in Karmada)",
    )  # fmt: skip
    add_policy_option(what)
    add_scheduler_option(what)
    add_member_schemas_option(what)
    where = parser.add_argument_group("address and certificate")
    where.add_argument("--listen", metavar="HOST:PORT", default="127.0.0.1:8443",
                       help="default: %(default)s; :8443 for every interface, port 0 for any free one")  # fmt: skip
    where.add_argument("--tls-cert", metavar="FILE", type=Path, help="serving certificate and its chain, PEM")
    where.add_argument("--tls-key", metavar="FILE", type=Path, help="private key of the certificate, PEM")
    where.add_argument("--client-ca", metavar="FILE", type=Path,
                       help="answer reviews only to clients with a certificate of this CA, PEM")  # fmt: skip
    where.add_argument("--client-name", action="append", default=[], metavar="NAME",
                       help="accept only this name in the certificate (repeatable; default: any)")  # fmt: skip
    where.add_argument("--self-signed", metavar="DIR", type=Path,
                       help="write a throw-away CA and certificate to this directory")  # fmt: skip
    where.add_argument("--name", action="append", default=[], metavar="NAME",
                       help="another name or address for that certificate (repeatable)")  # fmt: skip
    how = parser.add_argument_group("operation")
    how.add_argument(
        "--max-body",
        metavar="BYTES",
        type=whole_number(1, 1 << 30),
        default=BODY_LIMIT,
        help="largest request body (default: %(default)s, 4 MiB)",
    )
    how.add_argument("--drain-seconds", metavar="S", type=seconds, default=None,
                     help="how long /readyz fails before a stop on SIGTERM (default: 5, sample: 0)")  # fmt: skip
    add_metrics_option(how, _METRICS, sample=True)
    how.add_argument(
        "--dashboard-listen", metavar="HOST:PORT", default=FREE_PORT,
        help="with --sample, where to serve the dashboard (default: %(default)s)",
    )  # fmt: skip
    how.add_argument(
        "--traces", metavar="URL", default="",
        help="send OpenTelemetry traces of reviews to this collector, such as http://collector:4318/v1/traces; needs "
        "the extra `tracing` (default: none)",
    )  # fmt: skip
    how.add_argument("--log-format", choices=FORMATS, default="text", help="default: %(default)s")
    how.add_argument("--log-level", choices=LEVELS, default="info", help="default: %(default)s")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until stopped; returns the exit code."""
    set_up(args.log_format, args.log_level)
    address = Address.parse(args.listen)
    metrics = Address.parse(args.metrics_listen or (FREE_PORT if args.sample else _METRICS))
    dashboard = Address.parse(args.dashboard_listen) if args.sample else None
    if dashboard is not None and not dashboard.is_loopback:
        raise UsageError(
            f"the sample's dashboard needs no token, so it listens on loopback only, not on {dashboard.host}"
        )
    if args.client_name and args.client_ca is None:
        raise UsageError("--client-name needs --client-ca")
    karmada = args.kubeconfig is not None or args.in_cluster
    if not karmada and not args.sample and args.inventory is None:
        raise UsageError("no clusters given; use --kubeconfig, --in-cluster, --inventory or --sample")
    settings = Settings(
        inventory=FLEET if args.sample else None if karmada else args.inventory,
        rules=tuple(Path(path) for path in rule_paths(args)),
        policy=args.policy,
        own_scheduler=args.scheduler_name,
        body_limit=args.max_body,
        clients=Clients(args.client_name) if args.client_ca is not None else None,
        tracer=_tracer(args.traces),
    )
    served = assemble(settings)
    with _certificate(args, address) as (certificate, authority):
        served.metrics.watch_certificate(lambda: certificate.validity)
        drain = args.drain_seconds if args.drain_seconds is not None else (0.0 if args.sample else 5.0)

        try:
            loop.run(_serve(args, served, certificate, authority, _Addresses(address, metrics, dashboard, drain)))
        finally:
            if settings.tracer is not None:
                settings.tracer.close()
            if args.sample:
                forget_addresses()
    return OK


def _tracer(endpoint: str) -> Tracer | None:
    """Make what traces reviews; None without a collector.

    Raises:
        UsageError: the extra is not installed.
    """
    if not endpoint:
        return None
    try:
        from converter.server.tracing import ReviewTracer  # noqa: PLC0415  optional, and slow to import
    except ImportError as error:
        missing = f"--traces needs the extra `tracing` ({error.name} is missing)"
        raise UsageError(f"{missing}; install karmada-api-version-converter[tracing]") from error
    return ReviewTracer.to(endpoint, version_text().rpartition(" ")[2])


class _Addresses(NamedTuple):
    """Where to serve the webhooks, the metrics and the dashboard (None for nowhere), and for how long after SIGTERM."""

    webhooks: Address
    metrics: Address
    dashboard: Address | None
    drain_seconds: float


async def _serve(
    args: argparse.Namespace,
    served: Served,
    certificate: ServingCertificate,
    authority: Path | None,
    addresses: _Addresses,
) -> None:
    """Serve the webhooks, the metrics and the dashboard.

    Raises:
        ListenError: an address cannot be used.
        AccessError: the control plane cannot be reached.
        ConverterError: the inventory has problems.
    """
    async with contextlib.AsyncExitStack() as stack:
        page = None
        metrics = await stack.enter_async_context(plain_server(served.health, addresses.metrics))
        if addresses.dashboard is not None:
            dashboard = await stack.enter_async_context(sample_dashboard(served))
            page = await stack.enter_async_context(plain_server(dashboard, addresses.dashboard))

        def listening(bound: Address) -> None:
            served.health.listens()
            if page is not None and authority is not None:
                welcome(served, bound, authority, metrics=metrics, page=page)
                return
            trusted = "" if authority is None else f"; the CA to trust is {authority}"
            announce(f"listening on {bound.url}{trusted}; metrics on {metrics.plain_url}/metrics")

        clusters: list[Coroutine[None, None, None]] = []
        if args.kubeconfig is not None or args.in_cluster:
            overrides = read_inventory(args.inventory) if args.inventory is not None else None
            server = await stack.enter_async_context(await ApiServer.connect(args.kubeconfig, args.context))
            served.metrics.watch_token(lambda: token_validity(server))
            watch = KarmadaClusters(server, served.fleet, overrides)
            objects = RuleObjectWatch(server, served.rules.follow_objects)
            crds = WatchedCrds(server, served.rules.use_kinds)
            served.rules_webhook.warn = ProofWarnings(RuleProver(server, crds.watch), asyncio.get_running_loop()).of
            served.waiting_for.extend((lambda: crds.missing, lambda: objects.missing))
            watch_informers(served.metrics, lambda: {"clusters": watch.watch, "crds": crds.watch, **objects.informers})
            clusters += [objects.run(), _after(objects.synced, watch), crds.run()]
            if args.member_schemas:
                clusters.append(watch_member_schemas(server, args.member_schemas, watch.use_lacking).run())
        await serve(
            served.app,
            addresses.webhooks,
            certificate.context,
            drain_seconds=addresses.drain_seconds,
            background=[*served.background(), certificate.watch(), *clusters],
            listening=listening,
        )


async def _after(event: asyncio.Event, watch: KarmadaClusters) -> None:
    """Watch the clusters once the rules are complete: without a rule, a Work would be denied for good."""
    await event.wait()
    await watch.run()


@contextlib.contextmanager
def _certificate(args: argparse.Namespace, address: Address) -> Iterator[tuple[ServingCertificate, Path | None]]:
    """Load the certificate, or make one; also returns the file of the CA if it was made here.

    Raises:
        UsageError: the options do not select one certificate.
        CertificateError: it cannot be used.
    """
    own = args.tls_cert is not None or args.tls_key is not None
    if own and (args.tls_cert is None or args.tls_key is None):
        raise UsageError("--tls-cert and --tls-key need each other; give both")
    if own and (args.self_signed is not None or args.sample):
        raise UsageError("use either --tls-cert with --tls-key, or --self-signed or --sample")
    if own:
        yield ServingCertificate(args.tls_cert, args.tls_key, client_ca=args.client_ca), None
        return
    folder = args.self_signed or (SAMPLE_FOLDER if args.sample else None)
    if folder is None:
        raise UsageError("no certificate given; use --tls-cert and --tls-key, or --self-signed DIR to make one")
    names = [*args.name, *dict.fromkeys(["localhost", "127.0.0.1", "::1", *([address.host] if address.host else [])])]
    trusted, certificate, key = write_throwaway(folder, names, dt.datetime.now(dt.UTC))
    yield ServingCertificate(certificate, key, client_ca=args.client_ca), trusted
