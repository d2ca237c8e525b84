"""``converter status``: the state of an installation on both API servers."""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import sys
from typing import TYPE_CHECKING

from converter.cli import FINDINGS, OK
from converter.cli.clusters import add_cluster_options, open_target
from converter.cli.karmada_part import add_part_options, addresses, part_status
from converter.cli.options import add_scheduler_option
from converter.cli.streams import announce
from converter.install.status import InstallationStatus, StatusReader

if TYPE_CHECKING:
    from collections.abc import Iterator

_EPILOG = """\
examples:
  converter status
  converter status --karmada-kubeconfig karmada.config --kubeconfig host.config
  converter status --output json

`theirs` means that an interpreter of yours does what the named one would do.

exit codes: 0 everything is as it should be; 1 something is not; 2 an API server cannot be reached
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parser of the command."""
    text = "show the state of an installation: objects, processes, tokens, certificates, converted Works"
    parser = commands.add_parser(
        "status", help=text, description=f"{text[0].upper()}{text[1:]}.", epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add_cluster_options(parser)
    add_part_options(parser)
    add_scheduler_option(parser)
    parser.add_argument("--output", "-o", choices=("text", "json"), default="text", help="default: %(default)s")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    return asyncio.run(part_status(args) if args.karmada_part_only else _run(args))


async def _run(args: argparse.Namespace) -> int:
    async with open_target(args, must_find=False) as target:
        where = addresses(args, target.namespace)
        found = await StatusReader(target.karmada, target.host, where, scheduler=bool(args.scheduler_name)).read()
    if args.output == "json":
        json.dump(as_json(found), sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        for line in lines(found):
            announce(line)
    return FINDINGS if found.problems else OK


def lines(found: InstallationStatus) -> Iterator[str]:
    """Describe the state for people, line by line."""
    for process in found.processes:
        rollout = process.rollout
        state = "running" if rollout.complete else "DOWN" if rollout.available == 0 else "partly"
        version = f" {process.version}" if process.version else ""
        yield f"{state:10} {rollout.name}{version}, {rollout.available} of {rollout.wanted} Pods"
    for identity in found.identities:
        ends = f", until {_day(identity.expires_at)}" if identity.expires_at else ""
        yield f"{'valid' if identity.problem is None else 'PROBLEM':10} token of {identity.account}{ends}"
    for certificate in found.certificates:
        yield f"{'valid':10} {certificate.name} certificate, until {_day(certificate.ends)}"
    yield f"{'trusted' if found.trusted else 'UNTRUSTED':10} webhooks"
    for finding in found.objects:
        detail = f" ({finding.detail})" if finding.detail else ""
        yield f"{finding.state:10} {finding.kind} {finding.name}{detail}"
    yield f"{found.works:<10} converted Works"
    for problem in found.problems:
        yield f"problem: {problem}"


def as_json(found: InstallationStatus) -> dict[str, object]:
    """Describe the state for programs. Times are RFC 3339."""
    return {
        "good": not found.problems,
        "processes": [
            {
                "name": one.rollout.name, "image": one.image, "version": one.version,
                "available": one.rollout.available, "wanted": one.rollout.wanted,
            }
            for one in found.processes
        ],
        "tokens": [
            {
                "account": one.account, "secret": one.secret, "expiresAt": _moment(one.expires_at),
                "renewalAt": _moment(one.renewal_at), "problem": one.problem.value if one.problem else None,
            }
            for one in found.identities
        ],
        "certificates": [{"name": one.name, "expiresAt": _moment(one.ends)} for one in found.certificates],
        "webhooksTrusted": found.trusted,
        "unavailableAPIServices": found.services,
        "objects": [
            {"kind": one.kind, "name": one.name, "state": one.state, "detail": one.detail} for one in found.objects
        ],
        "convertedWorks": found.works,
        "paused": found.paused,
        "problems": found.problems,
    }  # fmt: skip


def _day(moment: dt.datetime) -> str:
    return f"{moment.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"


def _moment(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
