"""``converter resume``: ends a pause, once the webhooks have proved that they answer."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from converter.cli import OK
from converter.cli.clusters import add_cluster_options
from converter.cli.pause import with_karmada
from converter.install.pause import Pause

if TYPE_CHECKING:
    from converter.client import ApiServer

_EPILOG = """\
examples:
  converter resume
  converter resume --karmada-kubeconfig karmada.config

The webhooks are called again. Then a Work is sent through them, without being stored. If it does not pass, everything
stays paused, and the command says why. Otherwise converted Works can change again, and the controller acts again: it
compares all Works. Karmada sends the Works again that it could not write meanwhile.

exit codes: 0 resumed, or not paused; 2 still paused: the webhook does not answer, or the API server cannot be reached
or refused a request
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "resume",
        help="end a pause",
        description="Call the webhooks again, prove that they answer, and let the controller act again.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_cluster_options(parser, needs_host=False)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """End the pause; returns the exit code."""

    async def resume(karmada: ApiServer, namespace: str) -> int:
        done = await Pause(karmada, namespace, print).resume()
        if not done.was_paused:
            print("not paused: nothing to do")
        else:
            print(f"resumed; Karmada sends the Works of {done.sent_again} bindings again")
        return OK

    return with_karmada(args, resume)
