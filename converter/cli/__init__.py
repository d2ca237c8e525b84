"""The command line: ``converter COMMAND``, one module per command.

Exit codes, the same for every command, so that pipelines can rely on them:

====  =======================================================================================
0     done; nothing was lost or found
1     done, with findings: a manifest could not be converted, a rule test failed, a check failed
2     not done: wrong usage, unreadable input, invalid rules, output that cannot be written, a bug
130   interrupted (Ctrl-C)
141   whoever read standard output closed it, as ``| head`` does
====  =======================================================================================
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from typing import TYPE_CHECKING, NoReturn, Protocol

from converter.cli.streams import abandon, prepare, warn
from converter.cli.version import version_text
from converter.errors import ConverterError
from converter.tracebacks import traceback_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from _typeshed import SupportsWrite

OK, FINDINGS, FAILED, INTERRUPTED, READER_GONE = 0, 1, 2, 130, 141

PROGRAM = "converter"
"""The name of the program, which begins each of its messages on standard error."""

TRACEBACK_VARIABLE = "CONVERTER_TRACEBACK"
"""Environment variable: if it is set, a bug prints its Python traceback."""

COMMANDS = (
    "convert",
    "explain",
    "check",
    "losses",
    "plan",
    "promote",
    "rules",
    "catalog",
    "coverage",
    "serve",
    "demo",
    "dashboard",
    "controller",
    "discovery",
    "install",
    "upgrade",
    "status",
    "verify",
    "doctor",
    "uninstall",
    "pause",
    "resume",
    "hook",
    "completion",
)
"""Every command, in the order of the help; each is the module of that name in this package."""

_EPILOG = """\
exit codes:
  0    done; nothing was lost or found
  1    done, with findings (a manifest that cannot be converted, a rule test that fails, ...)
  2    not done: wrong usage, unreadable input, invalid rules, output that cannot be written, a bug
  130  interrupted (Ctrl-C)
  141  whoever read standard output closed it, as `| head` does

examples:
  converter convert -f ingress.yaml --to networking.k8s.io/v1beta1
  helm template shop | converter convert -f - --cluster edge --inventory fleet.yaml
  converter explain -f hpa.yaml --to autoscaling/v1
  converter rules lint ./my-rules
"""


class Command(Protocol):
    """What the module of each command offers."""

    def register(self, commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
        """Add the parser of the command, with its function as the default ``run``."""

    def run(self, args: argparse.Namespace) -> int:
        """Run the command, and return the exit code."""


class _Parser(argparse.ArgumentParser):
    """A parser that points to the help when the usage is wrong, and reports output that cannot be written."""

    def error(self, message: str) -> NoReturn:
        self.exit(FAILED, f"{self.prog}: {message}\nRun `{self.prog} --help` for usage.\n")

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        if file is not None and file is sys.stdout:
            file.write(message)  # argparse itself ignores a write failure
        else:
            super()._print_message(message, file)


def build_parser(modules: Iterable[str] = COMMANDS) -> argparse.ArgumentParser:
    """Build the parser of all commands, or of those in some modules only."""
    parser = _Parser(
        prog=PROGRAM,
        description="Rewrite Kubernetes manifests into the API versions that a cluster serves.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=version_text())
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in modules:
        importlib.import_module(f"converter.cli.{name}").register(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line, and return the exit code.

    Raises:
        SystemExit: after ``--help``, ``--version`` or wrong usage, with the exit code.
    """
    prepare()
    code = _guarded(lambda: _run(argv))
    flushed = _guarded(_flush)  # output is buffered, so a full disk may show only now
    return code if flushed == OK else flushed


def _modules(arguments: Sequence[str]) -> Iterable[str]:
    """The modules that a command line needs: the one of its command, so that the others need not be imported."""
    first = arguments[0] if arguments else ""
    if first == "--version":
        return ()
    return (first,) if first in COMMANDS else COMMANDS


def _run(argv: Sequence[str] | None) -> int:
    arguments = sys.argv[1:] if argv is None else argv
    try:
        args = build_parser(_modules(arguments)).parse_args(arguments)
    except SystemExit:
        sys.stdout.flush()  # the interpreter would report a failure here in its own words
        raise
    code: int = args.run(args)
    return code


def _flush() -> int:
    sys.stdout.flush()
    return OK


def _guarded(act: Callable[[], int]) -> int:
    """Do something, and turn each failure into a message and an exit code."""
    try:
        return act()
    except ConverterError as error:
        warn(f"{PROGRAM}: {error}" + (f"; {error.next_step}" if error.next_step else ""))
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        abandon(sys.stdout)
        return READER_GONE
    except OSError as error:
        warn(f"{PROGRAM}: {_io_failure(error)}")
        abandon(sys.stdout)
        return FAILED
    except Exception as error:  # noqa: BLE001  a bug: the user gets a message, not a traceback
        if os.environ.get(TRACEBACK_VARIABLE):
            warn(traceback_of(error))
        hint = f"run it again with {TRACEBACK_VARIABLE}=1 and report the output as a bug"
        warn(f"{PROGRAM}: internal error: {type(error).__name__}; {hint}")
        return FAILED


def _io_failure(error: OSError) -> str:
    why = error.strerror or str(error)
    if error.filename is not None:
        return f"{os.fsdecode(error.filename)}: {why}; check the path and its permissions"
    return f"cannot read or write: {why}; check that standard output is open and has space left"
