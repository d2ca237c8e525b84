"""Health and metrics have an address of their own, and no other has them."""

from __future__ import annotations

import pytest

from converter.catalog import load_catalog
from converter.cli import build_parser
from converter.dashboard.access import Everyone
from converter.dashboard.app import Dashboard
from converter.dashboard.sessions import Sessions
from converter.dashboard.store import FleetStore
from converter.server.discovery import DiscoveryApp
from converter.server.health import Health
from converter.server.metrics import DiscoveryMetrics, ProcessMetrics
from converter.server.run import Address
from converter.server.sample import FLEET
from converter.server.wiring import Settings, assemble
from tests.nonempty import some

pytestmark = pytest.mark.usefixtures("rules_read_once")

PATHS = ("/healthz", "/readyz", "/metrics")
TLS = ["--tls-cert", "a", "--tls-key", "b"]
COMMANDS = {
    "serve": ["--in-cluster"], "controller": [], "discovery": TLS, "dashboard": ["--kubeconfig", "a"],
}  # fmt: skip


class Main:
    """An application that is about to stop, or is not."""

    draining = False
    in_flight = 0


@pytest.fixture
def served():
    return assemble(Settings(FLEET))


async def ask(client, path="/readyz"):
    async with client.get(path) as answer:
        return answer.status, (await answer.text()).splitlines()


async def test_the_port_of_the_webhooks_answers_webhooks_only(served, serving):
    async with serving(served.app) as running, running.client() as client:
        for path in ("/", *PATHS):
            assert (await ask(client, path))[0] == 404


async def test_the_port_of_discovery_answers_documents_only(shipped, serving):
    app = DiscoveryApp(lambda: shipped.book, load_catalog(), DiscoveryMetrics())
    async with serving(app) as running, running.client() as client:
        for path in (*PATHS, "/livez"):
            assert (await ask(client, path))[0] == 404
        assert (await ask(client, "/apis"))[0] == 200


async def test_the_port_of_the_dashboard_answers_pages_only(shipped, plainly):
    dashboard = Dashboard(FleetStore(lambda: shipped), Everyone(), Sessions(), secure=False)
    await dashboard.start()
    async with plainly(dashboard) as client:
        for path in PATHS:
            assert (await ask(client, path))[0] == 404
        assert (await ask(client, "/"))[0] == 200
    await dashboard.close()


async def test_the_port_of_health_answers_nothing_else(served, plainly):
    served.health.listens()
    async with plainly(served.health) as client:
        assert [(await ask(client, path))[0] for path in PATHS] == [200] * 3
        async with client.post("/mutate/works", data=b"{}") as answer:
            assert answer.status == 404
        async with client.post("/metrics") as answer:
            assert answer.status == 405


async def test_it_is_ready_once_nothing_is_missing_and_the_port_is_open(plainly):
    waiting = ["the rules"]
    main = Main()
    health = Health(ProcessMetrics("admission"), main, missing=lambda: waiting[0], notes=lambda: ["a note"])
    async with plainly(health) as client:
        assert (await ask(client, "/healthz"))[0] == 200
        assert (await ask(client))[0] == 503
        waiting[0] = ""
        assert (await ask(client))[0] == 503
        health.listens()
        assert await ask(client) == (200, ["ok", "a note"])
        waiting[0] = "the clusters"
        assert (await ask(client))[0] == 503


async def test_while_the_main_port_drains_it_is_alive_and_not_ready(plainly):
    main = Main()
    health = Health(ProcessMetrics("admission"), main)
    health.listens()
    async with plainly(health) as client:
        assert (await ask(client))[0] == 200
        main.draining = True
        assert (await ask(client))[0] == 503
        assert (await ask(client, "/healthz"))[0] == 200


async def test_a_process_that_serves_nothing_else_is_its_own_port(plainly):
    health = Health(ProcessMetrics("controller"))
    async with plainly(health) as client:
        assert await ask(client) == (200, ["ok"])
        health.draining = True
        assert (await ask(client))[0] == 503


def test_each_process_has_a_port_that_no_other_one_has():
    """So that all of them can run with the network of one node."""
    ports = []
    for command, options in some(COMMANDS.items()):
        args = build_parser().parse_args([command, *options, "--metrics-listen", ":1"])
        assert Address.parse(args.metrics_listen) == Address("", 1)
        args = build_parser().parse_args([command, *options])
        ports += [Address.parse(text).port for text in (args.metrics_listen, getattr(args, "listen", "")) if text]
    assert len(set(ports)) == len(ports)
