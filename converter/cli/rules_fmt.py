"""``converter rules fmt``: formats rule files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from converter.cli import FINDINGS, OK
from converter.cli.convert_in_place import patch, write_text
from converter.cli.counting import counted
from converter.cli.manifest_files import InputError
from converter.config import read_rule_files

_EPILOG = """\
examples:
  converter rules fmt ./rules
  converter rules fmt ./rules --check --diff      # in CI

Comments stay, and so do the bytes of documents that are neither rules nor cases.

exit codes: 0 formatted, or nothing to do; 1 --check, and a file is not formatted; 2 a file cannot be read or formatted
"""


def register(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parser of the verb."""
    parser = verbs.add_parser("fmt", help="format rule files", epilog=_EPILOG,
                              description="Format rule files: the order of keys, and the indentation.",
                              formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("paths", nargs="+", metavar="PATH", help="rule files or directories")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a file is not formatted")
    parser.add_argument("--diff", action="store_true", help="print what changes")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Format the files."""
    from converter.rules.format import FormatError, format_rules  # noqa: PLC0415  ruamel.yaml is slow to import

    changed = []
    files = read_rule_files(args.paths)
    for file in files:
        if Path(file.path).suffix == ".json":
            continue
        try:
            made = format_rules(file.text)
        except FormatError as error:
            raise InputError(file.path, str(error)) from error
        if made != file.text:
            changed.append((file, made))
    for file, made in changed:
        if args.diff:
            sys.stdout.writelines(patch(file.path, file.text, made))
        if not args.check:
            write_text(file.path, made)
    for file, _ in changed:
        print(f"{file.path}: {'is not formatted' if args.check else 'formatted'}", file=sys.stderr)
    verb = "to change" if args.check else "changed"
    print(f"{counted(len(files), 'file')}, {len(changed)} {verb}", file=sys.stderr)
    return FINDINGS if args.check and changed else OK
