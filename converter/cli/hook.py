"""``converter hook``: what the Jobs of the Helm chart run, around what Helm does with the host part."""

from __future__ import annotations

import argparse
import asyncio
import base64
from pathlib import Path
from typing import TYPE_CHECKING

from converter.cli import FAILED, FINDINGS, OK
from converter.cli.clusters import DEFAULT_NAMESPACE, add_cluster_options, namespace_of, open_clusters
from converter.cli.options import UsageError, add_rules_option, add_scheduler_option
from converter.cli.streams import warn
from converter.cli.uninstall import left_over, print_survey
from converter.client.access import find_access
from converter.client.rule_objects import read_engine
from converter.clusters.watched_crds import read_kinds
from converter.install.hand_back_works import WorkReturner
from converter.install.host import CERTIFICATES
from converter.install.manifests import Addresses
from converter.install.release_jobs import ReleaseJobs
from converter.install.release_scheduler import SchedulerSettings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_EPILOG = """\
examples, as in deploy/chart/templates/jobs:
  converter hook before --karmada-kubeconfig karmada.config --namespace karmada-system
      apply rights, the Service and policies to Karmada, and write the Secrets with the identities
  converter hook after --karmada-kubeconfig karmada.config --namespace karmada-system --wait 4m
      wait for the processes, then apply interpreters, and the webhooks last
  converter hook remove --karmada-kubeconfig karmada.config --namespace karmada-system --rules ./rules
      remove the webhooks, hand converted Works back, then remove the rest from Karmada, as `converter uninstall` does

You need the command yourself only if the Jobs of the chart are off (jobs.enabled). It is safe to repeat.

exit codes: 0 done; 1 done without an interpreter that Karmada refused, or a binding is left; 2 not done: a release is
too old, a right is missing, a process is not available in time, a Work cannot be handed back, something would not be
synchronized with --refuse-unsynchronized, or an API server cannot be reached or refused a request
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "hook",
        help="run what the Jobs of the Helm chart run",
        description="Apply or remove the Karmada part around a Helm release, which is the host part.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("event", choices=list(_EVENTS), help="the host part is about to be applied, was applied, or is "
                        "about to be deleted")  # fmt: skip
    add_cluster_options(parser, wait="4m", namespace=DEFAULT_NAMESPACE)
    parser.add_argument(
        "--karmada-server", metavar="URL",
        help="where Pods reach the Karmada API server (default: as the kubeconfig says)",
    )  # fmt: skip
    parser.add_argument(
        "--webhook-url", metavar="URL", default="",
        help="where Karmada reaches the admission webhooks (default: https://converter-admission.NAMESPACE.svc:443)",
    )  # fmt: skip
    parser.add_argument(
        "--discovery-host", metavar="NAME", default="",
        help="DNS name by which Karmada reaches discovery (default: converter-discovery.NAMESPACE.svc)",
    )  # fmt: skip
    parser.add_argument(
        "--certificate-secret", metavar="NAME", default=CERTIFICATES,
        help="Secret of the host cluster with the serving certificates (default: %(default)s)",
    )  # fmt: skip
    add_scheduler_option(parser)
    parser.add_argument(
        "--scheduler-settings", metavar="JSON", default="",
        help="values of the chart's group scheduler that change the copy of Karmada's scheduler",
    )  # fmt: skip
    parser.add_argument("--dashboard", action="store_true", help="the release has the dashboard (dashboard.enabled)")
    parser.add_argument(
        "--member-schemas", action="store_true",
        help="the processes of the release read what members serve (memberSchemas.enabled)",
    )  # fmt: skip
    parser.add_argument(
        "--refuse-unsynchronized", action="store_true",
        help="remove nothing while a workload would not be synchronized any more",
    )  # fmt: skip
    add_rules_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do what belongs to the event; returns the exit code."""
    namespace = args.namespace
    webhooks = args.webhook_url or f"https://converter-admission.{namespace}.svc:443"
    if not webhooks.startswith("https://"):
        raise UsageError(f"--webhook-url must begin with https://, not {webhooks!r}")
    addresses = Addresses(
        webhooks, args.discovery_host or f"converter-discovery.{namespace}.svc", namespace=namespace,
        dashboard=args.dashboard, member_schemas=args.member_schemas,
    )  # fmt: skip
    return asyncio.run(_run(args, addresses))


async def _run(args: argparse.Namespace, addresses: Addresses) -> int:
    async with open_clusters(args) as clusters:
        await namespace_of(clusters.karmada, args.namespace)
        jobs = ReleaseJobs(
            clusters.karmada, clusters.host, addresses, args.certificate_secret,
            SchedulerSettings.read(args.scheduler_settings, args.scheduler_name), report=print, wait=args.wait,
        )  # fmt: skip
        return await _EVENTS[args.event](args, jobs)


async def _before(args: argparse.Namespace, jobs: ReleaseJobs) -> int:
    configuration = (await find_access(args.karmada_kubeconfig, args.karmada_context)).configuration
    authority = b""  # the system's, as with a managed Karmada
    if configuration.ssl_ca_cert:
        authority = Path(configuration.ssl_ca_cert).read_bytes()  # noqa: ASYNC240  nothing else waits
    await jobs.before(args.karmada_server or configuration.host, base64.b64encode(authority).decode())
    return OK


async def _after(_: argparse.Namespace, jobs: ReleaseJobs) -> int:
    return FINDINGS if await jobs.after() else OK


async def _remove(args: argparse.Namespace, jobs: ReleaseJobs) -> int:
    engine = (await read_engine(jobs.karmada, args.rules)).with_kinds(await read_kinds(jobs.karmada))
    survey = await WorkReturner(jobs.karmada, engine).survey()
    print_survey(survey)
    if survey.unrestorable:
        warn("nothing was changed: the rules that converted these Works are not there; add them to the ConfigMap")
        return FAILED
    if survey.unsynchronized and args.refuse_unsynchronized:
        warn("nothing was changed: take these clusters out of the placements, or allow it (jobs.refuseUnsynchronized)")
        return FAILED
    return left_over(await jobs.remove(engine))


_EVENTS: dict[str, Callable[[argparse.Namespace, ReleaseJobs], Awaitable[int]]] = {
    "before": _before,
    "after": _after,
    "remove": _remove,
}
