"""Certificates over the years: at no moment does a client meet one that it does not trust."""

import datetime as dt
import ssl
from dataclasses import replace

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from converter.certificates.issue import AUTHORITY_LIFE, SERVING_LIFE, CertificateError
from converter.certificates.rotate import MOST_TRUSTED, SPREAD, Material, Periods, advance
from converter.controllers.certificate_secret import read, written
from tests.nonempty import some
from tests.sizes import cases

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


def test_with_periods_of_minutes_every_client_trusts_what_is_served():
    periods = Periods(dt.timedelta(seconds=60), dt.timedelta(seconds=90), dt.timedelta(seconds=10))
    now, material = START, advance(None, NAMES, START, periods)
    history = [material]
    for _ in range(600):
        now += dt.timedelta(seconds=1)
        material = advance(material, NAMES, now, periods)
        history.append(material)
        for lagging in some(history[-5:]):
            assert trusted_by(material, lagging.trusted, now), "a client that still trusts an earlier bundle"
            assert trusted_by(lagging, material.trusted, now), "a server that still presents an earlier certificate"
    assert len({entry.authority.certificate for entry in history}) >= 8
    assert len({entry.serving.certificate for entry in history}) <= 40, "nothing is renewed before it is due"


@pytest.mark.parametrize("broken", ["ca.crt", "signer.crt", "signer.key", "tls.crt", "tls.key"])
@pytest.mark.parametrize("how", ["missing", "garbage"])
def test_a_broken_secret_is_repaired(broken, how):
    secret = {"data": written(advance(None, NAMES, START))}
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
        assert read({"data": written(material)}) == material


def test_it_needs_a_name():
    with pytest.raises(CertificateError):
        advance(None, (), START)


def test_the_pair_loads_as_a_server_would(tmp_path):
    made = advance(None, NAMES, dt.datetime.now(dt.UTC))
    (tmp_path / "tls.crt").write_bytes(made.serving.certificate)
    (tmp_path / "tls.key").write_bytes(made.serving.key)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tmp_path / "tls.crt", tmp_path / "tls.key")


# A clock that is wrong for a while


def valid(pem: bytes, now: dt.datetime) -> bool:
    (first, *_) = certificates(pem)
    return first.not_valid_before_utc <= now < first.not_valid_after_utc


MINUTE, HOUR, DAY, YEAR = (dt.timedelta(**each) for each in ({"minutes": 1}, {"hours": 1}, {"days": 1}, {"days": 365}))
OFFSETS = [sign * offset for offset in (MINUTE, HOUR, 70 * DAY, YEAR, 7 * YEAR, 20 * YEAR) for sign in (1, -1)]


@pytest.mark.parametrize("offset", OFFSETS, ids=str)
def test_one_minute_of_a_wrong_clock_is_repaired_once_the_clock_is_right(offset):
    good = advance(None, NAMES, START)
    wrong = advance(good, NAMES, START + DAY + offset)
    now = START + DAY + MINUTE
    mended = advance(wrong, NAMES, now)
    for material in (wrong, mended):
        assert trusted_by(replace(material, serving=good.serving), material.trusted, now), "a server that kept its pair"
    assert trusted_by(mended, mended.trusted, now)
    assert valid(mended.authority.certificate, now)
    assert mended.upcoming is None or valid(mended.upcoming.certificate, now), "an authority of the past is due soon"
    assert advance(mended, NAMES, now + MINUTE) is mended, "nothing is due any more"


def test_an_upcoming_authority_from_the_future_is_replaced():
    good = advance(None, NAMES, START)
    ahead = advance(good, NAMES, START + AUTHORITY_LIFE * 0.9)
    assert ahead.upcoming is not None
    mended = advance(ahead, NAMES, START + DAY)
    assert mended.upcoming is None
    assert mended.authority == good.authority
    assert trusted_by(mended, good.trusted, START + DAY)


def test_an_upcoming_authority_that_is_valid_but_was_seen_in_the_future_still_gets_its_turn():
    now = START + AUTHORITY_LIFE * 0.7
    due = advance(advance(None, NAMES, START), NAMES, now)
    odd = replace(due, upcoming_since=now + YEAR)
    again = advance(odd, NAMES, now + MINUTE)
    assert again.upcoming_since == now + MINUTE
    assert advance(again, NAMES, now + MINUTE + SPREAD).authority == due.upcoming


def test_the_bundle_is_bounded_and_never_loses_what_verifies_the_served_certificate():
    material = advance(None, NAMES, START)
    for number in range(1, 30):
        before = material
        material = advance(material, NAMES, START + number * 11 * YEAR)
        trusted = certificates(material.trusted)
        assert len(trusted) == min(number + 1, MOST_TRUSTED)
        for pair in (before.authority, material.authority):
            assert certificates(pair.certificate)[0] in trusted


moments = st.tuples(st.sampled_from([MINUTE, HOUR, 2 * HOUR, 5 * DAY]), st.sampled_from(OFFSETS))
"""How much time passes, and how wrong the leader's clock is then."""

episodes = st.lists(st.tuples(st.lists(moments, max_size=3), st.sampled_from([MINUTE, DAY, 9 * DAY])), max_size=6)
"""The clock is wrong up to three times in a row, then right."""


@settings(max_examples=cases(60), deadline=None)
@given(episodes)
def test_a_server_with_a_right_clock_always_presents_a_trusted_certificate(life):
    now, material = START, advance(None, NAMES, START)
    served = material.serving
    for wrong, gap in life:  # may be empty
        for passed, offset in wrong:  # may be empty
            now += passed
            material = advance(material, NAMES, now + offset)
            if valid(material.serving.certificate, now):  # what ServingCertificate does
                served = material.serving
            assert trusted_by(replace(material, serving=served), material.trusted, now)
        now += gap
        material = advance(material, NAMES, now)
        served = material.serving
        assert trusted_by(material, material.trusted, now)
        assert len(certificates(material.trusted)) <= MOST_TRUSTED
