"""``converter rules schema``: prints the JSON Schema of rule files, for editors."""

from __future__ import annotations

import argparse
import sys

import msgspec

from converter.cli import OK
from converter.losses.json_schema import loss_schemas
from converter.rules.json_schema import rules_schema

_EPILOG = """\
examples:
  converter rules schema > converter-rules.schema.json
  # first line of a rule file, for editors with the YAML language server:
  # yaml-language-server: $schema=converter-rules.schema.json

exit codes: 0 printed
"""


def register(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parser of the verb."""
    parser = verbs.add_parser("schema", help="print a JSON Schema for editors", epilog=_EPILOG,
                              description="Print the JSON Schema of rule files and of files of cases, for editors.",
                              formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.set_defaults(run=run)


def run(_args: argparse.Namespace) -> int:
    """Print the schema."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(rules_schema(loss_schemas())), indent=2).decode() + "\n")
    return OK
