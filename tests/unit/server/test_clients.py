"""Who may call the webhooks: real TLS connections with and without certificates of clients."""

from __future__ import annotations

import contextlib
import ssl

import aiohttp
import pytest

from converter.certificates.issue import CertificateError, CertificateProblem
from converter.certificates.tls import load_context
from converter.server.app import App, Webhook
from converter.server.clients import Clients
from converter.server.metrics import Metrics
from tests.controlplanes.pki import Authority

JSON = {"Content-Type": "application/json"}
CALLER = "apiserver-webhook-client"


@pytest.fixture
def authority(tmp_path):
    (tmp_path / "own").mkdir()
    return Authority(tmp_path / "own", "ca")


@pytest.fixture
def foreign(tmp_path):
    (tmp_path / "foreign").mkdir()
    return Authority(tmp_path / "foreign", "ca")


def app(*names):
    metrics = Metrics(["works"])
    made = App(
        [Webhook("/mutate/works", "works", lambda body: body)],
        {},
        metrics,
        clients=Clients(names),
    )
    made.counted = lambda outcome: metrics.registry.get_sample_value(
        "converter_requests_total", {"webhook": "works", "outcome": outcome}
    )
    return made


@contextlib.asynccontextmanager
async def client_of(running, pair=None):
    context = ssl.create_default_context(cafile=running.authority)
    if pair is not None:
        context.load_cert_chain(pair.certificate, pair.key)
    async with aiohttp.ClientSession(running.url, connector=aiohttp.TCPConnector(ssl=context)) as client:
        yield client


async def status_of(client, path="/mutate/works"):
    if path != "/mutate/works":
        async with client.get(path) as answer:
            return answer.status
    async with client.post(path, data=b"{}", headers=JSON) as answer:
        return answer.status


async def test_a_client_without_a_certificate_gets_no_answer(serving, authority):
    made = app()
    async with serving(made, client_ca=authority.certificate) as running, client_of(running) as client:
        assert await status_of(client) == 403
        assert await status_of(client, "/metrics") == 404
    assert made.counted("forbidden") == 1


async def test_a_client_with_a_certificate_of_the_authority_is_answered(serving, authority):
    async with (
        serving(app(), client_ca=authority.certificate) as running,
        client_of(running, authority.issue(CALLER)) as client,
    ):
        assert [await status_of(client) for _ in range(2)] == [200, 200]


async def test_a_certificate_of_another_authority_ends_at_the_handshake(serving, authority, foreign):
    async with (
        serving(app(), client_ca=authority.certificate) as running,
        client_of(running, foreign.issue(CALLER)) as client,
    ):
        with pytest.raises(aiohttp.ClientError):
            await status_of(client)


@pytest.mark.parametrize(("name", "status"), [(CALLER, 200), ("kubernetes.default.svc", 200), ("other", 403)])
async def test_only_the_accepted_names_are_answered(serving, authority, name, status):
    async with (
        serving(app(name), client_ca=authority.certificate) as running,
        client_of(running, authority.issue(CALLER)) as client,
    ):
        assert await status_of(client) == status


async def test_a_new_authority_is_taken_while_the_server_runs(serving, authority, foreign):
    async with serving(app(), client_ca=authority.certificate) as running:
        authority.certificate.write_bytes(foreign.certificate.read_bytes())
        assert running.certificate.refresh()
        async with client_of(running, foreign.issue(CALLER)) as client:
            assert await status_of(client) == 200


async def test_a_broken_authority_leaves_the_last_good_one(serving, authority):
    async with serving(app(), client_ca=authority.certificate) as running:
        authority.certificate.write_text("nonsense")
        assert not running.certificate.refresh()
        assert running.certificate.problem.code is CertificateProblem.INVALID
        async with client_of(running) as client:
            assert await status_of(client) == 403


def test_an_authority_that_is_missing_ends_the_start(tmp_path, authority):
    pair = authority.issue("server")
    with pytest.raises(CertificateError) as caught:
        load_context(pair.certificate, pair.key, tmp_path / "missing")
    assert caught.value.code is CertificateProblem.UNREADABLE
