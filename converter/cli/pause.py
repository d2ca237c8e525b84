"""``converter pause``: takes the converter out of the way in an emergency, and keeps everything converted as it is."""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING

from converter.cli import OK
from converter.cli.clusters import add_cluster_options, open_only_karmada
from converter.install.pause import Pause

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from converter.client import ApiServer

_EPILOG = """\
examples:
  converter pause
  converter pause --karmada-kubeconfig karmada.config    # asks Karmada only, even for the namespace
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
  new templates                     are sent in their own version; an old member refuses them, and Karmada retries.
                                    They are converted after resume
  placement of bindings             exclusions and scheduler names are still set (if the webhook answers within its
                                    timeout; otherwise, Karmada continues without); --placement stops that too
  controller                        does nothing: no re-conversion, no APIServices, and no renewal of certificates and
                                    tokens. Resume long before they end; `converter status` shows when
  installing or upgrading           does not end the pause

It needs a Karmada API server of v1.30 or newer. With --karmada-kubeconfig, it does not need the host cluster.

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
    add_cluster_options(parser, needs_host=False)
    parser.add_argument(
        "--placement", action="store_true", help="also stop the webhook for bindings: no exclusions, no scheduler names"
    )
    parser.set_defaults(run=run)


def with_karmada(args: argparse.Namespace, act: Callable[[ApiServer, str], Awaitable[int]]) -> int:
    """Run something with the Karmada API server and the namespace of the installation; return its exit code.

    Raises:
        ConverterError: as of `open_only_karmada`.
    """

    async def connected() -> int:
        async with open_only_karmada(args) as (karmada, namespace):
            return await act(karmada, namespace)

    return asyncio.run(connected())


def run(args: argparse.Namespace) -> int:
    """Pause the converter; returns the exit code."""

    async def pause(karmada: ApiServer, namespace: str) -> int:
        await Pause(karmada, namespace, print).pause(placement=args.placement)
        print("paused; to end it: converter resume")
        return OK

    return with_karmada(args, pause)
