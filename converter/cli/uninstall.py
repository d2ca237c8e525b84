"""``converter uninstall``: removes the converter, and leaves every workload running where it runs."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from converter.cli import FAILED, FINDINGS, OK
from converter.cli.clusters import add_cluster_options, open_karmada_part, open_target
from converter.cli.options import UsageError, add_rules_option
from converter.cli.streams import warn
from converter.client import NotFoundError
from converter.client.rule_objects import read_engine
from converter.clusters.watched_crds import read_kinds
from converter.install.hand_back_works import WorkReturner
from converter.install.host_removal import HelmRelease, helm_release
from converter.install.manifests import Addresses
from converter.install.uninstall import Uninstallation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from converter.client import ApiServer
    from converter.engine import Engine
    from converter.install.bindings import ReleasedBindings
    from converter.install.hand_back_works import Survey

_EPILOG = """\
examples:
  converter uninstall
      Karmada is found in the host cluster, which is the one of kubectl
  converter uninstall --karmada-kubeconfig karmada.config --kubeconfig host.config
  converter uninstall --karmada-kubeconfig karmada.config --karmada-part-only --yes
  converter uninstall --karmada-kubeconfig karmada.config --dry-run --output json

Every workload continues to run where it runs. Nothing is deleted or created on any member. Before anything changes, the
command lists the objects that Karmada cannot change from then on, because their members do not serve the version of the
template. Then it asks. They follow their templates again when the member is upgraded, or the converter is installed
again. If you delete such a template, its object stays on the member.

What it does: it takes over the controller's Lease, removes the webhooks, hands each converted Work back as Karmada sent
it, deletes the anchors, and takes exclusions and scheduler names off bindings. Then it removes APIServices,
interpreters, rights and Leases, the processes in the host cluster, their Secrets and the ConfigMap converter-rules. You
can interrupt it anywhere; run it again to do the rest.

Rules of your own are read from the ConfigMap converter-rules of the host cluster, or from --rules.

exit codes: 0 removed; 1 you said no, or something is left that belongs to Helm or to a policy; 2 not removed, or
not completely: a Work cannot be handed back, or an API server cannot be reached or refused a request
"""

_RULES = "converter-rules"
_LISTED = 50


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "uninstall",
        help="remove the converter, and leave every workload running",
        description="Remove the converter from Karmada and from the host cluster, and leave every workload running.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_cluster_options(parser, wait="2m")
    parser.add_argument(
        "--karmada-part-only",
        action="store_true",
        help="leave the host cluster alone; its kubeconfig is not needed, and --kubeconfig can name Karmada's",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--dry-run", action="store_true", help="list what will not be synchronized, and change nothing")
    parser.add_argument("--output", choices=("text", "json"), default="text", help="default: %(default)s")
    add_rules_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Remove the converter; returns the exit code."""
    return asyncio.run(_run(args))


async def _run(args: argparse.Namespace) -> int:
    async with AsyncExitStack() as stack:
        karmada, host, namespace = await stack.enter_async_context(_servers(args))
        warn(f"namespace of the installation: {namespace}")
        engine = await _engine(args, karmada, host, namespace, stack)
        engine = engine.with_kinds(await read_kinds(karmada))
        survey = await WorkReturner(karmada, engine).survey()
        print_survey(survey, args.output)
        if survey.unrestorable:
            warn("nothing was changed: pass the rules that converted these Works with --rules")
            return FAILED
        if args.dry_run:
            return OK
        if not _agreed(args, namespace, survey):
            warn("nothing was changed")
            return FINDINGS
        release = None if host is None else await helm_release(host, namespace)
        report = _reporter(args.output)
        released = await Uninstallation(
            karmada=karmada,
            host=None if release else host,
            engine=engine,
            addresses=Addresses(namespace=namespace),
            report=report,
            wait=args.wait,
        ).run()
        return _finished(release, released)


@asynccontextmanager
async def _servers(args: argparse.Namespace) -> AsyncIterator[tuple[ApiServer, ApiServer | None, str]]:
    """Open Karmada's API server, and the host's unless it is left alone; yield them with the namespace."""
    if args.karmada_part_only:
        async with open_karmada_part(args) as (karmada, namespace):
            yield karmada, None, namespace
    else:
        async with open_target(args, must_find=False) as target:
            yield target.karmada, target.host, target.namespace


async def _engine(
    args: argparse.Namespace, karmada: ApiServer, host: ApiServer | None, namespace: str, stack: AsyncExitStack
) -> Engine:
    """Make the engine of the rules that the installation uses: files of the host cluster, and objects of Karmada."""
    if args.rules or host is None:
        return await read_engine(karmada, args.rules)
    try:
        path = f"/api/v1/namespaces/{namespace}/configmaps/{_RULES}"
        data: dict[str, str] = msgspec.json.decode(await host.get(path)).get("data") or {}
    except NotFoundError:
        return await read_engine(karmada)
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="converter-rules-")))
    for name, text in data.items():
        (folder / name).write_text(text, encoding="utf-8")
    return await read_engine(karmada, [folder] if data else [])


def print_survey(survey: Survey, form: str = "text") -> None:
    """List what Karmada cannot change any more once the converter is gone, and what cannot be handed back."""
    if form == "json":
        document: dict[str, Any] = {
            "unsynchronized": [item._asdict() for item in survey.unsynchronized],
            "unrestorable": [item._asdict() for item in survey.unrestorable],
        }
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n")
        return
    found = survey.unsynchronized
    if found:
        print(f"{len(found)} objects stay as they are on their members; Karmada can no longer change or delete them:")
    for item in found:
        name = f"{item.namespace}/{item.name}" if item.namespace else item.name
        print(f"  cluster {item.cluster}: {item.kind} {name} has {item.version}, its template {item.source}")
    for lost in survey.unrestorable:
        print(f"cannot hand back Work {lost.work}: {lost.why}")
    if not found and not survey.unrestorable:
        print("No Work is converted: everything stays synchronized.")


def _agreed(args: argparse.Namespace, namespace: str, survey: Survey) -> bool:
    """Ask on the terminal, unless ``--yes`` answers.

    Raises:
        UsageError: nobody can be asked.
    """
    if args.yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError("standard input is not a terminal: read the list above, then pass --yes")
    objects = len(survey.unsynchronized)
    sys.stderr.write(f"Remove the converter from namespace {namespace}; {objects} objects stay behind. Type yes: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() == "yes"


def _reporter(form: str) -> Any:
    return warn if form == "json" else print


def _finished(release: HelmRelease | None, released: ReleasedBindings) -> int:
    """Say what is left to do, and return the exit code."""
    code = left_over(released)
    if release is not None:
        command = f"helm uninstall {release.name} -n {release.namespace}"
        warn(f"the processes belong to a Helm release; remove them: {command}")
        return FINDINGS
    return code


def left_over(released: ReleasedBindings) -> int:
    """Report bindings that could not be released, and return the exit code."""
    for name in released.kept:
        warn(f"binding {name} names the converter's scheduler, because its policy does; create the policy again")
    for name, why in released.unread.items():
        warn(f"binding {name} was left alone: {why}")
    return FINDINGS if released.kept or released.unread else OK
