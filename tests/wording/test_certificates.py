"""What the log says about serving certificates that are not valid."""

from __future__ import annotations

import datetime as dt

import pytest

from converter.certificates.tls import ServingCertificate, write_pair
from tests.unit.certificates.test_tls import Clock, pair_of

AT = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize("wrong", [dt.timedelta(days=200), dt.timedelta(days=-200)], ids=["not valid yet", "expired"])
def test_a_new_pair_that_is_not_valid(tmp_path, wrong, caplog):
    clock = Clock(AT)
    certificate, key = write_pair(tmp_path, pair_of(AT))
    serving = ServingCertificate(certificate, key, now=clock)
    write_pair(tmp_path, pair_of(AT + wrong))
    assert not serving.refresh()
    assert caplog.text.count("not replaced") == 1
    assert f"{certificate} is valid only from 2" in caplog.text


def test_a_first_pair_that_is_not_valid(tmp_path, caplog):
    certificate, key = write_pair(tmp_path, pair_of(AT - dt.timedelta(days=200)))
    ServingCertificate(certificate, key, now=Clock(AT))
    assert f"certificate {certificate} is valid only from 2" in caplog.text
