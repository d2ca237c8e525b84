"""``converter rules``: checks, tests and lists rules."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from converter.catalog import load_catalog
from converter.cli import FAILED, FINDINGS, OK, rules_diff, rules_fmt, rules_graph, rules_new, rules_schema, rules_test
from converter.cli.crd_files import add_crd_option, read_crds
from converter.config import SHIPPED_RULES, Configuration, read_rule_files
from converter.errors import RuleBookError
from converter.rules.check_crds import check_crds
from converter.rules.functions import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from converter.errors import RuleProblem

_LINT = """\
examples:
  converter rules lint ./rules            # together with the shipped rules, as the webhook loads them
  converter rules lint --alone ./rules
  converter rules lint ./rules --crd ./crds/widgets.yaml

exit codes: 0 no problem; 1 problems, each with file, line and a hint; 2 a path cannot be read
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parsers of the command and its verbs."""
    parser = commands.add_parser("rules", help="check, test and list rules", description="Work with conversion rules.")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    raw = argparse.RawDescriptionHelpFormatter
    lint = verbs.add_parser("lint", help="check rule files", epilog=_LINT, formatter_class=raw,
                            description="Check rules against the shipped book and Kubernetes' types.")  # fmt: skip
    lint.add_argument("paths", nargs="*", metavar="PATH", help="rule files or directories (default: the shipped rules)")
    use = "know their fields, and prove each rule for them: list all that is neither mapped, dropped nor identical"
    add_crd_option(lint, use)
    lint.add_argument("--alone", action="store_true", help="check without the shipped rules")
    lint.set_defaults(run=run_lint)
    rules_test.register(verbs)
    rules_new.register(verbs)
    rules_diff.register(verbs)
    rules_graph.register(verbs)
    rules_fmt.register(verbs)
    rules_schema.register(verbs)
    show = verbs.add_parser(
        "list", help="list rules and named functions", description="List rules and named functions."
    )
    show.add_argument(
        "paths", nargs="*", metavar="PATH", help="rule files or directories in addition to the shipped rules"
    )
    show.set_defaults(run=run_list)


def run_lint(args: argparse.Namespace) -> int:
    """Load the rules as the webhook would, and print every problem."""
    roots = [*([] if args.alone and args.paths else [SHIPPED_RULES]), *args.paths]
    try:
        files = read_rule_files(roots)
    except RuleBookError as error:
        return _report(error.problems, FAILED)
    try:
        book = Configuration.read(files, load_catalog()).book
    except RuleBookError as error:
        return _report(error.problems, FINDINGS)
    crds = read_crds(args.crd)
    found = check_crds(book.rules, crds)
    if found.problems:
        return _report(found.problems, FINDINGS)
    print(f"{len(files)} files, {len(book.rules)} rules, {len(book.kinds())} kinds: no problem")
    if args.crd:
        print(f"{found.compared} pairs of versions proved: each field is mapped, dropped or identical")
    return OK


def run_list(args: argparse.Namespace) -> int:
    """Print every rule in a line, then every named function."""
    book = Configuration.read(read_rule_files([SHIPPED_RULES, *args.paths])).book
    for rule in book.rules:
        note = f"cannot be converted: {rule.unconvertible}" if rule.unconvertible else f"{len(rule.steps)} steps"
        print(f"{rule.name}: {', '.join(rule.kinds)}: {rule.left} <-> {rule.right} ({note})")
    for name in sorted(FUNCTIONS):
        print(f"function {name}: {FUNCTIONS[name].summary}")
    return OK


def _report(problems: Sequence[RuleProblem], code: int) -> int:
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(problems)} problem{'s' if len(problems) != 1 else ''}", file=sys.stderr)
    return code
