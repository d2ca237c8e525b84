"""Certificate signing requests, base64-encoded as manifests hold them: a kubelet's, and others."""

from __future__ import annotations

import base64
import ipaddress
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

NODE = "system:node:n1"
NODES = "system:nodes"

DNS: x509.GeneralName = x509.DNSName("n1")
ADDRESS: x509.GeneralName = x509.IPAddress(ipaddress.ip_address("10.0.0.1"))
EMAIL: x509.GeneralName = x509.RFC822Name("a@b.example")
URI: x509.GeneralName = x509.UniformResourceIdentifier("spiffe://a/b")


@cache
def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def signing_request(name: str = NODE, groups: tuple[str, ...] = (NODES,), *others: x509.GeneralName) -> str:
    """Make a request for a subject and, maybe, alternative names."""
    subject = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    subject.append(x509.NameAttribute(NameOID.COMMON_NAME, name))
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(subject))
    if others:
        builder = builder.add_extension(x509.SubjectAlternativeName(others), critical=False)
    pem = builder.sign(_key(), hashes.SHA256()).public_bytes(Encoding.PEM)
    return base64.b64encode(pem).decode()
