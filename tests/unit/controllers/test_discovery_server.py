"""The discovery server as the controller sees it: which certificates it trusts, and whether the server answers."""

import asyncio
import base64
import datetime as dt
import logging

from converter.catalog import load_catalog
from converter.certificates.issue import make_authority
from converter.certificates.tls import ServingCertificate, write_throwaway
from converter.controllers.discovery_server import Authority, DiscoveryServer
from converter.rules import RuleBook
from converter.server.discovery import DiscoveryApp
from converter.server.metrics import DiscoveryMetrics
from converter.server.run import Address, serve

NOW = dt.datetime.now(dt.UTC)
ONE, TWO = (make_authority(name, NOW).certificate for name in ("one", "two"))


def server(authority, url="https://localhost"):
    return DiscoveryServer(url, "karmada-system", "converter-discovery", 443, authority)


def bundle(made):
    return base64.b64decode(made.backend().ca_bundle)


def test_the_authority_of_the_secret_is_what_api_services_carry():
    known = [b""]
    made = server(Authority(lambda: known[0]))
    assert not made.authority_known()
    known[0] = ONE
    assert bundle(made) == ONE
    known[0] = TWO + ONE
    assert bundle(made) == TWO + ONE
    assert len(made.authority.context.get_ca_certs()) == 2
    known[0] = b""
    assert bundle(made) == TWO + ONE, "what is not known for a moment is not forgotten"


def test_a_file_is_read_again_and_the_last_valid_certificates_stay(tmp_path, caplog):
    file = tmp_path / "ca.crt"
    file.write_bytes(ONE)
    made = server(Authority.of_file(file))
    assert bundle(made) == ONE
    file.write_bytes(TWO)
    assert bundle(made) == TWO
    with caplog.at_level(logging.ERROR):
        file.write_bytes(b"half writ")
        assert [bundle(made), bundle(made)] == [TWO, TWO]
    assert len(caplog.records) == 1, "logged once"
    file.unlink()
    assert bundle(made) == TWO


async def test_only_the_right_authority_makes_the_server_reachable(tmp_path):
    authority, certificate, key = write_throwaway(tmp_path, ["localhost", "127.0.0.1"], NOW)
    context = ServingCertificate(certificate, key).context
    book = RuleBook.compile([])
    app = DiscoveryApp(lambda: book, load_catalog(), DiscoveryMetrics())
    stop, bound = asyncio.Event(), asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(app, Address("127.0.0.1", 0), context, listening=bound.set_result, stop=stop))
    try:
        url = (await bound).url
        known = [b""]
        made = server(Authority(lambda: known[0]), url)
        for pem, expected in ((b"", False), (ONE, False), (authority.read_bytes(), True)):
            known[0] = pem
            assert await made.reachable() is expected
    finally:
        stop.set()
        await task
