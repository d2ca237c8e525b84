"""What one admission costs in process, next to another tree of the project, in CPU time of one interleaved run.

Run it with ``python -m tests.bench.bench_admission --against DIR``, where DIR is a checkout of the other tree. Each
tree runs in a process of its own, with the Python of its ``.venv`` if it has one. The processes take turns in short
rounds, and the best round counts, so that a busy machine disturbs both alike.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

WORKER = Path(__file__).with_name("admission_worker.py")
HERE = Path(__file__).resolve().parents[2]


class Costs(NamedTuple):
    """CPU seconds of one call in this tree and in the other one, one for each round."""

    this: list[float]
    other: list[float]

    @property
    def ratio(self) -> float:
        """The best of this tree, as a share of the best of the other one."""
        return min(self.this) / min(self.other)

    @property
    def typical(self) -> float:
        """The median of the ratios of neighboring rounds."""
        return statistics.median(this / other for this, other in zip(self.this, self.other, strict=True))


class Worker:
    """A process that measures one tree."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.cases: list[str] = json.loads(self._line())

    def measure(self, case: str, calls: int) -> float:
        """Measure one round; returns CPU seconds of one call."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([case, calls]) + "\n")
        self._process.stdin.flush()
        return float(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"the worker ended with exit code {self._process.wait()}; its traceback is above")
        return line


@contextlib.contextmanager
def worker(tree: Path) -> Iterator[Worker]:
    """Start a worker for a tree, and end it."""
    python = tree / ".venv" / "bin" / "python"
    command = [str(python) if python.exists() else sys.executable, "-P", str(WORKER)]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    with subprocess.Popen(
        command, cwd=tree, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            yield Worker(process)
        finally:
            process.terminate()


def measure(this: Worker, other: Worker, rounds: int, calls: int, wanted: str = "") -> dict[str, Costs]:
    """Measure all cases with a text in their names, the trees in turns."""
    found = {case: Costs([], []) for case in this.cases if wanted in case}
    for case, costs in found.items():
        for turn in range(rounds):
            pair = [(this, costs.this), (other, costs.other)]
            for side, numbers in reversed(pair) if turn % 2 else pair:
                numbers.append(side.measure(case, calls))
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, prog="bench_admission")
    parser.add_argument("--against", type=Path, required=True, help="the other tree")
    parser.add_argument("--rounds", type=int, default=60, help="turns of each tree (default: %(default)s)")
    parser.add_argument("--calls", type=int, default=200, help="calls a turn (default: %(default)s)")
    parser.add_argument("--case", default="", help="only cases with this in their names")
    args = parser.parse_args()
    with worker(HERE) as this, worker(args.against.resolve()) as other:
        found = measure(this, other, args.rounds, args.calls, args.case)
    title = f"CPU of one admission, µs: best of {args.rounds} turns of {args.calls} calls"
    table = Table("case", "other tree", "this tree", "ratio", "median ratio", title=title)
    for case, costs in found.items():
        numbers = (f"{min(costs.other) * 1e6:.1f}", f"{min(costs.this) * 1e6:.1f}")
        table.add_row(case, *numbers, f"{costs.ratio:.2f}", f"{costs.typical:.2f}")
    Console(highlight=False, width=100).print(table)


if __name__ == "__main__":
    main()
