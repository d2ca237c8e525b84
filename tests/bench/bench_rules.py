"""Measures rules of an administrator on top of the book: loading, changing them under reviews, and admission speed.

``python -m tests.bench.bench_rules``. Times are those of the process's CPU, so that other processes do not count.
"""

from __future__ import annotations

import gc
import statistics
import threading
import time
import tracemalloc
from typing import Any

import msgspec

from converter.admission.works import WorkWebhook
from converter.catalog import load_catalog
from converter.clusters import FleetView, read_inventory
from converter.rule_objects import RuleObject, read_object
from converter.server.rules_reloader import RulesReloader
from converter.server.sample import FLEET, review_of, sample_manifests, work_for

RULES = 1000
CHANGES = 1000
ROUNDS = 11
REVIEWS = 400


def rule(number: int, generation: int = 1) -> RuleObject:
    """One rule of an administrator: some steps and an example."""
    spec: dict[str, Any] = {
        "kind": f"Widget{number}",
        "between": ["example.com/v1", "example.com/v1beta1"],
        "steps": [
            {"rename": {"spec.size": f"spec.bigness{generation}"}},
            {"values": {"path": "spec.mode", "pairs": [{"left": "A", "right": "B"}]}},
            {"drop": {"path": "spec.color", "side": "left", "why": "the other version lacks it"}},
        ],
        "examples": [
            {"left": {"spec": {"size": 1, "mode": "A"}}, "right": {"spec": {f"bigness{generation}": 1, "mode": "B"}}}
        ],
    }
    metadata = {"name": f"widget-{number}", "uid": str(number), "generation": generation}
    return read_object(msgspec.json.encode({"kind": "ConversionRule", "metadata": metadata, "spec": spec}))


def reviews() -> list[bytes]:
    """Reviews of the sample manifests for every cluster of the sample fleet."""
    fleet = read_inventory(FLEET)
    return [review_of(work_for(manifest, cluster)) for manifest in sample_manifests() for cluster in fleet]


def webhook(rules: RulesReloader) -> WorkWebhook:
    """The webhook on Works of the sample fleet."""
    return WorkWebhook(rules, FleetView(read_inventory(FLEET)), "deny")


def seconds_for(hook: WorkWebhook, bodies: list[bytes]) -> float:
    """CPU seconds of one review."""
    began = time.process_time()
    for number in range(REVIEWS):
        hook.answer(bodies[number % len(bodies)])
    return (time.process_time() - began) / REVIEWS


def load() -> RulesReloader:
    """Load the rules."""
    rules = RulesReloader(catalog=load_catalog)
    shipped = len(rules.current.book.rules)
    objects = [rule(number) for number in range(RULES)]
    began = time.process_time()
    rules.use_objects(objects)
    took = time.process_time() - began
    print(f"{RULES} rules on top of {shipped}: loaded in {took:.2f} s")
    assert len(rules.current.book.rules) == shipped + RULES
    began = time.process_time()
    rules.use_objects([rule(0, 2), *objects[1:]])
    print(f"one of them changed: {time.process_time() - began:.3f} s")
    return rules


def compare(many: RulesReloader) -> None:
    """Compare the speed of admission with and without them, turn by turn."""
    bodies = reviews()
    few, loaded = webhook(RulesReloader(catalog=load_catalog)), webhook(many)
    seconds_for(few, bodies), seconds_for(loaded, bodies)
    ratios = [seconds_for(loaded, bodies) / seconds_for(few, bodies) for _ in range(ROUNDS)]
    print(f"a review with {RULES} rules more takes {statistics.median(ratios):.3f} of the time (rounds: "
          f"{min(ratios):.3f} to {max(ratios):.3f})")  # fmt: skip


def change() -> None:
    """Change rules while reviews are answered; memory must not grow."""
    rules = RulesReloader(catalog=load_catalog)
    hook, bodies = webhook(rules), reviews()
    wanted = [hook.answer(body) for body in bodies]
    done, answered, failed = threading.Event(), 0, 0
    sizes: list[int] = []

    def changes() -> None:
        for generation in range(1, CHANGES + 1):
            rules.use_objects([rule(number, generation if number == generation % 10 else 1) for number in range(10)])
            if generation % (CHANGES // 10) == 0:
                gc.collect()
                sizes.append(tracemalloc.get_traced_memory()[0])
        done.set()

    tracemalloc.start()
    thread = threading.Thread(target=changes)
    thread.start()
    while not done.is_set():
        at = answered % len(bodies)
        failed += hook.answer(bodies[at]) != wanted[at]
        answered += 1
    thread.join()
    tracemalloc.stop()
    print(f"{CHANGES} changes while {answered} reviews were answered: {failed} failed")
    print(f"memory after each tenth, in MB: {', '.join(f'{size / 1e6:.1f}' for size in sizes)}")
    assert not failed


if __name__ == "__main__":
    loaded_rules = load()
    compare(loaded_rules)
    change()
