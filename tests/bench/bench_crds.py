"""What 500 known CRDs cost: admission with and without them in one interleaved run, their memory, and learning them.

Run it with ``python -m tests.bench.bench_crds``.
"""

from __future__ import annotations

import gc
import json
import statistics
import time
import tracemalloc
from types import SimpleNamespace
from typing import Any

from converter.admission.works import WorkWebhook
from converter.catalog import load_catalog
from converter.clusters import Cluster, Fleet, FleetView
from converter.engine import Engine
from converter.rules.by_name import CustomKind, custom_kind
from tests.bench.admission_worker import RELEASES, make_cases

CRDS, FIELDS, ROUNDS, CALLS = 500, 1500, 40, 25


def crd(number: int) -> dict[str, Any]:
    """Make a large CRD with three versions, of which the oldest lacks a tenth of the fields."""
    versions = []
    for name in ("v1", "v1beta1", "v1alpha1"):
        count = FIELDS if name != "v1alpha1" else FIELDS * 9 // 10
        properties = {
            f"field{field}": {"type": "string", "description": "what a field is good for, in many words " * 3}
            for field in range(count)
        }
        schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": properties}}}
        versions.append({"name": name, "served": True, "schema": {"openAPIV3Schema": schema}})
    names = {"kind": f"Kind{number}", "plural": f"kinds{number}"}
    spec = {"group": f"g{number}.example.com", "names": names, "versions": versions}
    return {"apiVersion": "apiextensions.k8s.io/v1", "metadata": {"name": f"kinds{number}"}, "spec": spec}


def learn() -> list[CustomKind]:
    """Read the CRDs one by one, as a replica does; says what it costs."""
    size = len(json.dumps(crd(0)))
    gc.collect()
    tracemalloc.start()
    found = [custom_kind(crd(number)) for number in range(CRDS)]
    gc.collect()
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    began = time.perf_counter()
    for number in range(10):
        custom_kind(crd(number))
    each = (time.perf_counter() - began) / 10
    print(f"{CRDS} CRDs of {size >> 10} KiB: {kept / 2**20:.1f} MiB stay in memory, {1000 * each:.0f} ms to read one")
    return found


def main() -> None:
    """Measure, and print ratios; 1.00 means equal."""
    kinds = learn()
    fleet = Fleet.of(Cluster.from_release(name, release, load_catalog()) for name, release in RELEASES.items())
    plain = Engine.from_rules()
    began = time.perf_counter()
    knowing = plain.with_kinds(kinds, served_only=True)
    print(f"the new rule book takes {1000 * (time.perf_counter() - began):.0f} ms, off the event loop")
    hooks = [WorkWebhook(SimpleNamespace(current=engine), FleetView(fleet), "deny") for engine in (knowing, plain)]
    for name, body in make_cases(hooks[0]).items():
        times: tuple[list[float], list[float]] = ([], [])
        for number in range(ROUNDS):
            for which in (0, 1) if number % 2 else (1, 0):
                began = time.process_time()
                for _ in range(CALLS):
                    hooks[which].answer(body)
                times[which].append((time.process_time() - began) / CALLS)
        typical = statistics.median(one / other for one, other in zip(*times, strict=True))
        print(
            f"{name:50} {1e6 * min(times[0]):7.0f} µs  best {min(times[0]) / min(times[1]):.2f}  typical {typical:.2f}"
        )


if __name__ == "__main__":
    main()
