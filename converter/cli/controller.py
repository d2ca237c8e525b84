"""``converter controller``: anchors, statuses and re-conversion, beside the webhooks; of several replicas one acts."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from converter.catalog import load_catalog
from converter.cli import OK
from converter.cli.certificate_options import add_certificate_options, kept_certificates
from converter.cli.discovery_options import add_registration_options, registered
from converter.cli.options import add_policy_option, add_rules_option, rule_paths
from converter.client import ApiServer
from converter.clusters import FleetView, read_inventory
from converter.controllers.manager import Manager, Settings
from converter.server import event_loop as loop
from converter.server import responses as answers
from converter.server.app import App
from converter.server.logging import FORMATS, LEVELS, set_up
from converter.server.metrics import CONTENT_TYPE, Metrics
from converter.server.rules_reloader import RulesReloader
from converter.server.run import Address, serve
from converter.works.policy import Action, Policy

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web

_EPILOG = """\
examples:
  converter controller --kubeconfig karmada.config
  converter controller --kubeconfig karmada.config --rules ./rules --inventory overrides.yaml --log-format json
  converter controller --kubeconfig karmada.config --discovery-url https://converter-discovery.karmada-system.svc \\
                       --certificate-secret karmada-system/converter-tls \\
                       --certificate-name converter-admission.karmada-system.svc \\
                       --certificate-name converter-discovery.karmada-system.svc
      as deploy/host runs it: certificates made and rotated, the discovery server trusted by them and registered

Run two or more replicas: one acts, by a Lease in the control plane, and another follows within 15 seconds. Give it the
same --rules, --policy-file, --inventory and --policy as `converter serve`: both have to come to the same results.

paths served, without TLS, for probes and Prometheus: /healthz /readyz /metrics

exit codes: 0 stopped by SIGTERM or SIGINT; 2 broken rules or inventory, no way to the control plane, an address in use
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "controller",
        help="run the controller of converted Works",
        description="Keep converted Works, their anchors and their statuses in order on a Karmada control plane.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_argument_group("what it knows")
    what.add_argument("--kubeconfig", metavar="FILE", help="leads to the Karmada API server (default: the Pod's own)")
    what.add_argument("--context", metavar="NAME", help="of that kubeconfig")
    what.add_argument(
        "--inventory", metavar="FILE", type=Path, help="clusters as you describe them, before what Karmada says"
    )
    add_rules_option(what)
    what.add_argument(
        "--policy", choices=[action.value for action in Action], default=Action.DENY.value,
        help="as given to `converter serve` (default: deny)",
    )  # fmt: skip
    add_policy_option(what)
    add_registration_options(parser)
    add_certificate_options(parser)
    how = parser.add_argument_group("how it runs")
    how.add_argument("--lease-namespace", metavar="NAME", default="karmada-system", help="default: %(default)s")
    how.add_argument("--lease-name", metavar="NAME", default="apiconverter", help="default: %(default)s")
    how.add_argument("--identity", metavar="NAME", help="this replica's name (default: host name and process id)")
    how.add_argument("--listen", metavar="HOST:PORT", default="127.0.0.1:8080", help="default: %(default)s")
    how.add_argument("--log-format", choices=FORMATS, default="text", help="default: %(default)s")
    how.add_argument("--log-level", choices=LEVELS, default="info", help="default: %(default)s")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run until stopped; returns the exit code."""
    set_up(args.log_format, args.log_level)
    address = Address.parse(args.listen)
    metrics = Metrics([])
    rules = RulesReloader(tuple(Path(path) for path in rule_paths(args)), catalog=load_catalog, sink=metrics)
    metrics.rules_in_use(len(rules.current.book.rules))
    settings = Settings(
        identity=args.identity or f"{socket.gethostname()}-{os.getpid()}",
        lease_namespace=args.lease_namespace,
        lease_name=args.lease_name,
        overrides=read_inventory(args.inventory) if args.inventory else None,
        policy=Policy.parse(args.policy),
    )
    loop.run(_run(args, address, rules, settings, metrics))
    return OK


async def _run(
    args: argparse.Namespace, address: Address, rules: RulesReloader, settings: Settings, metrics: Metrics
) -> None:
    fleet = FleetView()
    metrics.watch_clusters(lambda: len(fleet.current))
    async with (
        await ApiServer.connect(args.kubeconfig, args.context) as server,
        contextlib.AsyncExitStack() as leader_tasks,
    ):
        controller = Manager(server, lambda: rules.current, fleet, settings)
        kept = await leader_tasks.enter_async_context(kept_certificates(args, server, controller))
        registering = registered(args, server, controller, lambda: rules.current, fleet, kept=kept)
        await leader_tasks.enter_async_context(registering)
        pages: dict[str, Callable[[], web.Response]] = {}
        app = App([], pages, metrics)
        pages["/healthz"] = lambda: answers.text("ok\n")
        pages["/readyz"] = lambda: app.ready("" if controller.ready else "the first list of clusters is not complete")
        pages["/metrics"] = lambda: answers.text(metrics.text(), kind=CONTENT_TYPE)
        stop = asyncio.Event()
        acting = asyncio.ensure_future(controller.run())
        acting.add_done_callback(lambda _: stop.set())  # it never ends but by a mistake: better none than half of it
        try:
            background = [rules.watch(), _tell_of_rules(rules, controller)]
            await serve(app, address, None, background=background, stop=stop)
        finally:
            acting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await acting


async def _tell_of_rules(rules: RulesReloader, controller: Manager, interval: float = 1.0) -> None:
    """Have Works looked at again once the rules are others."""
    known = rules.current
    while True:
        await asyncio.sleep(interval)
        if rules.current is not known:
            known = rules.current
            controller.rules_changed()
