"""``converter rules test``: runs the examples inside of rules, and cases in files of their own."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from converter.cli import FAILED, FINDINGS, OK
from converter.cli.counting import counted
from converter.cli.rule_cases import junit, run_case, run_examples
from converter.config import SHIPPED_RULES, parse_rules, read_rule_files
from converter.engine import Engine
from converter.errors import ProblemCode, RuleBookError, RuleProblem
from converter.rules.cases import KIND, parse_cases
from converter.rules.rule import API_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from converter.cli.rule_cases import Result
    from converter.rules.cases import Case

_EPILOG = """\
examples:
  converter rules test ./rules
  converter rules test ./rules --cases ./cases
  converter rules test ./rules --cases ./cases -o junit > report.xml

docs/reference/rules.md shows a file of cases.

exit codes: 0 every example and case passes; 1 one fails, or a rule has none; 2 the rules or cases cannot be read
"""


def register(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parser of the verb."""
    parser = verbs.add_parser("test", help="run the examples and cases of rules", epilog=_EPILOG,
                              formatter_class=argparse.RawDescriptionHelpFormatter,
                              description="Run the examples inside rule files, in both directions, and cases in files "
                                          "of their own, with the shipped rules.")  # fmt: skip
    parser.add_argument("paths", nargs="*", metavar="PATH",
                        help="rule files or directories (default: the shipped rules)")  # fmt: skip
    parser.add_argument("--cases", action="append", default=[], metavar="PATH",
                        help="a file or a directory of ConversionCases (repeatable)")  # fmt: skip
    parser.add_argument("-o", "--output", choices=("text", "junit"), default="text", help="default: text")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run every example of the rules, and every case."""
    try:
        rules = parse_rules(read_rule_files(args.paths or [SHIPPED_RULES], may_be_empty=False))
        cases = _read_cases(args.cases)
        results = list(run_examples(rules))
        if cases:
            engine = Engine.from_rules(args.paths)
            results += [run_case(case, engine) for case in cases]
    except RuleBookError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        print(counted(len(error.problems), "problem"), file=sys.stderr)
        return FAILED
    failed = [result for result in results if result.failure]
    _report(results, failed)
    if args.output == "junit":
        print(junit(results), end="")
    elif not failed:
        ran = ((len(rules), "rule"), (len(results) - len(cases), "example"), (len(cases), "case"))
        print(f"{', '.join(counted(number, noun) for number, noun in ran)}: all pass")
    return FINDINGS if failed else OK


def _report(results: Iterable[Result], failed: list[Result]) -> None:
    for result in failed:
        print(f"{result.file}:{result.line}: {result.name}: {result.failure}", file=sys.stderr)
    if failed:
        print(f"{len(failed)} of {len(list(results))} failed", file=sys.stderr)


def _read_cases(paths: Iterable[str]) -> list[Case]:
    """Read the cases at some paths.

    Raises:
        RuleBookError: with every problem of every file.
    """
    cases: list[Case] = []
    problems: list[RuleProblem] = []
    paths = list(paths)
    for file in read_rule_files(paths):
        if _is_manifest_only(file.text):
            continue
        found, wrong = parse_cases(file.path, file.text)
        cases += found
        problems += wrong
    if paths and not cases and not problems:
        text = f"has no {KIND} document"
        problems = [
            RuleProblem(path, 0, text, "docs/reference/rules.md shows one", ProblemCode.MISSING) for path in paths
        ]
    if problems:
        raise RuleBookError(problems)
    return cases


def _is_manifest_only(text: str) -> bool:
    """Whether a file in a directory of cases only has manifests, which cases name by its path."""
    return KIND not in text and f"apiVersion: {API_VERSION}" not in text
