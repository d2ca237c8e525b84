"""``converter rules``: checks, tests and lists rules."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING

from converter.catalog import load_catalog
from converter.cli import FAILED, FINDINGS, OK, rules_diff, rules_fmt, rules_graph, rules_new, rules_schema, rules_test
from converter.cli.counting import counted
from converter.cli.crd_files import add_crd_option, read_crds
from converter.cli.live_rules import add_live_options, documents_of, live_crds, read_live
from converter.cli.options import UsageError
from converter.config import SHIPPED_RULES, Configuration, read_rule_files
from converter.errors import RuleBookError
from converter.rule_objects import read_object
from converter.rules.check_crds import check_crds
from converter.rules.check_fields import CatalogTypes
from converter.rules.functions import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from converter.errors import RuleProblem
    from converter.rules.check_crds import CrdReport

_LINT = """\
examples:
  converter rules lint ./rules            # together with the shipped rules, as the webhook loads them
  converter rules lint --alone ./rules
  converter rules lint ./rules --crd ./crds/widgets.yaml
  converter rules lint ./rules --kubeconfig karmada.config    # before kubectl apply -f ./rules
  converter rules lint --kubeconfig karmada.config            # the rule objects that are there

With --kubeconfig the rules are checked as the webhook checks them, together with the rule objects of the control plane,
and proved against its CRDs.

docs/how-to/rule-recipes.md has a recipe for each finding, and docs/reference/steps.md every step.

exit codes: 0 no problem; 1 problems, each with file, line and a hint; 2 a path cannot be read
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parsers of the command and its verbs."""
    about = "Work with conversion rules. docs/tutorials/roll-out-a-rule.md shows how, from a CRD to a fleet."
    parser = commands.add_parser("rules", help="check, test and list rules", description=about)
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    raw = argparse.RawDescriptionHelpFormatter
    lint = verbs.add_parser("lint", help="check rule files", epilog=_LINT, formatter_class=raw,
                            description="Check rules against the shipped book and Kubernetes' types.")  # fmt: skip
    lint.add_argument("paths", nargs="*", metavar="PATH", help="rule files or directories (default: the shipped rules)")
    use = "know their fields, and prove each rule for them: list all that is neither mapped, dropped nor identical"
    add_crd_option(lint, use)
    lint.add_argument("--alone", action="store_true", help="check without the shipped rules")
    add_live_options(lint, "check with its rule objects and CRDs")
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
    if args.kubeconfig:
        return _lint_live(args)
    if args.rules:
        raise UsageError("--rules goes with --kubeconfig; name the files as PATH")
    roots = [*([] if args.alone and args.paths else [SHIPPED_RULES]), *args.paths]
    try:
        files = read_rule_files(roots, may_be_empty=False)
    except RuleBookError as error:
        return _report(error.problems, FAILED)
    try:
        book = Configuration.read(files, load_catalog()).book
    except RuleBookError as error:
        return _report(error.problems, FINDINGS)
    crds = read_crds(args.crd)
    # CRDs of a project can be older than the shipped rules for it: those are checked if nothing else is named.
    own = frozenset(file.path for file in (read_rule_files(args.paths) if args.paths else files))
    found = check_crds([rule for rule in book.rules if rule.file in own], crds)
    if found.problems:
        return _report(found.problems, FINDINGS)
    loaded = ((len(files), "file"), (len(book.rules), "rule"), (len(book.kinds()), "kind"))
    print(f"{', '.join(counted(number, noun) for number, noun in loaded)}: no problem")
    if args.crd:
        _report_proof(found, named=bool(args.paths))
    return OK


def _report_proof(found: CrdReport, *, named: bool) -> None:
    """Say how much was proved, and of rules that the user named, which were not."""
    if found.compared:
        pairs = "pair of versions" if found.compared == 1 else "pairs of versions"
        print(f"{found.compared} {pairs} proved: each field is mapped, dropped or identical")
    else:
        print("nothing proved: no rule is about two versions of a CRD")
    kubernetes = CatalogTypes(load_catalog())
    for rule, missing in found.skipped if named else ():
        if not any(map(kubernetes.expects, missing)):
            lacked = ", ".join(map(str, missing))
            print(
                f"{rule.file}:{rule.line}: note: rule {rule.name} is not proved: no CRD has {lacked}", file=sys.stderr
            )


def _lint_live(args: argparse.Namespace) -> int:
    """Check rules as the webhook of a control plane does; without paths, the rule objects that it has."""
    if args.alone or args.crd:
        raise UsageError("--kubeconfig reads the rules and CRDs of the control plane: leave out --alone and --crd")
    try:
        documents = documents_of(args.paths)
    except RuleBookError as error:
        return _report(error.problems, FINDINGS)
    live = asyncio.run(read_live(args)).rules
    try:
        applied = live.with_applied(documents)
    except RuleBookError as error:
        return _report(error.problems, FINDINGS)
    combination = applied.combine()
    keys = {read_object(document).key for document in documents} or set(combination.verdicts)
    problems = [problem for key in sorted(keys) for problem in combination.verdicts[key].all_problems]
    rules = [rule for rule in combination.configuration.book.rules if rule.file in set(map(str, keys))]
    found = check_crds(rules, asyncio.run(live_crds(args, rules)))
    problems += found.problems
    if problems:
        return _report(problems, FINDINGS)
    print(f"{len(keys)} rule objects: no problem")
    _report_proof(found, named=True)
    return OK


def run_list(args: argparse.Namespace) -> int:
    """Print every rule in a line, then every named function."""
    book = Configuration.read(read_rule_files([SHIPPED_RULES, *args.paths])).book
    for rule in book.rules:
        note = f"cannot be converted: {rule.unconvertible}" if rule.unconvertible else counted(len(rule.steps), "step")
        print(f"{rule.name}: {', '.join(rule.kinds)}: {rule.left} <-> {rule.right} ({note})")
    for name in sorted(FUNCTIONS):
        print(f"function {name}: {FUNCTIONS[name].summary}")
    return OK


def _report(problems: Sequence[RuleProblem], code: int) -> int:
    for problem in problems:
        print(problem, file=sys.stderr)
    print(counted(len(problems), "problem"), file=sys.stderr)
    return code
