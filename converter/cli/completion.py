"""``converter completion``: a completion script for bash, zsh or fish, generated from the command line's own parser."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import shtab

from converter.cli import OK, build_parser

if TYPE_CHECKING:
    from collections.abc import Iterator

SHELLS = ("bash", "zsh", "fish")

_PATHS = {"FILE": shtab.FILE, "PATH": shtab.FILE, "DIR": shtab.DIRECTORY}
"""What the shell completes for an argument, by its placeholder in the help."""

_EPILOG = """\
examples:
  source <(converter completion bash)            # this shell; add the line to ~/.bashrc for every shell
  converter completion bash > /etc/bash_completion.d/converter
  converter completion zsh > "${fpath[1]}/_converter"
  converter completion fish > ~/.config/fish/completions/converter.fish

Start a new shell after you write a file.

exit codes: 0 the script was printed; 2 wrong usage
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "completion",
        help="print a completion script for a shell",
        description="Print a script that completes commands, options, choices and paths in a shell.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("shell", choices=SHELLS, help="the shell that reads the script")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the script; returns the exit code."""
    print(completion_script(args.shell))
    return OK


def completion_script(shell: str) -> str:
    """Generate the completion script of a shell.

    Args:
        shell: one of `SHELLS`.
    """
    parser = build_parser()
    for action in _actions(parser):
        path = _PATHS.get(action.metavar) if isinstance(action.metavar, str) else None
        if path is not None:
            action.complete = path  # type: ignore[attr-defined]  # shtab reads this attribute
    script: str = shtab.complete(parser, shell=shell)
    return script


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yield the arguments of a parser and of all its commands."""
    for action in parser._actions:  # noqa: SLF001  # argparse has no public list; shtab reads the same one
        yield action
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001  # the type of `add_subparsers`
            for command in action.choices.values():
                yield from _actions(command)
