"""What the servers, and the errors about their certificates, addresses and policies, say."""

from __future__ import annotations

import datetime as dt
import socket

import pytest

from converter.certificates.issue import CertificateError, Pair, issue_serving, make_authority
from converter.certificates.tls import load_context
from converter.server.app import App
from converter.server.metrics import Metrics
from converter.server.run import Address, ListenError, serve
from converter.works.policy import Policy, PolicyError

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
NAMES = ("127.0.0.1",)


def test_what_is_not_an_address():
    with pytest.raises(ListenError, match="HOST:PORT"):
        Address.parse("8443")


async def test_an_address_in_use():
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        pytest.raises(ListenError, match="choose another address with --listen"),
    ):
        await serve(App([], {}, Metrics([])), Address("127.0.0.1", other.getsockname()[1]), None)


def test_what_is_not_a_policy():
    with pytest.raises(PolicyError, match="write one of: deny, warn, ignore"):
        Policy.parse("allow")


def test_what_does_not_sign_certificates():
    authority = make_authority("ca", NOW)
    with pytest.raises(CertificateError, match="not a certificate authority"):
        issue_serving(issue_serving(authority, NAMES, NOW), NAMES, NOW)
    with pytest.raises(CertificateError, match="at least one name"):
        issue_serving(authority, [], NOW)
    with pytest.raises(CertificateError, match="not PEM"):
        issue_serving(Pair(b"x", b"y"), NAMES, NOW)
    with pytest.raises(CertificateError, match="private key"):
        issue_serving(Pair(authority.certificate, b"y"), NAMES, NOW)


def test_files_that_are_not_a_certificate_with_its_key(tmp_path):
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    with pytest.raises(CertificateError, match="does not exist; --tls-cert and --tls-key name PEM files"):
        load_context(certificate, key)
    certificate.write_bytes(b"nonsense")
    key.write_bytes(b"nonsense")
    with pytest.raises(CertificateError, match="not a certificate with its key"):
        load_context(certificate, key)
