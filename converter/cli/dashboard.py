"""``converter dashboard``: serves pages that show the fleet, its objects, and what they lose."""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from converter.catalog import load_catalog
from converter.certificates.tls import ServingCertificate
from converter.cli import OK
from converter.cli.options import (
    FREE_PORT,
    UsageError,
    add_metrics_option,
    add_policy_option,
    add_rules_option,
    rule_paths,
)
from converter.cli.streams import announce
from converter.cli.token_options import token_validity
from converter.client import ApiServer
from converter.client.rule_objects import RuleObjectWatch
from converter.clusters import read_inventory
from converter.clusters.watched_crds import WatchedCrds
from converter.dashboard.access import Access, Everyone, KarmadaAccess
from converter.dashboard.app import Dashboard
from converter.dashboard.sessions import Sessions
from converter.dashboard.sources import KarmadaSource, fill_with_sample
from converter.dashboard.store import FleetStore
from converter.server import event_loop as loop
from converter.server.controller_metrics import watch_informers
from converter.server.health import Health
from converter.server.logging import FORMATS, LEVELS, set_up
from converter.server.metrics import ProcessMetrics
from converter.server.plain_server import plain_server
from converter.server.rules_reloader import RulesReloader, notes_of
from converter.server.run import Address, serve
from converter.server.sample import FLEET
from converter.yaml import dump

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Coroutine, Iterable

    from converter.rule_objects import RuleObject

_METRICS = "127.0.0.1:8091"

_EPILOG = """\
examples:
  converter dashboard --kubeconfig karmada.config --anonymous        # on your own machine
  converter dashboard --kubeconfig karmada.config --listen :8443 --tls-cert tls.crt --tls-key tls.key \\
                      --session-key-file session.key
  converter dashboard --sample

Viewers log in with a token of Karmada, or send it as a bearer token. They see the objects of the namespaces whose
bindings they may list. The kubeconfig's identity needs read access to Clusters, CRDs, rule objects, Works, bindings and
Events, and the right to create TokenReviews and SubjectAccessReviews (deploy/dashboard/karmada).

paths served at --metrics-listen, for probes and Prometheus, without TLS: /healthz /readyz /metrics

exit codes: 0 stopped by SIGTERM or SIGINT; 2 wrong usage, invalid rules, no access to the control plane, address in use
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parser of the command."""
    parser = commands.add_parser(
        "dashboard",
        help="serve pages that show the fleet",
        description="Serve pages that show which object goes to which cluster, in which version, and what it loses.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_argument_group("what it shows")
    source = what.add_mutually_exclusive_group()
    source.add_argument(
        "--kubeconfig", metavar="FILE", help="kubeconfig of Karmada (default: the Pod's service account)"
    )
    source.add_argument("--sample", action="store_true", help="show a sample fleet, to everyone on this machine")
    what.add_argument("--context", metavar="NAME", help="context of that kubeconfig (default: its current context)")
    add_rules_option(what)
    add_policy_option(what)
    who = parser.add_argument_group("who may look")
    who.add_argument("--anonymous", action="store_true", help="show everything without a token; on loopback only")
    who.add_argument(
        "--session-key-file", metavar="FILE", type=Path,
        help="the key of the sessions, which all replicas share (default: a random one)",
    )  # fmt: skip
    where = parser.add_argument_group("address and certificate")
    where.add_argument("--listen", metavar="HOST:PORT", default="127.0.0.1:8090", help="default: %(default)s")
    where.add_argument("--tls-cert", metavar="FILE", type=Path, help="serving certificate and its chain, PEM")
    where.add_argument("--tls-key", metavar="FILE", type=Path, help="private key of the certificate, PEM")
    where.add_argument(
        "--behind-tls", action="store_true", help="a proxy terminates TLS: browsers send cookies over TLS only"
    )
    how = parser.add_argument_group("operation")
    add_metrics_option(how, _METRICS, sample=True)
    how.add_argument("--log-format", choices=FORMATS, default="text", help="default: %(default)s")
    how.add_argument("--log-level", choices=LEVELS, default="info", help="default: %(default)s")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until stopped; returns the exit code."""
    set_up(args.log_format, args.log_level)
    address = Address.parse(args.listen)
    if (args.anonymous or args.sample) and not address.is_loopback:
        raise UsageError(f"without tokens, the dashboard listens on loopback only, not on {args.listen}")
    if (args.tls_cert is None) != (args.tls_key is None):
        raise UsageError("--tls-cert and --tls-key need each other; give both")
    paths = tuple(Path(path) for path in rule_paths(args))
    metrics = ProcessMetrics("dashboard")
    rules = RulesReloader(paths, catalog=load_catalog, sink=metrics)
    metrics.rules_in_use(len(rules.current.book.rules))
    metrics.watch_rules(lambda: rules.files_digest, lambda: rules.current.digest)
    sessions = Sessions.from_file(args.session_key_file) if args.session_key_file is not None else Sessions()
    loop.run(_run(args, address, rules, sessions, metrics))
    return OK


async def _run(
    args: argparse.Namespace, address: Address, rules: RulesReloader, sessions: Sessions, metrics: ProcessMetrics
) -> None:
    store = FleetStore(lambda: rules.current)
    metrics.watch_clusters(lambda: len(store.clusters))
    certificate = ServingCertificate(args.tls_cert, args.tls_key) if args.tls_cert is not None else None
    context: ssl.SSLContext | None = certificate.context if certificate is not None else None
    secure = context is not None or args.behind_tls
    async with contextlib.AsyncExitStack() as stack:
        access: Access = Everyone()
        watches: list[Callable[[], Coroutine[None, None, None]]] = [rules.watch]
        if certificate is not None:
            metrics.watch_certificate(lambda: certificate.validity)
            watches.append(certificate.watch)
        missing: Callable[[], str] = lambda: ""  # noqa: E731  the sample is complete at once
        if args.sample:
            fill_with_sample(store, read_inventory(FLEET), rules.current)
        else:
            server = await stack.enter_async_context(await ApiServer.connect(args.kubeconfig, args.context))
            access = Everyone() if args.anonymous else KarmadaAccess(server)
            source = KarmadaSource(server, store)

            async def follow(found: Iterable[RuleObject]) -> None:
                listed = list(found)
                store.written = {str(one.key): dump(one.document(one.spec)) for one in listed}
                await rules.follow_objects(listed)

            objects, crds = RuleObjectWatch(server, follow), WatchedCrds(server, rules.use_kinds)
            watches += [source.run, crds.run, objects.run]
            missing = lambda: source.missing  # noqa: E731
            metrics.watch_token(lambda: token_validity(server))
            watch_informers(metrics, lambda: {**source.informers, "crds": crds.watch, **objects.informers})
        dashboard = Dashboard(store, access, sessions, secure=secure)
        await dashboard.start()
        stack.push_async_callback(dashboard.close)
        health = Health(metrics, dashboard, missing=missing, notes=lambda: notes_of(rules=rules.state.problems))
        where = Address.parse(args.metrics_listen or (FREE_PORT if args.sample else _METRICS))
        shown = await stack.enter_async_context(plain_server(health, where))

        def listening(bound: Address) -> None:
            health.listens()
            announce(f"dashboard on {bound.url if context is not None else bound.plain_url}/")
            announce(f"metrics on {shown.plain_url}/metrics")

        await serve(dashboard, address, context, background=[watch() for watch in watches], listening=listening)
