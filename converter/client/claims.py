"""Reads what a ServiceAccount's token says of itself. Nothing is verified: only the API server can do that.

The format is that of TokenRequest (Kubernetes: ``pkg/serviceaccount/claims.go``): a JWT (RFC 7519) whose private claims
name the ServiceAccount.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from dataclasses import dataclass

import msgspec


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of a token.

    Attributes:
        subject: the user name, ``system:serviceaccount:NAMESPACE:NAME``.
        issued_at: when the API server issued it.
        expires_at: when the API server stops accepting it.
        account_uid: the uid of the ServiceAccount; empty if the token does not have one.
    """

    subject: str
    issued_at: dt.datetime
    expires_at: dt.datetime
    account_uid: str = ""


class _Account(msgspec.Struct):
    uid: str = ""


class _Private(msgspec.Struct):
    serviceaccount: _Account = msgspec.field(default_factory=_Account)


class _Payload(msgspec.Struct):
    iat: float
    exp: float
    sub: str = ""
    private: _Private = msgspec.field(default_factory=_Private, name="kubernetes.io")


_payloads = msgspec.json.Decoder(_Payload)


def claims_of(token: str) -> Claims | None:
    """Read the claims of a token; None if it is not a JWT with a beginning and an end."""
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 -- header, payload, signature
        return None
    try:
        payload = _payloads.decode(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        issued, expires = (dt.datetime.fromtimestamp(moment, dt.UTC) for moment in (payload.iat, payload.exp))
    except (binascii.Error, msgspec.MsgspecError, ValueError, OverflowError, OSError):
        return None
    return Claims(payload.sub, issued, expires, payload.private.serviceaccount.uid)
