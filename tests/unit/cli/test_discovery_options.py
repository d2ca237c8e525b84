"""Where the controller takes the discovery server's authority from: a file, or the Secret that it keeps itself."""

import argparse
import asyncio
import base64
import datetime as dt
import logging

import pytest

from converter.catalog import load_catalog
from converter.certificates.issue import make_authority
from converter.certificates.tls import ServingCertificate, write_throwaway
from converter.cli.discovery_options import Registration, add_registration_options, registered
from converter.cli.options import UsageError
from converter.clusters import FleetView
from converter.rules import RuleBook
from converter.server.discovery import DiscoveryApp
from converter.server.run import Address, serve

NOW = dt.datetime.now(dt.UTC)
ONE, TWO = (make_authority(name, NOW).certificate for name in ("one", "two"))


def options(*given):
    parser = argparse.ArgumentParser()
    add_registration_options(parser)
    return parser.parse_args(given)


def registration(*given, kept=None):
    return Registration.make(options(*given), None, lambda: None, FleetView(), tuple, kept=kept)


def test_without_a_url_nothing_is_registered():
    assert registration(kept=lambda: ONE) is None


def test_a_url_needs_an_authority_from_somewhere():
    with pytest.raises(UsageError, match=r"--discovery-ca-file, or --certificate-secret"):
        registration("--discovery-url", "https://localhost")


@pytest.mark.parametrize("content", [b"", b"\n", b"no certificate", b"\xff\xfe"])
def test_a_file_without_certificates_is_refused_at_the_start(tmp_path, content):
    file = tmp_path / "ca.crt"
    file.write_bytes(content)
    with pytest.raises(UsageError, match="cannot use --discovery-ca-file"):
        registration("--discovery-url", "https://localhost", "--discovery-ca-file", str(file))
    file.unlink()
    with pytest.raises(UsageError, match="cannot use --discovery-ca-file"):
        registration("--discovery-url", "https://localhost", "--discovery-ca-file", str(file))


def bundle(made):
    return base64.b64decode(made.registrar().backend().ca_bundle)


def test_the_authority_of_the_kept_secret_is_what_api_services_carry():
    known = [b""]
    made = registration("--discovery-url", "https://localhost/", kept=lambda: known[0])
    assert made.url == "https://localhost"
    assert made.trust.refresh().context is None
    known[0] = ONE
    assert bundle(made) == ONE
    known[0] = TWO + ONE
    assert bundle(made) == TWO + ONE
    assert len(made.trust.context.get_ca_certs()) == 2
    known[0] = b""
    assert bundle(made) == TWO + ONE, "what is not known for a moment is not forgotten"


def test_a_file_goes_before_the_secret_and_is_read_again(tmp_path, caplog):
    file = tmp_path / "ca.crt"
    file.write_bytes(ONE)
    given = ("--discovery-url", "https://localhost", "--discovery-ca-file", str(file))
    made = registration(*given, kept=lambda: TWO)
    assert bundle(made) == ONE
    file.write_bytes(TWO)
    assert bundle(made) == TWO
    with caplog.at_level(logging.ERROR):
        file.write_bytes(b"half writ")
        assert [bundle(made), bundle(made)] == [TWO, TWO]
    assert len(caplog.records) == 1, "told once"
    file.unlink()
    assert bundle(made) == TWO


async def test_only_the_right_authority_makes_the_server_reachable(tmp_path):
    authority, certificate, key = write_throwaway(tmp_path, ["localhost", "127.0.0.1"], NOW)
    context = ServingCertificate(certificate, key).context
    book = RuleBook.compile([])
    app = DiscoveryApp(lambda: book, load_catalog())
    stop, bound = asyncio.Event(), asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(app, Address("127.0.0.1", 0), context, listening=bound.set_result, stop=stop))
    try:
        url = (await bound).url
        known = [b""]
        made = registration("--discovery-url", url, kept=lambda: known[0])
        for pem, expected in ((b"", False), (ONE, False), (authority.read_bytes(), True)):
            known[0] = pem
            assert await made._reachable() is expected
    finally:
        stop.set()
        await task


class Leader:
    def __init__(self):
        self.leader_tasks = []
        self.versions_in_use = tuple


async def test_until_the_authority_is_known_nothing_is_touched():
    leader = Leader()
    known = [b""]
    server = None  # any request would fail
    args = options("--discovery-url", "https://localhost:1")
    async with registered(args, server, leader, lambda: None, FleetView(), kept=lambda: known[0]):
        (run,) = leader.leader_tasks
        task = asyncio.create_task(run())
        await asyncio.sleep(0.05)
        assert not task.done()
        known[0] = ONE
        with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'get'"):
            await task
