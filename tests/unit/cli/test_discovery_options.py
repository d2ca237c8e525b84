"""Where the controller takes the discovery server's authority from: a file, or the Secret that it keeps itself."""

import argparse
import asyncio
import datetime as dt

import pytest

from converter.certificates.issue import make_authority
from converter.cli.discovery_options import add_registration_options, discovery_server, registration
from converter.cli.options import UsageError
from converter.clusters import FleetView
from converter.controllers.controller import Channel
from converter.controllers.discovery_server import AuthorityError, DiscoveryServer
from tests.fakes.apiserver import FakeApiServer
from tests.fakes.karmada import CONVERTER
from tests.fakes.virtual_time import advance
from tests.waiting import until

pytestmark = pytest.mark.virtual_time

URL = ("--discovery-url", "https://localhost:1/")


@pytest.fixture
def authority():
    return make_authority("one", dt.datetime.now(dt.UTC)).certificate


def options(*given):
    parser = argparse.ArgumentParser()
    add_registration_options(parser)
    return parser.parse_args(given)


async def test_without_a_url_there_is_no_discovery_server(authority):
    assert discovery_server(options(), lambda: authority) is None


async def test_a_url_needs_an_authority_from_somewhere():
    with pytest.raises(UsageError) as caught:
        discovery_server(options(*URL))
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("content", [b"", b"\n", b"no certificate", b"\xff\xfe"])
async def test_a_file_without_certificates_is_refused_at_the_start(tmp_path, content):
    file = tmp_path / "ca.crt"
    file.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        discovery_server(options(*URL, "--discovery-ca-file", str(file)))
    assert isinstance(caught.value.__cause__, AuthorityError)
    file.unlink()
    with pytest.raises(UsageError) as caught:
        discovery_server(options(*URL, "--discovery-ca-file", str(file)))
    assert isinstance(caught.value.__cause__, AuthorityError)
    assert isinstance(caught.value.__cause__.__cause__, FileNotFoundError)


async def test_the_options_lead_to_the_server_and_its_service(authority):
    given = ("--discovery-namespace", "n", "--discovery-service", "s", "--discovery-port", "8443")
    found = discovery_server(options(*URL, *given), lambda: authority)
    assert found.url == "https://localhost:1"
    backend = found.backend()
    assert (backend.namespace, backend.name, backend.port) == ("n", "s", 8443)


async def test_a_file_overrides_the_secret(tmp_path, authority):
    file = tmp_path / "ca.crt"
    file.write_bytes(authority)
    found = discovery_server(options(*URL, "--discovery-ca-file", str(file)), lambda: b"other")
    assert found.authority.refresh().pem == authority


async def test_until_the_authority_is_known_nothing_is_touched(authority, monkeypatch):
    known, answers = [b""], []

    async def down(_server):
        return False

    monkeypatch.setattr(DiscoveryServer, "reachable", down)
    server = FakeApiServer()
    server.fail = lambda *_: (403, "Forbidden")
    discovery = discovery_server(options(*URL), lambda: known[0])
    changed = Channel()
    task = asyncio.create_task(
        registration(discovery, server, lambda: CONVERTER, FleetView(), tuple, changed=changed, report=answers.append)()
    )
    try:
        await advance(60)
        assert server.reads == answers == []
        known[0] = authority
        await until(lambda: server.reads)
        server.collections.add("apiservices")
        server.fail = lambda *_: None
        await until(lambda: answers == [False])
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
