"""The command line: ``converter COMMAND``, one module a command.

Exit codes, the same for every command, so that a CI can rely on them:

====  =======================================================================================
0     done; nothing was lost or found
1     done, but with findings: a manifest could not be converted, a rule test failed, a check failed
2     not done: bad usage, unreadable input, a broken rule book
====  =======================================================================================
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from typing import TYPE_CHECKING, NoReturn, Protocol

from converter.cli.version import version_text
from converter.errors import ConverterError

if TYPE_CHECKING:
    from collections.abc import Sequence

OK, FINDINGS, FAILED = 0, 1, 2

COMMANDS = (
    "convert",
    "explain",
    "check",
    "losses",
    "rules",
    "catalog",
    "coverage",
    "serve",
    "demo",
    "controller",
    "discovery",
    "install",
)
"""Every command, in the order the help shows them; each is the module of that name beside this one."""

_EPILOG = """\
exit codes:
  0  done; nothing was lost or found
  1  done, with findings (a manifest that cannot be converted, a rule test that fails, ...)
  2  not done: bad usage, unreadable input, a broken rule book

examples:
  converter convert -f ingress.yaml --to networking.k8s.io/v1beta1
  helm template shop | converter convert -f - --cluster edge --inventory fleet.yaml
  converter explain -f hpa.yaml --to autoscaling/v1
  converter rules lint ./my-rules
"""


class Command(Protocol):
    """What each command's module offers."""

    def register(self, commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
        """Add the command's parser, with ``run`` as its default ``run``."""

    def run(self, args: argparse.Namespace) -> int:
        """Do it, and return the exit code."""


class _Parser(argparse.ArgumentParser):
    """A parser that points at the help when the usage is wrong."""

    def error(self, message: str) -> NoReturn:
        self.exit(FAILED, f"{self.prog}: {message}\n`{self.prog} --help` shows how to use it.\n")


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of all commands."""
    parser = _Parser(
        prog="converter",
        description="Rewrites Kubernetes manifests into the API versions a cluster serves.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=version_text())
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in COMMANDS:
        importlib.import_module(f"converter.cli.{name}").register(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    args = build_parser().parse_args(argv)
    try:
        code: int = args.run(args)
        sys.stdout.flush()
    except ConverterError as error:
        print(f"converter: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    return code
