"""What all tests share: Hypothesis profiles, the shipped converter, and the counts that a run prints last."""

from __future__ import annotations

import os
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from converter import config
from converter.config import SHIPPED_RULES, Parsed
from converter.rules import check
from tests import versions
from tests.shipped import shipped_engine
from tests.sizes import CI

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from converter.catalog import Catalog
    from converter.config import RuleFile
    from converter.engine import Engine
    from converter.errors import RuleProblem
    from converter.rules import Rule
    from converter.rules.check_fields import CatalogTypes

_COUNT = "count"

# `quick` is the size of `make test`. CI runs the same tests in the size `ci` (tests/sizes.py), where the round trips of
# workloads, autoscalers, ingresses and their kin have 1,000 a pair. `nightly` (make fuzz) tries many more.
# `smoke` (make mutate-messages) tries hardly any.
_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("quick", max_examples=CI // 5, derandomize=True, **_COMMON)
settings.register_profile("ci", max_examples=CI, derandomize=True, **_COMMON)
settings.register_profile("smoke", max_examples=10, derandomize=True, **_COMMON)
settings.register_profile("nightly", max_examples=10_000, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(scope="session")
def shipped() -> Engine:
    """The converter of the shipped rule book; it never changes."""
    return shipped_engine()


@pytest.fixture(scope="session", autouse=True)
def _shipped_files_parsed_once() -> Iterator[None]:
    """Parse and check the files of the shipped rule book once for each process: hundreds of tests read it.

    Rules never change. Files of tests, and what is wrong among rules of several files, are read each time.
    """
    parse, check_rule = config._parse, check.check_rule
    parsed_file, checked = cache(lambda file, catalog: parse((file,), catalog)), {}

    def parse_once(files: Iterable[RuleFile], catalog: Catalog | None) -> Parsed:
        found = Parsed([], [], [], [])
        for file in files:
            shipped = file.path.startswith(str(SHIPPED_RULES))
            for into, more in zip(
                found, parsed_file(file, catalog) if shipped else parse((file,), catalog), strict=True
            ):
                into.extend(more)
        return found

    def check_once(rule: Rule, known: CatalogTypes | None) -> list[RuleProblem]:
        if not rule.file.startswith(str(SHIPPED_RULES)):
            return check_rule(rule, known)
        key = id(rule), known is None
        if key not in checked:
            checked[key] = rule, check_rule(rule, known)
        return checked[key][1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(config, "_parse", parse_once)
        patch.setattr(check, "check_rule", check_once)
        yield


@pytest.fixture
def report_count(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Print a line at the end of the run: how many cases a test tried, and what came of them."""
    return lambda line: record_property(_COUNT, line)


_outcomes: Counter[str] = Counter()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count how the tests of each folder ended, for the record of versions."""
    if report.failed or (report.when == "call" and report.passed):
        folder = "/".join(report.nodeid.split("::")[0].split("/")[:2])
        _outcomes[f"{folder} {'failed' if report.failed else 'passed'}"] += 1


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Record the versions that the session ran with."""
    if not hasattr(session.config, "workerinput"):
        versions.write(session, _outcomes)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the counts that tests reported."""
    reports = [report for state in ("passed", "failed") for report in terminalreporter.stats.get(state, ())]
    lines = {(report.nodeid, str(line)) for report in reports for key, line in report.user_properties if key == _COUNT}
    if lines:
        terminalreporter.section("counts")
    for node, line in sorted(lines):
        terminalreporter.write_line(f"{node.rpartition('/')[2]}: {line}")
