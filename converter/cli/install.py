"""``converter install``: install the converter for a Karmada. ``converter upgrade`` shares its options and steps."""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from converter.cli import FINDINGS, OK
from converter.cli.clusters import DEFAULT_NAMESPACE, Target, add_cluster_options, open_target
from converter.cli.install_report import print_done, print_plan
from converter.cli.karmada_part import add_part_options, addresses, install_part, print_part
from converter.cli.options import UsageError, add_scheduler_option
from converter.cli.streams import announce, warn
from converter.cli.verify import report_checks, wait_for_checks
from converter.install.dashboard import has_dashboard
from converter.install.flow import Installer, Settings, installed_format
from converter.install.host import HostOptions, default_image, host_part, names_registry
from converter.install.kept import read_kept
from converter.install.manifests import karmada_part
from converter.install.scheduler import plain_scheduler, second_scheduler
from converter.install.versions import Versions, check_versions, server_version
from converter.yaml import dump_all

if TYPE_CHECKING:
    from converter.kube import Manifest

_INSTALL = """\
examples:
  converter install --image registry.example/converter:0.1.0
      Karmada is found in the host cluster, which is the one of kubectl
  converter install --karmada-kubeconfig karmada.config --kubeconfig host.config --namespace karmada-system
  converter install --dry-run                    # what would be created and changed
  converter install --output yaml                # all objects, for other tools

It checks rights and versions first, then applies accounts and rights to Karmada, their tokens and the processes to the
host cluster, waits until the processes run, and applies the webhooks last. Nothing in Karmada itself changes. Then it
verifies the whole chain, as `converter verify` does. It is safe to repeat: the image, its pull secrets and the
addresses stay as they are installed, unless you give them.

exit codes: 0 installed and verified; 1 installed, but a check failed or an interpreter was refused; 2 not installed
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parser of the command."""
    add_command(commands, "install", "install the converter for a Karmada", _INSTALL)


def add_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str, epilog: str
) -> None:
    """Add a parser with the options of both commands."""
    parser = commands.add_parser(
        name, help=text, description=f"{text[0].upper()}{text[1:]}.", epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add_cluster_options(parser, wait="5m")
    _add_options(parser)
    add_part_options(parser)
    parser.set_defaults(run=run, command_name=name)


def _add_options(parser: argparse.ArgumentParser) -> None:
    what = parser.add_argument_group("what to install")
    what.add_argument(
        "--image", metavar="IMAGE", default="",
        help="the converter's image, with a tag or a digest (default: karmada-api-version-converter with this release)",
    )  # fmt: skip
    what.add_argument(
        "--image-pull-secret", action="append", default=[], metavar="NAME",
        help="a Secret of the namespace with credentials for the image's registry (repeatable)",
    )  # fmt: skip
    what.add_argument(
        "--karmada-server", metavar="URL", default="",
        help="the Karmada API server's address for Pods of the host cluster (default: as Karmada's scheduler has it)",
    )  # fmt: skip
    what.add_argument(
        "--scheduler-image", metavar="IMAGE", default="",
        help="image of karmada-scheduler, where the host cluster does not run Karmada itself",
    )  # fmt: skip
    add_scheduler_option(what)
    what.add_argument(
        "--dashboard", action=argparse.BooleanOptionalAction, default=None,
        help="whether to install the dashboard, with an identity of its own that can only read (default: as installed; "
        "at first, none)",
    )  # fmt: skip
    how = parser.add_argument_group("output")
    how.add_argument(
        "--dry-run", action="store_true", help="print what would be created and changed, and change nothing"
    )
    how.add_argument(
        "--output", "-o", choices=("text", "yaml"), default="text",
        help="yaml prints all objects, without the values of Secrets, and changes nothing. It asks no API server, "
        "unless a kubeconfig is given",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    if args.karmada_part_only:
        if args.dry_run or args.output == "yaml":
            return print_part(args)
        return asyncio.run(install_part(args))
    if args.ca_file is not None:
        raise UsageError("--ca-file needs --karmada-part-only; the controller of the host part has a CA of its own")
    if args.output == "yaml" and args.kubeconfig is None and args.karmada_kubeconfig is None:
        return _print_objects(_settings(args, None))
    return asyncio.run(_run(args))


async def _run(args: argparse.Namespace) -> int:
    async with open_target(args) as target:
        await _keep(args, target)
        settings = _settings(args, target)
        if args.output == "yaml":
            return _print_objects(settings)
        await _check(args, target, settings)
        installer = Installer(target.karmada, target.host, settings, announce)
        await installer.check()
        plan = await installer.plan()
        print_plan(plan)
        if args.dry_run:
            return OK
        if plan.changes == 0:
            announce("everything is as this release has it; nothing to do")
        done = await installer.apply()
        own = args.scheduler_name if settings.host.scheduler is not None else ""
        checks = await wait_for_checks(target.karmada, target.namespace, own, args.wait)
        good = report_checks(checks, "text")
        print_done(target.namespace, done, good=good)
    refused = any(step.change == "refused" for step in done.karmada)
    return OK if good and not refused else FINDINGS


async def _keep(args: argparse.Namespace, target: Target) -> None:
    """Fill in what was not given, as the installation has it."""
    kept = await read_kept(target.karmada, target.host, target.namespace)
    args.image = args.image or kept.image
    args.image_pull_secret = args.image_pull_secret or list(kept.pull_secrets)
    args.webhook_url = args.webhook_url or kept.webhook_url
    args.discovery_host = args.discovery_host or kept.discovery_host
    if args.dashboard is None:
        args.dashboard = await has_dashboard(target.karmada, target.namespace)
    if target.found is None:  # otherwise, Karmada's own is copied
        args.scheduler_image = args.scheduler_image or kept.scheduler_image


async def _check(args: argparse.Namespace, target: Target, settings: Settings) -> None:
    """Check versions and the image, and print what was found.

    Raises:
        VersionError: a release is too old.
        UsageError: an upgrade without an installation.
    """
    found = target.found
    versions = Versions(
        found.release if found is not None else "",
        await server_version(target.karmada),
        await server_version(target.host),
    )
    how = f", installed with {found.method}" if found is not None and found.method != "unknown" else ""
    announce(
        f"Karmada {versions.karmada or 'of an unknown release'}{how}, in namespace {target.namespace}; its API server "
        f"is Kubernetes {versions.karmada_api}, the host cluster {versions.host}"
    )
    for warning in check_versions(versions):
        warn(f"warning: {warning}")
    image = settings.host.image or default_image()
    if not names_registry(image):
        warn(f"warning: image {image} names no registry, so the nodes must have it already; select yours with --image")
    if args.command_name == "upgrade" and await installed_format(target.karmada) == 0:
        raise UsageError(f"nothing is installed in namespace {target.namespace}; run `converter install`")


def _settings(args: argparse.Namespace, target: Target | None) -> Settings:
    """Derive the settings of the installation from the options and what was found.

    Raises:
        UsageError: an option is missing.
    """
    namespace = target.namespace if target is not None else args.namespace or DEFAULT_NAMESPACE
    found = target.found if target is not None else None
    server, authority = args.karmada_server, ""
    if found is not None and target is not None:
        given = target.karmada_server[1]
        if given and found.ca_bundle and given != found.ca_bundle and not args.karmada_server:
            raise UsageError(
                f"--karmada-kubeconfig has another CA than the Karmada in namespace {found.namespace}: it may "
                "belong to another Karmada. Select the namespace with --namespace; if both are right, pass "
                f"--karmada-server {found.server_url}"
            )
        server, authority = server or found.server_url, found.ca_bundle
    elif target is not None:
        own_server, authority = target.karmada_server
        server = server or own_server
    where = replace(addresses(args, namespace), dashboard=bool(args.dashboard))
    names = [urlsplit(args.webhook_url).hostname if args.webhook_url else None, args.discovery_host]
    host = HostOptions(
        namespace, args.image, tuple(args.image_pull_secret), _scheduler(args, target, namespace),
        tuple(dict.fromkeys(name for name in names if name)), args.scheduler_name,
        bool(args.dashboard),
    )  # fmt: skip
    return Settings(server, authority, host, where, args.wait)


def _scheduler(args: argparse.Namespace, target: Target | None, namespace: str) -> Manifest | None:
    if not args.scheduler_name:
        return None
    if target is not None and target.found is not None and not args.scheduler_image:
        running = target.found.scheduler
    elif args.scheduler_image:
        running = plain_scheduler(args.scheduler_image, namespace=namespace)
    elif target is None:
        return None
    else:
        raise UsageError(
            "the host cluster does not run Karmada's scheduler, so its image is not known; pass --scheduler-image with "
            "the image of karmada-scheduler of your Karmada's release"
        )
    return second_scheduler(running, namespace=namespace, scheduler_name=args.scheduler_name, lease_namespace=namespace)


def _print_objects(settings: Settings) -> int:
    """Print all objects of both parts."""
    sys.stdout.write("# The host cluster\n")
    sys.stdout.write(dump_all(host_part(settings.host)))
    sys.stdout.write("---\n# Karmada\n")
    sys.stdout.write(dump_all(karmada_part(settings.addresses)))
    return OK
