"""How long the catalog takes to load and to answer; run it, nothing is asserted: ``python tests/bench/catalog.py``."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from importlib import resources
from typing import TYPE_CHECKING

from converter.catalog import Catalog, walk
from converter.catalog.data import FILE, read_document
from converter.catalog.diff import release_diff
from converter.kube import GroupVersionKind

if TYPE_CHECKING:
    from collections.abc import Callable

_RUNS = 20
_COLD = """
import time, converter.kube
begin = time.perf_counter()
from converter.catalog import load_catalog
load_catalog()
print(time.perf_counter() - begin)
"""


def median_ms(action: Callable[[], object], runs: int = _RUNS) -> float:
    """Run an action several times and return the median of its wall time in milliseconds."""
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        action()
        times.append(time.perf_counter() - begin)
    return statistics.median(times) * 1000


def fresh() -> Catalog:
    """Load a catalog that has answered nothing yet."""
    return Catalog(read_document())


def main() -> None:
    """Print the table."""
    size = len(resources.files("converter.catalog").joinpath(FILE).read_bytes())
    cold = [
        float(subprocess.run([sys.executable, "-c", _COLD], capture_output=True, check=True).stdout) for _ in range(5)
    ]
    warm, deployment = fresh(), GroupVersionKind("apps", "v1", "Deployment")
    path = "spec.template.spec.containers[*].resources.limits"
    warm.fields_ever(deployment, path)
    rows = {
        "data file": f"{size:,} bytes",
        "import and load in a new process": f"{statistics.median(cold) * 1000:.1f} ms",
        "load again": f"{median_ms(fresh):.1f} ms",
        "first look at a Deployment, all the way down": f"{_first_walk():.1f} ms",
        "field_at, warm": f"{median_ms(lambda: warm.field_at('v1.20', deployment, path)) * 1000:.0f} us",
        "v1.12 against v1.37, every kind": f"{median_ms(lambda: _diff(warm), 3):.0f} ms",
    }
    for what, took in rows.items():
        print(f"{what:<46} {took:>14}")


def _first_walk() -> float:
    catalogs = iter([fresh() for _ in range(_RUNS)])
    deployment = GroupVersionKind("apps", "v1", "Deployment")

    def first() -> int:
        root = next(catalogs).type_of("v1.36", deployment)
        return sum(1 for _ in walk(root)) if root is not None else 0

    return median_ms(first)


def _diff(catalog: Catalog) -> object:
    return release_diff(catalog, catalog.releases[0], catalog.releases[-1], all_versions=True)


if __name__ == "__main__":
    main()
