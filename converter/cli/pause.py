"""``converter pause``: takes the converter out of the way in an emergency, and keeps everything converted as it is."""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING

from converter.cli import OK
from converter.cli.clusters import DEFAULT_NAMESPACE
from converter.cli.options import UsageError
from converter.client import ApiServer
from converter.install.pause import Pause

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_EPILOG = """\
examples:
  converter pause --karmada-kubeconfig karmada.config
  converter resume --karmada-kubeconfig karmada.config

What happens while it is paused:
  Works that need no conversion     pass at once, without the converter: this ends an outage of the webhooks
  converted Works                   stay as they are, on Karmada and on the members. Karmada's updates of them are
                                    refused by a policy of the API server, which needs no process of the converter
  changes of such a template        reach clusters that need no conversion, and wait for the others. That includes
                                    changes of its policy, such as preserveResourcesOnDeletion
  deleting a template, or taking a  deletes on the members as always, as long as the discovery server runs
  cluster out of a placement
  status of such a template         keeps its last value, for all its clusters
  new templates                     are sent in their own version; an old member refuses them, and Karmada retries
  placement of bindings             exclusions and scheduler names are still set (if the webhook answers within its
                                    timeout; otherwise, Karmada continues without); --placement stops that too
  controller                        does nothing: no re-conversion, no APIServices, and no renewal of certificates and
                                    tokens. Resume long before they end; `converter status` shows when
  installing or upgrading           does not end the pause

It needs a Karmada API server of v1.30 or newer, and no access to the host cluster.

exit codes: 0 paused; 2 not paused: the API server cannot keep what is converted, cannot be reached or refused a request
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "pause",
        help="take the converter out of the way in an emergency",
        description="Stop calling the webhooks, stop the controller, and keep everything converted as it is.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_karmada_options(parser)
    parser.add_argument(
        "--placement", action="store_true", help="also stop the webhook for bindings: no exclusions, no scheduler names"
    )
    parser.set_defaults(run=run)


def add_karmada_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a command that needs the Karmada API server only."""
    parser.add_argument(
        "--karmada-kubeconfig", metavar="FILE", help="kubeconfig of the Karmada API server, with an admin's rights"
    )
    parser.add_argument(
        "--karmada-context", metavar="NAME", help="context of that kubeconfig (default: its current context)"
    )
    parser.add_argument(
        "--namespace", metavar="NAME", default=DEFAULT_NAMESPACE,
        help="namespace of the installation (default: %(default)s)",
    )  # fmt: skip


def with_karmada(args: argparse.Namespace, act: Callable[[ApiServer], Awaitable[int]]) -> int:
    """Run something with the Karmada API server of the options; return its exit code.

    Raises:
        UsageError: the kubeconfig is missing.
    """
    if args.karmada_kubeconfig is None:
        raise UsageError("--karmada-kubeconfig is missing: the kubeconfig of an administrator of Karmada")

    async def connected() -> int:
        async with await ApiServer.connect(args.karmada_kubeconfig, args.karmada_context) as karmada:
            return await act(karmada)

    return asyncio.run(connected())


def run(args: argparse.Namespace) -> int:
    """Pause the converter; returns the exit code."""

    async def pause(karmada: ApiServer) -> int:
        await Pause(karmada, args.namespace, print).pause(placement=args.placement)
        print("paused; to end it: converter resume")
        return OK

    return with_karmada(args, pause)
