"""What all tests share: Hypothesis profiles, the shipped converter, and the counts that a run prints last."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests import versions
from tests.shipped import shipped_engine
from tests.sizes import CI

if TYPE_CHECKING:
    from collections.abc import Callable

    from converter.engine import Engine

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
