"""Certificates over the years: at no moment does a client meet one that it does not trust."""

import datetime as dt
import ssl

import pytest
from cryptography import x509

from converter.certificates.issue import AUTHORITY_LIFE, SERVING_LIFE, CertificateError
from converter.certificates.rotate import SPREAD, Material, advance
from converter.controllers.certificate_secret import read, written

NAMES = ("converter-admission.karmada-system.svc", "127.0.0.1")
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def certificates(pem):
    return x509.load_pem_x509_certificates(pem)


def trusted_by(material: Material, trusted: bytes, now: dt.datetime) -> bool:
    """Whether a client that trusts these certificates would accept what is served."""
    (serving,) = certificates(material.serving.certificate)
    if not serving.not_valid_before_utc <= now < serving.not_valid_after_utc:
        return False
    for authority in certificates(trusted):
        try:
            serving.verify_directly_issued_by(authority)
        except Exception:  # noqa: BLE001
            continue
        return now < authority.not_valid_after_utc
    return False


def test_everything_is_made_where_there_is_nothing():
    made = advance(None, NAMES, START)
    assert trusted_by(made, made.trusted, START)
    assert made.upcoming is None


def test_nothing_changes_while_nothing_is_due():
    made = advance(None, NAMES, START)
    assert advance(made, NAMES, START + SERVING_LIFE / 3) is made


def test_a_serving_certificate_is_renewed_in_time_by_the_same_authority():
    made = advance(None, NAMES, START)
    later = advance(made, NAMES, START + SERVING_LIFE * 0.7)
    assert later.serving != made.serving
    assert later.authority == made.authority
    assert later.trusted == made.trusted


def test_a_further_name_is_taken_up():
    made = advance(None, NAMES[:1], START)
    assert advance(made, NAMES, START).serving != made.serving


def test_over_thirty_years_every_client_trusts_what_is_served():
    """Clients learn of the trusted certificates up to half of SPREAD late, servers of the serving ones likewise."""
    now, material = START, advance(None, NAMES, START)
    history = [(now, material)]
    end = START + 3 * AUTHORITY_LIFE
    while now < end:
        now += SPREAD / 2 if material.upcoming is not None else dt.timedelta(days=9)
        material = advance(material, NAMES, now)
        history.append((now, material))
        lagging = history[-2][1]
        assert trusted_by(material, material.trusted, now)
        assert trusted_by(lagging, material.trusted, now), "a server that still presents the last certificate"
        assert trusted_by(material, lagging.trusted, now), "a client that still trusts the last bundle"
    assert len({entry.authority.certificate for _, entry in history}) >= 4
    assert len(certificates(material.trusted)) <= 3


@pytest.mark.parametrize("broken", ["ca.crt", "signer.crt", "signer.key", "tls.crt", "tls.key"])
@pytest.mark.parametrize("how", ["missing", "garbage"])
def test_a_broken_secret_is_mended(broken, how):
    secret = written(advance(None, NAMES, START), "ns", "name")
    if how == "missing":
        del secret["data"][broken]
    else:
        secret["data"][broken] = "Z2FyYmFnZQ=="
    mended = advance(read(secret), NAMES, START)
    assert trusted_by(mended, mended.trusted, START)


def test_what_is_written_reads_back():
    made = advance(None, NAMES, START)
    due = advance(made, NAMES, START + AUTHORITY_LIFE * 0.7)
    assert due.upcoming is not None
    for material in (made, due):
        assert read(written(material, "ns", "name")) == material


def test_it_needs_a_name():
    with pytest.raises(CertificateError):
        advance(None, (), START)


def test_the_pair_loads_as_a_server_would(tmp_path):
    made = advance(None, NAMES, dt.datetime.now(dt.UTC))
    (tmp_path / "tls.crt").write_bytes(made.serving.certificate)
    (tmp_path / "tls.key").write_bytes(made.serving.key)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tmp_path / "tls.crt", tmp_path / "tls.key")
