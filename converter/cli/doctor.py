"""``converter doctor``: finds known troubles, with evidence and the command that mends each."""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import msgspec

from converter.cli import FAILED, FINDINGS, OK
from converter.cli.clusters import add_cluster_options, host_kubeconfig
from converter.cli.options import UsageError
from converter.client import ApiServer
from converter.doctor.examine import examine
from converter.doctor.messages import as_data, render
from converter.doctor.patient import Commands, Patient

if TYPE_CHECKING:
    from converter.doctor.examine import Diagnosis

_EPILOG = """\
examples:
  converter doctor --karmada-kubeconfig karmada.config --kubeconfig host.config
  converter doctor --karmada-kubeconfig karmada.config --karmada-part-only
  converter doctor --karmada-kubeconfig karmada.config --output json | jq -r '.findings[].command'

It changes nothing: it reads, and sends dry runs. For each trouble it prints the object, the evidence, and the command
that mends it. Without the host cluster it checks less, and says what it did not check.

troubles: apiservice-unavailable, ca-mismatch, clock-skew, discovery-down, identity-refused, karmada-too-old,
not-installed, paused, replicas-differ, rights-missing, scheduler-missing, watch-list-on, webhook-undone,
webhook-unreachable (docs/how-to/troubleshoot.md)

exit codes: 0 none found; 1 some found; 2 a check failed, so that there may be more: an API server cannot be reached or
refused a request
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "doctor",
        help="find known troubles of an installation",
        description="Find known troubles of an installation, with evidence and the command that mends each.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_cluster_options(parser)
    parser.add_argument(
        "--karmada-part-only", action="store_true", help="look at Karmada only; no kubeconfig of the host is needed"
    )
    parser.add_argument(
        "--scheduler-name", metavar="NAME", default="apiconverter",
        help="the name of the converter's scheduler; empty if Karmada's own does its work (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--output", choices=("text", "json"), default="text", help="default: %(default)s")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Look for troubles; returns the exit code.

    Raises:
        UsageError: the kubeconfig of Karmada is missing.
    """
    if args.karmada_kubeconfig is None:
        raise UsageError("--karmada-kubeconfig is missing: the kubeconfig of an administrator of Karmada")
    diagnosis = asyncio.run(_examined(args))
    if args.output == "json":
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(as_data(diagnosis)), indent=2).decode() + "\n")
    else:
        for line in render(diagnosis):
            print(line)
    return FAILED if diagnosis.failed else FINDINGS if diagnosis.findings else OK


async def _examined(args: argparse.Namespace) -> Diagnosis:
    async with AsyncExitStack() as stack:
        karmada = await ApiServer.connect(args.karmada_kubeconfig, args.karmada_context)
        await stack.enter_async_context(karmada)
        host = None
        if not args.karmada_part_only:
            host = await ApiServer.connect(host_kubeconfig(args.kubeconfig), args.context)
            await stack.enter_async_context(host)
        commands = Commands(args.karmada_kubeconfig, args.kubeconfig or "", args.namespace)
        return await examine(Patient(karmada, host, args.namespace, commands, args.scheduler_name))
