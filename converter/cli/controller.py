"""``converter controller``: runs the controllers of converted Works, next to the webhooks."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from converter.catalog import load_catalog
from converter.certificates.tls import Validity
from converter.cli import OK
from converter.cli.certificate_options import add_certificate_options, certificate_secret
from converter.cli.discovery_options import add_registration_options, discovery_server, registration
from converter.cli.options import (
    add_member_schemas_option,
    add_metrics_option,
    add_policy_option,
    add_rules_option,
    add_scheduler_option,
    rule_paths,
)
from converter.cli.token_options import add_token_options, token_renewal, token_validity
from converter.client import ApiServer
from converter.client.rule_objects import RuleObjectWatch
from converter.clusters import FleetView, read_inventory
from converter.clusters.member_schemas import watch_member_schemas
from converter.clusters.watched_crds import WatchedCrds
from converter.controllers.member_schemas import MemberSchemas
from converter.controllers.wiring import KarmadaControllers, RuleObjects, Settings
from converter.server import event_loop as loop
from converter.server.controller_metrics import ControllerMetrics, watch_informers
from converter.server.health import Health
from converter.server.logging import FORMATS, LEVELS, set_up
from converter.server.rules_reloader import RulesReloader, notes_of
from converter.server.run import Address, serve
from converter.works.policy import Action, Policy

if TYPE_CHECKING:
    from converter.controllers.manager import Manager
    from converter.rule_objects import RuleObject

_EPILOG = """\
examples:
  converter controller --kubeconfig karmada.config
  converter controller --kubeconfig karmada.config --rules ./rules --inventory overrides.yaml --log-format json
  converter controller --kubeconfig karmada.config --discovery-url https://converter-discovery.karmada-system.svc \\
                       --certificate-secret karmada-system/converter-tls \\
                       --certificate-name converter-admission.karmada-system.svc \\
                       --certificate-name converter-discovery.karmada-system.svc
      as in deploy/host: issues and rotates the certificates, and registers the discovery server with them

Run two or more replicas. A Lease in the control plane elects the one that acts; if it stops, another one takes over
within 15 seconds. Use the same --rules, --policy-file, --inventory, --policy and --scheduler-name as for
`converter serve`: both must come to the same results.

paths served at --metrics-listen, for probes and Prometheus, without TLS: /healthz /readyz /metrics

exit codes: 0 stopped by SIGTERM or SIGINT; 2 invalid rules or inventory, no access to the control plane, address in use
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "controller",
        help="run the controllers of converted Works",
        description="Reconcile converted Works, their anchors and their statuses on a Karmada control plane.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_argument_group("what it knows")
    what.add_argument("--kubeconfig", metavar="FILE", help="kubeconfig of Karmada (default: the Pod's service account)")
    what.add_argument("--context", metavar="NAME", help="context of that kubeconfig")
    what.add_argument(
        "--inventory",
        metavar="FILE",
        type=Path,
        help="clusters as you describe them; they override what Karmada collected",
    )
    add_rules_option(what)
    what.add_argument(
        "--policy", choices=[action.value for action in Action], default=Action.DENY.value,
        help="the same as for `converter serve` (default: deny)",
    )  # fmt: skip
    add_policy_option(what)
    add_scheduler_option(what)
    add_member_schemas_option(what)
    add_registration_options(parser)
    add_certificate_options(parser)
    add_token_options(parser)
    how = parser.add_argument_group("how it runs")
    how.add_argument(
        "--lease-namespace", metavar="NAME", default="karmada-system",
        help="namespace in Karmada of the Lease and of the ServiceAccounts (default: %(default)s)",
    )  # fmt: skip
    how.add_argument("--lease-name", metavar="NAME", default="apiconverter", help="default: %(default)s")
    how.add_argument(
        "--identity", metavar="NAME", help="unique name of this replica (default: host name and process id)"
    )
    add_metrics_option(how, "127.0.0.1:8080")
    how.add_argument("--log-format", choices=FORMATS, default="text", help="default: %(default)s")
    how.add_argument("--log-level", choices=LEVELS, default="info", help="default: %(default)s")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run until stopped; return the exit code."""
    set_up(args.log_format, args.log_level)
    address = Address.parse(args.metrics_listen)
    metrics = ControllerMetrics()
    rules = RulesReloader(tuple(Path(path) for path in rule_paths(args)), catalog=load_catalog, sink=metrics)
    metrics.rules_in_use(len(rules.current.book.rules))
    metrics.watch_rules(lambda: rules.files_digest, lambda: rules.current.digest)
    settings = Settings(
        identity=args.identity or f"{socket.gethostname()}-{os.getpid()}",
        lease_namespace=args.lease_namespace,
        lease_name=args.lease_name,
        overrides=read_inventory(args.inventory) if args.inventory else None,
        policy=Policy.parse(args.policy),
        own_scheduler=args.scheduler_name,
    )
    loop.run(_run(args, address, rules, settings, metrics))
    return OK


async def _run(
    args: argparse.Namespace, address: Address, rules: RulesReloader, settings: Settings, metrics: ControllerMetrics
) -> None:
    fleet = FleetView()
    metrics.watch_clusters(lambda: len(fleet.current))
    async with (
        await ApiServer.connect(args.kubeconfig, args.context) as server,
        contextlib.AsyncExitStack() as stack,
    ):
        follower = _RulesFollower(rules)
        crds = WatchedCrds(server, rules.use_kinds)
        objects = RuleObjects(RuleObjectWatch(server, follower.use), lambda: rules.verdicts, crds.watch)
        controllers = KarmadaControllers(server, lambda: rules.current, fleet, settings, objects)
        follower.controllers = controllers
        manager = controllers.manager
        metrics.watch_token(lambda: token_validity(server))
        metrics.watch_controllers(controllers.controllers, lambda: manager.leading)
        watch_informers(metrics, lambda: {**controllers.watches(), "crds": crds.watch})
        scheduler = controllers.scheduler
        if scheduler is not None:
            metrics.watch_scheduler(lambda: scheduler.available)
            metrics.watch_waiting_bindings(lambda: None if scheduler.available is None else len(scheduler.waiting))
        authority = await stack.enter_async_context(certificate_secret(args, server, manager))
        renewal = await stack.enter_async_context(token_renewal(args, server, manager))
        if renewal is not None:
            metrics.watch_identities(lambda: {name: Validity(*life) for name, life in renewal.lives.items()})
        discovery = discovery_server(args, authority)
        if discovery is not None:
            in_use, answered = controllers.versions_in_use, [True]
            metrics.watch_discovery(lambda: answered[-1] if manager.leading else None)
            report = functools.partial(answered.__setitem__, 0)
            manager.leader_tasks.append(
                registration(
                    discovery, server, lambda: rules.current, fleet, in_use, changed=controllers.changed, report=report
                )
            )
        health = Health(
            metrics,
            missing=lambda: crds.missing or ("" if manager.ready else "the first list of clusters is not complete"),
            notes=lambda: [
                *notes_of(rules=rules.state.problems),
                *(scheduler.notes() if scheduler is not None else ()),
            ],
        )
        stop = asyncio.Event()
        acting = asyncio.ensure_future(_act(manager, crds))
        acting.add_done_callback(lambda _: stop.set())  # it ends only after a bug: better stop than run half of it
        try:
            background = [rules.watch(), crds.run(), follower.follow()]
            if args.member_schemas:
                schemas = MemberSchemas(server, fleet, crds.watch, load_catalog(), args.member_schemas)
                manager.leader_tasks.append(schemas.run)
                use = controllers.clusters.use_lacking
                background.append(watch_member_schemas(server, args.member_schemas, use).run())
            await serve(health, address, None, background=background, stop=stop)
        finally:
            acting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await acting


async def _act(manager: Manager, crds: WatchedCrds) -> None:
    """Run the controllers once the CRDs are known: without them, clusters would be excluded for a moment."""
    await crds.settled.wait()
    await manager.run()


class _RulesFollower:
    """Passes changes of the rules on to the controllers.

    Attributes:
        controllers: the controllers.
    """

    controllers: KarmadaControllers

    def __init__(self, rules: RulesReloader) -> None:
        self._rules = rules
        self._known = rules.current

    async def use(self, objects: list[RuleObject]) -> None:
        """Take rule objects into use, and have their status written."""
        before = self._rules.verdicts
        await self._rules.follow_objects(objects)
        after = self._rules.verdicts
        self.controllers.rules_checked(key for key, verdict in after.items() if before.get(key) != verdict)
        self._notice()

    async def follow(self, interval: float = 1.0) -> None:
        """Look for changes of the files."""
        while True:
            await asyncio.sleep(interval)
            self._notice()

    def _notice(self) -> None:
        """Resync the Works if the rules changed."""
        if self._rules.current is not self._known:
            self._known = self._rules.current
            self.controllers.rules_changed()
