"""The keys of a run: two authorities, a serving pair, an administrator's, a front proxy's, a signer's."""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_LIFE = dt.timedelta(days=30)
_NAMES = (
    "localhost",
    "kubernetes",
    "kubernetes.default.svc",
    "*.karmada-system.svc",
    "*.karmada-system.svc.cluster.local",
    "*.karmada-two.svc",
    "*.karmada-two.svc.cluster.local",
)
#: Of the machine, and of the Service `kubernetes` in a host cluster.
_ADDRESSES = ("127.0.0.1", "10.96.0.1")


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path


class Authority:
    """A throw-away certificate authority.

    Attributes:
        certificate: PEM file of its certificate.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._subject = _name(name)
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=True,
            crl_sign=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        certificate = (
            _builder(self._subject, self._subject, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.certificate = folder / f"{name}.crt"
        self.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    @property
    def bundle(self) -> str:
        """The certificate as ``caBundle`` fields want it: base64 of PEM."""
        return base64.b64encode(self.certificate.read_bytes()).decode()

    def issue(self, name: str, organizations: Sequence[str] = ()) -> Pair:
        """Issue a pair that is good for serving on 127.0.0.1 and as a client."""
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives = [
            *map(x509.DNSName, _NAMES),
            *(x509.IPAddress(ipaddress.ip_address(address)) for address in _ADDRESSES),
        ]
        uses = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        certificate = (
            _builder(_name(name, organizations), self._subject, key.public_key())
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        pair = Pair(self._folder / f"{name}.crt", self._folder / f"{name}.key")
        pair.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        _write_key(pair.key, key)
        return pair


class Pki:
    """All keys of one run; its control planes share them.

    Attributes:
        authority: signs servers and clients.
        front_authority: signs the front proxy only, as Kubernetes' aggregation asks.
        server: serving pair for 127.0.0.1 and localhost.
        admin: client pair in the group ``system:masters``.
        front_proxy: client pair of the aggregator.
        accounts_key: private key that signs service account tokens.
        accounts_public: its public half.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        self.authority = Authority(folder, "ca")
        self.front_authority = Authority(folder, "front-proxy-ca")
        self.server = self.authority.issue("server")
        self.admin = self.authority.issue("admin", ["system:masters"])
        self.front_proxy = self.front_authority.issue("front-proxy-client")
        self.accounts_key = folder / "accounts.key"
        self.accounts_public = folder / "accounts.pub"
        # RSA, as every release since v1.16 signs tokens with it by default.
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        _write_key(self.accounts_key, key)
        self.accounts_public.write_bytes(
            key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )


def _name(common: str, organizations: Sequence[str] = ()) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, name) for name in organizations]
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + _LIFE)
    )


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
