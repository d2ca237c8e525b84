"""Certificates for the tests of the doctor."""

import base64
import datetime as dt

from converter.certificates.issue import issue_serving, make_authority

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
AUTHORITY = make_authority("ours", NOW)
OTHER = make_authority("another", NOW)


def serving(authority):
    return issue_serving(authority, ["converter-admission.karmada-system.svc"], NOW)


def bundle(*pairs):
    return base64.b64encode(b"".join(pair.certificate for pair in pairs)).decode()
