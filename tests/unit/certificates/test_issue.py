from __future__ import annotations

import datetime as dt

import pytest

from converter.certificates.issue import (
    CertificateError,
    Pair,
    expiry,
    issue_serving,
    make_authority,
    names_of,
    needs_renewal,
    renewal_time,
)

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
NAMES = ("converter.karmada-system.svc", "127.0.0.1", "::1")


def test_a_serving_certificate_answers_for_its_names():
    assert names_of(issue_serving(make_authority("ca", NOW), NAMES, NOW)) == NAMES


def test_it_is_due_after_two_thirds_of_its_life():
    authority = make_authority("ca", NOW)
    pair = issue_serving(authority, NAMES, NOW, dt.timedelta(days=90))
    assert NOW + dt.timedelta(days=59) < renewal_time(pair) < NOW + dt.timedelta(days=61)
    assert not needs_renewal(pair, authority, NAMES, NOW + dt.timedelta(days=59))
    assert needs_renewal(pair, authority, NAMES, NOW + dt.timedelta(days=61))


def test_it_never_outlives_its_authority():
    authority = make_authority("ca", NOW, dt.timedelta(days=10))
    assert expiry(issue_serving(authority, NAMES, NOW)) == expiry(authority) == NOW + dt.timedelta(days=10)


def test_a_new_name_another_authority_or_nonsense_make_it_due():
    authority, other = make_authority("ca", NOW), make_authority("ca", NOW)
    pair = issue_serving(authority, NAMES, NOW)
    assert not needs_renewal(pair, authority, NAMES[:1], NOW)
    assert needs_renewal(pair, authority, [*NAMES, "new.example.com"], NOW)
    assert needs_renewal(pair, other, NAMES, NOW)
    assert needs_renewal(Pair(b"nonsense", b""), authority, NAMES, NOW)
    assert needs_renewal(Pair(pair.certificate, other.key), authority, NAMES, NOW)


def test_only_an_authority_signs():
    authority = make_authority("ca", NOW)
    leaf = issue_serving(authority, NAMES, NOW)
    with pytest.raises(CertificateError):
        issue_serving(leaf, NAMES, NOW)
    with pytest.raises(CertificateError):
        issue_serving(authority, [], NOW)
    with pytest.raises(CertificateError):
        issue_serving(Pair(b"x", b"y"), NAMES, NOW)
    with pytest.raises(CertificateError):
        issue_serving(Pair(authority.certificate, b"y"), NAMES, NOW)


def test_a_key_is_never_shown():
    pair = make_authority("ca", NOW)
    assert b"PRIVATE KEY" in pair.key
    assert "PRIVATE" not in repr(pair)
