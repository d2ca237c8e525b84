"""Checks the certificate authorities: API servers verify the processes by those that signed their certificates."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.hashes import SHA256

from converter.client import Collection, find_object
from converter.client.collections import API_SERVICES
from converter.doctor.finding import Finding, Result, Thing, Trouble, Unchecked
from converter.doctor.patient import listed
from converter.install.manifests import WEBHOOKS
from converter.karmada.names import DISCOVERY_LABEL

if TYPE_CHECKING:
    from converter.doctor.patient import Patient

CONFIGURATION: Final = Collection(
    "/apis/admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations", namespaced=False
).object_path("", WEBHOOKS)
VALIDATING: Final = CONFIGURATION.replace("/mutating", "/validating")
_SECRET: Final = "converter-tls"  # noqa: S105 -- the name of an object


async def check_authorities(patient: Patient) -> Result:
    """Find what Karmada trusts for the webhooks or APIServices, but did not sign their certificate.

    Raises:
        ApiError: a request failed.
    """
    stored = await find_object(patient.karmada, CONFIGURATION)
    if stored is None:
        command = patient.commands.install()
        return [
            Finding(Trouble.NOT_INSTALLED, Thing("MutatingWebhookConfiguration", WEBHOOKS), {"found": "no"}, command)
        ]
    trusted = {
        Thing("Webhook", hook["name"]): read_bundle(hook["clientConfig"].get("caBundle")) for hook in stored["webhooks"]
    }
    validating = await find_object(patient.karmada, VALIDATING) or {"webhooks": []}
    for hook in validating["webhooks"]:
        trusted[Thing("Webhook", hook["name"])] = read_bundle(hook["clientConfig"].get("caBundle"))
    for service in await listed(patient.karmada, API_SERVICES, selector=f"{DISCOVERY_LABEL}=true"):
        trusted[Thing("APIService", service["metadata"]["name"])] = read_bundle(service["spec"].get("caBundle"))
    chain = await _served(patient)
    command = patient.commands.restart("converter-controller")
    result: Result = []
    if not chain:
        why = "the certificate of the processes is not at hand: only whether Karmada trusts the same everywhere"
        result.append(Unchecked("authorities", why))
    every = frozenset(item for bundle in trusted.values() for item in bundle)
    for thing, bundle in trusted.items():
        if _verifies(bundle, chain) if chain else bundle and frozenset(bundle) == every:
            continue
        facts = {"trusted": _names(bundle), "certificate": _names(chain[:1]) if chain else "unknown"}
        result.append(Finding(Trouble.CA_MISMATCH, thing, facts, command))
    return result


async def _served(patient: Patient) -> list[x509.Certificate]:
    """Return the certificate that the processes present, and those after it; empty if it is not at hand."""
    if patient.host is None:
        return []
    secret = await find_object(patient.host, f"/api/v1/namespaces/{patient.namespace}/secrets/{_SECRET}")
    return read_bundle(((secret or {}).get("data") or {}).get("tls.crt"))


def read_bundle(text: str | None) -> list[x509.Certificate]:
    """Read PEM certificates in base64; empty if they cannot be read."""
    try:
        return x509.load_pem_x509_certificates(base64.b64decode(text or "", validate=True))
    except (binascii.Error, ValueError):
        return []


def _verifies(bundle: list[x509.Certificate], chain: list[x509.Certificate]) -> bool:
    """Whether one of the trusted certificates signed the served one, or one of those after it."""
    return any(_signed(served, authority) for served in chain for authority in bundle)


def _signed(served: x509.Certificate, authority: x509.Certificate) -> bool:
    if served == authority:
        return True
    try:
        served.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _names(certificates: list[x509.Certificate]) -> str:
    """Name certificates by subject and the begin of their SHA-256 fingerprint."""
    names = [f"{one.subject.rfc4514_string()} {one.fingerprint(SHA256()).hex()[:16]}" for one in certificates]
    return "; ".join(sorted(names)) or "none"
