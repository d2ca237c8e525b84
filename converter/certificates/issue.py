"""Makes certificates: an authority, serving certificates under it, and when to renew them.

The functions make PEM from names, a point in time and fresh randomness. The caller stores it: in a directory for
``make run``, in a Secret in a cluster.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from converter.errors import ConverterError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

AUTHORITY_LIFE = dt.timedelta(days=3650)
"""How long an authority is valid, by default."""

SERVING_LIFE = dt.timedelta(days=90)
"""How long a serving certificate is valid, by default."""

RENEW_AFTER = 2 / 3
"""The share of its life after which a certificate is renewed. The rest is time to notice a failure."""

_BACKDATED = dt.timedelta(minutes=5)
"""A certificate is valid from a little before it was made, because the clocks of nodes differ."""


class CertificateProblem(StrEnum):
    """Why certificate material cannot be used."""

    INVALID = "Invalid"
    MISSING = "Missing"
    MISMATCH = "Mismatch"
    """The certificate and the key do not belong together, or one of them is not PEM."""
    ENCRYPTED = "Encrypted"
    NOT_VALID = "NotValid"
    """The certificate is expired, or not valid yet."""
    UNREADABLE = "Unreadable"
    UNWRITABLE = "Unwritable"


class CertificateFacts(NamedTuple):
    """What is wrong with certificate material; two errors with equal facts are the same problem.

    Attributes:
        code: why it cannot be used.
        files: the files or directories that it is about; empty if it comes from none.
        detail: the errno, the reason code of OpenSSL, or the validity; None if the code says all.
    """

    code: CertificateProblem
    files: tuple[Path, ...] = ()
    detail: object = None


class CertificateError(ConverterError):
    """Certificate material that cannot be used; the message says which, and what to do.

    Attributes:
        facts: what is wrong, as data.
    """

    def __init__(
        self,
        problem: str,
        code: CertificateProblem = CertificateProblem.INVALID,
        *files: Path,
        detail: object = None,
    ) -> None:
        self.facts = CertificateFacts(code, files, detail)
        super().__init__(problem)

    @property
    def code(self) -> CertificateProblem:
        """Why it cannot be used."""
        return self.facts.code


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its private key.

    Attributes:
        certificate: PEM.
        key: PEM, PKCS #8, not encrypted; not in the ``repr``.
    """

    certificate: bytes
    key: bytes = field(repr=False)


def make_authority(name: str, now: dt.datetime, life: dt.timedelta = AUTHORITY_LIFE) -> Pair:
    """Make a certificate authority that can sign serving certificates, but no other authority.

    Args:
        name: its common name.
        now: the present, with a time zone.
        life: how long it is valid.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        _builder(subject, subject, key, _backdated(now, life), now + life)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )
    return _pair(certificate, key)


def issue_serving(authority: Pair, names: Sequence[str], now: dt.datetime, life: dt.timedelta = SERVING_LIFE) -> Pair:
    """Issue a serving certificate, which never outlives its authority.

    Args:
        authority: what signs it.
        names: its DNS names and IP addresses; the first is also its common name.
        now: the present, with a time zone.
        life: how long it is valid.

    Raises:
        CertificateError: no name is given, or the authority cannot be read or cannot sign.
    """
    if not names:
        raise CertificateError("a serving certificate needs at least one name; clients check it")
    issuer = _certificate(authority)
    if not _is_authority(issuer):
        raise CertificateError(f"{issuer.subject.rfc4514_string()} is not a certificate authority; give one")
    issuer_key = _private_key(authority)
    key = ec.generate_private_key(ec.SECP256R1())
    end = min(now + life, issuer.not_valid_after_utc)
    certificate = (
        _builder(_name(names[0][:64]), issuer.subject, key, _backdated(now, life), end)
        .add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    return _pair(certificate, key)


def names_of(pair: Pair) -> tuple[str, ...]:
    """List the DNS names and IP addresses of a serving certificate.

    Raises:
        CertificateError: it cannot be read.
    """
    try:
        found = _certificate(pair).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(str(name.value) for name in found)


def renewal_time(pair: Pair) -> dt.datetime:
    """Return when a certificate is due: after two thirds of its life.

    Raises:
        CertificateError: it cannot be read.
    """
    certificate = _certificate(pair)
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return start + (end - start) * RENEW_AFTER


def expiry(pair: Pair) -> dt.datetime:
    """Return the end of a certificate.

    Raises:
        CertificateError: it cannot be read.
    """
    return _certificate(pair).not_valid_after_utc


def needs_renewal(serving: Pair, authority: Pair, names: Sequence[str], now: dt.datetime) -> bool:
    """Whether a serving certificate is due, not valid yet, lacks a name, has another authority, or is broken."""
    try:
        certificate = _certificate(serving)
        certificate.verify_directly_issued_by(_certificate(authority))
        same_key = certificate.public_key() == _private_key(serving).public_key()
        has_names = set(names) <= set(names_of(serving))
        return not (same_key and has_names and certificate.not_valid_before_utc <= now < renewal_time(serving))
    except Exception:  # noqa: BLE001  a new certificate repairs every fault
        return True


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    return Pair(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )


def _certificate(pair: Pair) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pair.certificate)
    except ValueError as error:
        raise CertificateError(f"the certificate is not PEM of X.509; give another one: {error}") from error


def _private_key(pair: Pair) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(pair.key, password=None)
    except (ValueError, TypeError) as error:
        raise CertificateError(f"the private key is not unencrypted PEM; give another one: {error}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise CertificateError("the private key is not of an elliptic curve; let the converter create its own pair")
    return key


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, start: dt.datetime, end: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )


def _backdated(now: dt.datetime, life: dt.timedelta) -> dt.datetime:
    """Return when a certificate begins. One for minutes begins closer to the present, or it would be due at once."""
    return now - min(_BACKDATED, life / 10)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
