"""Rotates the webhooks' certificates: pure steps from the material there is to the material there should be.

A new authority is trusted for a while before anything is signed by it, and the old one for as long as it is valid: at
no moment does a client meet a certificate that it does not trust.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from converter.certificates.issue import (
    CertificateError,
    Pair,
    issue_serving,
    make_authority,
    needs_renewal,
    renewal_time,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

SPREAD = dt.timedelta(hours=1)
"""How long a new authority is trusted before it signs: every API server must have seen it by then."""

_NAME = "karmada-api-version-converter CA"


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that one Secret holds.

    Attributes:
        authority: what signs now.
        serving: what the servers present.
        trusted: PEM certificates that clients should trust: of this, the next and earlier authorities.
        upcoming: the authority that will sign next; None where none is due.
        upcoming_since: since when it is trusted.
    """

    authority: Pair
    serving: Pair
    trusted: bytes
    upcoming: Pair | None = None
    upcoming_since: dt.datetime | None = None


def advance(material: Material | None, names: Sequence[str], now: dt.datetime) -> Material:
    """Say what the material should be; the very same where nothing is due.

    Args:
        material: what there is; None where there is nothing, or nothing that can be read.
        names: DNS names and addresses that the serving certificate has to answer for.
        now: the present, with a time zone.

    Raises:
        CertificateError: no name is given.
    """
    if material is None or not _signs(material.authority, now):
        return _anew(names, now, material.trusted if material is not None else b"")
    if material.upcoming is None and now >= renewal_time(material.authority):
        material = replace(material, upcoming=make_authority(_NAME, now), upcoming_since=now)
    elif (
        material.upcoming is not None
        and material.upcoming_since is not None
        and now - material.upcoming_since >= SPREAD
    ):
        serving = issue_serving(material.upcoming, names, now)
        material = replace(material, authority=material.upcoming, serving=serving, upcoming=None, upcoming_since=None)
    if needs_renewal(material.serving, material.authority, names, now):
        material = replace(material, serving=issue_serving(material.authority, names, now))
    authorities = [material.authority, *([material.upcoming] if material.upcoming else [])]
    trusted = bundle([pair.certificate for pair in authorities], material.trusted, now)
    return material if trusted == material.trusted else replace(material, trusted=trusted)


def _anew(names: Sequence[str], now: dt.datetime, trusted: bytes) -> Material:
    authority = make_authority(_NAME, now)
    return Material(authority, issue_serving(authority, names, now), bundle([authority.certificate], trusted, now))


def _signs(authority: Pair, now: dt.datetime) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(authority.certificate)
        key = serialization.load_pem_private_key(authority.key, password=None)
    except (ValueError, TypeError):
        return False
    return certificate.public_key() == key.public_key() and now < certificate.not_valid_after_utc


def bundle(first: Sequence[bytes], more: bytes, now: dt.datetime) -> bytes:
    """Put certificates together, each once, those given first in front; what has expired or is broken is left out."""
    try:
        known = x509.load_pem_x509_certificates(more) if more.strip() else []
    except ValueError:
        known = []
    found: dict[bytes, bytes] = {}
    for certificate in [*(x509.load_pem_x509_certificate(text) for text in first), *known]:
        if now < certificate.not_valid_after_utc:
            text = certificate.public_bytes(serialization.Encoding.PEM)
            found.setdefault(text, text)
    if not found:
        raise CertificateError("every authority has expired; delete the Secret, and new ones are made")
    return b"".join(found)
