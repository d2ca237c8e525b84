"""``converter rules graph``: draws which versions rules connect."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING

from converter.cli import FINDINGS, OK
from converter.cli.live_rules import add_live_options, documents_of, read_live
from converter.cli.options import UsageError
from converter.config import SHIPPED_RULES, parse_rules, read_rule_files
from converter.rules.graph import as_mermaid, as_svg, as_text, families

if TYPE_CHECKING:
    from collections.abc import Sequence

    from converter.rules import Rule

_EPILOG = """\
examples:
  converter rules graph                                      # the shipped rules
  converter rules graph ./rules -o mermaid
  converter rules graph --kind Ingress -o svg > ingress.svg
  converter rules graph --kubeconfig karmada.config          # the rules that a control plane uses

exit codes: 0 drawn; 1 no rule converts the kind; 2 the rules cannot be read
"""

_FORMS = {"text": as_text, "mermaid": as_mermaid, "svg": as_svg}


def register(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parser of the verb."""
    parser = verbs.add_parser("graph", help="draw which versions rules connect", epilog=_EPILOG,
                              description="Draw the graph of rules: versions are the nodes, rules the edges.",
                              formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("paths", nargs="*", metavar="PATH",
                        help="rule files or directories (default: the shipped rules); with --kubeconfig, documents to "
                             "apply to the control plane")  # fmt: skip
    parser.add_argument("--kind", action="append", default=[], metavar="KIND", help="only this kind (repeatable)")
    parser.add_argument("-o", "--output", choices=tuple(_FORMS), default="text", help="default: text")
    add_live_options(parser, "draw the rules that it uses: files and rule objects")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the graph."""
    rules = _rules(args)
    missing = sorted({*args.kind} - {kind for rule in rules for kind in rule.kinds})
    if missing:
        print(f"no rule converts {', '.join(missing)}", file=sys.stderr)
        return FINDINGS
    found = [family for family in families(rules) if not args.kind or not set(args.kind).isdisjoint(family.kinds)]
    print(_FORMS[args.output](found), end="")
    return OK


def _rules(args: argparse.Namespace) -> Sequence[Rule]:
    if not args.kubeconfig:
        if args.rules:
            raise UsageError("--rules goes with --kubeconfig; name the files as PATH")
        return parse_rules(read_rule_files(args.paths or [SHIPPED_RULES]))
    rules = asyncio.run(read_live(args)).rules
    if args.paths:
        rules = rules.with_applied(documents_of(args.paths))
    return rules.combine().configuration.book.rules
