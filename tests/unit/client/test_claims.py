"""What a token says of itself."""

import base64
import datetime as dt
import json

import pytest

from converter.client.claims import Claims, claims_of


def token(payload, header="e30"):
    text = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return ".".join((header, base64.urlsafe_b64encode(text).decode().rstrip("="), "signature"))


SAID = {
    "aud": ["https://kubernetes.default.svc"],
    "iat": 1700000000,
    "exp": 1707776000,
    "sub": "system:serviceaccount:karmada-system:converter-admission",
    "kubernetes.io": {"namespace": "karmada-system", "serviceaccount": {"name": "converter-admission", "uid": "u-1"}},
}


def test_the_claims_of_a_token_request():
    begin = dt.datetime(2023, 11, 14, 22, 13, 20, tzinfo=dt.UTC)
    assert claims_of(token(SAID)) == Claims(SAID["sub"], begin, begin + dt.timedelta(days=90), "u-1")


def test_private_claims_and_a_subject_can_be_missing():
    found = claims_of(token({"iat": 1, "exp": 2.5}))
    assert (found.subject, found.account_uid) == ("", "")
    assert found.expires_at - found.issued_at == dt.timedelta(seconds=1.5)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "opaque",
        "a.b",
        "a.b.c.d",
        "e30.?.x",
        token(b"\xff\xfe"),
        token([]),
        token({"exp": 1}),
        token({"iat": 1}),
        token({"iat": "soon", "exp": 2}),
        token({"iat": 1, "exp": 1e300}),
        token({"iat": 1, "exp": 2, "sub": None}),
    ],
)
def test_what_is_not_a_token_with_a_life_says_nothing(text):
    assert claims_of(text) is None
