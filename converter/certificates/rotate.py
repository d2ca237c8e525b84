"""Rotates the certificates of the webhooks: pure steps from the present material to the next one.

A new authority is trusted for some time before it signs, and an old one stays trusted: at no moment does a client meet
a certificate that it does not trust. The clock may be wrong once, ahead or behind, without lasting harm:

* Certificates that are not valid yet are replaced, like expired ones.
* No authority leaves the bundle because of the clock alone. Clients ignore the ones that are not valid.
* Only an orderly rotation removes authorities that are neither valid nor recent (`_after_rotation`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization

from converter.certificates.issue import (
    AUTHORITY_LIFE,
    SERVING_LIFE,
    Pair,
    issue_serving,
    make_authority,
    needs_renewal,
    renewal_time,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SPREAD = dt.timedelta(hours=1)
"""How long a new authority is trusted before it signs; every API server must have read it by then."""

MOST_TRUSTED: Final = 8
"""The bound of the bundle, in certificates; an orderly life needs three."""

_NAME = "karmada-api-version-converter CA"


@dataclass(frozen=True, slots=True)
class Periods:
    """How long the parts of a rotation take.

    Attributes:
        serving: how long a serving certificate is valid.
        authority: how long an authority is valid.
        spread: how long a new authority is trusted before it signs.
    """

    serving: dt.timedelta = SERVING_LIFE
    authority: dt.timedelta = AUTHORITY_LIFE
    spread: dt.timedelta = SPREAD


DEFAULT_PERIODS: Final = Periods()


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that one Secret holds.

    Attributes:
        authority: the authority that signs now.
        serving: the certificate that the servers present.
        trusted: the PEM certificates that clients trust: of this, the next and earlier authorities.
        upcoming: the authority that will sign next; None if none is due.
        upcoming_since: since when it is trusted.
    """

    authority: Pair
    serving: Pair
    trusted: bytes
    upcoming: Pair | None = None
    upcoming_since: dt.datetime | None = None


def advance(
    material: Material | None, names: Sequence[str], now: dt.datetime, periods: Periods = DEFAULT_PERIODS
) -> Material:
    """Return the material that should be stored now; the same object if nothing is due.

    Args:
        material: the present material; None if there is none, or none that can be read.
        names: DNS names and addresses that the serving certificate must have.
        now: the present, with a time zone.
        periods: how long the parts of a rotation take.

    Raises:
        CertificateError: no name is given.
    """
    if material is None:
        authority = make_authority(_NAME, now, periods.authority)
        return Material(authority, issue_serving(authority, names, now, periods.serving), authority.certificate)
    if not _signs(material.authority, now):
        authority = make_authority(_NAME, now, periods.authority)
        after = Material(authority, issue_serving(authority, names, now, periods.serving), material.trusted)
        return replace(after, trusted=_bundle(material, after, now))
    after = _rotated(material, names, now, periods)
    if needs_renewal(after.serving, after.authority, names, now):
        after = replace(after, serving=issue_serving(after.authority, names, now, periods.serving))
    trusted = _bundle(material, after, now)
    return after if trusted == after.trusted else replace(after, trusted=trusted)


def _rotated(material: Material, names: Sequence[str], now: dt.datetime, periods: Periods) -> Material:
    """Take the next step of the rotation of the authority, if one is due."""
    upcoming, since = material.upcoming, material.upcoming_since
    if upcoming is not None and not _signs(upcoming, now):  # a clock was wrong when it was made
        upcoming = None
        material = replace(material, upcoming=None, upcoming_since=None)
    if upcoming is None:
        if now < renewal_time(material.authority):
            return material
        return replace(material, upcoming=make_authority(_NAME, now, periods.authority), upcoming_since=now)
    if since is None or since > now:
        return replace(material, upcoming_since=now)
    if now - since < periods.spread:
        return material
    after = Material(upcoming, issue_serving(upcoming, names, now, periods.serving), material.trusted)
    return replace(after, trusted=_after_rotation(material, after, now))


def _signs(authority: Pair, now: dt.datetime) -> bool:
    """Whether an authority can be read and is valid."""
    try:
        certificate = x509.load_pem_x509_certificate(authority.certificate)
        key = serialization.load_pem_private_key(authority.key, password=None)
    except (ValueError, TypeError):
        return False
    return certificate.public_key() == key.public_key() and _is_valid(certificate, now)


def _is_valid(certificate: x509.Certificate, now: dt.datetime) -> bool:
    return certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc


def _after_rotation(before: Material, after: Material, now: dt.datetime) -> bytes:
    """Make the bundle after an orderly rotation: authorities that are valid, and the previous one."""
    found = _certificates([after.authority.certificate, before.authority.certificate, before.trusted])
    kept = [certificate for index, certificate in enumerate(found) if index <= 1 or _is_valid(certificate, now)]
    return _pem(kept)


def _bundle(before: Material, after: Material, now: dt.datetime) -> bytes:
    """Make the bundle: those that sign first, then those that verify what is served, then valid ones, then the rest."""
    signing = [pair.certificate for pair in (after.authority, after.upcoming) if pair is not None]
    rest = [before.authority.certificate] if after.authority is not before.authority else []
    found = _certificates([*signing, *rest, after.trusted])
    if len(found) <= MOST_TRUSTED:
        return _pem(found)
    served = _certificates([before.serving.certificate, after.serving.certificate])

    def rank(certificate: x509.Certificate) -> int:
        if any(_verifies(certificate, leaf) for leaf in served):
            return 0
        return 1 if _is_valid(certificate, now) else 2

    first, others = found[: len(signing)], found[len(signing) :]
    return _pem([*first, *sorted(others, key=rank)][:MOST_TRUSTED])


def _verifies(authority: x509.Certificate, leaf: x509.Certificate) -> bool:
    try:
        leaf.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _certificates(texts: Iterable[bytes]) -> list[x509.Certificate]:
    """Read certificates, each once, in their order; texts that cannot be read are left out."""
    found: dict[x509.Certificate, None] = {}
    for text in texts:
        try:
            found.update(dict.fromkeys(x509.load_pem_x509_certificates(text)))
        except ValueError:
            continue
    return list(found)


def _pem(certificates: Iterable[x509.Certificate]) -> bytes:
    return b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in certificates)
