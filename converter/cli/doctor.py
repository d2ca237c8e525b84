"""``converter doctor``: finds known troubles, with evidence and the command that mends each."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING

import msgspec

from converter.cli import FAILED, FINDINGS, OK
from converter.cli.clusters import add_cluster_options, open_karmada_part, open_target
from converter.cli.streams import warn
from converter.doctor.examine import examine
from converter.doctor.messages import as_data, render
from converter.doctor.patient import UNKNOWN_KUBECONFIG, Access, Commands, Patient, with_origin

if TYPE_CHECKING:
    from converter.doctor.examine import Diagnosis

_EPILOG = """\
examples:
  converter doctor
      Karmada is found in the host cluster, which is the one of kubectl
  converter doctor --karmada-kubeconfig karmada.config --kubeconfig host.config
  converter doctor --karmada-kubeconfig karmada.config --karmada-part-only
  converter doctor --karmada-kubeconfig karmada.config --output json | jq -r '.findings[].command'

It changes nothing: it reads, and sends dry runs. For each trouble it prints the object, the evidence, and the command
that mends it. Without the host cluster it checks less, and says what it did not check.

troubles: apiservice-unavailable, ca-mismatch, clock-skew, discovery-down, identity-refused, karmada-too-old,
not-installed, paused, replicas-differ, rights-missing, rule-crds-outdated, rule-not-in-use, rule-not-seen,
scheduler-missing, watch-list-on, webhook-undone, webhook-unreachable (docs/how-to/troubleshoot.md)

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
        "--karmada-part-only", action="store_true",
        help="look at Karmada only; without --karmada-kubeconfig, --kubeconfig is Karmada's",
    )  # fmt: skip
    parser.add_argument(
        "--scheduler-name", metavar="NAME", default="apiconverter",
        help="the name of the converter's scheduler; empty if Karmada's own does its work (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--output", choices=("text", "json"), default="text", help="default: %(default)s")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Look for troubles; returns the exit code."""
    diagnosis = asyncio.run(_examined(args))
    if args.output == "json":
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(as_data(diagnosis)), indent=2).decode() + "\n")
    else:
        for line in render(diagnosis):
            print(line)
        if any(UNKNOWN_KUBECONFIG in item.command for item in diagnosis.findings) and args.karmada_kubeconfig is None:
            warn(f"replace {UNKNOWN_KUBECONFIG} by your kubeconfig of Karmada: none was given")
    return FAILED if diagnosis.failed else FINDINGS if diagnosis.findings else OK


async def _examined(args: argparse.Namespace) -> Diagnosis:
    if args.karmada_part_only:
        async with open_karmada_part(args) as (karmada, namespace):
            commands = _commands(args, namespace)
            return await examine(Patient(karmada, None, namespace, commands, args.scheduler_name))
    async with open_target(args, must_find=False) as target:
        commands = await with_origin(_commands(args, target.namespace), target.host)
        return await examine(Patient(target.karmada, target.host, target.namespace, commands, args.scheduler_name))


def _commands(args: argparse.Namespace, namespace: str) -> Commands:
    """Make the writer of commands that select the same API servers as this one."""
    karmada = Access(args.karmada_kubeconfig or "", args.karmada_context or "")
    host = Access(args.kubeconfig or "", args.context or "")
    if args.karmada_part_only and not karmada.file:
        karmada, host = Access(host.file, karmada.context or host.context), Access()
    return Commands(karmada, host, namespace)
