"""Runs the tests again and again while every core is busy, and counts what fails: ``make stress``.

No test may depend on the speed of the machine. The load has the priority of the tests, so on a machine with two cores
the tests get about half of each. A failure that does not come back without load depends on time: let the test wait for
a condition (``tests.waiting.until``) or inject a clock.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]


def burn() -> None:
    """Use up one core."""
    while True:
        sum(range(100_000))


def run(tests: list[str], workers: str) -> tuple[list[str], str]:
    """Run the tests once; returns those that failed, and the last line of the report."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", workers, "--dist", "worksteal", "-p", "no:cacheprovider"]
    done = subprocess.run([*command, "--tb=short", *tests], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"the tests did not run:\n{done.stdout[-4000:]}{done.stderr[-2000:]}")
    failed = re.findall(r"^(?:FAILED|ERROR) (\S.*?)(?: - .*)?$", done.stdout, re.MULTILINE)
    if failed:
        print(done.stdout[-20_000:])
    return failed, done.stdout.rstrip().rpartition("\n")[2]


def main(arguments: list[str] | None = None) -> int:
    """Run the tests under load; returns how many tests failed at least once, at most 100."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=10, help="how often (default: %(default)s)")
    parser.add_argument("--load", type=int, default=os.cpu_count(), help="busy processes (default: one for each core)")
    parser.add_argument("--workers", default="2", help="processes that run tests (default: %(default)s)")
    parser.add_argument("tests", nargs="+", help="what to run")
    options = parser.parse_args(arguments)
    load = [multiprocessing.Process(target=burn, daemon=True) for _ in range(options.load)]
    for process in load:
        process.start()
    counts: Counter[str] = Counter()
    try:
        for number in range(1, options.runs + 1):
            begun = time.monotonic()
            failed, summary = run(options.tests, options.workers)
            counts.update(failed)
            print(f"run {number} of {options.runs}: {time.monotonic() - begun:.0f} s: {summary}", flush=True)
    finally:
        for process in load:
            process.kill()
    print("".join(f"{count} of {options.runs}: {test}\n" for test, count in counts.most_common()), end="")
    print(f"{len(counts)} tests failed under load in {options.runs} runs")
    return min(len(counts), 100)


if __name__ == "__main__":
    sys.exit(main())
