from __future__ import annotations

import asyncio
import datetime as dt
import os
import ssl
import stat
import warnings

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from converter.certificates.issue import (
    CertificateError,
    CertificateFacts,
    CertificateProblem,
    issue_serving,
    make_authority,
)
from converter.certificates.tls import ServingCertificate, load_context, read_validity, write_pair, write_throwaway
from converter.server.app import App, Webhook
from converter.server.metrics import Metrics

JSON = {"Content-Type": "application/json"}
NAMES = ["localhost", "127.0.0.1"]


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@pytest.fixture
def app() -> App:
    return App([Webhook("/mutate/works", "works", lambda body: body)], {}, Metrics(["works"]))


async def served_serial(port: int, **options) -> int:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, **options)
    der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return x509.load_der_x509_certificate(der).serial_number


async def test_clients_that_check_everything_trust_it(app, serving):
    async with serving(app) as running:
        running.trust.verify_flags |= ssl.VERIFY_X509_STRICT
        async with running.client() as client, client.post("/mutate/works", data=b"{}", headers=JSON) as answer:
            assert answer.status == 200


async def test_old_tls_is_refused(app, serving):
    async with serving(app) as running:
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            running.trust.minimum_version = ssl.TLSVersion.TLSv1
            running.trust.maximum_version = ssl.TLSVersion.TLSv1_1
        running.trust.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await running.raw()


@pytest.mark.parametrize("name", [{"server_hostname": ""}, {"server_hostname": "localhost"}])
async def test_a_new_certificate_is_served_without_dropping_a_request(app, serving, tmp_path, name, until):
    """Also to clients that send no server name, as clients do that connect to an IP address.

    A client may reconnect at any moment, so it trusts the old authority and the new one, as a rotation demands.
    """
    authority = make_authority("another", now())
    fresh = issue_serving(authority, NAMES, now())
    wanted = x509.load_pem_x509_certificate(fresh.certificate).serial_number
    async with serving(app) as running:
        running.trust.load_verify_locations(cadata=authority.certificate.decode())
        watch = asyncio.create_task(running.certificate.watch(0.02))
        over = asyncio.Event()
        answered = [0] * 3

        async def ask(number: int) -> None:
            """Keep one connection where the number is 0; make a new one for each request otherwise."""
            while not over.is_set():
                async with running.client() as client:
                    while not over.is_set():
                        async with client.post("/mutate/works", data=b"{}", headers=JSON) as answer:
                            assert answer.status == 200
                        answered[number] += 1
                        if number:
                            break

        askers = [asyncio.create_task(ask(number)) for number in range(3)]

        async def all_go_on() -> None:
            """Wait until each asker got two more answers: it asked for the second after this began."""
            before = answered[:]
            await until(
                lambda: (
                    any(asker.done() for asker in askers)
                    or all(after >= count + 2 for after, count in zip(answered, before, strict=True))
                )
            )

        await all_go_on()
        before = await served_serial(running.port, **name)
        write_pair(tmp_path / "tls", fresh)
        await until(lambda: running.certificate.reloads or any(asker.done() for asker in askers))
        assert await served_serial(running.port, **name) == wanted
        await all_go_on()
        over.set()
        await asyncio.gather(*askers)  # raises what any of them raised
        watch.cancel()
    assert before != wanted
    assert running.certificate.reloads == 1


def test_a_half_written_pair_leaves_the_old_one(tmp_path, caplog):
    _, certificate, key = write_throwaway(tmp_path, NAMES, now())
    serving = ServingCertificate(certificate, key)
    other = issue_serving(make_authority("another", now()), NAMES, now())
    certificate.write_bytes(other.certificate)
    for _ in range(3):
        assert not serving.refresh()
    assert serving.problem is not None
    assert serving.problem.code is CertificateProblem.MISMATCH
    assert [record.levelname for record in caplog.records].count("ERROR") == 1
    key.write_bytes(other.key)
    assert serving.refresh()
    assert serving.problem is None
    key.unlink()
    assert not serving.refresh()
    assert serving.problem == CertificateFacts(CertificateProblem.MISSING, (key,))


@pytest.mark.parametrize(
    ("certificate", "key", "code"),
    [
        (None, b"x", CertificateProblem.MISSING),
        (b"x", None, CertificateProblem.MISMATCH),
        (b"nonsense", b"nonsense", CertificateProblem.MISMATCH),
    ],
)
def test_what_cannot_be_used_is_reported(tmp_path, certificate, key, code):
    files = tmp_path / "c.pem", tmp_path / "k.pem"
    for file, content in zip(files, (certificate, key), strict=True):
        if content is not None:
            file.write_bytes(content)
    with pytest.raises(CertificateError) as caught:
        load_context(*files)
    assert caught.value.code is code


def test_an_encrypted_key_is_refused_and_no_password_asked_for(tmp_path):
    _, certificate, key = write_throwaway(tmp_path, NAMES, now())
    plain = serialization.load_pem_private_key(key.read_bytes(), None)
    secret = serialization.BestAvailableEncryption(b"secret")
    key.write_bytes(plain.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, secret))
    with pytest.raises(CertificateError) as caught:
        load_context(certificate, key)
    assert caught.value.code is CertificateProblem.ENCRYPTED


def test_keys_are_for_their_owner_only(tmp_path):
    _, _, key = write_throwaway(tmp_path / "new", NAMES, now())
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


class Clock:
    """A wall clock that a test sets."""

    def __init__(self, at: dt.datetime) -> None:
        self.at = at

    def __call__(self) -> dt.datetime:
        return self.at


def pair_of(at: dt.datetime):
    return issue_serving(make_authority("another", at), NAMES, at)


@pytest.mark.parametrize("wrong", [dt.timedelta(days=200), dt.timedelta(days=-200)], ids=["not valid yet", "expired"])
def test_a_good_pair_is_never_replaced_by_one_that_is_not_valid(tmp_path, wrong, caplog):
    clock = Clock(dt.datetime(2026, 3, 1, tzinfo=dt.UTC))
    certificate, key = write_pair(tmp_path, pair_of(clock.at))
    serving = ServingCertificate(certificate, key, now=clock)
    good = serving.not_after
    write_pair(tmp_path, pair_of(clock.at + wrong))
    for _ in range(3):
        assert not serving.refresh()
    assert serving.not_after == good
    refused = CertificateFacts(CertificateProblem.NOT_VALID, (certificate,), read_validity(certificate))
    assert serving.problem == refused
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    write_pair(tmp_path, pair_of(clock.at + 2 * wrong))
    assert not serving.refresh()
    assert [record.levelname for record in caplog.records] == ["ERROR"] * 2, "another problem is logged too"
    write_pair(tmp_path, pair_of(clock.at))
    assert serving.refresh()
    assert serving.problem is None


def test_a_pair_is_taken_once_it_becomes_valid(tmp_path):
    clock = Clock(dt.datetime(2026, 3, 1, tzinfo=dt.UTC))
    certificate, key = write_pair(tmp_path, pair_of(clock.at))
    serving = ServingCertificate(certificate, key, now=clock)
    write_pair(tmp_path, pair_of(clock.at + dt.timedelta(days=30)))
    assert not serving.refresh()
    clock.at += dt.timedelta(days=30)
    assert serving.refresh()
    assert serving.not_after == clock.at + dt.timedelta(days=90)


def test_a_pair_that_is_not_valid_is_better_than_an_expired_one(tmp_path, caplog):
    clock = Clock(dt.datetime(2026, 3, 1, tzinfo=dt.UTC))
    certificate, key = write_pair(tmp_path, pair_of(clock.at - dt.timedelta(days=200)))
    serving = ServingCertificate(certificate, key, now=clock)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.args == (certificate, read_validity(certificate))
    write_pair(tmp_path, pair_of(clock.at + dt.timedelta(hours=1)))
    assert serving.refresh()


async def test_the_watch_survives_any_failure(tmp_path, monkeypatch, until):
    certificate, key = write_pair(tmp_path, pair_of(now()))
    serving = ServingCertificate(certificate, key)
    failures = iter([OSError("the disk is gone"), RuntimeError("a bug"), MemoryError()])
    refresh = serving.refresh

    def failing() -> bool:
        for failure in failures:
            raise failure
        return refresh()

    monkeypatch.setattr(serving, "refresh", failing)
    watch = asyncio.create_task(serving.watch(0.001))
    write_pair(tmp_path, pair_of(now()))
    await until(lambda: serving.reloads == 1)
    assert not watch.done()
    watch.cancel()


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_pipe_in_the_place_of_a_file_does_not_stop_the_reloads(tmp_path, which):
    trusted, certificate, key = write_throwaway(tmp_path, NAMES, now())
    pair = ServingCertificate(certificate, key, client_ca=trusted)
    file = (certificate, key, trusted)[which]
    content = file.read_bytes()
    file.unlink()
    os.mkfifo(file)  # nobody writes to it
    assert not pair.refresh()
    assert pair.problem.code is CertificateProblem.UNREADABLE
    file.unlink()
    file.write_bytes(content)
    pair.refresh()
    assert pair.problem is None
