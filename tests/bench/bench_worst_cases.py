"""What the most expensive bodies within the limits cost, in CPU time: none may cost more than 250 ms.

Run it with ``python -m tests.bench.bench_worst_cases``. It measures each shape of ``tests/generators/worst_shapes.py``,
and a sample of ``tests/generators/worst_cases.py`` (every list of every kind): first small, to find the worst, and
these at the limits of `converter.works.limits` and of the body. A garbage collection counts, as in a server.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from functools import partial
from itertools import islice
from types import SimpleNamespace
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table

from converter.admission.binding_status import BindingStatusWebhook
from converter.admission.bindings import PlacementWebhook
from converter.admission.works import WorkWebhook
from converter.clusters import FleetView
from converter.engine import Engine
from converter.placement.exclusions import Unreachable
from converter.server.app import BODY_LIMIT
from converter.works.conversion_cache import ConversionCache
from converter.works.limits import MOST_BYTES, MOST_MANIFESTS, MOST_VALUES, count_values
from tests.generators.worst_cases import cases, fleet
from tests.generators.worst_shapes import SHAPES, binding, review, statuses, stored

if TYPE_CHECKING:
    from collections.abc import Callable


MOST_MS: Final = 250.0
_SMALL: Final = 300


def measure(answer: Callable[[bytes], bytes], body: bytes, times: int = 2) -> float:
    """Measure the CPU milliseconds of a review, the best of some; what is cached is cached before."""
    found = []
    for _ in range(times + 1):
        began = time.process_time()
        answer(body)
        found.append((time.process_time() - began) * 1000)
    return min(found[1:])


def largest(make: Callable[[int], bytes], limit: int, most_values: int = sys.maxsize) -> bytes:
    """Make the largest body of a case, with so many bytes and values at most."""
    one, two = make(_SMALL), make(2 * _SMALL)
    by_bytes = (limit - len(one)) * _SMALL // max(len(two) - len(one), 1)
    values = count_values(one), count_values(two)
    twice = b'"oldObject":{' in one  # the values of one of them count
    by_values = (most_values * (1 + twice) - values[0]) * _SMALL // max(values[1] - values[0], 1)
    return make(max(_SMALL + min(by_bytes, by_values) - 20, 1))


def main() -> None:
    """Measure and print; exit with 1 if a body costs too much."""
    parser = argparse.ArgumentParser(description=__doc__, prog="bench_worst_cases")
    parser.add_argument("--every", type=int, default=97, help="measure every Nth list (default: %(default)s)")
    parser.add_argument("--worst", type=int, default=25, help="how many to measure in full (default: %(default)s)")
    args = parser.parse_args()
    engine, view = Engine.from_rules(), FleetView(fleet())
    nothing = ConversionCache(0)
    works = WorkWebhook(SimpleNamespace(current=engine), view, "warn", cache=nothing).answer
    denying = WorkWebhook(SimpleNamespace(current=engine), view, "deny", cache=nothing).answer
    found: list[tuple[float, int, str]] = []

    def add(name: str, answer: Callable[[bytes], bytes], body: bytes) -> None:
        found.append((measure(answer, body), len(body), name))

    listed = [*islice(cases(engine), 0, None, args.every)]
    gc.collect()
    gc.freeze()
    ranked = sorted(listed, key=lambda case: -measure(works, review(case, _SMALL), 1))
    for case in (*SHAPES, *ranked[: args.worst]):
        add(case.name, works, largest(partial(review, case), MOST_BYTES, MOST_VALUES))
        add(f"{case.name}, not converted", works, largest(partial(review, case), MOST_BYTES))
        if case in SHAPES:
            add(f"{case.name}, {MOST_MANIFESTS}", works, review(case, MOST_MANIFESTS))
            updated = partial(review, case, update=True)
            add(f"{case.name}, updated", denying, largest(updated, BODY_LIMIT, MOST_VALUES))
    add("a Work as it is stored", works, stored(MOST_MANIFESTS))
    placement = PlacementWebhook(Unreachable(lambda: engine, view)).answer
    add("a binding", placement, largest(binding, BODY_LIMIT))
    add("statuses", BindingStatusWebhook().answer, largest(statuses, BODY_LIMIT))
    _print(found, len(listed))


def _print(found: list[tuple[float, int, str]], listed: int) -> None:
    found.sort(reverse=True)
    table = Table("body", "KiB", "CPU ms", title=f"the worst of {len(found)} bodies, found among {listed} lists")
    for cost, size, name in found[:30]:
        table.add_row(name, str(size >> 10), f"{cost:.0f}")
    Console(highlight=False, width=140).print(table)
    print(f"maximum: {found[0][0]:.0f} ms of CPU; the limit is {MOST_MS:.0f} ms")
    sys.exit(found[0][0] > MOST_MS)


if __name__ == "__main__":
    main()
