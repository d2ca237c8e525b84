"""Every cache, buffer and queue of docs/reliability.md, driven to its bound.

`test_caches.py` shows which of them a request reaches. Here each one gets more than it holds. Two lists of all of them
are read from the code, so that a new one needs a test.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import datetime as dt
import functools
import gc
import importlib
import pkgutil
from pathlib import Path

import pytest

import converter
from converter.catalog import Release, load_catalog
from converter.catalog.feature_gates import GateSettings
from converter.catalog.types import ObjectType
from converter.client import Collection, Informer, Key, WorkQueue
from converter.controllers.event_recorder import EventRecorder
from converter.dashboard import rules_view
from converter.kube import GroupVersionKind
from converter.losses import messages, record_format
from converter.losses.evaluate import LossEvaluator
from converter.losses.model import ByRelease
from converter.losses.schema_index import SchemaIndex, schema_index
from converter.losses.severity import SeverityTable
from converter.rules import codegen
from converter.server import logging as log_format
from converter.works import patches
from converter.yaml import scalars
from tests.fakes.apiserver import FakeApiServer
from tests.fakes.karmada import OLD
from tests.nonempty import some
from tests.unit.controllers.test_resync import Fixture as ResyncFixture
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
DEPLOYMENT = GroupVersionKind.of("apps/v1", "Deployment")
NEWEST = Release(1, 30)


def gates(number):
    """Settings of gates of which no two are equal."""
    return GateSettings.of({f"Gate{number}": True})


def odd(number):
    return GroupVersionKind.of(f"g{number}.example.org/v1", f"Kind{number}")


@functools.cache
def index():
    """An index of its own, so that nothing stays in the one that other tests use."""
    return SchemaIndex(load_catalog())


@functools.cache
def evaluator():
    return LossEvaluator(load_catalog(), SeverityTable())


FUNCTIONS = {
    "ReleaseLosses._find_facts": lambda n: evaluator()._by_release._facts(
        DEPLOYMENT, NEWEST, gates(n), ("spec", "replicas")
    ),
    "FieldHistories._find": lambda n: index().histories.find(DEPLOYMENT, ("spec", f"x{n}"), NEWEST),
    "FieldHistories._obstacle": lambda n: index().histories.obstacle(DEPLOYMENT, ("spec", f"x{n}"), NEWEST, gates(n)),
    "FieldHistories._find_reference": lambda n: index().histories._of_reference(
        DEPLOYMENT, ("spec", f"x{n}"), NEWEST, "", ()
    ),
    "FieldHistories._list_later": lambda n: index().histories._later(odd(n), NEWEST),
    "FieldHistories._list_types": lambda n: index().histories._types(odd(n)),
    "NeutralValues._find_holder_type": lambda n: index().neutral._holder_type(odd(n), ("spec", "x")),
    "NeutralValues._find_default": lambda n: index().neutral._default_of(DEPLOYMENT, ("spec", f"x{n}")),
    "SchemaPaths._find_newest": lambda n: index().paths.of(odd(n), ("spec",)),
    "RefusalFinder._make_server": lambda n: index().refusals._server(NEWEST, "apps/v1", gates(n)),
    "RefusalFinder._find_suspects": lambda n: index().refusals.suspects_of("apps/v1", f"Kind{n}", NEWEST),
    "rules_of": lambda n: index().refusals.rules_of("apps/v1", f"Kind{n}", NEWEST),
    "Unions._of": lambda n: index().refusals._dropped._unions.of(odd(n), ("spec", "x")),
    "Catalog._find_place": lambda n: load_catalog()._place(Release(1, 20 + n)),
    "Release.parse": lambda n: record_format._release_of(f"v1.{n}"),
    "Release.__str__": lambda n: record_format._text_of(Release(1, n)),
    "_gvk_of": lambda n: GroupVersionKind.of("apps/v1", f"Kind{n}"),
    "_in_one_line": lambda n: messages._in_one_line(f"text {n}"),
    "schema_index": lambda n: schema_index(Other(n)),
    "_code": lambda n: codegen._code(f"x = {n}"),
    "_dropped": lambda n: messages._dropped(ByRelease(Release(1, n))),
    "_lines": lambda n: rules_view._lines(f"/nothing/{n}"),
    "_place": lambda n: patches._place("labels", f"name{n}"),
    "_remembered": lambda n: scalars.plain(f"word{n}"),
    "_text_shown": lambda n: log_format._text_shown(f"text {n}"),
}
"""What makes one more entry in the cache of each function, by the function's name."""


class Other:
    """A catalog without content, unequal to every other one."""

    def __init__(self, number):
        self.releases = (number,)
        self.field_names = ()
        self.defaults = {}

    def kinds(self):
        return ()


def caches():
    """The caches of functions that have arguments, by the function's name; each instance has its own."""
    gc.unfreeze()  # a test of a server may have frozen what was there
    gc.collect()
    found = {}
    for one in gc.get_objects():
        if type(one).__name__ != "_lru_cache_wrapper" or one.cache_info().maxsize is None:
            continue
        if one.__wrapped__.__module__.startswith("converter."):
            found.setdefault(one.__wrapped__.__qualname__, []).append(one)
    return found


def test_every_cache_of_a_function_is_driven_to_its_bound():
    index(), evaluator()
    for module in pkgutil.walk_packages(converter.__path__, "converter."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    assert set(caches()) == set(FUNCTIONS)


@pytest.fixture(scope="module")
def filled():
    """The caches, once each of them exists: to find them takes a second."""
    for call in FUNCTIONS.values():
        call(0)
    return caches()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_cache_of_a_function_has_a_bound(name, filled):
    bound = max(cache.cache_info().maxsize for cache in filled[name])
    for number in range(bound + 10):
        FUNCTIONS[name](number)
    sizes = [cache.cache_info().currsize for cache in filled[name]]
    assert max(sizes) == bound


TABLES = {
    "catalog.effective._CACHED._made": (
        lambda: load_catalog()._effective,
        lambda n: load_catalog()._effective.of(load_catalog().type_of("v1.30", DEPLOYMENT), frozenset(some_gates(n))),
    ),
    "catalog.effective._CACHED._gates": (
        lambda: load_catalog()._effective,
        lambda n: load_catalog()._effective.of(ObjectType(f"T{n}", dict), frozenset()),
    ),
    "catalog.lookup._SETTINGS_CACHED._off_gates": (load_catalog, lambda n: load_catalog()._off(0, gates(n))),
    "losses.affected_kinds._CACHED._answers": (
        lambda: index().affected,
        lambda n: index().affected.may_lose(NEWEST, odd(n)),
    ),
    "losses.evaluate._SETTINGS_CACHED._doubts": (evaluator, lambda n: evaluator().doubts(NEWEST, gates(n))),
    "losses.evaluate._KINDS_CACHED._affected": (
        evaluator,
        lambda n: evaluator().may_lose(NEWEST, "v1", "Namespace", gates(n)),
    ),
    "losses.schema_decoders._CACHED._roots": (
        lambda: index().decoders,
        lambda n: index().decoders.acceptor(kinds()[n], NEWEST),
    ),
    "losses.unknown_fields._CACHED._roots": (
        lambda: index().finder,
        lambda n: index().finder.unknown({}, odd(n), NEWEST),
    ),
}
"""Each table that a class keeps, as module, bound and name: an object with it, and what makes one more entry."""

ELSEWHERE = {
    "controllers.event_recorder._REMEMBERED._recorded",  # below
    "conversion.route._ROUTES_CACHED._best",  # this and the next ones in test_caches.py
    "losses.severity._REMEMBERED._found",
    "clusters.crds_of_rules._CACHED._read",  # this and the next one in their own tests
    "controllers.member_documents._CACHED._known",
    "placement.exclusions._KINDS_CACHED.known",
    "controllers.drift._REMEMBERED._good",
}


def some_gates(number):
    """The number in binary, written with gates that matter to a Deployment."""
    names = sorted(load_catalog()._effective._reached(load_catalog().type_of("v1.30", DEPLOYMENT)))
    return [name for bit, name in enumerate(names) if number >> bit & 1]


@functools.cache
def kinds():
    return [gvk for gvk in load_catalog().kinds() if NEWEST in load_catalog().releases_of(gvk)]


def tables(tree):
    """Find `len(self._x) >= BOUND` in a module: a table, and the constant that bounds it."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare(
                left=ast.Call(func=ast.Name("len"), args=[ast.Attribute(attr=table)]), comparators=[ast.Name(bound)]
            ) if bound.endswith(("_CACHED", "_REMEMBERED")):
                yield bound, table


def test_every_table_is_driven_to_its_bound():
    found = {
        ".".join((*file.relative_to(ROOT / "converter").with_suffix("").parts, *names))
        for file in (ROOT / "converter").rglob("*.py")
        for names in tables(ast.parse(file.read_text("utf-8")))
    }
    assert found == set(TABLES) | ELSEWHERE


@pytest.mark.parametrize("place", TABLES)
def test_a_table_has_a_bound(place, monkeypatch):
    module, bound, table = place.rsplit(".", 2)
    owner, add = TABLES[place]
    most = len(getattr(owner(), table)) + 10
    monkeypatch.setattr(importlib.import_module(f"converter.{module}"), bound, most)
    sizes = []
    for number in range(most + 10):
        add(number)
        sizes.append(len(getattr(owner(), table)))
    assert max(sizes) == most


QUEUES = {
    "client.workqueue.deque",  # below
    "controllers.controller.WorkQueue",
    "controllers.drift.OrderedDict",  # in its own test
    "controllers.event_recorder.OrderedDict",
    "controllers.member_documents.OrderedDict",  # this and the next ones in their own tests
    "controllers.readmission.OrderedDict",
    "clusters.crds_of_rules.OrderedDict",
    "dashboard.access.OrderedDict",
    "dashboard.live.deque",
    "dashboard.live.Queue",
    "server.log_writer.deque",
    "works.conversion_cache.OrderedDict",
}


def test_every_queue_is_driven_to_its_bound():
    """Whatever keeps its items in the order in which they came is made to drop the oldest, or to hand them on."""
    kinds_of_queue = {"deque", "Queue", "OrderedDict", "WorkQueue", "SimpleQueue", "LifoQueue", "PriorityQueue"}
    found = set()
    for file in (ROOT / "converter").rglob("*.py"):
        module = ".".join(file.relative_to(ROOT / "converter").with_suffix("").parts)
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
                found |= {f"{module}.{name}"} if name in kinds_of_queue else set()
    assert found == QUEUES


async def test_events_are_remembered_up_to_a_bound(monkeypatch):
    monkeypatch.setattr("converter.controllers.event_recorder._REMEMBERED", 10)
    server = FakeApiServer()
    recorder = EventRecorder(server, lambda: dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    work = {
        "apiVersion": "work.karmada.io/v1alpha1",
        "kind": "Work",
        "metadata": {"name": "w", "namespace": "karmada-es-old", "uid": "1"},
    }
    for number in range(30):
        await recorder.conversion_failed(work, f"reason {number}")
    assert len(recorder._recorded) == 10
    written = len(server.writes)
    await recorder.conversion_failed(work, "reason 29")
    assert len(server.writes) == written  # the newest ones are those that are remembered


@pytest.mark.virtual_time
async def test_a_work_queue_holds_each_key_once_however_often_it_is_added():
    queue: WorkQueue[int] = WorkQueue()
    for turn in range(200):
        for key in range(50):
            queue.add(key)
            queue.add_after(key, 10 + turn)
            queue.add_rate_limited(key)
    assert (len(queue._waiting), len(queue._dirty), len(queue._timers), len(queue._failures)) == (50, 50, 50, 50)
    for _ in range(50):
        key = await queue.get()
        queue.forget(key)
        queue.done(key)
    queue.shut_down()
    left = [queue._waiting, queue._dirty, queue._timers, queue._failures, queue._processing]
    assert sum(map(len, left)) == 0


@pytest.mark.virtual_time
async def test_an_informer_holds_what_the_server_has_and_no_more():
    things = Collection("/apis/example.org/v1", "works")
    server = FakeApiServer()
    informer = Informer(server, things, bytes, index=lambda key, _item: key.name[-1])
    task = asyncio.ensure_future(informer.run())
    await informer.synced.wait()
    for number in range(500):
        path = things.object_path("ns", f"t{number}")
        server.put(path, {"metadata": {"name": f"t{number}", "namespace": "ns"}})
        await until(lambda number=number: Key("ns", f"t{number}") in informer.items)
        if number >= 5:
            gone = things.object_path("ns", f"t{number - 5}")
            await server.delete(gone, uid=server.objects[gone]["metadata"]["uid"])
            await until(lambda: len(informer.items) == 5)
    assert len(informer._versions) == 5
    assert sum(map(len, informer._indexed.values())) == 5
    assert len(informer._indexed) == len({key.name[-1] for key in informer.items})
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@pytest.mark.virtual_time
async def test_clusters_that_left_leave_nothing_in_the_resync():
    made = ResyncFixture("stays")
    await made.reconcile("stays")
    for number in some(range(50)):
        made.change(f"c{number}", OLD)
        await made.reconcile(f"c{number}")
        made.remove(f"c{number}")
        await made.reconcile(f"c{number}")
    assert set(made.reconciler._progress) == {"stays"}
