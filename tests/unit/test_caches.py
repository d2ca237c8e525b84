"""Caches do not remember whatever is asked: requests drive each to its bound, with long names that do not exist."""

from __future__ import annotations

import gc

from converter.catalog import Release, load_catalog
from converter.clusters import Cluster, Fleet, FleetView
from converter.conversion import route
from converter.kube import GroupVersionKind
from converter.losses import severity
from converter.losses.severity import SeverityTable
from converter.placement import exclusions
from converter.placement.exclusions import Unreachable
from converter.server import conversion_log
from converter.server.conversion_log import ConversionLog
from converter.server.metrics import Metrics
from tests.reviewkit import ask, review, webhook, work

OLD = Cluster.from_release("old", Release(1, 20), load_catalog())
SEVERAL = 300


def odd(number, length=100):
    return {"apiVersion": f"g{number}{'x' * length}/v1", "kind": f"K{number}{'y' * length}", "metadata": {"name": "a"}}


def sizes(owner):
    """The entries of every cache below an object of the converter."""
    found = {}
    todo, seen = [owner], {id(owner)}
    while todo:
        one = todo.pop()
        for name, value in getattr(one, "__dict__", {}).items():
            if isinstance(value, dict):
                found[id(one), name] = len(value)
            elif hasattr(value, "cache_info"):
                found[id(one), name] = value.cache_info().currsize
            elif type(value).__module__.startswith("converter.") and id(value) not in seen:
                seen.add(id(value))
                todo.append(value)
    return found


def growth(before, after):
    """The names of the caches that grew, and by how much."""
    return {key[1]: size - before.get(key, 0) for key, size in after.items() if size > before.get(key, 0)}


def test_reviews_of_unknown_kinds_leave_nothing_in_the_caches(shipped):
    hook = webhook(shipped, OLD)
    ask(hook, review(work(odd(-1))))
    before = sizes(shipped)
    for number in range(SEVERAL):
        ask(hook, review(work(odd(number))))
    grown = growth(before, sizes(shipped))
    print(f"{len(before)} caches, {SEVERAL} unknown kinds: {sum(grown.values())} entries more")
    assert len(before) > 20
    assert grown == {}


def test_unknown_fields_leave_nothing_in_the_caches(shipped):
    """But in the table of severities, which compares whole names."""
    manifest = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": {}}
    hook = webhook(shipped, OLD)
    ask(hook, review(work({**manifest, "spec": {"x": 1}})))
    before = sizes(shipped)
    for number in range(SEVERAL):
        ask(hook, review(work({**manifest, "spec": {f"x{number}": 1, "y" * 5000 + str(number): 1}})))
    assert growth(before, sizes(shipped)) == {"_found": SEVERAL}


def test_the_cache_of_severities_has_a_bound(monkeypatch):
    monkeypatch.setattr(severity, "_REMEMBERED", 10)
    table = SeverityTable()
    for number in range(100):
        table.weigh("Pod", ("spec", f"x{number}"))
        table.weigh("Pod", ("spec", "y" * 1000 + str(number)))
    assert len(table._found) <= 10


def test_the_cache_of_unreachable_clusters_has_a_bound(shipped, monkeypatch):
    monkeypatch.setattr(exclusions, "_KINDS_CACHED", 10)
    unreachable = Unreachable(lambda: shipped, FleetView(Fleet.of([OLD])))
    for number in range(100):
        assert list(unreachable(f"g{number}/v1", "Thing")) == ["old"]
        assert list(unreachable("v1", "z" * 1000 + str(number))) == ["old"]
    assert len(unreachable._memory.known) == 10


def test_the_cache_of_routes_has_a_bound(shipped, monkeypatch):
    monkeypatch.setattr(route, "_ROUTES_CACHED", len(shipped.routes._best) + 2)
    for number in range(20):
        wanted = ("batch/v1beta1", f"batch/v{number}")
        assert shipped.routes.cheapest("CronJob", "batch/v1", wanted).target == "batch/v1beta1"
    assert len(shipped.routes._best) <= route._ROUTES_CACHED


def test_the_caches_of_facts_by_field_have_bounds(shipped):
    caches = [
        value
        for owner in (shipped.losses._index.histories, shipped.losses._index.neutral, shipped.losses._index.paths)
        for value in vars(owner).values()
        if hasattr(value, "cache_info")
    ]
    assert len(caches) == 8
    assert all(cache.cache_info().maxsize == 4096 for cache in caches)


def test_no_cache_of_a_function_is_without_a_bound_but_those_without_arguments():
    gc.unfreeze()  # a test of a server may have frozen what was there
    gc.collect()
    unbounded = [
        function.__wrapped__
        for function in gc.get_objects()
        if type(function).__name__ == "_lru_cache_wrapper"
        and function.__wrapped__.__module__.startswith("converter.")
        and function.cache_info().maxsize is None
        and function.__wrapped__.__code__.co_argcount
    ]
    assert [found.__qualname__ for found in unbounded if found.__qualname__ not in KNOWN] == []


KNOWN = {
    "Requirement.read",  # the marks of the catalog's file: a few hundred
}


async def test_events_that_wait_to_be_written_have_a_bound(monkeypatch):
    monkeypatch.setattr(conversion_log, "_MOST_UNWRITTEN", 5)
    log = ConversionLog(Metrics(["works"]))
    log.refused("c", "Kind", "name", "v1", "w" * 100_000)
    assert [len(event.why) for event in log._unwritten] == [1000]
    for _ in range(200):
        log.refused("c", "Kind", "name", "v1", "w" * 100_000)
    assert len(log._unwritten) <= 6


def test_types_are_compiled_once_for_each_kind(shipped):
    gvk = GroupVersionKind.of("apps/v1", "Deployment")
    finder = shipped.losses._index.finder
    finder.unknown({"spec": {}}, gvk, Release(1, 20))
    before = len(finder._roots), len(finder._plans)
    finder.unknown({"spec": {"x": 1}}, gvk, Release(1, 20))
    assert (len(finder._roots), len(finder._plans)) == before
