"""``converter verify``: prove the whole chain of an installation."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from typing import TYPE_CHECKING

from converter.cli import FINDINGS, OK
from converter.cli.clusters import add_cluster_options, open_only_karmada
from converter.cli.options import add_scheduler_option
from converter.cli.streams import announce
from converter.client.rule_objects import read_engine
from converter.install.verify import Verifier
from converter.install.verify_outcome import Check, State

if TYPE_CHECKING:
    from converter.client import ApiServer

_EPILOG = """\
examples:
  converter verify
  converter verify --karmada-kubeconfig karmada.config --wait 2m
  converter verify --output json

checks:
  works      a Work that a cluster gets only converted is sent, and comes back converted
  discovery  the APIServices are available, and Karmada's API server knows the converted version
  bindings   a binding of a kind that no cluster has comes back with exclusions, and one that needs a conversion with
             the converter's scheduler
  status     the status of a converted object comes back unpacked
  scheduler  the converter's scheduler renews its Lease
  rules      a rule object with a mistake is refused, and the controller has looked at every rule object

Everything that is sent is a server-side dry run. Only while Karmada has no binding at all, one is stored for a moment;
no scheduler handles it.

exit codes: 0 every check passed; 1 a check failed (within --wait); 2 an API server cannot be reached
"""

_POLL = 2.0


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parser of the command."""
    text = "prove that an installed converter works: webhooks, discovery, bindings, statuses, scheduler, rules"
    parser = commands.add_parser(
        "verify", help=text, description=f"{text[0].upper()}{text[1:]}.", epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add_cluster_options(parser, wait="0", needs_host=False)
    add_scheduler_option(parser)
    parser.add_argument("--output", "-o", choices=("text", "json"), default="text", help="default: %(default)s")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    return asyncio.run(_run(args))


async def _run(args: argparse.Namespace) -> int:
    async with open_only_karmada(args) as (karmada, namespace):
        checks = await wait_for_checks(karmada, namespace, args.scheduler_name, args.wait)
    return OK if report_checks(checks, args.output) else FINDINGS


async def wait_for_checks(karmada: ApiServer, namespace: str, scheduler: str, seconds: float) -> list[Check]:
    """Run all checks until none fails, or the time is over; returns their last results.

    Args:
        karmada: the Karmada API server.
        namespace: the namespace of the installation in Karmada.
        scheduler: the name of the converter's scheduler; empty if it has none.
        seconds: for how long to repeat them.
    """
    verifier = Verifier(karmada, await read_engine(karmada), namespace, scheduler=scheduler)
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while True:
        checks = await verifier.run()
        if not any(check.state is State.FAILED for check in checks) or loop.time() >= end:
            return checks
        await asyncio.sleep(_POLL)


def report_checks(checks: list[Check], output: str) -> bool:
    """Print the checks; returns whether none failed."""
    good = not any(check.state is State.FAILED for check in checks)
    if output == "json":
        listed = [{"name": check.name, "state": check.state.value, "detail": check.detail} for check in checks]
        json.dump({"passed": good, "checks": listed}, sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        for check in checks:
            announce(f"{check.state.value:8} {check.name:10} {check.detail}")
    return good
