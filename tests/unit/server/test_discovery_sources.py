"""The discovery server knows rule objects and its APIServices, and answers without the control plane."""

import asyncio
import contextlib

import pytest

from converter.catalog import load_catalog
from converter.client.access import AccessError
from converter.client.collections import API_SERVICES
from converter.client.rule_objects import RULE_COLLECTIONS
from converter.discovery import Named, annotations_of
from converter.karmada.names import DISCOVERY_LABEL
from converter.kube import GroupVersionKind
from converter.server import discovery_sources
from converter.server.discovery import DiscoveryApp
from converter.server.discovery_sources import DiscoverySources
from converter.server.metrics import DiscoveryMetrics
from converter.server.rules_reloader import RulesReloader
from tests.fakes.apiserver import FakeApiServer
from tests.waiting import until

SPEC = {
    "kind": "Plum", "between": ["example.com/v1", "example.com/v1alpha1"], "steps": [],
    "resource": {"plural": "plums"},
}  # fmt: skip
PLUM = {"kind": "ConversionRule", "metadata": {"name": "plum"}, "spec": SPEC}
PATH = RULE_COLLECTIONS["ConversionRule"].object_path("", "plum")
OLD = "/apis/example.com/v1alpha1"


class Client(FakeApiServer):
    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        pass


@pytest.fixture(autouse=True)
def _short_patience(monkeypatch):
    """Threads combine rules, so these tests cannot run in virtual time."""
    monkeypatch.setattr(discovery_sources, "PATIENCE", 0.3)
    monkeypatch.setattr(discovery_sources, "_RETRY_SECONDS", 0.05)


@pytest.fixture
def control_plane():
    made = Client()
    made.collections |= {collection.resource for collection in RULE_COLLECTIONS.values()} | {"apiservices"}
    return made


@contextlib.asynccontextmanager
async def serving(connect):
    rules = RulesReloader(catalog=load_catalog)
    sources = DiscoverySources(connect, rules)
    app = DiscoveryApp(
        lambda: rules.current.book, load_catalog(), DiscoveryMetrics(),
        registered=sources.registered,
    )  # fmt: skip
    tasks = [asyncio.ensure_future(work) for work in (sources.run(), app.refresh())]
    try:
        yield Asked(app, sources)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Asked:
    def __init__(self, app, sources):
        self.app = app
        self.sources = sources

    def status(self, path):
        return self.app._answer(Request(path)).status

    @property
    def ready(self):
        return not self.sources.missing()


class Request:
    method, headers = "GET", {}

    def __init__(self, path):
        self.raw_path = path


async def test_a_rule_object_names_its_versions_and_they_go_with_it(control_plane):
    control_plane.put(PATH, PLUM)

    async def connect():
        return control_plane

    async with serving(connect) as it:
        assert not it.ready, "it waits for the rule objects"
        assert it.status("/apis/batch/v1beta1") == 200, "and answers meanwhile"
        await until(lambda: it.ready and it.status(OLD) == 200)
        control_plane.remove(PATH)
        await until(lambda: it.status(OLD) == 404)


async def test_what_is_registered_stays_named_without_its_rule(control_plane):
    plum = Named(GroupVersionKind.of("example.com/v1alpha1", "Plum"), "plums", namespaced=True)
    service = {
        "metadata": {"name": "v1alpha1.example.com", "labels": {DISCOVERY_LABEL: "true"},
                     "annotations": annotations_of([plum])},
        "spec": {"group": "example.com", "version": "v1alpha1"},
    }  # fmt: skip
    at = API_SERVICES.object_path("", "v1alpha1.example.com")
    control_plane.put(at, service)

    async def connect():
        return control_plane

    async with serving(connect) as it:
        await until(lambda: it.ready and it.status(OLD) == 200)
        control_plane.remove(at)
        await until(lambda: it.status(OLD) == 404)


async def test_without_a_kubeconfig_it_serves_files_until_there_is_one(control_plane):
    control_plane.put(PATH, PLUM)
    exists, tries = [], []

    async def connect():
        tries.append(1)
        if not exists:
            raise AccessError("no kubeconfig")
        return control_plane

    async with serving(connect) as it:
        assert not it.ready
        await until(lambda: it.ready)
        assert it.status(OLD) == 404
        exists.append(1)
        await until(lambda: it.status(OLD) == 200)
    assert len(tries) > 2


async def test_a_control_plane_that_does_not_answer_holds_it_up_for_a_while_only(control_plane):
    control_plane.put(PATH, PLUM)
    control_plane.fail = lambda _method, _path: (503, "no leader")

    async def connect():
        return control_plane

    async with serving(connect) as it:
        assert not it.ready
        await until(lambda: it.ready)
        assert it.status(OLD) == 404
        control_plane.fail = lambda _method, _path: None
        await until(lambda: it.status(OLD) == 200)
